import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.kernel.audit import rules
from portal.kernel.audit.facts import CHANGED, FACTS
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent, AuditPersonal
from portal.kernel.core import clock, field_changes
from portal.kernel.core.actor import Actor, ActorKind
from portal.kernel.ledger import commitment
from portal.kernel.ledger.choices import EntryKind
from portal.kernel.ledger.services import append, append_many

Fact = str | int | bool | None

#: The name, in the erasable part, of field, old and new value as the admin's watch saw them.
CHANGES = "changes"


@dataclass(frozen=True)
class Act:
    """One of the acts that ``record_many`` writes: what ``record`` is told of it."""

    about: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    subject_ref: UUID | None = None
    personal: Mapping[str, object] | None = field(default=None, repr=False)


def record(
    kind: AuditKind,
    *,
    actor: Actor,
    about: str,
    facts: Mapping[str, Fact] | None = None,
    subject_ref: UUID | None = None,
    personal: Mapping[str, object] | None = None,
    at: datetime | None = None,
) -> AuditEvent:
    """Append one audit event and its one ledger leaf, in the caller's transaction.

    ``about`` is a label and a reference, ``"people.customer:OS-CU-..."``. ``facts`` are codes, numbers and references
    that the kind allows. ``personal`` goes, with the actor's network address, to an encrypted row that can be erased
    (an act of staff always has one, for its network address); the ledger keeps a salted hash of it, whose salt is
    erased with it. What the admin's watch saw change (``portal.kernel.core.field_changes``) is added to an act of staff: the names
    of the fields as a fact, old and new values to the erasable row. ``at`` is when it happened; when it was recorded
    is read off the clock here, so that nothing can be written down as of yesterday.

    Raises ValueError for a fact the kind does not allow or one that looks like personal data, and RuntimeError
    outside a transaction.
    """
    if actor.kind == ActorKind.STAFF and (changed := field_changes.take()):
        facts = {**(facts or {}), CHANGED: rules.names(changed)}
        personal = {**(personal or {}), CHANGES: changed}
    act = Act(about, facts or {}, subject_ref, personal)
    written = clock.now()
    event, payload, hidden = _drafted(kind, act, actor=actor, at=at or written)
    event.entry = append(kind=EntryKind.AUDIT, payload=payload, subject_ref=subject_ref, recorded_at=written)
    event.save(force_insert=True)
    if hidden is not None:
        AuditPersonal.objects.create(event=event, subject_ref=subject_ref, body=hidden, recorded_at=written)
    return event


def record_many(kind: AuditKind, *, actor: Actor, acts: Sequence[Act], at: datetime | None = None) -> list[AuditEvent]:
    """``record`` for many acts of one kind, in the order given and set by set: each its own event and leaf.

    In the caller's transaction. Raises as ``record``; then nothing of the batch is written. What the admin's watch saw
    belongs to none of the many; the watch tells it itself when the act ends.
    """
    written = clock.now()
    drafts = [_drafted(kind, act, actor=actor, at=at or written) for act in acts]
    entries = append_many(
        kind=EntryKind.AUDIT,
        payloads=[(payload, event.subject_ref) for event, payload, _hidden in drafts],
        recorded_at=written,
    )
    for (event, _payload, _hidden), entry in zip(drafts, entries, strict=True):
        event.entry = entry
    events = AuditEvent.objects.bulk_create(event for event, _payload, _hidden in drafts)
    AuditPersonal.objects.bulk_create(
        AuditPersonal(event=event, subject_ref=event.subject_ref, body=hidden, recorded_at=written)
        for event, _payload, hidden in drafts
        if hidden is not None
    )
    return events


def _drafted(kind: AuditKind, act: Act, *, actor: Actor, at: datetime) -> tuple[AuditEvent, dict[str, Any], str | None]:
    """The event without its entry, the leaf's payload, and the erasable text that the leaf commits to.

    Raises ValueError for a fact that must not be one.
    """
    rules.check_facts(kind, about=act.about, facts=act.facts, allowed=FACTS[kind])
    hidden = _personal_text(actor, act.personal)
    columns: dict[str, Any] = {
        "kind": str(kind),
        "actor_kind": str(actor.kind),
        "actor_ref": actor.ref,
        "via": actor.via,
        "about": act.about,
        "facts": dict(act.facts),
        "at": at,
    }
    payload = {
        **rules.members_of(**columns),
        "personal": None if hidden is None else hashlib.sha256(hidden.encode()).hexdigest(),
    }
    return AuditEvent(subject_ref=act.subject_ref, **columns), payload, hidden


def personal_of(event: AuditEvent) -> dict[str, Any] | None:
    """The personal part of an event: ``address`` and ``values``; None when there is none or it was erased."""
    kept = AuditPersonal.objects.filter(pk=event.pk).first()
    if kept is None:
        return None
    found = json.loads(str(kept.body))
    return {"address": found["address"], "values": found["values"]}


def _personal_text(actor: Actor, personal: Mapping[str, object] | None) -> str | None:
    """The erasable part: for every act that hands one over, and for every act of staff, where it came from."""
    if personal is None and not (actor.kind == ActorKind.STAFF and actor.address):
        return None
    body = {"salt": os.urandom(16).hex(), "address": actor.address, "values": _plain(personal or {})}
    return commitment.canonical(body).decode()


def _plain(value: object) -> Any:
    """Values as JSON: what has no form of its own there is written as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    return value if value is None or isinstance(value, bool | int) else str(value)
