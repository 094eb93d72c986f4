"""Each act on people leaves one audit event without personal data in its facts."""

import json

import pytest

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import personal_of
from portal.kernel.core import clock
from portal.kernel.core.actor import staff
from portal.kernel.core.errors import LostRace, Refused
from portal.kernel.people.choices import MemberRole
from portal.kernel.people.services import contacts, customers, invitations, people, roles
from portal.kernel.people.services import staff as staff_services
from tests.people.factories import (
    CustomerFactory,
    FiduciaryFactory,
    MembershipFactory,
    PrincipalFactory,
    StaffFactory,
    shipped_role,
)
from tests.shipped import every_rule

pytestmark = pytest.mark.django_db


def kinds():
    return list(AuditEvent.objects.order_by("pk").values_list("kind", flat=True))


def test_the_life_of_a_customer_is_told_without_a_name_or_an_address():
    every_rule()
    FiduciaryFactory(code="onesetu")
    actor = staff(StaffFactory().pk, address="203.0.113.7", via="admin")
    asha = people.create(full_name="Asha Rao", actor=actor)
    contacts.add(principal=asha, kind="email", address="asha@acme.example", verified=True, actor=actor)
    customer = customers.create(kind="organisation", name="Acme Traders", owner=asha, actor=actor)
    customers.rename(customer=customer, name="Acme Trading", actor=actor)
    customers.invite(customer=customer, address="ravi@acme.example", role=MemberRole.MEMBER, actor=actor)
    customers.close(customer=customer, actor=actor)
    assert [kind for kind in kinds() if kind.startswith("people.")] == [
        AuditKind.PEOPLE_PRINCIPAL_CREATED,
        AuditKind.PEOPLE_CONTACT_ADDED,
        AuditKind.PEOPLE_CUSTOMER_CREATED,
        AuditKind.PEOPLE_MEMBER_JOINED,
        AuditKind.PEOPLE_CUSTOMER_CHANGED,
        AuditKind.PEOPLE_MEMBER_INVITED,
        AuditKind.PEOPLE_CUSTOMER_CHANGED,
    ]
    told = json.dumps(list(AuditEvent.objects.values("about", "facts", "actor_ref")))
    assert not any(word in told for word in ("Asha", "Acme", "acme", "ravi", "203.0.113.7"))


def test_a_change_keeps_old_and_new_and_the_network_address_where_they_can_be_erased():
    actor = staff(StaffFactory().pk, address="203.0.113.7", via="admin")
    customer = CustomerFactory(name="Acme Traders")
    customers.rename(customer=customer, name="Acme Trading", actor=actor)
    assert personal_of(AuditEvent.objects.get()) == {
        "address": "203.0.113.7",
        "values": {"name": {"old": "Acme Traders", "new": "Acme Trading"}},
    }
    customers.rename(customer=customer, name="Acme Trading ", actor=actor)
    assert AuditEvent.objects.count() == 1


def test_an_invitation_that_is_withdrawn_stays_in_the_history_of_whom_it_was_for():
    actor, now = staff(StaffFactory().pk), clock.now()
    customer = CustomerFactory()
    sent = customers.invite(customer=customer, address="ravi@acme.example", role=MemberRole.MEMBER, actor=actor)
    to_staff = staff_services.invite(email="meera@onesetu.example", full_name="Meera", actor=actor, now=now)
    for invitation in (sent, to_staff):
        invitations.cancel(invitation=invitation, actor=actor, now=now)
        with pytest.raises(LostRace):
            invitations.cancel(invitation=invitation, actor=actor, now=now)
    first, second = AuditEvent.objects.filter(kind="people.invitation.cancelled").order_by("pk")
    assert first.about == f"people.customer:{customer.reference}"
    assert first.facts == {"kind": sent.kind, "customer": customer.reference, "role": "member"}
    assert personal_of(first)["values"] == {"address": "ravi@acme.example"}
    assert (second.about, second.facts["user"]) == (f"people.user:{to_staff.user_id}", to_staff.user_id)


def test_members_who_leave_or_change_are_told():
    actor = staff(StaffFactory().pk)
    owner = MembershipFactory()
    other = MembershipFactory(customer=owner.customer)
    customers.change_role(membership=other, role=MemberRole.MEMBER, actor=actor)
    customers.remove_member(membership=other, actor=actor)
    assert kinds() == [AuditKind.PEOPLE_MEMBER_ROLE_CHANGED, AuditKind.PEOPLE_MEMBER_REMOVED]
    assert AuditEvent.objects.first().facts["new"] == "member"


def test_what_a_rule_refuses_leaves_no_event():
    owner = MembershipFactory()
    with pytest.raises(Refused):
        customers.remove_member(membership=owner, actor=staff(StaffFactory().pk))
    assert kinds() == []


def test_the_way_of_a_role_is_told_from_proposal_to_end():
    maker, checker, helper = (
        StaffFactory(roles=["administrator"]),
        StaffFactory(roles=["administrator"]),
        StaffFactory(),
    )
    before = AuditEvent.objects.count()
    role = shipped_role("support")
    now = clock.now()
    given = roles.propose_grant(
        user=helper, role=role, starts_at=now, ends_at=None, why="Joins.", actor=staff(maker.pk), now=now
    )
    grant = roles.answer(proposal=given, approve=True, actor=staff(checker.pk), now=now)
    ended = roles.propose_end(grant=grant, why="Leaves.", actor=staff(maker.pk), now=now)
    roles.answer(proposal=ended, approve=True, actor=staff(checker.pk), now=now)
    assert kinds()[before:] == [
        AuditKind.ROLES_GRANT_PROPOSED,
        AuditKind.ROLES_GRANT_ANSWERED,
        AuditKind.ROLES_GRANT_GIVEN,
        AuditKind.ROLES_GRANT_PROPOSED,
        AuditKind.ROLES_GRANT_ANSWERED,
        AuditKind.ROLES_GRANT_ENDED,
    ]


def test_the_life_of_a_staff_login_is_told():
    actor = staff(StaffFactory().pk)
    now = clock.now()
    invitation = staff_services.invite(email="meera@onesetu.example", full_name="Meera", actor=actor, now=now)
    staff_services.accept(invitation=invitation, password="correct horse battery staple", now=now)
    staff_services.deactivate(user=invitation.user, actor=actor, now=now)
    assert kinds() == [
        AuditKind.PEOPLE_STAFF_CREATED,
        AuditKind.PEOPLE_STAFF_INVITED,
        AuditKind.SIGNIN_PASSWORD_CHANGED,
        AuditKind.PEOPLE_STAFF_DEACTIVATED,
    ]


def test_regime_evidence_and_a_verified_address_are_told_once():
    actor = staff(StaffFactory().pk)
    asha = PrincipalFactory()
    contact = contacts.add(principal=asha, kind="email", address="asha@acme.example", actor=actor)
    for _ in range(2):
        people.note_regime(principal=asha, regime="EU", ground="declared", actor=actor, now=clock.now())
        contacts.verify(contact=contact, actor=actor)
    assert kinds() == [
        AuditKind.PEOPLE_CONTACT_ADDED,
        AuditKind.PEOPLE_REGIME_RECORDED,
        AuditKind.PEOPLE_CONTACT_VERIFIED,
    ]
