"""What a signed-in customer changes about their own login."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import addresses
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.people import selectors
from portal.kernel.people.choices import ContactKind, InvitationKind
from portal.kernel.people.models import ContactPoint, Invitation, User
from portal.kernel.people.services import contacts, customers, insolvency, invitations, memberships, sessions


def accept(*, invitation: Invitation, full_name: str, phone: str = "", actor: Actor, now: datetime) -> User:
    """Join as the invitation says: the link proves the address. Gives the login, new or the person's earlier one.

    A person who has a login at the address needs no name and keeps the one they have.

    At the company's turn, which whoever cancels the invitation takes too: one of the two comes first. Raises Refused (no name,
    another login at the address, a member already), LostRace when the link was used or cancelled meanwhile.
    """
    if invitation.kind == InvitationKind.STAFF or invitation.customer is None:
        raise NotFound(_("Invitation not found."))
    if not full_name.strip() and selectors.customer_login_at(invitation.address) is None:
        raise Refused(_("Enter your name."), code="NAME_MISSING")
    with transaction.atomic():
        memberships.take_turn(invitation.customer)
        invitations.mark_accepted(invitation, now=now)
        user = customers.enrol(
            customer=invitation.customer,
            full_name=full_name,
            email=invitation.address,
            role=invitation.role,
            language=invitation.language,
            phone=phone,
            actor=actor,
            now=now,
        )
        insolvency.came(invitation=invitation, user=user)
    return user


@retried
def change_email(*, user: User, new_address: str, actor: Actor, now: datetime, session_key: str = "") -> None:
    """Move the login to a new address that was just confirmed by a code; the old one leaves the person.

    Every other session of the login ends: whoever moves because somebody reads their mail is rid of them. The caller
    writes to the old address. Raises Refused when another login uses the new one.
    """
    plain = addresses.normalise(ContactKind.EMAIL, new_address)
    if user.principal is None:
        raise NotFound(_("Login not found."))
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if locked.email == plain:
            raise Refused(_("This is your address already."), code="SAME_ADDRESS")
        if User.objects.filter(email__iexact=plain).exists():
            raise Refused(_("This address cannot be used. Use a different one."), code="EMAIL_TAKEN")
        contacts.add(
            principal=user.principal, kind=ContactKind.EMAIL, address=plain, verified=True, actor=actor, now=now
        )
        old = selectors.contacts_at(ContactKind.EMAIL, locked.email).filter(principal=user.principal).first()
        user.email = plain
        user.save(update_fields=["email"])
        sessions.end_all(user=user, actor=actor, now=now, except_key=session_key)
        if old is not None:
            contacts.leave(contact=old, actor=actor, now=now)
        record(
            AuditKind.PEOPLE_CONTACT_CHANGED,
            actor=actor,
            about=f"people.principal:{user.principal.pk}",
            facts={"kind": "email", "user": user.pk},
            subject_ref=user.subject_ref,
            personal={"email": {"old": locked.email, "new": plain}},
            at=now,
        )


def remove_contact(*, user: User, contact: ContactPoint, actor: Actor, now: datetime) -> None:
    """Give up an address of one's own; the others are told. The address of the login stays: change it instead."""
    if contact.principal_id != user.principal_id:
        raise NotFound(_("Address not found."))
    if contact.kind == ContactKind.EMAIL and contact.address == user.email:
        raise Refused(_("You sign in with this address. Change it instead."), code="LOGIN_ADDRESS")
    contacts.give_up(contact=contact, actor=actor, now=now)
