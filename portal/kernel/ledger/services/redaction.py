"""Erasure from the ledger: first the sealed record that it was done, then the payload and its salt."""

import secrets
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from portal.kernel.core import answers, clock
from portal.kernel.core.errors import Refused
from portal.kernel.ledger import commitment
from portal.kernel.ledger.choices import EntryKind
from portal.kernel.ledger.errors import NotSealed
from portal.kernel.ledger.models import Entry, Payload, Redacting
from portal.kernel.ledger.services import sealer
from portal.kernel.ledger.services.entries import append

#: Records about the ledger itself hold no identity and are never erased; the checks need them.
NEVER_REDACTED = frozenset({EntryKind.GENESIS, EntryKind.REDACTION, EntryKind.KEY_ROTATION})


def redact(
    entries: Iterable[Entry], *, basis: str, requested_at: datetime, wait: float = 10.0, now: datetime | None = None
) -> int:
    """Erase the payloads of sealed entries; returns how many. Safe to repeat after a crash at any line.

    Order: (1) append one redaction record each, in random order, so that neighbouring records do not tie one person's
    leaves together, each with the act that its target was; (2) seal and sign; (3) delete payloads and salts. Everybody's proofs still hold. Of a subject of whom
    something keeps them (``answers.kept_contents``) nothing is recorded and nothing deleted; what is held only after the record
    is deleted by ``finish_redactions`` once that has ended. ``basis`` is a code (a retention class, a provision), never a
    sentence. Call it outside a transaction.

    Raises Refused for a record of the ledger about itself, NotSealed for an entry that has no place yet or when the
    records were not sealed within ``wait`` seconds; then ``finish_redactions`` deletes later what was recorded.
    """
    now = now or clock.now()
    asked = [entry.pk for entry in entries]
    chosen = _erasable(asked)
    secrets.SystemRandom().shuffle(chosen)
    with transaction.atomic():
        kept = _kept(chosen)
        free = [entry for entry in chosen if entry.subject_ref not in kept]
        records = [_record(entry, basis=basis, requested_at=requested_at, now=now) for entry in free]
    for record in records:
        sealer.seal_now(wait=wait, entry=record)
    return _carry_out(Redacting.objects.filter(pk__in=asked).exclude(entry__payload=None))


def finish_redactions() -> int:
    """Delete the payloads whose redaction was recorded and sealed, but not carried out before a crash or because of a hold
    that has ended. How many.
    """
    return _carry_out(Redacting.objects.filter(done_at=None))


def redact_again() -> int:
    """Delete contents that are here although their redaction was carried out: a restore brought them back (V7b). How many.

    Nobody asks for a hold: what ended lawfully ended. What was recorded only is left to ``finish_redactions``, which asks.
    """
    pks: set[int] = set()
    for index, leaf in redacted().items():
        found = Entry.objects.filter(leaf__pk=index, leaf_hash=bytes.fromhex(leaf)).exclude(payload=None)
        pks.update(found.exclude(redacting__isnull=False, redacting__done_at=None).values_list("pk", flat=True))
    return _delete(sorted(pks))


def held_back() -> set[int]:
    """The indexes of the leaves whose redaction is recorded and whose content something keeps all the same. Reads only."""
    rows = list(Redacting.objects.filter(done_at=None).values_list("entry__subject_ref", "entry__leaf__pk"))
    refs = {ref for ref, _index in rows if ref is not None}
    kept = answers.kept_contents.ask(subject_refs=refs, in_turn=False) if refs else set()
    return {index for ref, index in rows if ref in kept}


def redacted() -> dict[int, str]:
    """The leaf (hex) that each sealed redaction record names, by its index. Only records whose content opens their leaf."""
    return {said["target_index"]: said["target_leaf"] for _index, said in _sealed_records()}


def erased_among(entries: Collection[int]) -> set[int]:
    """Of the entries those without content whose leaf a redaction record names. One statement, and one record for each entry."""
    if not entries:
        return set()
    rows = Redacting.objects.filter(pk__in=entries, entry__payload=None, record__kind=EntryKind.REDACTION)
    rows = rows.exclude(entry__leaf=None).exclude(record__leaf=None).exclude(record__payload=None)
    record = ("record__leaf_hash", "record__payload__body", "record__payload__salt")
    return {
        entry
        for entry, index, leaf, *opened in rows.values_list("pk", "entry__leaf__pk", "entry__leaf_hash", *record)
        if (said := _said(*map(bytes, opened))) is not None
        and (said["target_index"], said["target_leaf"]) == (index, bytes(leaf).hex())
    }


def record_indexes() -> dict[int, int]:
    """Where the redaction record of each erased leaf has its place: index by index. Reads every redaction record."""
    return {said["target_index"]: index for index, said in _sealed_records()}


def _sealed_records() -> Iterator[tuple[int, dict[str, Any]]]:
    rows = Entry.objects.filter(kind=EntryKind.REDACTION).exclude(leaf=None).exclude(payload=None)
    columns = ("leaf__pk", "leaf_hash", "payload__body", "payload__salt")
    for index, leaf, body, salt in rows.order_by("pk").values_list(*columns).iterator(chunk_size=1_000):
        if (said := _said(bytes(leaf), bytes(body), bytes(salt))) is not None:
            yield index, said


def _said(leaf: bytes, body: bytes, salt: bytes) -> dict[str, Any] | None:
    """What a record says; None where its content does not open its leaf."""
    return commitment.read_payload(body) if commitment.leaf_hash(salt, body) == leaf else None


def _carry_out(recorded: QuerySet[Redacting]) -> int:
    """Delete what is recorded and sealed, one subject after another, each in the turn in which a hold would be placed."""
    of_subject: dict[UUID | None, list[Entry]] = {}
    for redacting in recorded.exclude(record__leaf=None).select_related("entry"):
        of_subject.setdefault(redacting.entry.subject_ref, []).append(redacting.entry)
    deleted = 0
    for ref, entries in of_subject.items():
        with transaction.atomic():
            if ref not in _kept(entries):
                deleted += _delete([entry.pk for entry in entries])
    return deleted


def _kept(entries: Iterable[Entry]) -> set[UUID]:
    """The subjects of these entries that something keeps; in the caller's transaction, until whose end nothing more does."""
    refs = {entry.subject_ref for entry in entries if entry.subject_ref is not None}
    found: set[UUID] = answers.kept_contents.ask(subject_refs=refs, in_turn=True) if refs else set()
    return found


def _delete(pks: list[int]) -> int:
    with transaction.atomic():
        deleted, _ = Payload.objects.filter(pk__in=pks).delete()
        Redacting.objects.filter(pk__in=pks).update(done_at=clock.now())
    return deleted


def _erasable(pks: list[int]) -> list[Entry]:
    found = list(
        Entry.objects.select_related("leaf", "payload").filter(pk__in=pks, redacting=None).exclude(payload=None)
    )
    if any(entry.kind in NEVER_REDACTED for entry in found):
        raise Refused("Records of the ledger about itself cannot be erased.")
    if any(not entry.is_sealed for entry in found):
        raise NotSealed("An entry is erased only after it was sealed. Try again in a minute.")
    return found


def _act_of(entry: Entry) -> str | None:
    """The code of the act that an entry is, which says nothing of anybody; None of what is no act."""
    act: str | None = commitment.read_payload(bytes(entry.payload.body)).get("act")
    return act


def _record(entry: Entry, *, basis: str, requested_at: datetime, now: datetime) -> Entry:
    act = _act_of(entry)
    payload = {
        "target_index": entry.index,
        "target_leaf": bytes(entry.leaf_hash).hex(),
        "basis": basis,
        "requested_at": clock.stamp(requested_at),
        **({} if act is None else {"target_act": act}),
    }
    record = append(kind=EntryKind.REDACTION, payload=payload, subject_ref=None, recorded_at=now)
    Redacting.objects.create(entry=entry, record=record, since=now)
    return record
