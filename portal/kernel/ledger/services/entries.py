"""The only way into the ledger."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import connection

from portal.kernel.core import bulk, clock, database_clock
from portal.kernel.ledger import commitment
from portal.kernel.ledger.choices import EntryKind
from portal.kernel.ledger.models import Entry, Payload, Pending

#: An entry that is not written yet, the bytes of its payload, their salt.
Draft = tuple[Entry, bytes, bytes]

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

INSERT_ENTRY = (
    "INSERT INTO ledger_entry (event_id, kind, subject_ref, leaf_hash, commitment, recorded_at) "
    "VALUES (%s, %s, %s, %s, %s, %s)"
)
INSERT_PAYLOAD = "INSERT INTO ledger_payload (entry_id, body, salt) VALUES (%s, %s, %s)"
INSERT_PENDING = "INSERT INTO ledger_pending (entry_id) VALUES (%s)"
INSERT_ALL = f"""
WITH entry AS ({INSERT_ENTRY} RETURNING id),
payload AS (INSERT INTO ledger_payload (entry_id, body, salt) SELECT id, %s, %s FROM entry),
pending AS (INSERT INTO ledger_pending (entry_id) SELECT id FROM entry)
SELECT id, clock_timestamp() FROM entry
"""  # noqa: S608 - put together from the constants above


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

    ``recorded_at`` is what this process's clock shows; the entry carries what the database's showed then.

    Raises RuntimeError outside a transaction, ValueError for an unknown kind or a payload without its members,
    PayloadError for a value that has no canonical form, and ClocksApart where this process's clock is wrong.
    """
    (entry,) = _written([_drafted(kind, payload, subject_ref, database_clock.dated(recorded_at), event_id)])
    return entry


def append_many(
    *, kind: str, payloads: Sequence[tuple[Mapping[str, Any], UUID | None]], recorded_at: datetime
) -> list[Entry]:
    """``append`` for many payloads, each with its subject, table by table; for imports and bulk data.

    In the caller's transaction and in the order given, which is the order of their leaves among themselves. Raises as
    ``append``; then nothing of the batch is written.
    """
    dated = database_clock.dated(recorded_at)
    return _written([_drafted(kind, payload, ref, dated, None) for payload, ref in payloads])


def _drafted(
    kind: str, payload: Mapping[str, Any], subject_ref: UUID | None, recorded_at: datetime, event_id: UUID | None
) -> Draft:
    """The entry, its payload bytes and their salt. Raises ValueError for a payload without its members."""
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
    committed = commitment.commitment(salt, body)
    entry = Entry(
        event_id=event_id,
        kind=str(kind),
        subject_ref=subject_ref,
        leaf_hash=commitment.leaf_of(committed),
        commitment=committed,
        recorded_at=recorded_at,
    )
    return entry, body, salt


def _written(drafts: Sequence[Draft]) -> list[Entry]:
    """The rows of each entry, in the caller's transaction: the way of one entry and of many. Raises RuntimeError outside."""
    if not connection.in_atomic_block:
        raise RuntimeError("A ledger entry is written in the transaction of what it records.")
    if len(drafts) == 1:
        _insert_one(*drafts[0])
    elif drafts:
        _insert_many(drafts)
    entries = [entry for entry, _body, _salt in drafts]
    for entry in entries:
        entry._state.adding = False
        entry._state.db = connection.alias
    return entries


def _insert_one(entry: Entry, body: bytes, salt: bytes) -> None:
    """In as few statements as the engine allows: every change in the portal pays for them."""
    columns = [
        field.get_db_prep_save(getattr(entry, field.attname), connection)
        for field in Entry._meta.concrete_fields
        if not field.primary_key
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            before = clock.system_time()
            cursor.execute(INSERT_ALL, [*columns, body, salt])
            entry.pk, theirs = cursor.fetchone()
            database_clock.compare(theirs, before=before)
        else:
            cursor.execute(INSERT_ENTRY, columns)
            entry.pk = cursor.lastrowid
            cursor.execute(INSERT_PAYLOAD, [entry.pk, body, salt])
            cursor.execute(INSERT_PENDING, [entry.pk])


def _insert_many(drafts: Sequence[Draft]) -> None:
    """Table by table, under keys that rise in the order of the drafts: the sealer goes by them."""
    for key, (entry, _body, _salt) in zip(bulk.new_keys(Entry, len(drafts)), drafts, strict=True):
        entry.pk = key
    names = [field.attname for field in Entry._meta.concrete_fields]
    values = attrgetter(*names)
    bulk.insert(Entry, names, (values(entry) for entry, _body, _salt in drafts))
    bulk.insert(Payload, ("entry_id", "body", "salt"), ((entry.pk, body, salt) for entry, body, salt in drafts))
    bulk.insert(Pending, ("entry_id",), ((entry.pk,) for entry, _body, _salt in drafts))


def last_recorded_at() -> datetime | None:
    """When the newest entry was recorded; None for an empty ledger."""
    return Entry.objects.order_by("-pk").values_list("recorded_at", flat=True).first()


def payload_of(entry: Entry) -> dict[str, Any] | None:
    """What an entry says, or None when its payload was redacted."""
    kept = Payload.objects.filter(pk=entry.pk).first()
    return None if kept is None else commitment.read_payload(bytes(kept.body))
