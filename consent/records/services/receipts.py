"""Receipts a person can keep: one file for each answer, which proves itself without us."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import structlog
from django.db.models import QuerySet

from consent.base import labels
from consent.base.rules.status_fold import YES
from consent.records.models.events import ConsentEvent, ConsentReceipt
from consent.records.models.guardians import StandingEnded
from consent.records.models.preferences import PreferenceChange
from consent.records.models.suppressions import Suppression
from consent.records.rules.receipt_extraction import TooManyFiles, proof_in
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock, ids
from portal.kernel.core.errors import BadReference, NotFound, PortalError
from portal.kernel.ledger import documents, notes
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.choices import EntryKind
from portal.kernel.ledger.models import Entry
from portal.kernel.ledger.receipts import ReceiptError, read_receipt
from portal.kernel.ledger.services.proofs import Presented
from portal.kernel.people import selectors as people

log = structlog.get_logger(__name__)

#: What a receipt file may be of.
Said = ConsentEvent | Suppression | PreferenceChange | StandingEnded


def seal(receipt: ConsentReceipt, *, wait: float = 2.0) -> bool:
    """Have the receipt's answers sealed, after their commit. True: a page may say "recorded"; False: "received".

    The answers stand either way; the sealer takes them up within a second.
    """
    last = next(
        (row for rows in _all_of(receipt) if (row := rows.select_related("entry").order_by("-pk").first())), None
    )
    if last is None:
        return False
    try:
        ledger.seal_now(wait=wait, entry=last.entry)
    except PortalError as error:
        log.warning("consent.not_sealed_yet", receipt=receipt.reference, code=error.code)
        return False
    return True


def is_sealed(receipt: ConsentReceipt) -> bool:
    """Whether every answer of the receipt has its place in the ledger: only then a page says "recorded"."""
    return not any(rows.filter(entry__leaf=None).exists() for rows in _all_of(receipt))


def _all_of(receipt: ConsentReceipt) -> tuple[QuerySet[Any], ...]:
    """Everything a receipt may be about: answers, stops of an address, what a person blocks, a guardian's standing."""
    return (
        receipt.events.all(),
        receipt.suppressions.all(),
        receipt.preference_changes.all(),
        receipt.standings_ended.all(),
    )


def entries_of(reference: str) -> list[Entry]:
    """What a receipt stands for in the ledger, its answers first, as its page counts them; none for another reference.

    Registered in ``ports.referred_entries``.
    """
    try:
        canonical = ids.parse_reference(reference, "CR")
    except BadReference:
        return []
    receipt = ConsentReceipt.objects.filter(reference=canonical).first()
    if receipt is None:
        return []
    rows = [row for kind in _all_of(receipt) for row in kind.select_related("entry__leaf").order_by("pk")]
    # A stop that came with an answer stands in the answer's entry.
    return list({row.entry_id: row.entry for row in rows if row.entry is not None}.values())


def file_for(said: Said) -> bytes:
    """The receipt file (C2SP tlog-proof) of an answer, of a stop that stands alone, or of what a person blocks.

    Raises NotSealed while it waits for its place in the ledger, NotFound for a change of wishes without an entry.
    """
    if said.entry is None:
        raise NotFound("This change has no place in the ledger.")
    return ledger.receipt_for(said.entry)


def stops_at(
    given: Iterable[ConsentReceipt], *, keys: Sequence[bytes]
) -> list[tuple[ConsentReceipt, ConsentEvent | Suppression]]:
    """What each receipt says about one address: the first answer, or the stop where no answer was recorded; one that says
    nothing about it is left out. Two statements, however many receipts there are.
    """
    found = list(given)
    first: dict[int, ConsentEvent | Suppression] = {}
    models: tuple[type[ConsentEvent | Suppression], ...] = (Suppression, ConsentEvent)
    for model in models:  # an answer replaces the stop that came with it
        rows = model.objects.filter(receipt__in=found, address_key__in=keys).select_related("entry__leaf", "fiduciary")
        first |= {row.receipt_id: row for row in rows.order_by("-pk")}
    for receipt in found:
        if receipt.pk in first:
            first[receipt.pk].receipt = receipt
    return [(receipt, first[receipt.pk]) for receipt in found if receipt.pk in first]


@dataclass(frozen=True)
class Numbered:
    """What anybody may know by a receipt's number alone: not whose it is, of which company, about what, or what was answered."""

    reference: str
    issued_at: datetime
    is_sealed: bool


def by_number(reference: str) -> Numbered | None:
    """The receipt with this number, in its canonical form; None where we never issued one. Reads only."""
    found = ConsentReceipt.objects.filter(reference=reference).first()
    return Numbered(found.reference, found.made_at, is_sealed(found)) if found is not None else None


class Freshness(StrEnum):
    """Whether an answer still counts. A receipt proves what was answered, never that nothing was answered since."""

    LATEST = "latest"
    SUPERSEDED = "superseded"
    ENDED = "ended"
    #: Our own record of the answer was erased: the receipt is genuine, and what came after can no longer be told.
    ERASED = "erased"


@dataclass(frozen=True)
class Checked:
    """What anybody may know about a receipt file: whether it is genuine, about what and from when; never about whom."""

    genuine: bool
    reason: str = ""
    index: int | None = None
    size: int | None = None
    answered_at: str = ""
    purpose: str = ""
    channel: str = ""
    answer: str = ""
    freshness: Freshness = Freshness.ERASED
    #: Of a stop without answers: whose promotional messages were stopped.
    stopped: str = ""
    #: Of "Do not disturb": what a person blocks; what it is stays with the person.
    is_blocking: bool = False
    is_standing: bool = False
    #: How many witnesses that are not ours had seen the ledger that the receipt stands in.
    witnesses: int = 0
    #: The proof came inside a PDF or a view of a standard: what those show beside it was not compared.
    is_inside: bool = False

    @property
    def superseded(self) -> bool:
        """A later answer about the same address, purpose and channel exists: this one no longer counts."""
        return self.freshness == Freshness.SUPERSEDED


def check(data: bytes, *, now: datetime | None = None) -> Checked:
    """Check a receipt file with our public keys, then against our own tree and record.

    Writes nothing about the receipt. One that our key signed over another tree than ours is a fork: it stops signing
    (check X2), for only the holder of the key can have made it. A JSON form that says something else than its proof is
    not genuine (ALTERED), whatever it proves.
    """
    try:
        proof = proof_in(data)
    except TooManyFiles:
        return Checked(genuine=False, reason="TOO_MANY_FILES")
    if proof is None:
        return Checked(genuine=False, reason="NOT_A_RECEIPT")
    result = ledger.check_presented(proof)
    if result.ok and not _says_what_is_proved(data, proof, result):
        return Checked(genuine=False, reason="ALTERED")
    checked = _check_result(result, now=now or clock.now())
    return replace(checked, is_inside=documents.is_other_form(data)) if checked.genuine else checked


def _says_what_is_proved(data: bytes, proof: bytes, result: Presented) -> bool:
    """Whether a JSON form says what its proof says; other forms are not compared here."""
    try:
        body = documents.read_document(data)
    except ReceiptError:
        return False
    vkeys = [one.vkey for one in ledger.verifiers()]
    return body is None or not documents.differences(body, proof, result, vkeys=vkeys)


def _check_result(result: Presented, *, now: datetime) -> Checked:
    payload = result.payload or {}
    facts = {
        AuditKind.CONSENT_ADDRESS_SUPPRESSED: _check_stop,
        AuditKind.CONSENT_PREFERENCE_TOLD: _check_blocking,
        AuditKind.CONSENT_STANDING_ENDED: _check_standing,
    }
    if result.ok and payload.get("act") in facts:
        return facts[payload["act"]](result)
    if not result.ok or payload.get("kind") != EntryKind.CONSENT:
        return Checked(genuine=False, reason=result.reason or "NOT_A_CONSENT")
    event = ConsentEvent.objects.filter(entry__event_id=payload["event_id"]).select_related("entry__leaf").first()
    if event is not None and event.entry.index != result.index:
        return Checked(genuine=False, reason="OTHER_RECORD")
    return _genuine(
        result,
        answered_at=str(payload["occurred_at"]),
        purpose=str(payload["purpose"]),
        channel=str(payload["channel"]),
        answer=str(payload["event"]),
        freshness=freshness(event, now=now),
    )


def _genuine(result: Presented, **says: Any) -> Checked:
    """A receipt that our key signed and our tree holds, with what its entry says."""
    return Checked(genuine=True, index=result.index, size=result.size, witnesses=result.witnesses, **says)


def _check_stop(result: Presented) -> Checked:
    payload = result.payload or {}
    row = (
        Suppression.objects.filter(entry__event_id=payload["event_id"])
        .select_related("entry__leaf", "fiduciary")
        .first()
    )
    if row is None or row.entry.index != result.index:
        return Checked(genuine=False, reason="OTHER_RECORD")
    return _genuine(
        result,
        answered_at=str(payload["at"]),
        stopped=row.header or row.fiduciary.name,
        freshness=_freshness_of_stop(row),
    )


def _check_blocking(result: Presented) -> Checked:
    payload = result.payload or {}
    row = PreferenceChange.objects.filter(entry__event_id=payload["event_id"]).select_related("entry__leaf").first()
    if row is None or row.entry is None or row.entry.index != result.index:
        return Checked(genuine=False, reason="OTHER_RECORD")
    return _genuine(result, answered_at=str(payload["at"]), is_blocking=True, freshness=_freshness_of_blocking(row))


def _check_standing(result: Presented) -> Checked:
    payload = result.payload or {}
    row = StandingEnded.objects.filter(entry__event_id=payload["event_id"]).select_related("entry__leaf").first()
    if row is None or row.entry.index != result.index:
        return Checked(genuine=False, reason="OTHER_RECORD")
    return _genuine(result, answered_at=str(payload["at"]), is_standing=True, freshness=Freshness.LATEST)


def freshness(event: Said | None, *, now: datetime) -> Freshness:
    """Whether the answer is still the last word about its address, purpose and channel; a stop, until a later yes.

    What a person blocks is the last word until they tell another list.
    """
    if event is None:
        return Freshness.ERASED
    if isinstance(event, StandingEnded):
        return Freshness.LATEST
    if isinstance(event, PreferenceChange):
        return _freshness_of_blocking(event)
    if isinstance(event, Suppression):
        return _freshness_of_stop(event)
    if ConsentEvent.objects.filter(previous=event).exists() or _is_overtaken(event):
        return Freshness.SUPERSEDED
    ended = event.expires_at is not None and event.expires_at <= now
    return Freshness.ENDED if ended else Freshness.LATEST


def _is_overtaken(event: ConsentEvent) -> bool:
    """Whether the person said something later about all senders, where this is about one of them."""
    of_all = ConsentEvent.objects.filter(
        subject_ref__in=people.refs_of(event.subject_ref),
        fiduciary=event.fiduciary_id,
        address_key=bytes(event.address_key),
        purpose=event.purpose,
        channel=event.channel,
        sender="",
        occurred_at__gte=event.occurred_at,
    )
    return bool(event.sender) and of_all.exists()


def _freshness_of_blocking(change: PreferenceChange) -> Freshness:
    refs = people.refs_of(change.subject_ref)
    later = PreferenceChange.objects.filter(subject_ref__in=refs, receipt__isnull=False, pk__gt=change.pk)
    return Freshness.SUPERSEDED if later.exists() else Freshness.LATEST


def _freshness_of_stop(stop: Suppression) -> Freshness:
    later = ConsentEvent.objects.filter(
        fiduciary=stop.fiduciary, address_key=stop.address_key, answer__in=YES, occurred_at__gt=stop.suppressed_at
    )
    return Freshness.SUPERSEDED if hasattr(stop, "lift") or later.exists() else Freshness.LATEST


def key_of(proof: bytes) -> str:
    """The public key that a receipt file of ours is checked with: that of the size of its checkpoint."""
    text, _signatures = notes.split_note(read_receipt(proof).checkpoint)
    return ledger.verifier_at(notes.parse_tree_head(text).size).vkey


def _identification(said: Said) -> str:
    """How the person who acted was identified, in the reader's language."""
    if isinstance(said, Suppression):
        return labels.stop_identified_words(said)
    if isinstance(said, PreferenceChange):
        return labels.change_identified_words(said)
    return str(said.get_by_display()) if isinstance(said, StandingEnded) else labels.event_identified_words(said)


def document(event: Said, *, now: datetime) -> dict[str, Any]:
    """The receipt as one JSON object: what was recorded, what opens it, where it stands, whether it still counts, and how
    the person was identified.

    Raises NotSealed while the answer waits for its place, Refused when its content was erased.
    """
    proof = file_for(event)
    taken = read_receipt(proof)
    result = ledger.check_presented(proof)
    return {
        "format": documents.FORMAT,
        "receipt": event.receipt.reference if event.receipt else None,
        "record": result.payload,
        "ledger": {
            "origin": result.origin,
            "vkey": key_of(proof),
            "index": result.index,
            "size": result.size,
            "leaf": taken.leaf.hex(),
            "witnesses": result.witnesses,
        },
        "status": {
            "freshness": freshness(event, now=now),
            "as_of": clock.stamp(now),
            "identification": _identification(event),
        },
        "proof": proof.decode(),
    }
