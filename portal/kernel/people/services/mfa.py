"""Resetting a second factor: two people, then the owner sets up a new one."""

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core.actor import Actor
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import Refused
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import MfaReset, User
from portal.kernel.people.permissions import Act
from portal.kernel.people.services import maker_checker, sessions


def shown(reset: MfaReset) -> dict[str, Any]:
    """What both people see; the factor's own number is part of it, so that a new one is not taken away by mistake."""
    return describe(user=reset.user, why=reset.why)


def describe(*, user: User, why: str) -> dict[str, Any]:
    factors = Authenticator.objects.filter(user=user).order_by("pk").values_list("pk", flat=True)
    return {"user": user.pk, "factors": list(factors), "why": why}


def propose(*, user: User, why: str, actor: Actor, now: datetime) -> MfaReset:
    """Propose that a staff member's second factor is taken away.

    Raises NotAllowed, Refused without a reason, for one's own factor, for a login without one, or a second proposal.
    """
    if not why.strip():
        raise Refused(_("Say how you know that this is the right person."), code="REASON_MISSING")
    if actor.user_id == user.pk:
        raise Refused(_("Ask two colleagues: no one resets their own second factor."), code="OWN_FACTOR")
    if not user.is_staff or not Authenticator.objects.filter(user=user).exists():
        raise Refused(_("This login has no second factor to reset."), code="NO_FACTOR")
    if MfaReset.objects.filter(user=user, answer=Answer.PENDING).exists():
        raise Refused(_("A reset for this person is waiting for a decision."), code="PROPOSED_ALREADY")
    facts = {"user": user, "why": why.strip()}
    with transaction.atomic():
        reset = maker_checker.propose(
            MfaReset,
            act=Act.MFA_RESET,
            maker=maker_checker.person_of(actor),
            shown=describe(user=user, why=why.strip()),
            now=now,
            **facts,
        )
        _record(AuditKind.SIGNIN_MFA_RESET_PROPOSED, reset, actor, now)
    return reset


def answer(*, reset: MfaReset, approve: bool, reason: str = "", actor: Actor, now: datetime) -> None:
    """Answer a proposal. A yes deletes the factors and recovery codes and ends every session of the person.

    The person cannot answer about themselves. Raises what ``maker_checker.answer`` raises.
    """
    checker = maker_checker.person_of(actor)
    if checker.pk == reset.user_id:
        raise Refused(_("Ask two colleagues: no one resets their own second factor."), code="OWN_FACTOR")
    with transaction.atomic():
        maker_checker.answer(reset, checker=checker, approve=approve, shown=shown(reset), reason=reason, now=now)
        _record(AuditKind.PEOPLE_PROPOSAL_ANSWERED, reset, actor, now)
        if approve:
            Authenticator.objects.filter(user=reset.user).delete()
            sessions.end_all(user=reset.user, actor=actor, now=now)
            _record(AuditKind.SIGNIN_MFA_RESET, reset, actor, now)
            enqueue("portal.signin.tasks.tell_mfa_reset", reset.pk)


def _record(kind: AuditKind, reset: MfaReset, actor: Actor, at: datetime) -> None:
    record(
        kind,
        actor=actor,
        about=f"people.user:{reset.user_id}",
        facts={
            "proposal": reset.pk,
            "user": reset.user_id,
            "answer": str(reset.answer),
            "shown_sha256": reset.shown_sha256,
        },
        subject_ref=reset.user.subject_ref,
        personal={},
        at=at,
    )
