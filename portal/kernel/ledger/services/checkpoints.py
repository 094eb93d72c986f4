"""Checkpoints: signed after the commit, and only while the anchor outside the database agrees."""

from datetime import datetime

import structlog
from django.db import transaction

from portal.kernel.core import clock, database_clock, ports
from portal.kernel.ledger import notes
from portal.kernel.ledger.errors import AnchorUnusable, SigningStopped
from portal.kernel.ledger.models import Checkpoint, Head
from portal.kernel.ledger.services import anchor, keys, tiles

log = structlog.get_logger(__name__)

HEAD_ID = 1
ANCHOR_CHECK = "X1"


def sign(*, now: datetime | None = None) -> Checkpoint:
    """Sign the committed tree head, once, and advance the anchor. Signing the same size again gives the same note.

    Steps, each safe to lose the process after: (1) take the anchor's lock; (2) read the committed head; (3) compare
    it with the anchor; (4) sign; (5) replace the anchor; (6) insert the checkpoint, from which receipts are made.

    Raises SigningStopped when the anchor is ahead of the tree (rows are missing) or off it (a fork), and stops all
    signing; AnchorUnusable when the anchor file cannot serve; KeyNotAgreed when LEDGER_KEY is not the key that two people
    agreed to; RuntimeError inside a transaction.
    """
    signed = _signed_already()
    if signed is not None:
        return signed
    try:
        with anchor.locked(), transaction.atomic(durable=True):
            return _sign(now=database_clock.dated(now or clock.now()))
    except _Disagrees as refusal:
        stop_signing(check=ANCHOR_CHECK, index=refusal.index)
        raise SigningStopped(str(refusal)) from None


def stop_signing(*, check: str, index: int | None = None, now: datetime | None = None) -> None:
    """Stop signing and tell every listener, in one transaction. A second stop changes nothing."""
    with transaction.atomic():
        stopped = Head.objects.filter(pk=HEAD_ID, stopped_at=None).update(
            stopped_at=now or clock.now(), stopped_by=check
        )
        if stopped:
            log.error("ledger.signing_stopped", check=check, index=index)
            for tell in ports.ledger_stopped:
                tell(check=check, index=index)


def resume_signing() -> None:
    """Allow signing again. For the service that has just seen every check pass."""
    Head.objects.filter(pk=HEAD_ID).update(stopped_at=None, stopped_by="")


def is_stopped() -> bool:
    """Whether a failed check has stopped signing."""
    return Head.objects.filter(pk=HEAD_ID).exclude(stopped_at=None).exists()


def refuse_when_stopped() -> None:
    """Raises SigningStopped when a failed check has stopped signing."""
    stopped = Head.objects.filter(pk=HEAD_ID).exclude(stopped_at=None).first()
    if stopped is not None:
        raise SigningStopped(f"Signing was stopped because check {stopped.stopped_by} of the ledger failed.")


def _signed_already() -> Checkpoint | None:
    """The checkpoint over the present head, when anchor and row agree with it: nothing to do, and no lock to take."""
    head = Head.objects.filter(pk=HEAD_ID, stopped_at=None).first()
    known = anchor.read()
    if head is None or known is None or (known.size, known.root) != (head.size, bytes(head.root)):
        return None
    return Checkpoint.objects.filter(size=head.size, root=head.root).first()


class _Disagrees(Exception):
    def __init__(self, message: str, index: int) -> None:
        super().__init__(message)
        self.index = index


def _sign(*, now: datetime) -> Checkpoint:
    refuse_when_stopped()
    head = Head.objects.get(pk=HEAD_ID)
    size, root = head.size, bytes(head.root)
    known = anchor.read()
    _compare(known, size=size)
    signed = Checkpoint.objects.filter(size=size).first()
    if signed is not None and bytes(signed.root) != root:
        raise _Disagrees("Another root was signed at this size: the tree was rewritten.", size)
    if signed is None:
        signers = keys.signers_for(size)  # asked after the head was read: a change of key locks it
        note = notes.sign_note(notes.TreeHead(signers[0].name, size, root).text, signers)
        signed = Checkpoint(size=size, root=root, note=note, complete_to=head.complete_to, signed_at=now)
    if known is None or known.size < size:
        anchor.write(anchor.Anchored(size, root, bytes(signed.note), spent=() if known is None else known.spent))
    Checkpoint.objects.bulk_create([signed], ignore_conflicts=True)
    return Checkpoint.objects.get(size=size)


def _compare(known: anchor.Anchored | None, *, size: int) -> None:
    """Rules (a) and (b): the anchored tree is no larger than ours and is the beginning of it."""
    if known is None:
        if Checkpoint.objects.exists():
            raise AnchorUnusable(
                "The ledger's anchor file is missing although checkpoints were signed. Restore it (LEDGER_ANCHOR)."
            )
        return
    if known.size > size:
        raise _Disagrees(f"The anchor is {known.size - size} leaves ahead: the database was rolled back.", size)
    if tiles.root_of(known.size) != known.root:
        raise _Disagrees("The tree is not the continuation of the anchored one: it was forked.", known.size)
