"""Rows that thousands of tests begin with: written once in a process as in production, then copied row by row."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.db import connection, models, transaction

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import bulk, clock
from portal.kernel.ledger.models import Entry, Payload, Pending

#: What every act leaves besides its own rows. Other rows may stand there already: these get keys of their own.
TRACES = (Entry, Payload, Pending, AuditEvent)
#: How long after it was written a copy of a clock that a test had set serves.
SERVES = timedelta(hours=1)
#: Copies in one process: modules come one after the other, each with its clock.
MOST = 8
#: Tests stop and set the clock; this one goes on.
_STARTED = time.time() - time.monotonic()


@dataclass(frozen=True)
class Copy:
    """What one call wrote: the rows of each table, what it returned, and whether the clock was the real one."""

    rows: dict[type[models.Model], Any]
    answer: Any
    of_the_real_clock: bool


class CopiedRows:
    """Call it as you would ``write``: the first call in a process is one, the next ones lay down the rows it wrote.

    The copies are equal to the rows byte by byte, times and hashes too, but for the keys of ``TRACES``. What was
    written by the real clock serves every later time; what a test wrote that had set its clock serves those that begin
    within the hour after it, as the tests of one module do. A test that has rows in ``tables`` already gets the real
    thing. ``tables`` and ``TRACES`` must be all that ``write`` writes to, which ``tests/test_copied_rows.py`` checks.
    In one transaction.
    """

    def __init__(self, write: Callable[[], Any], *tables: type[models.Model]) -> None:
        self.write = write
        self.tables = tables
        #: By the time at which they were written, oldest first to be dropped.
        self.copies: dict[datetime, Copy] = {}

    def __call__(self) -> Any:
        """What ``write`` gave the first time."""
        with transaction.atomic():
            if any(table._default_manager.exists() for table in self.tables):
                return self.write()
            now = clock.now()
            copy = self._copy_for(now)
            if copy is not None:
                self._lay_down(copy.rows)
                return copy.answer
            return self._write_and_copy(now)

    def _copy_for(self, now: datetime) -> Copy | None:
        for written_at in sorted(self.copies, reverse=True):
            copy = self.copies[written_at]
            if written_at <= now and (copy.of_the_real_clock or now - written_at < SERVES):
                return copy
        return None

    def _write_and_copy(self, now: datetime) -> Any:
        """At the beginning of the minute: the next test sets the same clock and may be here some milliseconds sooner."""
        first = {table: _last_key(table) + 1 for table in (*self.tables, *TRACES)}
        minute = now.replace(second=0, microsecond=0)
        with time_machine.travel(minute, tick=False):
            answer = self.write()
        real = abs(now.timestamp() - _STARTED - time.monotonic()) < 60
        rows = {table: _rows_from(table, key) for table, key in first.items()}
        self.copies[minute] = Copy(rows, answer, of_the_real_clock=real)
        if len(self.copies) > MOST:
            del self.copies[next(written for written, copy in self.copies.items() if not copy.of_the_real_clock)]
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
