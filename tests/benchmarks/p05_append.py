"""P5: append one event, acknowledged, and the whole withdrawal, against a plain INSERT and commit of the same bytes."""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection, transaction

from consent.base.choices import Way
from consent.models import ConsentEvent
from consent.suppressions.services.withdrawals import withdraw
from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM
from portal.kernel.ledger import services
from portal.kernel.ledger.models import Entry
from portal.kernel.people.models import Principal
from tests.benchmarks import BenchRow, alternately, seconds
from tests.benchmarks.p01_decision import law_and_notice
from tests.consent.factories import person, said

EVENTS = 400
PEOPLE = 40
REPEATS = 5
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


def withdraw_all(people: list[Principal]) -> None:
    """Event, ledger entry, state, receipt and confirmation: one transaction for each person."""
    for who in people:
        withdraw(subject_ref=who.subject.ref, purpose="marketing", channel="sms", way=Way.PAGE, actor=SYSTEM)


def who_said_yes(count: int) -> list[Principal]:
    """People who have each said yes to promotional SMS."""
    known = Principal.objects.count()
    people = [person(email=None, phone=f"+9192{place:08d}") for place in range(known, known + count)]
    for who in people:
        said(who, "given")
    return people


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
    law_and_notice()
    turns = [who_said_yes(PEOPLE * (5 if full else 1)) for _ in range(REPEATS)]
    waiting = iter(turns)
    many = len(turns[0])
    ours, limit = alternately(
        REPEATS,
        lambda: many / seconds(lambda: withdraw_all(next(waiting))),
        lambda: events / seconds(lambda: insert_all(events)),
    )
    if ConsentEvent.objects.filter(answer="withdrawn").count() != REPEATS * many:
        raise AssertionError("A withdrawal is missing.")
    ratio = ours / limit
    yield BenchRow("P5", "the whole withdrawal, acknowledged", "/s", ours, limit, ratio, "at least 0.2", ratio >= 0.2)
