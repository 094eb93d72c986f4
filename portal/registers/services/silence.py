"""Ending the silence that an order binds us to: proposed by one person with the reason, answered by another."""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from portal.audit import services as audit
from portal.audit.kinds import AuditKind
from portal.core.actor import Actor
from portal.core.errors import IllegalMove
from portal.people.services import four_eyes
from portal.registers.models import AuthorityOrder, SilenceEnd
from portal.registers.permissions import Act
from portal.registers.selectors.orders import may_speak
from portal.registers.services.fields import filled


def propose_end(order: AuthorityOrder, *, why: str, actor: Actor, now: datetime) -> SilenceEnd:
    """Propose that we may speak before the day named in the order, or where it names none, with its audit event.

    Nothing is told before another person agrees: a letter cannot be called back. Raises IllegalMove where no silence
    binds us or an end is proposed already, Refused without a reason; NotAllowed.
    """
    _require_silent(order, now)
    try:
        with transaction.atomic():
            reason = filled(why, str(_("Say why we may speak about it: who lifted the silence, and by which paper.")))
            proposal = four_eyes.propose(
                SilenceEnd,
                act=Act.ORDER_SPEAK,
                maker=four_eyes.person_of(actor),
                shown=shown(order, reason),
                now=now,
                order=order,
                why=reason,
            )
            _record(AuditKind.REGISTERS_ORDER_SECRECY_PROPOSED, proposal, actor, now)
    except IntegrityError as error:
        raise IllegalMove(_("The end of this silence waits for a second person already.")) from error
    return proposal


def shown(order: AuthorityOrder, why: str) -> Mapping[str, object]:
    """What both people see and are bound to."""
    until = order.secret_until.isoformat() if order.secret_until else None
    return {"order": order.reference, "paper_sha256": order.paper_sha256, "secret_until": until, "why": why}


def answer(proposal: SilenceEnd, *, approve: bool, reason: str, actor: Actor, now: datetime) -> None:
    """The second person's word, in one transaction with its audit event. From a yes on we may speak.

    Raises what ``four_eyes.answer`` raises, and IllegalMove for a yes once the silence has ended.
    """
    order = proposal.order
    with transaction.atomic():
        if approve:
            _require_silent(order, now)
        four_eyes.answer(
            proposal,
            checker=four_eyes.person_of(actor),
            approve=approve,
            shown=shown(order, proposal.why),
            reason=reason,
            now=now,
        )
        if approve:
            AuthorityOrder.objects.filter(pk=order.pk, secrecy_ended_at=None).update(secrecy_ended_at=now)
            order.refresh_from_db()
        _record(AuditKind.REGISTERS_ORDER_SECRECY_ANSWERED, proposal, actor, now)


def _require_silent(order: AuthorityOrder, now: datetime) -> None:
    if may_speak(order, at=now):
        raise IllegalMove(_("This order binds us to no silence, or that has ended already."))


def _record(kind: AuditKind, proposal: SilenceEnd, actor: Actor, now: datetime) -> None:
    facts: dict[str, str | int | bool | None] = {
        "order": proposal.order.reference,
        "proposal": proposal.pk,
        "answer": str(proposal.answer),
        "shown_sha256": proposal.shown_sha256,
    }
    audit.record(kind, actor=actor, about=proposal.order.owner, facts=facts, at=now)
