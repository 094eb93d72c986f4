"""Bulk data for benchmarks: the same rows that the services write, set by set. Not a story, and never for production.

People have one number each, written without single audit events; answers, grievances and documents come through the
services of their rooms.
"""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from consent.base.choices import Answer
from consent.consent_imports.services.external_consents import Brought, record_brought
from consent.records.models.events import ConsentEvent
from consent.records.services.addresses import Address
from consent.records.services.consent_events import Choice
from portal.kernel.core import addresses, bulk
from portal.kernel.core.actor import system
from portal.kernel.law.request_cache import remembering
from portal.kernel.people.choices import ContactKind, SubjectKind
from portal.kernel.people.models import ContactPoint, Principal, Subject
from portal.kernel.people.models.fiduciaries import OWN_CODE

CHUNK = 1_000
ACTOR = system("generate_load")
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
    numbers = [f"+91{FIRST_NUMBER + start + place}" for place in range(size)]
    refs, keys = [uuid.uuid4() for _number in numbers], [addresses.address_key(number) for number in numbers]
    subjects, principals, contacts = (bulk.new_keys(model, size) for model in (Subject, Principal, ContactPoint))
    usual = {name: getattr(Principal(), name) for name in ("language", "zone")}
    bulk.insert(
        Subject,
        ("id", "ref", "kind", "created_at"),
        ((key, ref, str(SubjectKind.PRINCIPAL), now) for key, ref in zip(subjects, refs, strict=True)),
    )
    bulk.insert(
        Principal,
        ("id", "subject_id", "full_name", *usual, "created_at"),
        ((key, subject, "", *usual.values(), now) for key, subject in zip(principals, subjects, strict=True)),
    )
    rows = zip(contacts, principals, numbers, keys, strict=True)
    bulk.insert(
        ContactPoint,
        ("id", "principal_id", "kind", "address", "address_key", "added_at", "verified_at"),
        ((key, who, str(ContactKind.PHONE), number, found, now, now) for key, who, number, found in rows),
    )
    return [Person(ref, key) for ref, key in zip(refs, keys, strict=True)]


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
    wanted = ((person, channel) for channel in CHANNELS for person in people)
    total = min(count, len(people) * len(CHANNELS))
    done = 0
    while done < total:
        chunk = [next(wanted) for _ in range(min(CHUNK, total - done))]
        _answers(chunk, rng=rng, now=now)
        done += len(chunk)
        tell("answers", done, total)
    return done


def _answers(chunk: list[tuple[Person, str]], *, rng: random.Random, now: datetime) -> None:
    proof = [{"type": "form", "sha256": rng.randbytes(32).hex()}]
    answers = [
        Brought(
            person.subject_ref,
            Choice(
                Address("phone", (person.address_key,), is_verified=True),
                PURPOSE,
                channel,
                rng.choice((Answer.GIVEN, Answer.GIVEN, Answer.DENIED)),
                None,
                proof,
            ),
            _whole(now - timedelta(hours=rng.random() * 8000)),
        )
        for person, channel in chunk
    ]
    with remembering():
        record_brought(fiduciary=OWN_CODE, answers=answers, actor=ACTOR, now=now)


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
