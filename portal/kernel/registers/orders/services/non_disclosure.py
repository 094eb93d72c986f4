"""The silence that an order binds us to: one person makes or lengthens it, two end it before its day."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock, field_changes
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove
from portal.kernel.people.services import maker_checker
from portal.kernel.registers.base.models.orders import AuthorityOrder, SilenceEnd
from portal.kernel.registers.base.permissions import Act
from portal.kernel.registers.base.services.entry_fields import at_field, filled
from portal.kernel.registers.orders.selectors import may_speak


def require_ahead(until: date | None, *, now: datetime) -> None:
    """Raises Refused (SILENCE_OVER) for a last day of silence that is over already: nobody would be bound by it."""
    if until is not None and until < clock.day(now):
        raise at_field("secret_until", _("This day is over already. Enter today or a later day."), code="SILENCE_OVER")


def bound(order: AuthorityOrder) -> dict[str, object]:
    """What two people are bound to about the silence of an order: whether there is one, its last day, and its end."""
    return {
        "is_secret": order.is_secret,
        "secret_until": order.secret_until.isoformat() if order.secret_until else None,
        "secrecy_ended_at": clock.stamp(order.secrecy_ended_at) if order.secrecy_ended_at else None,
    }


def make_silent(
    order: AuthorityOrder, *, secret_until: date | None, why: str, actor: Actor, now: datetime
) -> AuthorityOrder:
    """Make an order silent, or silent for longer, at once, in one transaction with its audit event; the reason goes to the
    erasable part of that. One person is enough, because it only protects; shortening is ``propose_end``.

    ``secret_until`` None: until somebody notes the end. Raises Refused without a reason, for a day that is over
    (SILENCE_OVER) or no later than the one that binds us (NO_LONGER); IllegalMove where silence without a last day binds us
    or the people were told; NotAllowed for who is no staff.
    """
    maker_checker.person_of(actor)
    reason = filled(why, str(_("Say why: who asked for non-disclosure, and in which document.")))
    require_ahead(secret_until, now=now)
    with transaction.atomic():
        found = AuthorityOrder.objects.select_for_update().get(pk=order.pk)
        if said := not_to_silence(found, at=now):
            raise IllegalMove(said)
        is_bound = not may_speak(found, at=now)
        if (
            is_bound
            and secret_until is not None
            and found.secret_until is not None
            and secret_until <= found.secret_until
        ):
            longer = _("It binds us longer already. Two people may end it before its day.")
            raise at_field("secret_until", longer, code="NO_LONGER")
        field_changes.watch_row(found)
        found.is_secret, found.secret_until, found.secrecy_ended_at = True, secret_until, None
        found.save(update_fields=["is_secret", "secret_until", "secrecy_ended_at"])
        audit.record(
            AuditKind.REGISTERS_ORDER_SILENCED,
            actor=actor,
            about=found.owner,
            facts={"order": found.reference, "until": secret_until.isoformat() if secret_until else None},
            personal={"reason": {"new": reason}},
            at=now,
        )
    return found


def not_to_silence(order: AuthorityOrder, *, at: datetime) -> str:
    """Why an order cannot be made silent, or silent for longer; empty when it can."""
    if order.person_told_at is not None:
        return str(_("The people were informed of it already."))
    if order.secret_until is None and not may_speak(order, at=at):
        return str(_("It binds us to silence without a last day already."))
    return ""


def propose_end(order: AuthorityOrder, *, why: str, actor: Actor, now: datetime) -> SilenceEnd:
    """Propose that we may speak before the day named in the order, or where it names none, with its audit event.

    Nothing is told before another person agrees: a letter cannot be called back. Raises IllegalMove where no silence
    binds us or an end is proposed already, Refused without a reason; NotAllowed.
    """
    _require_silent(order, now)
    try:
        with transaction.atomic():
            reason = filled(
                why, str(_("Say why we may speak about it: who lifted the non-disclosure, and in which document."))
            )
            proposal = maker_checker.propose(
                SilenceEnd,
                act=Act.ORDER_SPEAK,
                maker=maker_checker.person_of(actor),
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

    Raises what ``maker_checker.answer`` raises, and IllegalMove for a yes once the silence has ended.
    """
    with transaction.atomic():
        order = AuthorityOrder.objects.select_for_update().get(pk=proposal.order_id)  # it may be made longer meanwhile
        if approve:
            _require_silent(order, now)
        maker_checker.answer(
            proposal,
            checker=maker_checker.person_of(actor),
            approve=approve,
            shown=shown(order, proposal.why),
            reason=reason,
            now=now,
        )
        if approve:
            AuthorityOrder.objects.filter(pk=order.pk, secrecy_ended_at=None).update(secrecy_ended_at=now)
            proposal.order.refresh_from_db()
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
