"""Bulk data for benchmarks: the same rows that the services write, set by set. Not a story, and never for production.

People have one number each; answers are entries of the ledger with their state. Single audit events of the people are
left out: what is measured does not read them.
"""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from consent.models import ConsentEvent, ConsentReceipt, ConsentState
from consent.states import Answer, Way
from portal.core import addresses, clock, ids
from portal.ledger.services import append_many
from portal.ledger.states import EntryKind
from portal.people.models import ContactPoint, Fiduciary, Principal, Subject
from portal.people.states import ContactKind, SubjectKind

CHUNK = 1_000
CHANNELS = ("sms", "whatsapp", "rcs", "voice")
PURPOSE = "marketing"
#: Invented numbers begin here; a second run goes on where the first one ended.
FIRST_NUMBER = 9_200_000_000
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Person:
    subject_ref: uuid.UUID
    address_key: bytes


def add_people(count: int, *, now: datetime, tell: Tell) -> list[Person]:
    """Insert people with one verified number each; each chunk commits alone."""
    made: list[Person] = []
    taken = Principal.objects.count()
    while len(made) < count:
        size = min(CHUNK, count - len(made))
        with transaction.atomic():
            made += _people(size, start=taken + len(made), now=now)
        tell("people", len(made), count)
    return made


def _people(size: int, *, start: int, now: datetime) -> list[Person]:
    subjects = Subject.objects.bulk_create(Subject(kind=SubjectKind.PRINCIPAL, created_at=now) for _ in range(size))
    principals = Principal.objects.bulk_create(
        Principal(subject=subject, full_name="", created_at=now) for subject in subjects
    )
    numbers = [f"+91{FIRST_NUMBER + start + place}" for place in range(size)]
    keys = [addresses.address_key(number) for number in numbers]
    ContactPoint.objects.bulk_create(
        ContactPoint(
            principal=principal,
            kind=ContactKind.PHONE,
            address=number,
            address_key=key,
            added_at=now,
            verified_at=now,
        )
        for principal, number, key in zip(principals, numbers, keys, strict=True)
    )
    return [Person(subject.ref, key) for subject, key in zip(subjects, keys, strict=True)]


def people_without_answers(count: int) -> list[Person]:
    """People of an earlier run that nobody asked yet."""
    asked = ConsentEvent.objects.values("address_key")
    rows = ContactPoint.objects.filter(kind=ContactKind.PHONE, left_at=None).exclude(address_key__in=asked)
    found = rows.order_by("pk").values_list("principal__subject__ref", "address_key")[:count]
    return [Person(ref, bytes(key)) for ref, key in found]


def add_answers(count: int, people: list[Person], *, seed: int, now: datetime, tell: Tell) -> int:
    """Insert first answers, one for each person and channel until there are ``count``; returns how many.

    Stops when every person has answered on every channel. Each chunk commits alone.
    """
    rng = random.Random(seed)
    whose = Fiduciary.objects.get(is_self=True)
    wanted = ((person, channel) for channel in CHANNELS for person in people)
    total = min(count, len(people) * len(CHANNELS))
    done = 0
    while done < total:
        chunk = [next(wanted) for _ in range(min(CHUNK, total - done))]
        with transaction.atomic():
            _answers(chunk, whose, rng=rng, now=now)
        done += len(chunk)
        tell("answers", done, total)
    return done


def _answers(chunk: list[tuple[Person, str]], whose: Fiduciary, *, rng: random.Random, now: datetime) -> None:
    said = [
        (
            person,
            channel,
            rng.choice((Answer.GIVEN, Answer.GIVEN, Answer.DENIED)),
            now - timedelta(hours=rng.random() * 8000),
        )
        for person, channel in chunk
    ]
    proof = [{"type": "form", "sha256": rng.randbytes(32).hex()}]
    entries = append_many(
        kind=EntryKind.CONSENT,
        payloads=[(_payload(whose, *fact, proof=proof), fact[0].subject_ref) for fact in said],
        recorded_at=now,
    )
    receipts = ConsentReceipt.objects.bulk_create(
        ConsentReceipt(reference=ids.new_reference("CR"), subject_ref=person.subject_ref, made_at=now)
        for person, _channel, _answer, _at in said
    )
    events = ConsentEvent.objects.bulk_create(
        ConsentEvent(
            entry=entry,
            receipt=receipt,
            subject_ref=person.subject_ref,
            fiduciary=whose,
            address_kind="phone",
            address_key=person.address_key,
            address_verified=True,
            purpose=PURPOSE,
            channel=channel,
            answer=answer,
            way=Way.IMPORT,
            actor_kind="system",
            actor_ref="generate_load",
            occurred_at=at,
            recorded_at=now,
        )
        for entry, receipt, (person, channel, answer, at) in zip(entries, receipts, said, strict=True)
    )
    ConsentState.objects.bulk_create(
        ConsentState(
            fiduciary=whose,
            address_key=event.address_key,
            purpose=PURPOSE,
            channel=event.channel,
            answer=event.answer,
            verified=True,
            event=event,
            entry_ref=entry.event_id,
            subject_ref=event.subject_ref,
            occurred_at=event.occurred_at,
            as_of_event=event.pk,
        )
        for event, entry in zip(events, entries, strict=True)
    )


def _payload(
    whose: Fiduciary, person: Person, channel: str, answer: Answer, at: datetime, *, proof: list[dict[str, str]]
) -> dict[str, Any]:
    return {
        "event": str(answer),
        "fiduciary": whose.code,
        "address_key": person.address_key.hex(),
        "purpose": PURPOSE,
        "channel": channel,
        "notice": None,
        "evidence": proof,
        "prev": None,
        "occurred_at": clock.stamp(at),
        "way": str(Way.IMPORT),
        "actor": {"kind": "system", "ref": "generate_load"},
    }


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
