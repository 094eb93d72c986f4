"""Rows that thousands of tests begin with: written once in a process as in production, then copied row by row."""

import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection, models, transaction

from portal.audit.models import AuditEvent
from portal.core import bulk, clock
from portal.ledger.models import Entry, Payload, Pending

#: What every act leaves besides its own rows. Other rows may stand there already: these get keys of their own.
TRACES = (Entry, Payload, Pending, AuditEvent)
#: Tests stop and set the clock; this one goes on.
_STARTED = time.time() - time.monotonic()


class CopiedRows:
    """Call it as you would ``write``: the first call in a process is one, the next ones lay down the rows it wrote.

    The copies are equal to the rows byte by byte, times and hashes too, but for the keys of ``TRACES``. A test that
    has rows in ``tables`` already, or whose clock is before the first call, gets the real thing. ``tables`` and
    ``TRACES`` must be all that ``write`` writes to, which ``tests/test_copied_rows.py`` checks. In one transaction.
    """

    def __init__(self, write: Callable[[], Any], *tables: type[models.Model]) -> None:
        self.write = write
        self.tables = tables
        self.kept: dict[type[models.Model], Any] | None = None
        self.written_at = datetime.max.replace(tzinfo=UTC)
        self.answer: Any = None

    def __call__(self) -> Any:
        """What ``write`` gave the first time."""
        with transaction.atomic():
            if any(table._default_manager.exists() for table in self.tables):
                return self.write()
            now = clock.now()
            if self.kept is not None and now >= self.written_at:
                self._lay_down(self.kept)
                return self.answer
            first = {table: _last_key(table) + 1 for table in (*self.tables, *TRACES)}
            answer = self.write()
            if abs(now.timestamp() - _STARTED - time.monotonic()) < 60:
                self.kept = {table: _rows_from(table, key) for table, key in first.items()}
                self.written_at, self.answer = now, answer
            return answer

    def _lay_down(self, kept: dict[type[models.Model], Any]) -> None:
        entries, events = (_shift(table, kept[table]) for table in (Entry, AuditEvent))
        for table, rows in kept.items():
            shifts = {"id": events if table is AuditEvent else entries if table is Entry else 0, "entry_id": entries}
            _insert(table, rows, [shifts.get(column, 0) if table in TRACES else 0 for column in _columns(table)])


def _columns(table: type[models.Model]) -> list[str]:
    return [field.column for field in table._meta.concrete_fields]


def _last_key(table: type[models.Model]) -> int:
    return table._default_manager.aggregate(last=models.Max("pk"))["last"] or 0


def _rows_from(table: type[models.Model], first: int) -> Any:
    """The rows as the engine writes them: values on SQLite, one JSON text on PostgreSQL."""
    names = ", ".join(f'"{column}"' for column in _columns(table))
    key = table._meta.pk.column
    chosen = f'SELECT {names} FROM "{table._meta.db_table}" WHERE "{key}" >= %s ORDER BY "{key}"'
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(chosen, [first])
            return cursor.fetchall()
        cursor.execute(f"SELECT json_agg(rows)::text FROM ({chosen}) AS rows", [first])
        return cursor.fetchone()[0] or "[]"


def _shift(table: type[models.Model], rows: Any) -> int:
    """How far the keys of the copies lie from those of the rows: as many new keys are taken as there are rows."""
    if isinstance(rows, str):
        keys = [row["id"] for row in json.loads(rows)]
    else:
        place = _columns(table).index("id")
        keys = [row[place] for row in rows]
    return bulk.new_keys(table, keys[-1] - keys[0] + 1)[0] - keys[0] if keys else 0


def _insert(table: type[models.Model], rows: Any, shifts: Sequence[int]) -> None:
    columns = _columns(table)
    names = ", ".join(f'"{column}"' for column in columns)
    into = f'INSERT INTO "{table._meta.db_table}" ({names})'
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            marks = ", ".join(f"%s + {shift}" if shift else "%s" for shift in shifts)
            cursor.executemany(f"{into} VALUES ({marks})", rows)
            return
        moved = ", ".join(
            f'"{column}" + {shift}' if shift else f'"{column}"' for column, shift in zip(columns, shifts, strict=True)
        )
        cursor.execute(
            f'{into} SELECT {moved} FROM json_populate_recordset(NULL::"{table._meta.db_table}", %s::json)', [rows]
        )
