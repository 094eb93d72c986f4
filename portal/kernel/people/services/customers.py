"""Customers and the people who act for them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import addresses, clock, pii_guard, ports
from portal.kernel.core.actor import Actor, ActorKind
from portal.kernel.core.errors import IllegalMove, LostRace, Refused
from portal.kernel.core.ids import new_reference
from portal.kernel.core.state_transitions import move
from portal.kernel.people import account_rules, selectors
from portal.kernel.people.choices import (
    CUSTOMER_MOVES,
    AccountChangeKind,
    ContactKind,
    CustomerKind,
    CustomerState,
    InvitationKind,
    MemberRole,
    SubjectKind,
)
from portal.kernel.people.models import ContactPoint, Customer, Insolvency, Invitation, Membership, Principal, User
from portal.kernel.people.services import (
    account_changes,
    authority,
    contacts,
    freezes,
    invitations,
    memberships,
    people,
    subjects,
)


def create(
    *,
    kind: CustomerKind | str,
    name: str,
    actor: Actor,
    owner: Principal | None = None,
    now: datetime | None = None,
) -> Customer:
    """Insert a customer with a reference and a subject of its own; ``owner`` becomes its first member.

    Raises Refused when the name is empty or has the number of a paper or an account in it (NUMBER_IN_NAME).
    """
    at = now or clock.now()
    if not name.strip():
        raise Refused(_("Enter the customer's name."), code="NAME_MISSING")
    pii_guard.require_name(name)
    with transaction.atomic():
        customer = Customer.objects.create(
            subject=subjects.new(SubjectKind.CUSTOMER, now=at),
            reference=new_reference("CU"),
            kind=CustomerKind(kind),
            name=name.strip(),
            created_at=at,
        )
        _record(AuditKind.PEOPLE_CUSTOMER_CREATED, customer, actor, at, kind=customer.kind)
        if owner is not None:
            memberships.add(customer=customer, principal=owner, role=MemberRole.OWNER, actor=actor, at=at)
    return customer


def create_and_invite(
    *, kind: CustomerKind | str, name: str, owner_email: str, language: str, actor: Actor, now: datetime
) -> Customer:
    """Create a customer and, where an address is given, invite its first owner, in one transaction.

    Raises Refused for a missing name, a bad address or a staff member's address, or a language we do not write.
    """
    if language not in dict(settings.LANGUAGES):
        raise Refused(_("We write en, hi or mr. Choose one of them."), code="LANGUAGE")
    with transaction.atomic():
        customer = create(kind=kind, name=name, actor=actor, now=now)
        if owner_email:
            invitations.require_no_staff(owner_email)
            invite(customer=customer, address=owner_email, language=language, actor=actor, now=now)
    return customer


def open_login(*, principal: Principal, email: str, actor: Actor, now: datetime | None = None) -> User:
    """Give a person a login at an address that was proved to be theirs: no password, codes by e-mail.

    Raises Refused when another login uses the address.
    """
    at = now or clock.now()
    with transaction.atomic():
        contact = contacts.add(
            principal=principal, kind=ContactKind.EMAIL, address=email, actor=actor, verified=True, now=at
        )
        if User.objects.filter(email__iexact=contact.address).exists():
            raise Refused(_("Another account uses this email address. Use a different one."), code="EMAIL_TAKEN")
        return User.objects.create_user(
            contact.address, principal=principal, language=principal.language, created_at=at
        )


def enrol(
    *,
    customer: Customer,
    full_name: str,
    email: str,
    role: MemberRole | str = MemberRole.OWNER,
    language: str = "en",
    phone: str = "",
    actor: Actor,
    now: datetime | None = None,
) -> User:
    """A new person with a login and a membership, in one transaction: what accepting an invitation does.

    A person who has a customer's login at this address joins with it. Raises Refused as the steps do.
    """
    at = now or clock.now()
    with transaction.atomic():
        known = selectors.customer_login_at(email)
        if known is not None and known.principal is not None:
            user, principal = known, known.principal
        else:
            principal = people.create(full_name=full_name, language=language, actor=actor, now=at)
            user = open_login(principal=principal, email=email, actor=actor, now=at)
        if phone:
            contacts.add(principal=principal, kind=ContactKind.PHONE, address=phone, actor=actor, now=at)
        memberships.add(customer=customer, principal=principal, role=role, actor=actor, at=at)
    return user


def _take_turns(customer: Customer, actor: Actor, at: datetime) -> None:
    memberships.take_turn(customer)
    account_changes.take_turn(account_changes.login_of(actor), at=at, customer=customer)


def _note(kind: AccountChangeKind, customer: Customer, actor: Actor, at: datetime, **fields: Any) -> None:
    """What anybody did to a company's people is told to its owners with a link that cancels it, made by no login where staff did
    it; not what two people agreed to.
    """
    login = account_changes.login_of(actor)
    account_changes.note(
        kind, by=login, actor=actor, at=at, customer=customer, subject_ref=customer.subject.ref, **fields
    )


def held_by_order(customer: Customer, *, agreed: Insolvency | None = None) -> str:
    """Why one person alone does not close the account or open it again: an insolvency order holds. Empty where none does.

    ``agreed``: the step by which two people did that which follows.
    """
    if customer.kind != CustomerKind.ORGANISATION or selectors.insolvency_order(customer) in (None, agreed):
        return ""
    return str(
        _("An insolvency order is in force for this organisation. Propose a step of its insolvency: two people decide.")
    )


def _require_no_order(customer: Customer, agreed: Insolvency | None = None) -> None:
    if held_by_order(customer, agreed=agreed):
        said = _(
            "An insolvency professional acts for this organisation. Until that ends only they invite people, and "
            "as members: no one else becomes an owner."
        )
        raise Refused(said, code="INSOLVENT")


def invite(
    *,
    customer: Customer,
    address: str,
    role: MemberRole | str = MemberRole.OWNER,
    language: str = "en",
    agreed: Insolvency | None = None,
    actor: Actor,
    now: datetime | None = None,
) -> Invitation:
    """Write an invitation to act for the customer; it is sent after the commit.

    An open invitation to the same address is replaced. Raises Refused for a bad address, a closed customer, or an address
    of somebody who acts for it already, and as ``authority.require_owner``. While an insolvency order holds, the professional alone invites, and members only
    (INSOLVENT); ``agreed`` is the step by which two people let in the professional.
    """
    at = now or clock.now()
    with transaction.atomic():
        _take_turns(customer, actor, at)
        authority.require_owner(customer, actor, at=at)
        if customer.state != CustomerState.ACTIVE:
            raise Refused(_("This customer is closed. Open it again before you invite anyone."), code="CUSTOMER_CLOSED")
        if MemberRole(role) == MemberRole.OWNER or actor.kind != ActorKind.CUSTOMER:
            _require_no_order(customer, agreed)
        has_owner = Membership.objects.filter(customer=customer, ended_at=None).exists()
        if has_owner and customer.kind == CustomerKind.INDIVIDUAL:
            raise Refused(_("An individual acts alone. Only organisations have members."), code="INDIVIDUAL")
        held = selectors.contacts_at(ContactKind.EMAIL, address)
        if Membership.objects.filter(customer=customer, ended_at=None, principal__contact_points__in=held).exists():
            raise Refused(
                _("This person is a member already. Change the role in the list above."), code="MEMBER_ALREADY"
            )
        invitation = invitations.write(
            kind=InvitationKind.MEMBER if has_owner else InvitationKind.CUSTOMER,
            address=address,
            customer=customer,
            role=MemberRole(role),
            language=language,
            subject_ref=customer.subject.ref,
            actor=actor,
            now=at,
        )
        act = AuditKind.PEOPLE_MEMBER_INVITED if has_owner else AuditKind.PEOPLE_CUSTOMER_INVITED
        _record(act, customer, actor, at, role=str(role), personal={"address": invitation.address})
        if has_owner and agreed is None:  # nobody is there to be told of the first owner
            _note(AccountChangeKind.INVITED, customer, actor, at, invitation=invitation)
    return invitation


def _record(
    kind: AuditKind,
    customer: Customer,
    actor: Actor,
    at: datetime,
    /,
    *,
    personal: Mapping[str, object] | None = None,
    **facts: str | int,
) -> None:
    record(
        kind,
        actor=actor,
        about=f"people.customer:{customer.reference}",
        facts={"customer": customer.reference, **facts},
        subject_ref=customer.subject.ref,
        personal=personal,
        at=at,
    )


def remove_member(*, membership: Membership, actor: Actor, now: datetime | None = None) -> None:
    """End a membership, and the open invitations that this person sent or was sent: nobody comes back by an older link.

    The last owner stays, and while an insolvency order holds whoever owned it before: it is theirs again when two people
    agree that the proceedings ended. Raises Refused for them (LAST_OWNER, INSOLVENT), LostRace when it ended meanwhile.
    """
    at = now or clock.now()
    with transaction.atomic():
        _take_turns(membership.customer, actor, at)
        authority.require_owner(membership.customer, actor, at=at)
        _protect_last_owner(membership)
        _protect_suspended(membership)
        if not memberships.end(membership, actor=actor, at=at):
            raise LostRace(_("This person was removed a moment ago."))
        membership.refresh_from_db()
        _end_invitations_of(membership, at)
        _end_invitations_to(membership, at)
        _note(
            AccountChangeKind.REMOVED, membership.customer, actor, at, membership=membership, old_role=membership.role
        )


def change_role(*, membership: Membership, role: MemberRole | str, actor: Actor, now: datetime | None = None) -> None:
    """Make a member an owner or an owner a member, whose open invitations end. The last owner stays an owner.

    Raises Refused for them, and for a new owner while an insolvency order holds (INSOLVENT); LostRace when it ended meanwhile.
    """
    at = now or clock.now()
    with transaction.atomic():
        _take_turns(membership.customer, actor, at)
        membership.refresh_from_db(fields=["role"])
        old = str(membership.role)
        authority.require_owner(membership.customer, actor, at=at)
        if MemberRole(role) == MemberRole.OWNER:
            _require_no_order(membership.customer)
        else:
            _protect_last_owner(membership)
        if not memberships.give_role(membership, role, actor=actor, at=at):
            raise LostRace(_("This person was removed a moment ago."))
        if membership.role != MemberRole.OWNER:
            _end_invitations_of(membership, at)
        _note(AccountChangeKind.ROLE, membership.customer, actor, at, membership=membership, old_role=old)


def _open_invitations(membership: Membership) -> QuerySet[Invitation]:
    return Invitation.objects.filter(customer_id=membership.customer_id, accepted_at=None, cancelled_at=None)


def _end_invitations_of(membership: Membership, at: datetime) -> None:
    """Who is no owner any more has no invitation out: an address of their own would bring them back."""
    _open_invitations(membership).filter(invited_by__principal=membership.principal_id).update(cancelled_at=at)


def _end_invitations_to(membership: Membership, at: datetime) -> None:
    """An invitation that was sent to a member, while they were one, does not let them in again."""
    emails = ContactPoint.objects.filter(principal_id=membership.principal_id, kind=ContactKind.EMAIL, left_at=None)
    keys = {key for contact in emails for key in addresses.address_keys(contact.address)}
    _open_invitations(membership).filter(address_key__in=keys).update(cancelled_at=at)


def _protect_last_owner(membership: Membership) -> None:
    """The rows are locked: two owners who remove each other at once must not both succeed."""
    live = Membership.objects.select_for_update().filter(customer_id=membership.customer_id, ended_at=None)
    owners = set(live.filter(role=MemberRole.OWNER).values_list("pk", flat=True))
    if account_rules.leaves_no_owner(owners, membership.pk):
        raise Refused(
            _("An organisation keeps at least one owner. Make someone else an owner first."), code="LAST_OWNER"
        )


def _protect_suspended(membership: Membership) -> None:
    order = selectors.insolvency_order(membership.customer)
    if order is not None and membership.pk in order.suspended:
        said = _("This person owned the organisation before the order, and owns it again when the proceedings end.")
        raise Refused(said, code="INSOLVENT")


def close(*, customer: Customer, agreed: Insolvency | None = None, actor: Actor, now: datetime | None = None) -> None:
    """Close the account; its records stay. Raises IllegalMove when it is closed, Refused (INSOLVENT) while an insolvency
    order holds that is not the step (``agreed``) by which two people close it.
    """
    _move(customer, CustomerState.CLOSED, agreed, actor, now or clock.now())


def close_at_once(*, customer: Customer, actor: Actor, now: datetime) -> None:
    """Close the account of a child whom a signed document shows, whatever order holds it: that waits for no two
    people. In the caller's transaction. Raises IllegalMove when it is closed.
    """
    _move(customer, CustomerState.CLOSED, None, actor, now, heeds_orders=False)


def reopen(*, customer: Customer, agreed: Insolvency | None = None, actor: Actor, now: datetime | None = None) -> None:
    """Open a closed account again. Raises IllegalMove when it is open or its subject was erased, Refused as ``close``, and
    (TWO_PEOPLE) while the freeze of a child keeps it closed.
    """
    if customer.subject.erased_at is not None:
        raise IllegalMove(_("This customer was erased. Create a new one."))
    with transaction.atomic():
        freezes.take_turn(*freezes.people_of(customer))
        freezes.require_may_open(customer)
        _move(customer, CustomerState.ACTIVE, agreed, actor, now or clock.now())


def open_again(references: Collection[str], *, actor: Actor, now: datetime) -> None:
    """Open those of the accounts that are closed, whose customer was not erased and that no insolvency order holds, in the
    caller's transaction: for what had closed them and has ended, and asked what else stands (``freeze_release.give_back``).
    """
    closed = Customer.objects.filter(reference__in=references, state=CustomerState.CLOSED, subject__erased_at=None)
    for customer in closed.select_related("subject").order_by("pk"):
        if not held_by_order(customer):
            _move(customer, CustomerState.ACTIVE, None, actor, now)


def _move(
    customer: Customer,
    target: CustomerState,
    agreed: Insolvency | None,
    actor: Actor,
    at: datetime,
    *,
    heeds_orders: bool = True,
) -> None:
    with transaction.atomic():
        memberships.take_turn(customer)
        old = str(customer.state)
        if heeds_orders and (refusal := held_by_order(customer, agreed=agreed)):
            raise Refused(refusal, code="INSOLVENT")
        closed_at = at if target == CustomerState.CLOSED else None
        move(customer, target, moves=CUSTOMER_MOVES, closed_at=closed_at)
        _record(AuditKind.PEOPLE_CUSTOMER_CHANGED, customer, actor, at, fields="state", old=old, new=str(target))


def rename(*, customer: Customer, name: str, actor: Actor, now: datetime | None = None) -> None:
    """Correct the customer's name; old and new stay in the erasable part of the audit event. Raises Refused as ``create``."""
    at = now or clock.now()
    if not name.strip():
        raise Refused(_("Enter the customer's name."), code="NAME_MISSING")
    pii_guard.require_name(name)
    with transaction.atomic():
        old = Customer.objects.select_for_update().get(pk=customer.pk).name
        if old == name.strip():
            return
        customer.name = name.strip()
        customer.save(update_fields=["name"])
        changed = {"name": {"old": old, "new": customer.name}}
        _record(AuditKind.PEOPLE_CUSTOMER_CHANGED, customer, actor, at, fields="name", personal=changed)
        for told in ports.customer_renamed:
            told(customer=customer.pk, actor=actor, at=at)
