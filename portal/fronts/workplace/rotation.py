"""Two-person change of the ledger's signing key: the proposal here, what follows from a yes in ``portal.kernel.ledger``."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal.fronts.workplace.models import KeyRotationProposal
from portal.fronts.workplace.permissions import Act
from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.choices import RotationCause
from portal.kernel.people.choices import Answer
from portal.kernel.people.services import maker_checker


def shown_key(
    old_vkey: str, new_vkey: str, cause: str, good_size: int | None, lost: ledger.Anchored | None
) -> dict[str, Any]:
    """What both people see of the change and are bound to; after a loss also the anchored head that is given up."""
    if lost is None:  # as before: a proposal that waits is still what both saw
        return {"old": old_vkey, "new": new_vkey, "cause": str(cause), "good_size": good_size}
    head = {"size": lost.size, "root": lost.root.hex()}
    return {"old": old_vkey, "new": new_vkey, "cause": str(cause), "good_size": good_size, "lost": head}


def propose_key(*, cause: str, good_size: int | None, actor: Actor) -> KeyRotationProposal:
    """Propose that LEDGER_KEY_NEXT signs from now on. Nothing changes until another person approves.

    Raises Refused when no next key is set, it has signed here before, or the last good size cannot be that one (then the
    text names the one that is meant); NotAllowed when the role may not propose.
    """
    if KeyRotationProposal.objects.filter(answer=Answer.PENDING).exists():
        raise Refused(_("A change of the key is proposed already. Decide that first."))
    old, new, now = ledger.verifiers()[0].vkey, ledger.next_vkey(), clock.now()
    ledger.require_good_size(RotationCause(cause), good_size)
    lost = ledger.lost_head(RotationCause(cause))
    with transaction.atomic():
        proposal = maker_checker.propose(
            KeyRotationProposal,
            act=Act.KEY_ROTATE,
            maker=maker_checker.person_of(actor),
            shown=shown_key(old, new, cause, good_size, lost),
            now=now,
            old_vkey=old,
            new_vkey=new,
            cause=cause,
            good_size=good_size,
            lost_size=None if lost is None else lost.size,
            lost_root=None if lost is None else lost.root,
        )
        _record(AuditKind.LEDGER_KEY_PROPOSED, proposal, actor)
    return proposal


def answer_key(*, proposal: KeyRotationProposal, approve: bool, reason: str, actor: Actor) -> None:
    """Approve or refuse. A yes records the change in the ledger in the same transaction; the next head is the new key's.

    After a loss a yes is for the head that the anchor remembers now: another one than was proposed is SHOWN_CHANGED. Raises what ``maker_checker.answer`` and ``ledger.rotate_key`` raise.
    """
    old = ledger.verifiers()[0].vkey
    lost = ledger.lost_head(RotationCause(proposal.cause)) if approve else None
    shown = shown_key(old, proposal.new_vkey, proposal.cause, proposal.good_size, lost)
    now = clock.now()
    with transaction.atomic():
        checker = maker_checker.person_of(actor)
        maker_checker.answer(proposal, checker=checker, approve=approve, shown=shown, reason=reason, now=now)
        if not approve:
            _record(AuditKind.LEDGER_KEY_REFUSED, proposal, actor)
            return
        done = ledger.rotate_key(vkey=proposal.new_vkey, cause=proposal.cause, good_size=proposal.good_size, now=now)
        _record(AuditKind.LEDGER_KEY_ROTATED, proposal, actor, first_size=done.first_size)


def _record(kind: AuditKind, proposal: KeyRotationProposal, actor: Actor, **more: int) -> None:
    facts: dict[str, str | int | bool | None] = {
        "proposal": proposal.pk,
        "cause": proposal.cause,
        "good_size": proposal.good_size,
        "shown_sha256": proposal.shown_sha256,
        **more,
    }
    audit.record(kind, actor=actor, about=f"{proposal._meta.label_lower}:{proposal.pk}", facts=facts)
