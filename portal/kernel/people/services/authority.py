"""Who may act for a customer now: one rule, asked by every service that changes something in a customer's name.

Two things suspend a person's powers: an insolvency order, and that they are frozen or known as a child (policy 12: our service
is for adults). Reading, and what a person does about themself (their answers, their requests, taking a yes back), needs no
power.
"""

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.actor import Actor, ActorKind
from portal.kernel.core.errors import Refused
from portal.kernel.people.choices import CustomerKind, CustomerState, InsolvencyStep, MemberRole
from portal.kernel.people.models import Customer, Membership, Principal
from portal.kernel.people.selectors import insolvency_order, is_child, refs_of
from portal.kernel.people.services import freezes

_BY_AGE = _(
    "Until we are sure of your age you cannot act for this organisation. You can see everything here, and change "
    "nothing. If you are 18 or older, write to our Grievance Officer."
)
_BY_ORDER = _("By an order you cannot act for this organisation now. You can see everything here, and change nothing.")
_NO_PART = _("You no longer act for this customer. File a grievance if something is wrong.")
_NO_OWNER = _("You do not own this organisation now. Ask an owner to do this.")
_CLOSED = _(
    "This account is closed: we take no documents for it, and nothing is changed here. Ask a person if this is wrong."
)

_DISSOLVED = _(
    "This organisation was dissolved by an order: its account is closed, and we take no documents for it. Ask a "
    "person if "
    "this is wrong."
)


def said_to(customer: Customer, user_id: int | None, *, at: datetime) -> str:
    """What a person reads whose power to act for the organisation is suspended; empty for everybody else."""
    if customer.kind != CustomerKind.ORGANISATION or user_id is None:
        return ""
    if _is_kept_back(user_id, at):
        return str(_BY_AGE)
    return str(_BY_ORDER) if _is_suspended_by_order(customer, user_id) else ""


def said_of(customer: Customer, user_id: int | None, *, at: datetime) -> str:
    """What stands above the pages of a customer for which nothing can be done now, by this person or by anybody; else empty."""
    if not _is_closed(customer):
        return said_to(customer, user_id, at=at)
    order = insolvency_order(customer)
    return str(_DISSOLVED if order is not None and order.step == InsolvencyStep.DISSOLVED else _CLOSED)


def require_powers(customer: Customer, actor: Actor, *, at: datetime) -> None:
    """For whatever a customer's login does in the name of a customer: asked where it is done, in the caller's transaction, in
    which nobody ends the person's part until it is over. Raises Refused (SUSPENDED), see ``said_to``, and for somebody whose
    part has ended (NO_PART_NOW): the button was pressed on a page from before.
    """
    if actor.kind == ActorKind.CUSTOMER and actor.user_id is not None:
        if _live_part(customer, actor.user_id) is None and _parts(customer, actor.user_id).exists():
            raise Refused(str(_NO_PART), code="NO_PART_NOW")
        if said := said_to(customer, actor.user_id, at=at):
            raise Refused(said, code="SUSPENDED")


def require_owner(customer: Customer, actor: Actor, *, at: datetime) -> None:
    """``require_powers`` for what only an owner does, at the customer's turn. Raises Refused (NO_OWNER_NOW) for whoever is none."""
    require_powers(customer, actor, at=at)
    if actor.kind == ActorKind.CUSTOMER and actor.user_id is not None:
        part = _live_part(customer, actor.user_id)
        if part is None or part.role != MemberRole.OWNER:
            raise Refused(str(_NO_OWNER), code="NO_OWNER_NOW")


def _parts(customer: Customer, user_id: int) -> QuerySet[Membership]:
    return Membership.objects.filter(customer=customer, principal__user=user_id)


def _live_part(customer: Customer, user_id: int) -> Membership | None:
    """Nobody ends it until the caller's transaction, if there is one, is over."""
    rows = _parts(customer, user_id).filter(ended_at=None)
    if connection.in_atomic_block:
        rows = rows.select_for_update(of=("self",), no_key=True)
    return rows.first()


def require_open(customer: Customer, actor: Actor, *, at: datetime) -> None:
    """The same, for what belongs to an account that is open, whoever brings it. Raises Refused (CUSTOMER_CLOSED) as well;
    what follows by itself goes on after the end.
    """
    require_powers(customer, actor, at=at)
    if actor.kind != ActorKind.SYSTEM and _is_closed(customer):
        raise Refused(str(_CLOSED), code="CUSTOMER_CLOSED", without_page="This customer's account is closed.")


def is_kept_back(subject_ref: UUID, *, at: datetime) -> bool:
    """Whether a person is known as under 18, or frozen as a child until two people have decided: they act for nobody."""
    refs = refs_of(subject_ref)
    return is_child(subject_ref, at=at, refs=refs) or bool(freezes.grounds_of(refs))


def _is_kept_back(user_id: int, at: datetime) -> bool:
    ref = Principal.objects.filter(user=user_id).values_list("subject__ref", flat=True).first()
    return ref is not None and is_kept_back(ref, at=at)


def _is_suspended_by_order(customer: Customer, user_id: int) -> bool:
    """Who owned it before the order, until two people agreed that the proceedings ended."""
    held = insolvency_order(customer)
    if held is None:
        return False
    suspended = Membership.objects.filter(pk__in=held.suspended, ended_at=None, principal__user=user_id).first()
    return suspended is not None and suspended.pk != held.acting_id


def _is_closed(customer: Customer) -> bool:
    """As the database says now: the row may have been read before somebody closed it."""
    return Customer.objects.filter(pk=customer.pk, state=CustomerState.CLOSED).exists()
