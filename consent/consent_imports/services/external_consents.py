"""Answers that come from elsewhere with the proof of them, many at once: from a list, a form or another system."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import transaction

from consent.base.choices import Way
from consent.base.rules.status_fold import NO, YES
from consent.records.models.events import ConsentEvent, ConsentReceipt
from consent.records.models.state import ConsentState
from consent.records.rules import ledger_content
from consent.records.selectors import batch_lookups, event_chains, folds
from consent.records.selectors.undos import Restored, restored_since
from consent.records.services import evidence, guardian_consents, projection, subject_locks, validity
from consent.records.services.consent_events import Choice, after_undos, check, fiduciary_of, record_in_turn
from portal.kernel.core import bulk, clock, ids
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.ledger.choices import EntryKind
from portal.kernel.ledger.models import Entry
from portal.kernel.ledger.services import append_many
from portal.kernel.people import selectors as people
from portal.kernel.people.models import Fiduciary
from portal.kernel.registers.recipients.selectors import recipients

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
    "previous_id",
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
    "seal",
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


class _Head(NamedTuple):
    """The last event about a place: an answer that follows names it, and stays under the lookup key it began with."""

    key: int
    event_id: UUID
    address_key: bytes


class _Drafted(NamedTuple):
    """An answer under the key of the event it becomes. ``receipt``: key and reference."""

    key: int
    answer: Brought
    receipt: tuple[int, str]
    expires_at: datetime | None
    previous: _Head | None

    @property
    def address_key(self) -> bytes:
        return self.previous.address_key if self.previous else self.answer.choice.address.key


@retried
def record_brought(
    *, fiduciary: str | Fiduciary, answers: Sequence[Brought], actor: Actor, now: datetime | None = None
) -> int:
    """Record them all or none, in one transaction; returns how many. Nothing is confirmed to the people.

    They are written set by set, with one receipt for each person of a set; several about one place one after another. A
    no that may take back what was agreed to here goes the way of a single one, which tells the recipients. The turns at
    the addresses of each no, and where somebody answered before, are taken at once; a first yes needs none, for of two
    only one can be first. Raises as ``consent_events.record``, and Refused for a yes of a person who cannot answer alone.
    """
    at = now or clock.now()
    whose = fiduciary_of(fiduciary)
    for answer in answers:
        check(answer.choice, whose=whose, way=Way.IMPORT, on=at, occurred_at=answer.occurred_at)
    with transaction.atomic():
        heads = _heads_in_turn(whose, answers)
        answers = _after_undos(whose, answers, heads)
        _require_able(answers, at)
        is_told = bool(recipients.recipients_of(whose, at=at))
        for turn in _parted(answers):
            single = [answer for answer in turn if is_told and answer.choice.answer in NO and answer.place in heads]
            alone = {answer.place for answer in single}
            together = [answer for answer in turn if answer.place not in alone]
            for answer in single:
                heads[answer.place] = _record_one(whose, answer, actor=actor, at=at)
            heads |= _record_set(whose, together, heads, actor=actor, at=at)
    return len(answers)


def _after_undos(whose: Fiduciary, answers: Sequence[Brought], heads: Mapping[Place, _Head]) -> list[Brought]:
    """As ``consent_events.after_undos`` for each refusal where somebody answered before."""
    refusals = [answer for answer in answers if answer.choice.answer in NO and answer.place in heads]
    if not refusals:
        return list(answers)
    keys = list({key for answer in refusals for key in answer.choice.address.keys})
    since = min(answer.occurred_at for answer in refusals)
    restored = [
        one
        for start in range(0, len(keys), ASKED)
        for one in restored_since(since, fiduciary=whose.pk, keys=keys[start : start + ASKED])
    ]
    return [_after_undo(answer, restored) for answer in answers] if restored else list(answers)


def _after_undo(answer: Brought, restored: Sequence[Restored]) -> Brought:
    choice, since = after_undos(answer.choice, restored, answer.occurred_at)
    return replace(answer, choice=choice, occurred_at=since)


def _parted(answers: Sequence[Brought]) -> list[list[Brought]]:
    """The answers in their order, parted so that each place is there once in each part."""
    parts: list[list[Brought]] = []
    seen: Counter[Place] = Counter()
    for answer in answers:
        if seen[answer.place] == len(parts):
            parts.append([])
        parts[seen[answer.place]].append(answer)
        seen[answer.place] += 1
    return parts


def _record_one(whose: Fiduciary, answer: Brought, *, actor: Actor, at: datetime) -> _Head:
    done = record_in_turn(
        subject_ref=answer.subject_ref,
        fiduciary=whose,
        choices=[answer.choice],
        way=Way.IMPORT,
        occurred_at=answer.occurred_at,
        actor=actor,
        now=at,
    )
    (event,) = done.events
    return _Head(event.pk, event.entry.event_id, bytes(event.address_key))


def _require_able(answers: Sequence[Brought], at: datetime) -> None:
    """``guardian_consents.require_able`` for the person of each yes, and for everybody who holds its address."""
    agreed = [answer for answer in answers if answer.choice.answer in YES]
    holders = batch_lookups.holders({key for answer in agreed for key in answer.choice.address.keys})
    asked = [
        (answer.choice.purpose, {answer.subject_ref, *_refs(holders, answer.choice.address.keys)}) for answer in agreed
    ]
    every = list({ref for _purpose, refs in asked for ref in refs})
    protected = {
        ref
        for start in range(0, len(every), ASKED)
        for ref in people.protected_among(every[start : start + ASKED], at=at)
    }
    for purpose, refs in asked if protected else ():
        for ref in sorted(refs & protected):
            guardian_consents.require_able(ref, [purpose], by_guardian=False, at=at)


def _refs(holders: Mapping[bytes, Sequence[batch_lookups.Holder]], keys: Sequence[bytes]) -> set[UUID]:
    return {one.ref for key in keys for one in holders.get(key, ())}


def _heads_in_turn(whose: Fiduciary, answers: Sequence[Brought]) -> dict[Place, _Head]:
    """``_heads``, read again where we had to wait for somebody else."""
    heads = _heads(whose, answers)
    met = [answer for answer in answers if answer.place in heads or answer.choice.answer in NO]
    if met:
        subject_locks.take(answer.choice.address for answer in met)
        heads |= _heads(whose, met)
    return heads


def _heads(whose: Fiduciary, answers: Sequence[Brought]) -> dict[Place, _Head]:
    """The last event about each place of the batch where somebody answered already, under any lookup key."""
    present = {key: answer.choice.address.key for answer in answers for key in answer.choice.address.keys}
    keys = list(present)
    found: dict[Place, _Head] = {}
    for start in range(0, len(keys), ASKED):
        some = frozenset(keys[start : start + ASKED])
        rows = event_chains.ends(whose, some).filter(sender="").order_by("pk")
        for key, purpose, channel, pk, event_id in rows.values_list(
            "address_key", "purpose", "channel", "pk", "entry__event_id"
        ):
            found[present[bytes(key)], purpose, channel] = _Head(pk, event_id, bytes(key))
    return found


def _record_set(
    whose: Fiduciary, answers: Sequence[Brought], heads: Mapping[Place, _Head], *, actor: Actor, at: datetime
) -> dict[Place, _Head]:
    """Table by table, under keys that are handed out first: what ``recording`` writes for them, and the heads they are."""
    receipts = _receipts(answers, at)
    drafts = [
        _Drafted(key, answer, receipts[answer.subject_ref], _ends(answer, at), heads.get(answer.place))
        for key, answer in zip(bulk.new_keys(ConsentEvent, len(answers)), answers, strict=True)
    ]
    entries = append_many(
        kind=EntryKind.CONSENT,
        payloads=[(_leaf(draft, whose, actor), draft.answer.subject_ref) for draft in drafts],
        recorded_at=at,
    )
    written = list(zip(drafts, entries, strict=True))
    bulk.insert(ConsentEvent, _EVENT, (_event(draft, entry, whose, actor) for draft, entry in written))
    bulk.insert(ConsentState, _STATE, (_state(draft, entry, whose) for draft, entry in written if not draft.previous))
    projection.refold_many([_key(draft, whose) for draft in drafts if draft.previous])
    return {draft.answer.place: _Head(draft.key, entry.event_id, draft.address_key) for draft, entry in written}


def _key(draft: _Drafted, whose: Fiduciary) -> folds.Key:
    choice = draft.answer.choice
    return folds.Key(whose.pk, draft.address_key, choice.purpose, choice.channel)


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


def _leaf(draft: _Drafted, whose: Fiduciary, actor: Actor) -> dict[str, Any]:
    choice = draft.answer.choice
    said = ledger_content.members_of(
        answer=str(choice.answer),
        fiduciary=whose.code,
        address_kind=choice.address.kind,
        address_key=draft.address_key,
        address_verified=True,
        purpose=choice.purpose,
        channel=choice.channel,
        notice=None,
        previous=draft.previous.event_id if draft.previous else None,
        occurred_at=draft.answer.occurred_at,
        expires_at=draft.expires_at,
        way=str(Way.IMPORT),
        actor_kind=str(actor.kind),
        actor_ref=actor.ref,
        receipt=draft.receipt[1],
    )
    return {**said, "evidence": evidence.committed(choice.evidence)}


def _event(draft: _Drafted, entry: Entry, whose: Fiduciary, actor: Actor) -> tuple[Any, ...]:
    """In the order of ``_EVENT``."""
    answer, choice = draft.answer, draft.answer.choice
    return (
        draft.key,
        entry.pk,
        draft.receipt[0],
        answer.subject_ref,
        whose.pk,
        choice.address.kind,
        draft.address_key,
        True,
        choice.purpose,
        choice.channel,
        str(choice.answer),
        "",
        "",
        str(Way.IMPORT),
        str(actor.kind),
        actor.ref,
        draft.previous.key if draft.previous else None,
        answer.occurred_at,
        entry.recorded_at,
        draft.expires_at,
    )


def _state(draft: _Drafted, entry: Entry, whose: Fiduciary) -> tuple[Any, ...]:
    """In the order of ``_STATE``: what folding the one event gives, sealed."""
    answer, choice = draft.answer, draft.answer.choice
    key = folds.Key(whose.pk, choice.address.key, choice.purpose, choice.channel)
    values = {
        "answer": str(choice.answer),
        "verified": True,
        "expires_at": draft.expires_at,
        "event_id": draft.key,
        "entry_ref": entry.event_id,
        "subject_ref": answer.subject_ref,
        "occurred_at": answer.occurred_at,
        "notice_version_id": None,
        "as_of_event": draft.key,
    }
    row = {**key.filters(), **projection.sealed(key, values)}
    return tuple(row[name] for name in _STATE)


def _ends(answer: Brought, at: datetime) -> datetime | None:
    if answer.choice.answer not in YES:
        return None
    return validity.ends(answer.choice.purpose, start=answer.occurred_at, recorded_at=at)
