"""P1: the consent decision in process, against the raw prepared SELECT of the same row by the driver."""

import random
import re
import struct
from collections.abc import Callable, Iterator
from datetime import datetime, time
from hashlib import blake2b
from hmac import compare_digest
from time import process_time
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import psycopg
from django.db import connection, transaction

from consent.base.selectors import contact_rulebook
from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentState, NoticeVersion
from consent.records.selectors import address_status, folds, seals
from portal.kernel.core import addresses, bulk, clock
from tests.benchmarks import BenchRow, alternately, seconds
from tests.consent.factories import law_is_loaded, person, published_notice, said
from tests.registers.factories import agreed_template, registered_sender

ASKS = 2_000
BATCH = 5_000
_OF_SENDERS = re.compile(r"EXISTS \(SELECT 1 FROM consent_consentevent e.*?e\.sender > ''\)", re.DOTALL)
TARGET_SQLITE = 10_000
TARGET_SIGNED = 8_000
NOON = datetime.combine(clock.day(clock.now()), time(12), tzinfo=clock.IST)


def number(place: int) -> str:
    return f"+9190{place:08d}"


def law_and_notice() -> None:
    """The rules and one notice, whichever row is measured first: a second version would ask everybody again."""
    law_is_loaded()
    if not NoticeVersion.objects.exists():
        published_notice()


def fill(size: int, *, start: int) -> None:
    """State rows up to ``size``: every second address said yes. They share one event: the decision reads states only."""
    event = said(person(email=None, phone=f"+9191{start:08d}"), "given")
    shared = ConsentState.objects.get(event=event)
    shares = {field.attname: getattr(shared, field.attname) for field in ConsentState._meta.concrete_fields}
    shares = {name: value for name, value in shares.items() if name != "id"}
    hashed = addresses.hasher()

    def row(place: int) -> tuple[Any, ...]:
        values = {**shares, "answer": "given" if place % 2 == 0 else "withdrawn", "subject_ref": uuid4()}
        values["address_key"] = hashed(number(place))[0]
        values["seal"] = seals.seal_of(folds.key_of(values), values)
        return tuple(values.values())

    for first in range(start, size, BATCH):
        with transaction.atomic():
            bulk.insert(ConsentState, tuple(shares), map(row, range(first, min(first + BATCH, size))))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def keys_of(places: list[int]) -> list[bytes]:
    return [addresses.address_key(number(place)) for place in places]


def ask_all(places: list[int], **more: Any) -> int:
    """How many of the addresses may get a promotional SMS."""
    return sum(
        may_contact(address=number(place), purpose="marketing", channel="sms", at=NOON, **more).allowed
        for place in places
    )


def without(places: list[int], *, seals_read: bool = True, senders: bool = True) -> int:
    """The same asked as if every row were proved without a seal, or nobody could answer about one sender."""
    statement = address_status._statement(1, False)
    bare = statement if seals_read else statement.replace("s.as_of_event, s.seal", "1, NULL")
    bare = bare if senders else _OF_SENDERS.sub("0", bare)
    if (seals_read, senders) != ("s.seal" in bare, "consent_consentevent" in bare):
        raise AssertionError("The statement of a decision is another by now.")
    proved = seals.is_proved if seals_read else lambda *row: True
    with patch.object(seals, "is_proved", new=proved), patch.object(address_status, "_statement", new=lambda *_: bare):
        return ask_all(places)


_NUMBERS = struct.Struct(">qqqdd?").pack


def least_proof() -> Callable[..., bool]:
    """The least that any check of a keyed seal does to a row: lay out its values, hash them, compare. It checks nothing."""
    own, is_same = blake2b(key=b"k" * 32, digest_size=32), compare_digest

    def proved(fiduciary: int, address_key: bytes, purpose: str, channel: str, word: Any, *row: Any) -> bool:
        entry, subject, occurred_at, notice, version, seal = row
        numbers = _NUMBERS(fiduciary, version, notice or 0, occurred_at.timestamp(), 0.0, True)
        taken = own.copy()
        taken.update(numbers + address_key + f"{entry}{subject}{word.answer}{channel}{purpose}".encode())
        is_same(seal, taken.digest())
        return True

    return proved


def with_least_proof(places: list[int]) -> int:
    """The same with ``least_proof`` in the place of the check, where the driver gives a seal as bytes."""
    with patch.object(seals, "is_proved", new=least_proof()):
        return ask_all(places)


def sender_and_template() -> dict[str, str]:
    """A registered header and a template, as a sender names them."""
    header = registered_sender("600001", carries=["promotional"])
    agreed_template(
        template_id="1107", category="promotional", senders=[header], text="Onesetu: new plans. Reply STOP to stop."
    )
    return {"header": "AD-600001-P", "template": "1107"}


def select_all(keys: list[bytes], fiduciary: int) -> int:
    """The raw SELECT with ready keys: no normalising, no hashing, no rules, no answer."""
    mark = "%s" if connection.vendor == "postgresql" else "?"
    sql = f"SELECT answer FROM consent_consentstate WHERE address_key={mark} AND purpose={mark} AND channel={mark} AND fiduciary_id={mark}"
    if connection.vendor == "postgresql":
        # Django's own cursors bind at the client, where nothing is prepared.
        with psycopg.Cursor(connection.connection) as cursor:
            asked = (cursor.execute(sql, (key, "marketing", "sms", fiduciary), prepare=True) for key in keys)
            return sum(found.fetchone()[0] == "given" for found in asked)
    driver = connection.connection
    return sum(driver.execute(sql, (key, "marketing", "sms", fiduciary)).fetchone()[0] == "given" for key in keys)


def rate(job: Callable[[], int]) -> float:
    """Decisions a second; on SQLite a second of this process's processor time, for all of the work happens in it."""
    if connection.vendor == "postgresql":
        return ASKS / seconds(job)
    begun = process_time()
    job()
    return ASKS / (process_time() - begun)


def rows(*, full: bool) -> Iterator[BenchRow]:
    """Decisions a second on one connection, at two sizes of the state table."""
    small, large = (100_000, 1_000_000) if full else (10_000, 100_000)
    law_and_notice()
    fill(small, start=0)
    contact_rulebook.forget()
    fiduciary = ConsentState.objects.values_list("fiduciary_id", flat=True)[:1].get()

    def sample(size: int) -> list[int]:
        return random.Random(7).sample(range(size), ASKS)

    places = sample(small)
    expected = sum(place % 2 == 0 for place in places)
    if not ask_all(places) == ask_all(places, sign=True) == select_all(keys_of(places), fiduciary) == expected:
        raise AssertionError("A decision differs from what the address said.")
    at_small = alternately(5, lambda: rate(lambda: ask_all(places)))[0]
    fill(large, start=small)
    places = sample(large)
    keys = keys_of(places)
    sent_as = sender_and_template()
    if ask_all(places, **sent_as) != ask_all(places):
        raise AssertionError("A registered header and template changed an answer.")
    ours, named, signed, raw = alternately(
        5,
        lambda: rate(lambda: ask_all(places)),
        lambda: rate(lambda: ask_all(places, **sent_as)),
        lambda: rate(lambda: ask_all(places, sign=True)),
        lambda: rate(lambda: select_all(keys, fiduciary)),
    )
    if connection.vendor == "postgresql":
        met, target = ours / raw >= 1 / 3, "within 3x of the raw SELECT"
    else:
        met, target = ours >= TARGET_SQLITE, "at least 10k/s"
    yield BenchRow("P1", "consent decision, unsigned", "/s", ours, raw, ours / raw, target, met, f"{large:,} states")
    share = named / ours
    yield BenchRow(
        "P1",
        "the same with header and template",
        "/s",
        named,
        ours,
        share,
        "at least 0.75 of it without",
        share >= 0.75,
    )
    on_postgresql = connection.vendor == "postgresql"
    yield BenchRow(
        "P1",
        "consent decision, signed",
        "/s",
        signed,
        raw,
        signed / raw,
        "at least 8k/s" if on_postgresql else "no target on SQLite",
        signed >= TARGET_SIGNED or not on_postgresql,
    )
    whole, unsealed, for_all, least = alternately(
        30,
        lambda: rate(lambda: ask_all(places)),
        lambda: rate(lambda: without(places, seals_read=False)),
        lambda: rate(lambda: without(places, senders=False)),
        lambda: rate(lambda: with_least_proof(places)),
        of=max,
    )
    for job, bare, floor in (
        ("against rows without seals, best of 30", unsealed, 0.97),
        ("against no answers for one sender, best of 30", for_all, 0.95),
    ):
        share = whole / bare
        yield BenchRow("P1", job, "/s", whole, bare, share, f"at least {floor}", share >= floor)
    least_share, job = least / unsealed, "the least a check could leave of it: one layout, hash, comparison"
    yield BenchRow("P1", job, "/s", least, unsealed, least_share, "a limit of Python, no target", True)
    growth = ours / at_small
    note = f"{small:,} to {large:,} states"
    yield BenchRow(
        "P1",
        "the same, ten times the states",
        "/s",
        ours,
        at_small,
        growth,
        "flat: at least 0.67",
        growth >= 0.67,
        note,
    )
