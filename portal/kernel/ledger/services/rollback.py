"""After a restore that lost sealed entries: two people say so in the log, and the anchor begins again with its evidence kept."""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

from portal.kernel.core.errors import Refused
from portal.kernel.ledger.choices import RotationCause
from portal.kernel.ledger.models import Checkpoint, KeyRotation
from portal.kernel.ledger.services import anchor, checkpoints
from portal.kernel.ledger.services.anchor import Anchored
from portal.kernel.ledger.services.verification import Progress, verify


@dataclass(frozen=True)
class Lost:
    """The last head that is here, and the one that the anchor remembers; the event id of the agreement that names both."""

    good: Anchored
    known: Anchored
    agreement: str = ""


def lost_entries() -> Lost:
    """What was lost, as two people have said in the log; reads only.

    Raises Refused when the anchor remembers no more than the tree, while the newest change of the key does not say that
    entries were lost after the last head that is here, when it says so of another lost head than the anchor remembers
    (OTHER_LOSS), or when it was used once before (AGREEMENT_SPENT): two people agree to one loss, not to any.
    """
    lost = _gap()
    said = KeyRotation.objects.select_related("entry").order_by("-first_size").first()
    if said is None or said.cause != RotationCause.RESTORE or said.good_size != lost.good.size:
        raise Refused(
            "Two people have to say it first: rotate_ledger_key with the cause 'restore' and the good size "
            f"{lost.good.size}."
        )
    agreement = str(said.entry.event_id)
    if agreement in lost.known.spent:
        raise Refused(
            "This agreement was used already. Two people have to agree to the new loss.", code="AGREEMENT_SPENT"
        )
    if (said.lost_size, bytes(said.lost_root or b"")) != (lost.known.size, lost.known.root):
        raise Refused(
            f"Two people have agreed to the loss of another head than the anchor's, which is of {lost.known.size}. "
            "They have to agree to this one.",
            code="OTHER_LOSS",
        )
    return replace(lost, agreement=agreement)


def lost_head(cause: RotationCause) -> Anchored | None:
    """The head that an agreement with this cause gives up: after a loss the anchor's. Raises Refused when nothing was lost."""
    return _gap().known if cause == RotationCause.RESTORE else None


def require_good_size(cause: RotationCause, size: int | None) -> None:
    """Whether ``size`` may be said to be the last good one for this cause; reads only.

    Raises Refused, naming the size that is meant: after a loss it is that of the last head that is here, never that of the
    anchor, whose leaves are gone; after a compromise a head of it was signed here; in due course there is none.
    """
    if cause == RotationCause.RESTORE:
        lost = _gap()
        if size != lost.good.size:
            raise Refused(
                f"The good size after this loss is {lost.good.size}, that of the last signed head that is here; "
                f"the anchor's {lost.known.size} is the head that was lost."
            )
    elif cause == RotationCause.COMPROMISE and (size is None or not Checkpoint.objects.filter(size=size).exists()):
        signed = Checkpoint.objects.order_by("-size").first()
        newest = "none" if signed is None else signed.size
        raise Refused(
            "Name the last size that was surely signed by us: that of a head that was signed here. "
            f"The newest one is of {newest}."
        )
    elif cause == RotationCause.ROUTINE and size is not None:
        raise Refused("Name a last good size after a compromise or a loss only.")


def _gap() -> Lost:
    known, last = anchor.read(), Checkpoint.objects.order_by("-size").first()
    if known is None or last is None or known.size <= last.size:
        raise Refused("The anchor remembers no more than this database: nothing was lost.")
    return Lost(Anchored(last.size, bytes(last.root), bytes(last.note)), known)


def begin_again(lost: Lost, *, evidence: Path, progress: Progress | None = None) -> None:
    """Write the anchor of before to ``evidence``, which must not be there, and put the last head that is here in its place.

    The new anchor names the agreement as used. Then signing goes on, with the new key. Raises Refused when any other check fires, or when the anchor has changed.
    """
    report = verify(progress=progress)
    others = set(report.checks) - {checkpoints.ANCHOR_CHECK}
    if others:
        raise Refused(
            f"Not only the anchor disagrees: {', '.join(sorted(others))} fire. Run verify_ledger for the list."
        )
    with anchor.locked():
        if anchor.read() != lost.known:
            raise Refused("The anchor has changed meanwhile. Check it, then try again.")
        try:
            with evidence.open("x", encoding="utf-8") as file:
                json.dump(anchor.body_of(lost.known), file)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError as error:
            raise Refused(f"{evidence} is there already: evidence is not written over.") from error
        anchor.write(replace(lost.good, spent=(*lost.known.spent, lost.agreement)))
    checkpoints.resume_signing()
