"""Many rows in one go, past the ORM, for lists of thousands: COPY on PostgreSQL, one prepared statement on SQLite.

The ORM builds one statement with a mark for each value of each row; here the driver takes the values as they are. Keys
are handed out first, so that rows which name each other are written table by table.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper

Prepare = Callable[[Any], Any]
#: Fields whose values the drivers take, some after a change below.
PLAIN = (
    models.AutoField,
    models.BinaryField,
    models.BooleanField,
    models.CharField,
    models.DateTimeField,
    models.ForeignKey,
    models.IntegerField,
    models.UUIDField,
)


def new_keys(model: type[models.Model], count: int) -> list[int]:
    """So many primary keys that nobody else gets, in rising order; each is above those handed out before.

    Raises RuntimeError outside a transaction: on SQLite its lock is what keeps others away.
    """
    connection = _connection_of(model)
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [f'"{table}"', column, count],
            )
            return [key for (key,) in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        found = cursor.fetchone()
        if found is None:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, count])
        else:
            cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s", [count, table])
        last = count if found is None else found[0] + count
        return list(range(last - count + 1, last + 1))


def plan_anew() -> None:
    """Let PostgreSQL plan its checks of foreign keys again, for the size that the tables have by now.

    A session plans each check once. While a table is almost empty that plan reads all of it; kept, it does so for each
    row of a long list.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DISCARD PLANS")


def insert(model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert the rows, whose values stand in the order of ``fields`` (names as the model's constructor takes them).

    A relation is named by its key (``subject_id``). Fields that are left out get no default and stay NULL. In the
    caller's transaction: raises RuntimeError outside one, IntegrityError when the database refuses a row; then none is
    written.
    """
    connection = _connection_of(model)
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    chosen = [by_name[name] for name in fields]
    columns = ", ".join(f'"{field.column}"' for field in chosen)
    if connection.vendor == "postgresql":
        _copy(connection, f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN (FORMAT BINARY)', chosen, rows)
        return
    marks = ", ".join(["%s"] * len(chosen))
    statement = f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({marks})'  # noqa: S608 - names of ours only
    changed = _changed(chosen, sqlite=True)
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(_prepared(rows, changed)))


def _connection_of(model: type[models.Model]) -> BaseDatabaseWrapper:
    connection = connections[router.db_for_write(model)]
    if not connection.in_atomic_block:
        raise RuntimeError("Rows that belong together are written in one transaction.")
    return connection


def _copy(
    connection: BaseDatabaseWrapper, statement: str, fields: "Sequence[models.Field[Any, Any]]", rows: Iterable[Any]
) -> None:
    kinds = [re.sub(r"\(.*\)", "", field.db_type(connection) or "") for field in fields]
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(kinds)
        for row in _prepared(rows, _changed(fields, sqlite=False)):
            copy.write_row(row)


def _prepared(rows: Iterable[Sequence[Any]], changed: Sequence[tuple[int, Prepare]]) -> Iterable[Sequence[Any]]:
    return (_row(row, changed) for row in rows) if changed else rows


def _row(row: Sequence[Any], changed: Sequence[tuple[int, Prepare]]) -> Sequence[Any]:
    values = list(row)
    for place, prepare in changed:
        if values[place] is not None:
            values[place] = prepare(values[place])
    return values


def _changed(fields: "Sequence[models.Field[Any, Any]]", *, sqlite: bool) -> list[tuple[int, Prepare]]:
    """The places of a row whose values the driver does not take as they are, and what is done to them."""
    found: list[tuple[int, Prepare]] = []
    for place, field in enumerate(fields):
        if not isinstance(field, PLAIN):
            raise TypeError(f"Rows with a {type(field).__name__} are written by the ORM.")
        if isinstance(field, models.BinaryField):
            if type(field) is not models.BinaryField:
                found.append((place, field.get_prep_value))
        elif sqlite and isinstance(field, models.UUIDField):
            found.append((place, _hex))
        elif sqlite and isinstance(field, models.DateTimeField):
            found.append((place, _instants()))
    return found


def _hex(value: UUID) -> str:
    return value.hex


def _instants() -> Prepare:
    """As the ORM writes instants on SQLite. Most rows of a list share theirs."""
    known: dict[datetime, str] = {}

    def written(value: datetime) -> str:
        text = known.get(value)
        if text is None:
            text = known[value] = str(value.astimezone(UTC).replace(tzinfo=None))
        return text

    return written
