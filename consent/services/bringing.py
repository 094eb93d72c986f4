"""Answers that come from elsewhere with the proof of them, many at once: from a list, a form or another system."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from consent.models import ConsentEvent, ConsentReceipt, ConsentState
from consent.rules.fold import YES
from consent.services import guarding, projection, validity
from consent.services.recording import Choice, check, fiduciary_of, leaf_of, record_all
from consent.states import Way
from portal.core import clock, ids
from portal.core.actor import Actor
from portal.ledger.services import append_many
from portal.ledger.states import EntryKind
from portal.people import selectors as people
from portal.people.models import Fiduciary

#: Keys asked for in one statement: longer lists make the planner scan the table.
ASKED = 500
Place = tuple[bytes, str, str]


@dataclass(frozen=True)
class Brought:
    """One answer of one person, as we were told it. ``choice.evidence`` is the proof of a yes."""

    subject_ref: UUID
    choice: Choice
    occurred_at: datetime

    @property
    def place(self) -> Place:
        return self.choice.address.key, self.choice.purpose, self.choice.channel


def record_brought(
    *, fiduciary: str | Fiduciary, answers: Sequence[Brought], actor: Actor, now: datetime | None = None
) -> int:
    """Record them all or none, in one transaction; returns how many. Nothing is confirmed to the people.

    First answers are written set by set, with one receipt for each person; an answer where there was one before goes
    the way of a single one, because it has to name the earlier event. Raises as ``recording.record``, and Refused for a
    yes of a person who cannot answer alone.
    """
    at = now or clock.now()
    whose = fiduciary_of(fiduciary)
    for answer in answers:
        check(answer.choice, way=Way.IMPORT, on=at, occurred_at=answer.occurred_at)
    _require_able(answers, at)
    with transaction.atomic():
        known = _answered_before(whose, answers)
        first: list[Brought] = []
        later: list[Brought] = []
        for answer in answers:
            (later if answer.place in known else first).append(answer)
            known.add(answer.place)
        _record_first(whose, first, actor=actor, at=at)
        for answer in later:
            record_all(
                subject_ref=answer.subject_ref,
                fiduciary=whose,
                choices=[answer.choice],
                way=Way.IMPORT,
                occurred_at=answer.occurred_at,
                actor=actor,
                now=at,
            )
    return len(answers)


def _require_able(answers: Sequence[Brought], at: datetime) -> None:
    """Raises Refused: NOT_FOR_CHILDREN for a child's yes to what is for none, else HELD_FOR_GUARDIAN."""
    agreed = {answer.subject_ref: answer for answer in answers if answer.choice.answer in YES}
    refs = list(agreed)
    for start in range(0, len(refs), ASKED):
        for ref in people.protected_among(refs[start : start + ASKED], at=at):
            guarding.require_able(ref, [agreed[ref].choice.purpose], by_guardian=False, at=at)


def _answered_before(whose: Fiduciary, answers: Sequence[Brought]) -> set[Place]:
    """Places of the batch where somebody answered already, under any lookup key."""
    present = {key: answer.choice.address.key for answer in answers for key in answer.choice.address.keys}
    keys = list(present)
    found: set[Place] = set()
    for start in range(0, len(keys), ASKED):
        rows = ConsentEvent.objects.filter(fiduciary=whose, address_key__in=keys[start : start + ASKED])
        for key, purpose, channel in rows.values_list("address_key", "purpose", "channel"):
            found.add((present[bytes(key)], purpose, channel))
    return found


def _record_first(whose: Fiduciary, answers: Sequence[Brought], *, actor: Actor, at: datetime) -> None:
    receipts = {
        receipt.subject_ref: receipt
        for receipt in ConsentReceipt.objects.bulk_create(
            ConsentReceipt(reference=ids.new_reference("CR"), subject_ref=ref, made_at=at)
            for ref in dict.fromkeys(answer.subject_ref for answer in answers)
        )
    }
    events = [
        ConsentEvent(
            receipt=receipts[answer.subject_ref],
            subject_ref=answer.subject_ref,
            fiduciary=whose,
            address_kind=answer.choice.address.kind,
            address_key=answer.choice.address.key,
            address_verified=True,
            purpose=answer.choice.purpose,
            channel=answer.choice.channel,
            answer=answer.choice.answer,
            way=Way.IMPORT,
            actor_kind=str(actor.kind),
            actor_ref=actor.ref,
            occurred_at=answer.occurred_at,
            recorded_at=at,
            expires_at=_ends(answer, at),
        )
        for answer in answers
    ]
    entries = append_many(
        kind=EntryKind.CONSENT,
        payloads=[
            (leaf_of(event, answer.choice), event.subject_ref) for event, answer in zip(events, answers, strict=True)
        ],
        recorded_at=at,
    )
    for event, entry in zip(events, entries, strict=True):
        event.entry = entry
    ConsentEvent.objects.bulk_create(events)
    ConsentState.objects.bulk_create(projection.first_state(event) for event in events)


def _ends(answer: Brought, at: datetime) -> datetime | None:
    if answer.choice.answer not in YES:
        return None
    return validity.ends(answer.choice.purpose, start=answer.occurred_at, recorded_at=at)
