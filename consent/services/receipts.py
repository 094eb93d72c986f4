"""Receipts a person can keep: one file for each answer, which proves itself without us."""

from dataclasses import dataclass

import structlog

from consent.models import ConsentEvent, ConsentReceipt
from portal.core.errors import PortalError
from portal.ledger import services as ledger
from portal.ledger.states import EntryKind

log = structlog.get_logger(__name__)


def seal(receipt: ConsentReceipt, *, wait: float = 2.0) -> bool:
    """Have the receipt's answers sealed, after their commit. True: a page may say "recorded"; False: "received".

    The answers stand either way; the sealer takes them up within a second.
    """
    last = receipt.events.select_related("entry").order_by("-pk").first()
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
    return not receipt.events.filter(entry__leaf=None).exists()


def file_for(event: ConsentEvent) -> bytes:
    """The receipt file (C2SP tlog-proof). Raises NotSealed while the answer waits for its place in the ledger."""
    return ledger.receipt_for(event.entry)


@dataclass(frozen=True)
class Checked:
    """What anybody may know about a receipt file: whether it is genuine, about what and from when; never about whom."""

    genuine: bool
    reason: str = ""
    index: int | None = None
    answered_at: str = ""
    purpose: str = ""
    channel: str = ""
    answer: str = ""
    #: A later answer about the same address, purpose and channel exists: this one no longer counts.
    superseded: bool = False


#: No receipt is longer; a wrong file often is.
LARGEST = 64 * 1024


def check(data: bytes) -> Checked:
    """Check a receipt file with our public key, then against our own record. Writes nothing."""
    if not data or len(data) > LARGEST:
        return Checked(genuine=False, reason="NOT_A_RECEIPT")
    result = ledger.verify_receipt(data, ledger.verifier().vkey)
    payload = result.payload or {}
    if not result.ok or payload.get("kind") != EntryKind.CONSENT:
        return Checked(genuine=False, reason=result.reason or "NOT_A_CONSENT")
    event = ConsentEvent.objects.filter(entry__event_id=payload["event_id"]).select_related("entry__leaf").first()
    if event is not None and event.entry.index != result.index:
        return Checked(genuine=False, reason="OTHER_RECORD")
    return Checked(
        genuine=True,
        index=result.index,
        answered_at=str(payload["occurred_at"]),
        purpose=str(payload["purpose"]),
        channel=str(payload["channel"]),
        answer=str(payload["event"]),
        superseded=event is not None and ConsentEvent.objects.filter(previous=event).exists(),
    )
