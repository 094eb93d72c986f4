"""Statements that are asked before each message: prepared once on each connection, past the cursors of Django and psycopg.

A cursor of psycopg costs as much as the statement itself. ``libpq`` is asked directly through ``psycopg.pq``, its public
wrapper; values go out and come back as text, ``bytes`` as they are. On SQLite the driver keeps statements by itself.
"""

from collections.abc import Sequence
from typing import Any, Final
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import errors, pq

_prepared: WeakKeyDictionary[Any, dict[str, bytes]] = WeakKeyDictionary()
_GONE: Final = "26000"  # invalid_sql_statement_name: a pooler gave us another session


def one_row(sql: str, values: Sequence[bytes | str | int]) -> tuple[Any, ...] | None:
    """The first row, or None. Reads only; the marks in ``sql`` are ``?``.

    On PostgreSQL each value of the row is text or None; on SQLite it is what the driver gives. Raises psycopg.Error.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    if database.vendor != "postgresql":
        row: tuple[Any, ...] | None = database.connection.execute(sql, values).fetchone()
        return row
    return _ask(database.connection, sql, values)


def _ask(connection: Any, sql: str, values: Sequence[bytes | str | int]) -> tuple[str | None, ...] | None:
    server = connection.pgconn
    names = _prepared.get(connection)
    if names is None:
        names = _prepared[connection] = {}
    name = names.get(sql)
    if name is None:
        name = names[sql] = _prepare(server, sql, f"portal_{len(names)}".encode())
    given = [value if isinstance(value, bytes) else str(value).encode() for value in values]
    kinds = [pq.Format.BINARY if isinstance(value, bytes) else pq.Format.TEXT for value in values]
    result = server.exec_prepared(name, given, kinds, pq.Format.TEXT)
    if result.status != pq.ExecStatus.TUPLES_OK:
        error = errors.error_from_result(result)
        if error.sqlstate == _GONE:
            names.clear()
        raise error
    if not result.ntuples:
        return None
    row = (result.get_value(0, column) for column in range(result.nfields))
    return tuple(None if value is None else value.decode() for value in row)


def _prepare(server: Any, sql: str, name: bytes) -> bytes:
    parts = sql.split("?")
    numbered = "".join(f"{part}${place}" for place, part in enumerate(parts[:-1], 1)) + parts[-1]
    result = server.prepare(name, numbered.encode())
    if result.status != pq.ExecStatus.COMMAND_OK:
        raise errors.error_from_result(result)
    return name
