"""P5: append one event, acknowledged, against a plain INSERT and commit of the same bytes."""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection, transaction

from portal.core import clock
from portal.ledger import services
from portal.ledger.models import Entry
from tests.benchmarks import BenchRow, alternately, seconds

EVENTS = 400
PAYLOAD = {
    "event": "given",
    "fiduciary": "onesetu",
    "address_key": "01" + "ab" * 32,
    "purpose": "marketing",
    "channel": "sms",
    "notice": {"id": "consent", "version": 1, "lang": "en", "sha256": "0" * 64},
    "evidence": [],
    "prev": None,
    "occurred_at": "2026-11-25T04:00:00.000Z",
}


def append_all(now: datetime, events: int) -> None:
    """One transaction for each event, as a page does it."""
    for _ in range(events):
        with transaction.atomic():
            services.append(kind="consent", payload=PAYLOAD, subject_ref=None, recorded_at=now)


def insert_all(events: int) -> None:
    """One row of the same size, one commit each: what the database can do at most."""
    body = b"x" * 600
    for _ in range(events):
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO bench_raw (body) VALUES (%s)", [body])


def rows(*, full: bool) -> Iterator[BenchRow]:
    """Acknowledged appends a second on one connection."""
    events = EVENTS * (5 if full else 1)
    now = clock.now()
    key = "bigserial" if connection.vendor == "postgresql" else "integer"
    kind = "bytea" if connection.vendor == "postgresql" else "blob"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_raw (id {key} PRIMARY KEY, body {kind})")
    append_all(now, 50)
    before = Entry.objects.count()
    ours, limit = alternately(
        5,
        lambda: events / seconds(lambda: append_all(now, events)),
        lambda: events / seconds(lambda: insert_all(events)),
    )
    if Entry.objects.count() - before != 5 * events:
        raise AssertionError("An acknowledged event is missing.")
    ratio = ours / limit
    yield BenchRow("P5", "append one event, acknowledged", "/s", ours, limit, ratio, "at least 0.5", ratio >= 0.5)
