"""A person of whom two people decided that they act for nobody any more: nothing opens for them, and nobody acts by their word."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from portal.kernel.core import addresses
from portal.kernel.core.actor import Actor
from portal.kernel.people.choices import ContactKind, CustomerKind, CustomerState, MemberRole
from portal.kernel.people.models import ContactPoint, Customer, Invitation, Membership, Rest, User
from portal.kernel.people.selectors import refs_of
from portal.kernel.people.services import customers, memberships, sessions


def end_all(*, subject_ref: UUID, actor: Actor, now: datetime) -> list[Customer]:
    """End a person's sessions and logins, their part in every organisation, the open invitations that they sent anywhere and
    those that were sent to them, in the caller's transaction; of memberships and sessions with the audit event of each.
    Safe to repeat.

    Returns the open organisations that nobody owns any more and no order gave to a professional: the last owner does not
    stay here, as with ``customers.remove_member``. Their own account is closed by the freeze, and stays theirs until it is erased.
    """
    refs = refs_of(subject_ref)
    mine = Membership.objects.filter(
        principal__subject__ref__in=refs, ended_at=None, customer__kind=CustomerKind.ORGANISATION
    )
    left = []
    for customer in Customer.objects.filter(pk__in=mine.values("customer")).order_by("pk"):
        memberships.take_turn(customer)
        for membership in mine.filter(customer=customer).select_related("customer__subject").order_by("pk"):
            memberships.end(membership, actor=actor, at=now)
        live = Membership.objects.filter(customer=customer, ended_at=None, role=MemberRole.OWNER)
        if customer.state == CustomerState.ACTIVE and not live.exists() and not customers.held_by_order(customer):
            left.append(customer)
    _end_invitations(refs, now)
    _end_logins(refs, actor, now)
    return left


def _end_invitations(refs: Collection[UUID], now: datetime) -> None:
    """In every organisation, those too that they left before."""
    held = ContactPoint.objects.filter(principal__subject__ref__in=refs, kind=ContactKind.EMAIL, left_at=None)
    keys = {key for contact in held for key in addresses.address_keys(contact.address)}
    theirs = Q(invited_by__principal__subject__ref__in=refs) | Q(address_key__in=keys)
    open_ones = Invitation.objects.filter(customer__isnull=False, accepted_at=None, cancelled_at=None)
    open_ones.filter(theirs).update(cancelled_at=now)


def _end_logins(refs: Collection[UUID], actor: Actor, now: datetime) -> None:
    logins = list(User.objects.filter(principal__subject__ref__in=refs).order_by("pk"))
    for login in logins:
        sessions.end_all(user=login, actor=actor, now=now)
        User.objects.filter(pk=login.pk, is_active=True).update(is_active=False, deactivated_at=now)
    ended = {login.pk for login in logins}
    for rest in Rest.objects.filter(subject_ref__in=refs, lifted_at=None):  # its own end opens none of these again
        rest.closed_logins = [login for login in rest.closed_logins if login not in ended]
        rest.save(update_fields=["closed_logins"])
