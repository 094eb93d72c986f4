"""P6: take a list of consents in, sealed, against hashing the same lines and inserting one row for each in batches."""

import hashlib
import io
import resource
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

from django.db import connection, transaction

from consent.consent_imports.services import lifecycle
from consent.models import ConsentEvent, ConsentList
from portal.kernel.core import actor, bulk, clock
from portal.kernel.jobs.services import runner
from portal.kernel.ledger import services
from portal.kernel.ledger.models import Pending
from portal.kernel.people.models import Fiduciary
from tests.benchmarks import BenchRow, alternately, seconds
from tests.consent.factories import law_is_loaded
from tests.consent.test_lists import as_csv, line
from tests.people.factories import StaffFactory

LINES = 2_000
REPEATS = 3
BATCH = 1_000
MOST_MEMORY = 300 * 1024 * 1024


def a_file(first: int, count: int) -> bytes:
    """Lines of as many people whom nobody knows yet, each with a time of its own."""
    begun = datetime(2025, 1, 1, tzinfo=clock.IST)
    return as_csv(
        [
            line(number, address=f"+9193{number:08d}", occurred_at=(begun + timedelta(seconds=7 * number)).isoformat())
            for number in range(first, first + count)
        ]
    )


def brought(content: bytes, people: tuple[actor.Actor, actor.Actor], now: datetime) -> ConsentList:
    """The list, checked."""
    row = lifecycle.bring(
        fiduciary=Fiduciary.objects.get(code="onesetu"),
        collected_by="Bench",
        name="list.csv",
        content=io.BytesIO(content),
        actor=people[0],
        now=now,
    )
    runner.run(row.job_id, now=now)
    return ConsentList.objects.get(pk=row.pk)


def take_in(row: ConsentList) -> None:
    """Every line written and sealed."""
    runner.run(row.job_id, now=clock.now())
    while Pending.objects.exists():
        services.seal_batch(limit=10_000)


def rows_of(row: ConsentList) -> list[tuple[Any, ...]]:
    """What taking the list in writes past the ORM; nothing of it stays."""
    written: list[tuple[Any, ...]] = []
    insert = bulk.insert

    def kept(model: Any, fields: Any, some: Any) -> None:
        written.append((model, fields, list(some)))
        insert(*written[-1])

    with transaction.atomic(), mock.patch.object(bulk, "insert", kept):
        runner.run(row.job_id, now=clock.now())
        transaction.set_rollback(True)
    with transaction.atomic():
        for model, fields, some in written:
            if "id" in fields:
                bulk.new_keys(model, 2 * len(some))  # SQLite gave its keys back with the rollback
    return written


def insert_again(written: list[tuple[Any, ...]]) -> None:
    """The same rows into the same tables, their keys and constraints checked; nothing of it stays."""
    with transaction.atomic():
        for some in written:
            bulk.insert(*some)
        if connection.vendor == "postgresql":
            connection.check_constraints()  # SQLite has done so row by row
        transaction.set_rollback(True)


def insert_all(content: bytes) -> None:
    """A leaf hash and a row of the same size for each line: what the database can do at most."""
    rows = content.splitlines()[1:]
    for first in range(0, len(rows), BATCH):
        some = [(hashlib.sha256(b"\0" + text).digest() + b"x" * 600,) for text in rows[first : first + BATCH]]
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy("COPY bench_lines (body) FROM STDIN") as copy:
                    for one in some:
                        copy.write_row(one)
            else:
                cursor.executemany("INSERT INTO bench_lines (body) VALUES (%s)", some)


def rows(*, full: bool) -> Iterator[BenchRow]:
    """Lines a second, on one connection; memory of the whole process."""
    count = LINES * (50 if full else 1)
    law_is_loaded()
    key, kind = ("bigserial", "bytea") if connection.vendor == "postgresql" else ("integer", "blob")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_lines (id {key} PRIMARY KEY, body {kind})")
    first, second = (actor.staff(StaffFactory(roles=["data_protection_officer"]).pk) for _ in range(2))
    contents = [a_file(repeat * count, count) for repeat in range(REPEATS + 1)]
    checked: list[ConsentList] = []
    to_check = iter(contents)
    (speed,) = alternately(
        REPEATS + 1,
        lambda: count / seconds(lambda: checked.append(brought(next(to_check), (first, second), clock.now()))),
    )
    yield BenchRow("P6", "check a list, each line", "/s", speed, None, speed / 30_000, "30,000/s", speed >= 30_000)
    for row in checked:
        lifecycle.answer(row=row, approve=True, actor=second, now=clock.now())
    written = rows_of(checked.pop())
    before, waiting = ConsentEvent.objects.count(), iter(checked)
    ours, limit, tables = alternately(
        REPEATS,
        lambda: count / seconds(lambda: take_in(next(waiting))),
        lambda: count / seconds(lambda: insert_all(contents[0])),
        lambda: count / seconds(lambda: insert_again(written)),
    )
    if ConsentEvent.objects.count() - before != REPEATS * count:
        raise AssertionError("A line is missing.")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    is_met = ours >= 30_000 and memory < MOST_MEMORY
    note = f"{memory // 2**20} MB in all"
    yield BenchRow("P6", "take a list in, sealed", "/s", ours, limit, ours / limit, "30,000/s, 300 MB", is_met, note)
    note = f"{sum(len(some) for _model, _fields, some in written) / count:.1f} rows a line"
    yield BenchRow(
        "P6", "the same, limit: its rows alone", "/s", ours, tables, ours / tables, "no target", is_met=True, note=note
    )
