"""A person's part in a customer: its beginning, role and end."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.people.choices import CustomerKind, CustomerState, MemberRole
from portal.kernel.people.models import Customer, Membership, Principal
from portal.kernel.people.services import authority


def take_turn(customer: Customer) -> None:
    """Wait, in the caller's transaction, until nobody else changes who acts for the customer or whether it is open."""
    locked = Customer.objects.select_for_update(no_key=True)
    customer.refresh_from_db(fields=["state", "closed_at"], from_queryset=locked)


def add(*, customer: Customer, principal: Principal, role: MemberRole | str, actor: Actor, at: datetime) -> Membership:
    """Let a person act for the customer. Raises Refused when they do already, an individual has an owner, the account
    is closed (a link sent before the closing opens nothing after it), or a child would act for an organisation (SUSPENDED).
    """
    with transaction.atomic():
        if not Customer.objects.filter(pk=customer.pk, state=CustomerState.ACTIVE).exists():
            raise Refused(_("This account is closed. No one can join it."), code="CUSTOMER_CLOSED")
        if customer.kind == CustomerKind.ORGANISATION and authority.is_kept_back(principal.subject.ref, at=at):
            raise Refused(_("This person cannot act for an organisation now."), code="SUSPENDED")
        live = Membership.objects.select_for_update().filter(customer=customer, ended_at=None)
        if live.filter(principal=principal).exists():
            raise Refused(_("This person is a member already."), code="MEMBER_ALREADY")
        if customer.kind == CustomerKind.INDIVIDUAL and live.exists():
            raise Refused(_("An individual acts alone. Only organisations have members."), code="INDIVIDUAL")
        membership = Membership.objects.create(
            customer=customer, principal=principal, role=MemberRole(role), joined_at=at
        )
        _record(AuditKind.PEOPLE_MEMBER_JOINED, membership, actor, at, role=str(membership.role))
    return membership


def end(membership: Membership, *, actor: Actor, at: datetime) -> bool:
    """End it with its audit event, in the caller's transaction and at the customer's turn; False where it had ended.

    Who may end it, and what ends with it, is the caller's to say.
    """
    if not Membership.objects.filter(pk=membership.pk, ended_at=None).update(ended_at=at):
        return False
    _record(AuditKind.PEOPLE_MEMBER_REMOVED, membership, actor, at)
    return True


def give_role(membership: Membership, role: MemberRole | str, *, actor: Actor, at: datetime) -> bool:
    """Make it that of an owner or a member, with its audit event, in the caller's transaction and at the customer's turn; False
    where it has ended. Who may do so is the caller's to say.
    """
    old = str(membership.role)
    if not Membership.objects.filter(pk=membership.pk, ended_at=None).update(role=MemberRole(role)):
        return False
    membership.refresh_from_db()
    _record(AuditKind.PEOPLE_MEMBER_ROLE_CHANGED, membership, actor, at, old=old, new=str(membership.role))
    return True


def _record(kind: AuditKind, membership: Membership, actor: Actor, at: datetime, **facts: str) -> None:
    customer = membership.customer
    record(
        kind,
        actor=actor,
        about=f"people.customer:{customer.reference}",
        facts={"customer": customer.reference, "member": membership.pk, **facts},
        subject_ref=customer.subject.ref,
        at=at,
    )
