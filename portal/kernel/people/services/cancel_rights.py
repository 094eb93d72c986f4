"""Who may cancel a change of a company's people: asked when the link is pressed, not only when it was sent."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from portal.kernel.core.errors import Refused
from portal.kernel.people.choices import AccountChangeKind, MemberRole
from portal.kernel.people.models import AccountChange, AddressChange, ContactPoint, Membership
from portal.kernel.people.services.account_changes import link_life


def of_owners(rows: Collection[AccountChange], principal_id: int | None) -> list[AccountChange]:
    """Those of the changes that the person may cancel: what is no company's, and what is of a company that they own now, or
    will own once these changes are undone. At the turns of the companies.
    """
    companies = {row.customer_id for row in rows if row.customer_id is not None}
    owned = {company for company in companies if principal_id and _owns_without(rows, company, principal_id)}
    return [row for row in rows if row.customer_id is None or row.customer_id in owned]


def require(
    change: AccountChange, rows: Collection[AccountChange], contact: ContactPoint | None, *, now: datetime
) -> list[AccountChange]:
    """The changes that a press of the link undoes. Raises Refused (NO_OWNER_NOW) for whoever has no right to it any more, and
    (LINK_ENDED) where the address that it was sent to is deleted, or has no right to one now (``settled``).
    """
    if contact is None or not settled([contact], began=change.made_at, now=now):
        raise link_ended()
    found = of_owners(rows, contact.principal_id)
    if change.pk not in {row.pk for row in found}:
        said = _("This link has ended: you do not own this organisation now. File a grievance if something is wrong.")
        raise Refused(said, code="NO_OWNER_NOW")
    return found


def settled(contacts: Iterable[ContactPoint], *, began: datetime, now: datetime) -> list[ContactPoint]:
    """The addresses to which a link may go that cancels a change begun then: those confirmed before it, and not by a change of
    address that was cancelled or that its own link still cancels. Whoever moved a stolen login to an address of theirs would
    undo with the link what the person puts right.
    """
    before = [contact for contact in contacts if contact.verified_at is not None and contact.verified_at <= began]
    made = AddressChange.objects.filter(user__principal__in={contact.principal_id for contact in before})
    loose = made.exclude(done_at=None).filter(Q(cancelled_at__isnull=False) | Q(done_at__gt=now - link_life(now)))
    came = {
        (row.user.principal_id, row.kind, row.new_address): row for row in loose.select_related("user").order_by("pk")
    }
    return [
        contact
        for contact in before
        if not _came_by(contact, came.get((contact.principal_id, contact.kind, contact.address)))
    ]


def _came_by(contact: ContactPoint, change: AddressChange | None) -> bool:
    """Whether the address was confirmed by this change to it, not by something else before or after."""
    if change is None or change.done_at is None or contact.verified_at is None:
        return False
    return change.begun_at <= contact.verified_at <= change.done_at


def link_ended() -> Refused:
    """What whoever presses a link reads after its days, or where its address is deleted."""
    return Refused(_("This link has ended. File a grievance if someone took over your account."), code="LINK_ENDED")


def _owns_without(rows: Collection[AccountChange], customer_id: int, principal_id: int) -> bool:
    """Whether the person owns the company, or would without these changes: back from what they have now, as far as each step
    was one of these. What somebody else decided about them since stands.
    """
    undone = {row.pk for row in rows}
    theirs = Membership.objects.filter(customer=customer_id, principal=principal_id).order_by("-joined_at", "-pk")
    for number, part in enumerate(theirs):
        if number == 0 and part.ended_at is None and part.role == MemberRole.OWNER:
            return True
        steps = list(AccountChange.objects.filter(membership=part, cancelled_at=None).order_by("-made_at", "-pk"))
        if part.ended_at is not None and not _is_removal_of(steps[:1], undone):
            return False
        role = str(part.role)
        for step in steps:
            if step.pk not in undone:
                return role == MemberRole.OWNER
            role = step.old_role
        if not any(row.invitation and row.invitation.accepted_at == part.joined_at for row in rows):
            return role == MemberRole.OWNER
    return False


def _is_removal_of(last: Collection[AccountChange], undone: Collection[int]) -> bool:
    return any(step.kind == AccountChangeKind.REMOVED and step.pk in undone for step in last)
