"""The only way into the ledger."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from portal.core import clock
from portal.ledger import commitment
from portal.ledger.models import Entry, Payload, Pending
from portal.ledger.states import EntryKind

#: What ``append`` writes itself; a caller's payload names none of it.
OWN_FIELDS = frozenset({"v", "kind", "event_id", "recorded_at"})

#: The members each kind's payload must have (null where there is nothing to say), so that none is forgotten.
REQUIRED: Mapping[str, frozenset[str]] = {
    EntryKind.GENESIS: frozenset({"origin", "vkeys", "schema"}),
    EntryKind.CONSENT: frozenset(
        {"event", "fiduciary", "address_key", "purpose", "channel", "notice", "evidence", "prev", "occurred_at"}
    ),
    EntryKind.NOTICE: frozenset({"id", "version", "lang", "sha256"}),
    EntryKind.REDACTION: frozenset({"target_index", "target_leaf", "basis", "requested_at"}),
    EntryKind.KEY_ROTATION: frozenset({"old", "new", "first_size"}),
    EntryKind.AUDIT: frozenset({"act", "actor", "about", "facts"}),
}


def append(
    *,
    kind: str,
    payload: Mapping[str, Any],
    subject_ref: UUID | None,
    recorded_at: datetime,
    event_id: UUID | None = None,
) -> Entry:
    """Insert an entry, its payload under a new salt, and its place in the sealer's queue.

    Runs in the caller's transaction, so that the entry stands or falls with what it records; it takes no lock and no
    number. ``v``, ``kind``, ``event_id``, ``recorded_at`` and the subject (``principal`` for consent, ``subject``
    else) are added here. The entry has no index until it is sealed.

    Raises RuntimeError outside a transaction, ValueError for an unknown kind or a payload without its members, and
    PayloadError for a value that has no canonical form.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A ledger entry is written in the transaction of what it records.")
    members = REQUIRED[EntryKind(kind)]
    if members - payload.keys() or OWN_FIELDS & payload.keys():
        wrong = sorted((members - payload.keys()) | (OWN_FIELDS & payload.keys()))
        raise ValueError(f"A payload of kind {kind} lacks these members, or names what is added for it: {wrong}")
    event_id = event_id or uuid.uuid4()
    full = {
        **payload,
        "v": 1,
        "kind": str(kind),
        "event_id": str(event_id),
        "recorded_at": clock.stamp(recorded_at),
    }
    if subject_ref is not None:
        full["principal" if kind == EntryKind.CONSENT else "subject"] = str(subject_ref)
    body, salt = commitment.canonical(full), commitment.new_salt()
    entry = Entry.objects.create(
        event_id=event_id,
        kind=kind,
        subject_ref=subject_ref,
        leaf_hash=commitment.leaf_hash(salt, body),
        recorded_at=recorded_at,
    )
    Payload.objects.create(entry=entry, body=body, salt=salt)
    Pending.objects.create(entry=entry)
    return entry


def payload_of(entry: Entry) -> dict[str, Any] | None:
    """What an entry says, or None when its payload was redacted."""
    kept = Payload.objects.filter(pk=entry.pk).first()
    return None if kept is None else commitment.read_payload(bytes(kept.body))
