"""Answers that come from elsewhere with the proof of them, many at once: from a list, a form or another system."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import transaction

from consent.models import ConsentEvent, ConsentReceipt, ConsentState
from consent.rules import leaves
from consent.rules.fold import YES
from consent.services import evidence, guarding, validity
from consent.services.recording import Choice, check, fiduciary_of, record_all
from consent.states import Way
from portal.core import bulk, clock, ids
from portal.core.actor import Actor
from portal.ledger.models import Entry
from portal.ledger.services import append_many
from portal.ledger.states import EntryKind
from portal.people import selectors as people
from portal.people.models import Fiduciary

#: Keys asked for in one statement: longer lists make the planner scan the table.
ASKED = 1_000
Place = tuple[bytes, str, str]
_EVENT: Final = (
    "id",
    "entry_id",
    "receipt_id",
    "subject_ref",
    "fiduciary_id",
    "address_kind",
    "address_key",
    "address_verified",
    "purpose",
    "channel",
    "answer",
    "notice_language",
    "notice_sha256",
    "way",
    "actor_kind",
    "actor_ref",
    "occurred_at",
    "recorded_at",
    "expires_at",
)
_STATE: Final = (
    "fiduciary_id",
    "address_key",
    "purpose",
    "channel",
    "answer",
    "verified",
    "expires_at",
    "event_id",
    "entry_ref",
    "subject_ref",
    "occurred_at",
    "as_of_event",
)


@dataclass(frozen=True)
class Brought:
    """One answer of one person, as we were told it. ``choice.evidence`` is the proof of a yes."""

    subject_ref: UUID
    choice: Choice
    occurred_at: datetime

    @property
    def place(self) -> Place:
        return self.choice.address.key, self.choice.purpose, self.choice.channel


class _First(NamedTuple):
    """An answer where there was none before, under the key of the event it becomes. ``receipt``: key and reference."""

    key: int
    answer: Brought
    receipt: tuple[int, str]
    expires_at: datetime | None


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
        rows = ConsentEvent.objects.filter(fiduciary=whose, address_key__among=frozenset(keys[start : start + ASKED]))
        for key, purpose, channel in rows.values_list("address_key", "purpose", "channel"):
            found.add((present[bytes(key)], purpose, channel))
    return found


def _record_first(whose: Fiduciary, answers: Sequence[Brought], *, actor: Actor, at: datetime) -> None:
    """Table by table, under keys that are handed out first. What ``recording`` writes for an answer without an earlier one."""
    receipts = _receipts(answers, at)
    firsts = [
        _First(
            key=key,
            answer=answer,
            receipt=receipts[answer.subject_ref],
            expires_at=_ends(answer, at),
        )
        for key, answer in zip(bulk.new_keys(ConsentEvent, len(answers)), answers, strict=True)
    ]
    entries = append_many(
        kind=EntryKind.CONSENT,
        payloads=[(_leaf(first, whose, actor), first.answer.subject_ref) for first in firsts],
        recorded_at=at,
    )
    bulk.insert(
        ConsentEvent,
        _EVENT,
        (_event(first, entry, whose, actor, at) for first, entry in zip(firsts, entries, strict=True)),
    )
    bulk.insert(
        ConsentState, _STATE, (_state(first, entry, whose) for first, entry in zip(firsts, entries, strict=True))
    )


def _receipts(answers: Sequence[Brought], at: datetime) -> dict[UUID, tuple[int, str]]:
    """A receipt for each person: its key and its reference."""
    refs = list(dict.fromkeys(answer.subject_ref for answer in answers))
    receipts = {
        ref: (key, ids.new_reference("CR"))
        for key, ref in zip(bulk.new_keys(ConsentReceipt, len(refs)), refs, strict=True)
    }
    rows = ((key, reference, ref, at) for ref, (key, reference) in receipts.items())
    bulk.insert(ConsentReceipt, ("id", "reference", "subject_ref", "made_at"), rows)
    return receipts


def _leaf(first: _First, whose: Fiduciary, actor: Actor) -> dict[str, Any]:
    choice = first.answer.choice
    said = leaves.members_of(
        answer=str(choice.answer),
        fiduciary=whose.code,
        address_kind=choice.address.kind,
        address_key=choice.address.key,
        address_verified=True,
        purpose=choice.purpose,
        channel=choice.channel,
        notice=None,
        previous=None,
        occurred_at=first.answer.occurred_at,
        expires_at=first.expires_at,
        way=str(Way.IMPORT),
        actor_kind=str(actor.kind),
        actor_ref=actor.ref,
        receipt=first.receipt[1],
    )
    return {**said, "evidence": evidence.committed(choice.evidence)}


def _event(first: _First, entry: Entry, whose: Fiduciary, actor: Actor, at: datetime) -> tuple[Any, ...]:
    """In the order of ``_EVENT``."""
    answer, choice = first.answer, first.answer.choice
    return (
        first.key,
        entry.pk,
        first.receipt[0],
        answer.subject_ref,
        whose.pk,
        choice.address.kind,
        choice.address.key,
        True,
        choice.purpose,
        choice.channel,
        str(choice.answer),
        "",
        "",
        str(Way.IMPORT),
        str(actor.kind),
        actor.ref,
        answer.occurred_at,
        at,
        first.expires_at,
    )


def _state(first: _First, entry: Entry, whose: Fiduciary) -> tuple[Any, ...]:
    """In the order of ``_STATE``: what folding the one event gives."""
    answer, choice = first.answer, first.answer.choice
    return (
        whose.pk,
        choice.address.key,
        choice.purpose,
        choice.channel,
        str(choice.answer),
        True,
        first.expires_at,
        first.key,
        entry.event_id,
        answer.subject_ref,
        answer.occurred_at,
        first.key,
    )


def _ends(answer: Brought, at: datetime) -> datetime | None:
    if answer.choice.answer not in YES:
        return None
    return validity.ends(answer.choice.purpose, start=answer.occurred_at, recorded_at=at)
