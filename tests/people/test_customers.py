"""Customers, their people and their addresses."""

import pytest
from django.db import IntegrityError, transaction

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import addresses, clock, ports
from portal.kernel.core.actor import SYSTEM
from portal.kernel.core.actor import customer as customer_actor
from portal.kernel.core.errors import IllegalMove, NotFound, Refused
from portal.kernel.people import selectors
from portal.kernel.people.choices import InvitationKind, MemberRole, SubjectKind
from portal.kernel.people.models import ContactPoint, Customer, Membership, Principal, User
from portal.kernel.people.services import contacts, customers, invitations, logins, memberships, people, staff, subjects
from tests.people.factories import (
    ContactPointFactory,
    CustomerFactory,
    CustomerUserFactory,
    FiduciaryFactory,
    MembershipFactory,
    PrincipalFactory,
    StaffFactory,
    SubjectFactory,
)
from tests.shipped import every_rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def letters_go_out():
    """So that owners can be told what changes."""
    every_rule()
    FiduciaryFactory(code="onesetu")


def enrol(customer, email, role=MemberRole.OWNER):
    return customers.enrol(customer=customer, full_name="Asha Rao", email=email, role=role, actor=SYSTEM)


@pytest.mark.parametrize("name", ["Asha Rao 2341 2341 2346", "Asha ABCPR1234K", "Asha Rao २३४१ २३४१ २३४६"])
def test_no_name_has_the_number_of_a_paper_in_it_whoever_is_named(name):
    asha, acme = people.create(full_name="Asha Rao", actor=SYSTEM), CustomerFactory(name="Acme Traders")
    ways = (
        lambda: customers.create(kind="individual", name=name, actor=SYSTEM),
        lambda: customers.rename(customer=acme, name=name, actor=SYSTEM),
        lambda: people.create(full_name=name, actor=SYSTEM),
        lambda: people.rename(principal=asha, full_name=name, actor=SYSTEM, now=clock.now()),
        lambda: staff.create(email="new@onesetu.example", full_name=name, actor=SYSTEM, now=clock.now()),
    )
    for way in ways:
        with pytest.raises(Refused) as refused:
            way()
        assert refused.value.code == "NUMBER_IN_NAME"
    assert list(Principal.objects.values_list("full_name", flat=True)) == ["Asha Rao"]
    assert Customer.objects.get().name == "Acme Traders"


def test_a_customer_gets_a_reference_and_a_subject_of_its_own():
    asha = PrincipalFactory()
    customer = customers.create(kind="organisation", name=" Acme Traders ", owner=asha, actor=SYSTEM)
    assert customer.reference.startswith("OS-CU-")
    assert customer.subject.kind == SubjectKind.CUSTOMER
    assert customer.subject.ref != asha.subject.ref
    assert Customer.objects.get().name == "Acme Traders"
    assert Membership.objects.get().role == MemberRole.OWNER


def test_a_customer_without_a_name_is_refused():
    with pytest.raises(Refused, match="name"):
        customers.create(kind="individual", name=" ", actor=SYSTEM)


def test_names_and_addresses_are_not_readable_in_the_database(django_assert_num_queries):
    customer = CustomerFactory(name="Acme Traders")
    contact = ContactPointFactory(address="asha@acme.example")
    raw = [
        bytes(Customer.objects.extra(select={"raw": "name"}).values_list("raw", flat=True)[0]),
        bytes(ContactPoint.objects.extra(select={"raw": "address"}).values_list("raw", flat=True)[0]),
    ]
    assert not any(word in blob for blob in raw for word in (b"Acme", b"asha"))
    assert (customer.name, contact.masked) == ("Acme Traders", "a••••@acme.example")


def test_an_individual_has_no_second_person():
    customer = CustomerFactory(kind="individual")
    enrol(customer, "asha@acme.example")
    with pytest.raises(Refused, match="acts alone"):
        enrol(customer, "ravi@acme.example")
    assert not User.objects.filter(email="ravi@acme.example").exists()


def test_a_person_joins_two_organisations_with_one_login():
    first, second = CustomerFactory(), CustomerFactory()
    user = enrol(first, "asha@acme.example")
    assert enrol(second, "ASHA@acme.example") == user
    assert set(selectors.customers_of(user)) == {first, second}


def test_a_staff_address_cannot_become_a_customers_login():
    StaffFactory(email="meera@onesetu.example")
    with pytest.raises(Refused, match="Another account"):
        enrol(CustomerFactory(), "meera@onesetu.example")


def test_the_database_refuses_a_login_that_is_staff_and_customer():
    user = CustomerUserFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_staff=True)


def test_the_last_owner_stays():
    customer = CustomerFactory()
    owner = MembershipFactory(customer=customer)
    member = MembershipFactory(customer=customer, role=MemberRole.MEMBER)
    with pytest.raises(Refused) as refused:
        customers.remove_member(membership=owner, actor=SYSTEM)
    assert refused.value.code == "LAST_OWNER"
    with pytest.raises(Refused):
        customers.change_role(membership=owner, role=MemberRole.MEMBER, actor=SYSTEM)
    customers.change_role(membership=member, role=MemberRole.OWNER, actor=SYSTEM)
    customers.remove_member(membership=owner, actor=SYSTEM)
    assert owner.ended_at is not None


def test_a_removed_member_sees_the_customer_no_more_and_may_come_back(letters_go_out):
    customer = CustomerFactory()
    MembershipFactory(customer=customer)
    user = CustomerUserFactory(member_of=customer, member_of__role=MemberRole.MEMBER)
    assert selectors.customer_for(user, customer.reference) == customer
    customers.remove_member(membership=user.principal.memberships.get(), actor=SYSTEM)
    with pytest.raises(NotFound):
        selectors.customer_for(user, customer.reference)
    memberships.add(customer=customer, principal=user.principal, role=MemberRole.MEMBER, actor=SYSTEM, at=clock.now())
    assert selectors.customer_for(user, customer.reference) == customer


@pytest.mark.parametrize("who", [CustomerUserFactory, StaffFactory])
def test_a_stranger_to_the_customer_is_told_it_does_not_exist(who):
    customer = CustomerFactory()
    with pytest.raises(NotFound):
        selectors.customer_for(who(), customer.reference)
    with pytest.raises(NotFound):
        selectors.customer_for(who(), "OS-CU-WRONG")


def test_a_reference_is_found_however_it_is_typed():
    customer = CustomerFactory()
    user = CustomerUserFactory(member_of=customer)
    assert selectors.customer_for(user, customer.reference.lower().replace("-", " ")) == customer


def test_the_first_invitation_asks_for_the_owner_and_later_ones_for_members(letters_go_out):
    customer = CustomerFactory()
    first = customers.invite(customer=customer, address="asha@acme.example", actor=SYSTEM)
    enrol(customer, "asha@acme.example")
    later = customers.invite(customer=customer, address="ravi@acme.example", role=MemberRole.MEMBER, actor=SYSTEM)
    assert (first.kind, later.kind) == (InvitationKind.CUSTOMER, InvitationKind.MEMBER)


def test_inviting_the_same_address_again_ends_the_earlier_link():
    customer = CustomerFactory()
    older = customers.invite(customer=customer, address="asha@acme.example", actor=SYSTEM)
    customers.invite(customer=customer, address="Asha@Acme.example", actor=SYSTEM)
    with pytest.raises(Refused, match="ended"):
        invitations.by_token(invitations.token_of(older), now=clock.now())


def test_a_forged_link_is_no_invitation():
    customers.invite(customer=CustomerFactory(), address="asha@acme.example", actor=SYSTEM)
    with pytest.raises(NotFound):
        invitations.by_token("MQ:forged", now=clock.now())


@pytest.mark.parametrize("end", ["remove", "demote"])
def test_an_owner_who_is_one_no_more_has_no_invitation_out(end):
    every_rule()  # the letters about its people need a purpose
    FiduciaryFactory(code="onesetu")
    customer = CustomerFactory(kind="organisation")
    leaving = enrol(customer, "asha@acme.example")
    enrol(customer, "ravi@acme.example")
    owner = customer_actor(leaving.pk)
    link = customers.invite(customer=customer, address="asha@home.example", role=MemberRole.OWNER, actor=owner)
    membership = Membership.objects.get(principal=leaving.principal)
    if end == "remove":
        customers.remove_member(membership=membership, actor=SYSTEM)
    else:
        customers.change_role(membership=membership, role=MemberRole.MEMBER, actor=SYSTEM)
    with pytest.raises(Refused, match="has ended"):
        invitations.by_token(invitations.token_of(link), now=clock.now())


def test_who_was_removed_does_not_come_back_by_an_invitation_they_once_got(letters_go_out):
    customer = CustomerFactory(kind="organisation")
    enrol(customer, "asha@acme.example")
    link = customers.invite(customer=customer, address="ravi@acme.example", role=MemberRole.MEMBER, actor=SYSTEM)
    removed = enrol(customer, "ravi@acme.example")
    customers.remove_member(membership=removed.principal.memberships.get(), actor=SYSTEM)
    with pytest.raises(Refused, match="has ended"):
        invitations.by_token(invitations.token_of(link), now=clock.now())


def test_a_member_is_not_invited_again():
    customer = CustomerFactory(kind="organisation")
    enrol(customer, "asha@acme.example")
    with pytest.raises(Refused) as refused:
        customers.invite(customer=customer, address="Asha@Acme.example", actor=SYSTEM)
    assert refused.value.code == "MEMBER_ALREADY"


def test_a_link_sent_before_the_account_was_closed_lets_nobody_in():
    customer = CustomerFactory(kind="organisation")
    link = customers.invite(customer=customer, address="asha@acme.example", actor=SYSTEM)
    customers.close(customer=customer, actor=SYSTEM)
    with pytest.raises(Refused) as refused:
        logins.accept(invitation=link, full_name="Asha", actor=SYSTEM, now=clock.now())
    assert refused.value.code == "CUSTOMER_CLOSED"
    assert not Membership.objects.exists()
    assert not User.objects.exists()


def test_a_closed_customer_invites_nobody_and_can_be_opened_again():
    customer = CustomerFactory()
    customers.close(customer=customer, actor=SYSTEM)
    with pytest.raises(Refused, match="closed"):
        customers.invite(customer=customer, address="asha@acme.example", actor=SYSTEM)
    with pytest.raises(IllegalMove):
        customers.close(customer=customer, actor=SYSTEM)
    customers.reopen(customer=customer, actor=SYSTEM)
    assert customers.invite(customer=customer, address="asha@acme.example", actor=SYSTEM).pk


def test_an_erased_customer_stays_closed():
    customer = CustomerFactory(state="closed", closed_at=clock.now())
    subjects.end(customer.subject, now=clock.now())
    with pytest.raises(IllegalMove, match="erased"):
        customers.reopen(customer=customer, actor=SYSTEM)


def test_an_address_is_kept_once_in_its_normal_form_and_found_by_it():
    asha = PrincipalFactory()
    first = contacts.add(principal=asha, kind="phone", address="98765 43210", actor=SYSTEM)
    again = contacts.add(principal=asha, kind="phone", address="+91 ९८७६५-४३२१०", verified=True, actor=SYSTEM)
    assert first == again
    assert again.verified_at is not None
    assert list(selectors.contacts_at("phone", "09876543210")) == [first]


def test_people_of_a_list_come_in_with_what_one_by_one_would_leave(django_assert_max_num_queries):
    known = [
        people.NewPerson(
            "Asha Rao",
            "mr",
            [
                contacts.Reach("phone", "98765 43210"),
                contacts.Reach("phone", "+91 ९८७६५-४३२१०", verified=True),
                contacts.Reach("email", "Asha@acme.example", verified=True),
            ],
        ),
        *(people.NewPerson(reached_at=[contacts.Reach("phone", f"98765 {n:05d}")]) for n in range(20)),
        people.NewPerson(),
    ]
    with django_assert_max_num_queries(18):
        asha, ravi, *_others, nameless = people.create_many(people=known, actor=SYSTEM)
    assert (asha.full_name, asha.language, asha.contact_points.count()) == ("Asha Rao", "mr", 2)
    (phone,) = selectors.contacts_at("phone", "9876543210")
    assert (phone.principal, phone.verified_at is not None) == (asha, True)
    assert ravi.contact_points.get().verified_at is None
    assert len({person.subject.ref for person in (asha, ravi, nameless)}) == 3
    acts = AuditEvent.objects.order_by("pk").values_list("kind", "subject_ref")
    assert [kind for kind, ref in acts if ref == asha.subject.ref] == [
        AuditKind.PEOPLE_PRINCIPAL_CREATED,
        AuditKind.PEOPLE_CONTACT_ADDED,
        AuditKind.PEOPLE_CONTACT_ADDED,
    ]
    assert [kind for kind, ref in acts if ref == nameless.subject.ref] == [AuditKind.PEOPLE_PRINCIPAL_CREATED]


def test_a_list_with_an_address_that_is_none_brings_nobody():
    known = [people.NewPerson("Asha Rao"), people.NewPerson(reached_at=[contacts.Reach("email", "asha")])]
    with pytest.raises(Refused):
        people.create_many(people=known, actor=SYSTEM)
    assert not Principal.objects.exists()


def test_an_address_is_found_under_an_older_lookup_key(settings):
    contact = ContactPointFactory(address="asha@acme.example")
    settings.LOOKUP_KEYS_OLD = [settings.LOOKUP_KEY]
    settings.LOOKUP_KEY = "0123456789abcdef" * 4
    assert addresses.address_key("asha@acme.example") != bytes(contact.address_key)
    assert list(selectors.contacts_at("email", "asha@acme.example")) == [contact]


def test_giving_up_an_address_is_told_in_the_same_transaction(monkeypatch):
    told = []
    monkeypatch.setattr(ports.address_left, "_items", [lambda **facts: told.append(facts)])
    contact = ContactPointFactory(address="asha@acme.example")
    now = clock.now()
    contacts.leave(contact=contact, actor=SYSTEM, now=now)
    ref = contact.principal.subject.ref
    assert told == [{"subject_ref": ref, "kind": "email", "address": "asha@acme.example", "at": now}]
    with pytest.raises(Refused):
        contacts.leave(contact=contact, actor=SYSTEM)
    with pytest.raises(IllegalMove):
        contacts.verify(contact=contact, actor=SYSTEM)
    assert contacts.add(principal=contact.principal, kind="email", address="asha@acme.example", actor=SYSTEM) != contact


def test_a_failing_listener_keeps_the_address(monkeypatch):
    def fail(**facts):
        raise Refused("not now")

    monkeypatch.setattr(ports.address_left, "_items", [fail])
    contact = ContactPointFactory()
    with pytest.raises(Refused):
        contacts.leave(contact=contact, actor=SYSTEM)
    contact.refresh_from_db()
    assert contact.left_at is None


def test_a_verified_address_is_used_before_a_newer_unverified_one():
    asha = PrincipalFactory(email="asha@acme.example")
    contacts.add(principal=asha, kind="email", address="new@acme.example", actor=SYSTEM)
    assert selectors.contact_for(asha, "email").address == "asha@acme.example"
    assert selectors.contact_for(asha, "sms") is None
    assert selectors.contact_for(asha, "dashboard") is None


def test_joined_references_are_one_person_from_either_end():
    now = clock.now()
    a, b, c, other = (SubjectFactory().ref for _ in range(4))
    subjects.join(old_ref=a, new_ref=b, actor=SYSTEM, now=now)
    subjects.join(old_ref=b, new_ref=c, actor=SYSTEM, now=now)
    assert selectors.refs_of(a) == selectors.refs_of(b) == selectors.refs_of(c) == {a, b, c}
    assert selectors.refs_of(other) == {other}
    with pytest.raises(Refused):
        subjects.join(old_ref=c, new_ref=a, actor=SYSTEM, now=now)


def test_indian_law_applies_to_everybody_and_others_with_evidence():
    asha = PrincipalFactory()
    assert selectors.regimes_of(asha.subject.ref) == {"IN"}
    for _ in range(2):
        people.note_regime(principal=asha, regime="EU", ground="declared", actor=SYSTEM, now=clock.now())
    later = SubjectFactory()
    subjects.join(old_ref=asha.subject.ref, new_ref=later.ref, actor=SYSTEM, now=clock.now())
    assert selectors.regimes_of(later.ref) == {"IN", "EU"}
