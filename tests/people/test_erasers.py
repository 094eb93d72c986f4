"""Letting go of people: the name goes, the proof stays."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import connection

from portal.kernel.core import clock, ports
from portal.kernel.core.actor import SYSTEM, staff
from portal.kernel.people import erasure
from portal.kernel.people.data_copy_sections import PeopleSection
from portal.kernel.people.models import ContactPoint, Customer, Device, OneTimeCode, RegimeEvidence, SignIn, User
from portal.kernel.people.services import age_declarations, codes, customers, devices, people
from portal.kernel.people.services import staff as staff_services
from tests.people.factories import (
    CustomerFactory,
    CustomerUserFactory,
    FiduciaryFactory,
    MembershipFactory,
    PrincipalFactory,
    StaffFactory,
    SubjectFactory,
)
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import with_factor

pytestmark = pytest.mark.django_db
accounts = erasure.Accounts()
sign_ins = erasure.SignIns()


def due(eraser, *, in_days=0):
    return {kept.subject_ref: kept.count for kept in eraser.kept(before=clock.now() + timedelta(days=in_days))}


def everywhere(*words):
    """The tables of this room and of sign-in that hold one of the words, encrypted columns as text."""
    found = set()
    for model in (Customer, ContactPoint, User, EmailAddress, OneTimeCode, SignIn, Device):
        for row in model.objects.all():
            values = " ".join(str(getattr(row, field.attname)) for field in model._meta.concrete_fields)
            found |= {(model.__name__, word) for word in words if word in values}
    return found


@pytest.fixture
def asha():
    user = CustomerUserFactory(email="asha@acme.example", member_of=CustomerFactory(name="Acme Traders"))
    user.principal.full_name = "Asha Rao"
    user.principal.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True)
    devices.signed_in(user=user, token="t" * 43, browser="Firefox", actor=SYSTEM, method="code", now=clock.now())
    return user


def test_a_closed_customer_and_its_people_are_due_after_their_end(asha):
    customer = asha.principal.memberships.get().customer
    assert due(accounts, in_days=1) == {}
    customers.close(customer=customer, actor=SYSTEM)
    assert due(accounts, in_days=-1) == {}
    assert due(accounts, in_days=1) == {customer.subject.ref: 1, asha.principal.subject.ref: 1}


def test_a_person_who_still_acts_for_another_customer_stays(asha):
    MembershipFactory(principal=asha.principal)
    customers.close(customer=asha.principal.memberships.first().customer, actor=SYSTEM)
    assert asha.principal.subject.ref not in due(accounts, in_days=1)


def test_a_recipient_without_an_account_has_no_end(asha):
    PrincipalFactory(phone="+919876543210")
    assert due(accounts, in_days=1) == {}


def test_erasing_a_person_leaves_no_name_and_no_address_and_keeps_the_rows(asha, monkeypatch):
    left = []
    monkeypatch.setattr(ports.address_left, "_items", [lambda **facts: left.append(facts["address"])])
    ref = asha.principal.subject.ref
    assert accounts.erase(subject_ref=ref, before=None) == 1
    assert sign_ins.erase(subject_ref=ref, before=None) == 2
    assert everywhere("asha", "Asha", "Firefox") == set()
    assert left == ["asha@acme.example"]
    asha.refresh_from_db()
    assert not asha.is_active
    assert not asha.has_usable_password()
    asha.principal.subject.refresh_from_db()
    assert asha.principal.subject.erased_at is not None
    assert asha.principal.contact_points.get().address_key in {b"", memoryview(b"")}
    assert accounts.erase(subject_ref=ref, before=None) == 0


def test_erasing_a_customer_takes_its_name_and_invitations(asha):
    every_rule()
    FiduciaryFactory(code="onesetu")
    customer = asha.principal.memberships.get().customer
    customers.invite(customer=customer, address="ravi@acme.example", role="member", actor=SYSTEM)
    assert accounts.erase(subject_ref=customer.subject.ref, before=None) == 1
    customer.refresh_from_db()
    assert (customer.name, customer.state, customer.invitations.count()) == ("", "closed", 0)


def test_a_run_erases_nobody_before_their_time(asha):
    ref = asha.principal.subject.ref
    assert accounts.erase(subject_ref=ref, before=clock.now() + timedelta(days=1)) == 0
    asha.refresh_from_db()
    assert asha.email == "asha@acme.example"


def test_a_staff_login_is_due_after_deactivation_and_loses_its_factor():
    user = StaffFactory(full_name="Meera Iyer", roles=["support"])
    with_factor(user)
    assert due(accounts, in_days=1) == {}
    staff_services.deactivate(user=user, actor=SYSTEM, now=clock.now())
    assert due(accounts, in_days=1) == {user.subject.ref: 1}
    assert accounts.erase(subject_ref=user.subject.ref, before=clock.now() + timedelta(days=1)) == 1
    user = User.objects.get(pk=user.pk)
    assert (user.full_name, user.email) == ("", f"erased-{user.pk}@erased.invalid")
    assert not Authenticator.objects.filter(user=user).exists()


def test_an_unknown_reference_erases_nothing(asha):
    assert accounts.erase(subject_ref=SubjectFactory().ref, before=None) == 0
    assert sign_ins.erase(subject_ref=SubjectFactory().ref, before=None) == 0


def test_sign_ins_and_devices_are_due_by_their_own_time(asha):
    ref = asha.principal.subject.ref
    assert due(sign_ins, in_days=-1) == {}
    assert due(sign_ins, in_days=1) == {ref: 2}
    SignIn.objects.update(at=clock.now() - timedelta(days=3))
    assert sign_ins.erase(subject_ref=ref, before=clock.now() - timedelta(days=1)) == 1
    assert Device.objects.count() == 1


def test_erasing_sign_ins_ends_the_sessions_and_the_codes(asha):
    UserSession.objects.create(user=asha, ip="203.0.113.7", session_key="k" * 32, user_agent="Firefox")
    codes.issue(purpose="sign_in", kind="email", address=asha.email, now=clock.now())
    codes.issue(purpose="sign_in", kind="email", address="ravi@acme.example", now=clock.now())
    sign_ins.erase(subject_ref=asha.principal.subject.ref, before=None)
    assert not UserSession.objects.exists()
    assert [row.address for row in OneTimeCode.objects.all()] == ["ravi@acme.example"]


def test_staff_history_belongs_to_the_staff_member():
    user = StaffFactory()
    devices.note(user=user, outcome="wrong_password", actor=SYSTEM, now=clock.now())
    assert due(sign_ins, in_days=1) == {user.subject.ref: 1}
    assert sign_ins.erase(subject_ref=user.subject.ref, before=None) == 1


def test_erased_columns_are_not_readable_in_the_database_either(asha):
    accounts.erase(subject_ref=asha.principal.subject.ref, before=None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT email, full_name FROM people_user")
        assert "asha" not in str(cursor.fetchall()).lower()


def test_the_bundle_of_a_person_tells_what_we_hold_and_nothing_of_others(asha):
    people.note_regime(principal=asha.principal, regime="EU", ground="declared", actor=staff(asha.pk), now=clock.now())
    CustomerUserFactory(email="ravi@acme.example", member_of=asha.principal.memberships.get().customer)
    (record,) = PeopleSection().collect(subject_refs=[asha.principal.subject.ref])
    assert record["name"] == "Asha Rao"
    assert [row["address"] for row in record["addresses"]] == ["asha@acme.example"]
    assert record["acts_for"][0]["role"] == "Owner"
    assert record["laws_that_apply"] == [{"law": "European Union", "because": "Stated by the person"}]
    assert len(record["sign_ins"]) == 1
    assert "ravi" not in str(record)


def test_a_bundle_holds_the_known_browsers_without_their_tokens_and_the_statement_of_age(asha):
    now = clock.now()
    Device.objects.create(
        user=asha, token_sha256="ab" * 32, label="Firefox on Linux", first_seen_at=now, last_seen_at=now
    )
    stated = age_declarations.state_adult(subject_ref=asha.principal.subject.ref, actor=SYSTEM, now=now)
    (record,) = PeopleSection().collect(subject_refs=[asha.principal.subject.ref])
    browser = record["known_browsers"][-1]
    assert (browser["browser"], browser["forgotten_at"]) == ("Firefox on Linux", None)
    assert record["said_to_be_of_age_at"] == [stated.stated_at.isoformat()]
    assert "ab" * 32 not in str(record)


def test_the_laws_of_a_bundle_are_those_of_every_reference(asha):
    old = SubjectFactory(kind="principal")
    RegimeEvidence.objects.create(subject_ref=old.ref, regime="EU", ground="declared", noted_at=clock.now())
    refs = [old.ref, asha.principal.subject.ref]
    (record,) = PeopleSection().collect(subject_refs=refs)
    assert [law["law"] for law in record["laws_that_apply"]] == ["European Union"]
