"""Who somebody is in lists: a short name to roles that may see it, a reference to the others, in few statements."""

import importlib

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM, staff
from portal.kernel.core.text import short_name
from portal.kernel.people import erasure, short_names
from portal.kernel.people.choices import CustomerKind, SubjectKind
from portal.kernel.people.models import Customer, Principal
from portal.kernel.people.services import customers, people, subjects
from tests.people.factories import (
    CustomerFactory,
    MembershipFactory,
    PrincipalFactory,
    StaffFactory,
    SubjectFactory,
)

pytestmark = pytest.mark.django_db
SEEING = ["auditor", "data_protection_officer", "grievance_officer", "kyc_checker", "kyc_maker", "support"]


@pytest.fixture
def officer():
    return StaffFactory(roles=["grievance_officer"])


def raw(model, pk):
    """The column as the database holds it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT short_name FROM {model._meta.db_table} WHERE id = %s", [pk])
        return cursor.fetchone()[0]


def emptied(row):
    """As a release without the column leaves a row."""
    type(row).objects.filter(pk=row.pk).update(short_name=None)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Harsh Deshpande", "Harsh D."),
        ("  Anna  Maria van der Berg ", "Anna B."),
        ("Asha", "Asha"),
        ("हर्ष देशपांडे", "हर्ष दे."),
        ("", ""),
    ],
)
def test_a_short_name_is_the_first_name_and_a_letter_of_the_last(name, short):
    assert short_name(name) == short


def test_a_short_name_is_sealed_and_follows_the_name_in_the_same_save():
    person = people.create(full_name="Harsh Deshpande", actor=SYSTEM)
    assert person.short_name == "Harsh D."
    assert b"Harsh" not in bytes(raw(Principal, person.pk))
    people.rename(principal=person, full_name="Asha Kulkarni", actor=SYSTEM, now=clock.now())
    assert Principal.objects.get(pk=person.pk).short_name == "Asha K."


def test_people_of_a_list_of_thousands_have_short_names_too():
    people.bring(people=[people.NewPerson("Harsh Deshpande")], source="OS-CL-1", actor=SYSTEM, now=clock.now())
    assert Principal.objects.get().short_name == "Harsh D."


def test_an_organisation_is_named_whole_and_an_individual_is_not(officer):
    firm = customers.create(kind=CustomerKind.ORGANISATION, name="Acme Traders", actor=SYSTEM)
    own = customers.create(kind=CustomerKind.INDIVIDUAL, name="Harsh Deshpande", actor=SYSTEM)
    said = short_names.of_subjects([firm.subject.ref, own.subject.ref], user=officer)
    assert said == {firm.subject.ref: "Acme Traders", own.subject.ref: "Harsh D."}
    customers.rename(customer=firm, name="Acme Exports", actor=SYSTEM)
    assert short_names.of_accounts([firm.pk], user=officer) == {firm.pk: "Acme Exports"}


@pytest.mark.parametrize("role", SEEING)
def test_a_role_that_works_with_people_sees_names(role):
    person = PrincipalFactory(full_name="Harsh Deshpande")
    assert short_names.of_people([person.pk], user=StaffFactory(roles=[role])) == {person.pk: "Harsh D."}


def test_an_administrator_sees_the_reference_of_the_account():
    member = MembershipFactory(principal__full_name="Harsh Deshpande")
    alone = PrincipalFactory(full_name="Asha Rao")
    user = StaffFactory(roles=["administrator"])
    asked = [member.principal.subject.ref, member.customer.subject.ref, alone.subject.ref]
    assert short_names.of_subjects(asked, user=user) == {
        member.principal.subject.ref: member.customer.reference,
        member.customer.subject.ref: member.customer.reference,
        alone.subject.ref: "Person without an account",
    }


def test_a_person_without_a_name_is_said_by_the_end_of_an_address(officer):
    person = PrincipalFactory(full_name="", phone="+919876540019")
    unknown = PrincipalFactory(full_name="")
    said = short_names.of_people([person.pk, unknown.pk], user=officer)
    assert said == {person.pk: "No name, +91 ••0019", unknown.pk: "No name"}


def test_a_reference_that_is_joined_to_a_person_is_said_by_that_person(officer):
    person = PrincipalFactory(full_name="Harsh Deshpande")
    ticket, stranger = SubjectFactory(kind=SubjectKind.STRANGER), SubjectFactory(kind=SubjectKind.STRANGER)
    subjects.join(old_ref=ticket.ref, new_ref=person.subject.ref, actor=SYSTEM, now=clock.now())
    assert short_names.of_subjects([ticket.ref, stranger.ref], user=officer) == {ticket.ref: "Harsh D."}


def test_many_are_named_in_as_many_statements_as_few(officer, django_assert_max_num_queries):
    short_names.may_see_names(officer)
    refs = [row.subject.ref for row in PrincipalFactory.create_batch(20)]
    refs += [row.subject.ref for row in CustomerFactory.create_batch(20)]
    refs += [PrincipalFactory(full_name="", phone=f"+9198765400{n}").subject.ref for n in range(10, 20)]
    with django_assert_max_num_queries(4):
        assert len(short_names.of_subjects(refs, user=officer)) == 50


def test_who_was_listed_is_written_down_without_a_name(officer):
    short_names.record_listed(
        actor=staff(officer.pk), listed="people.Principal", filters=["language", "created_at"], count=7
    )
    event = AuditEvent.objects.get(kind="admin.names.listed")
    assert event.about == "list:people.Principal"
    assert event.facts == {"list": "people.Principal", "filters": "created_at,language", "count": 7}


def test_erasing_a_person_leaves_no_short_name(officer):
    member = MembershipFactory(
        principal__full_name="Harsh Deshpande", customer__name="Harsh Deshpande", customer__kind=CustomerKind.INDIVIDUAL
    )
    accounts = erasure.Accounts()
    for ref in (member.customer.subject.ref, member.principal.subject.ref):
        assert accounts.erase(subject_ref=ref, before=None) == 1
    assert Principal.objects.get().short_name == ""
    assert Customer.objects.get().short_name == ""
    asked = [member.customer.subject.ref, member.principal.subject.ref]
    assert set(short_names.of_subjects(asked, user=officer).values()) == {"Erased"}


def test_the_upgrade_fills_rows_of_the_release_before_and_goes_on_where_it_stopped(officer, monkeypatch):
    monkeypatch.setattr(short_names, "BATCH", 2)
    rows = [*PrincipalFactory.create_batch(5, full_name="Harsh Deshpande"), CustomerFactory(name="Acme Traders")]
    for row in rows:
        emptied(row)
    assert short_names.of_accounts([rows[-1].pk], user=officer) == {rows[-1].pk: rows[-1].reference}
    Principal.objects.filter(pk=rows[0].pk).update(short_name="Harsh D.")
    step = importlib.import_module("portal.kernel.people.migrations.0008_fill_short_names")
    step.fill(MigrationLoader(connection).project_state(("people", "0007_short_names")).apps, None)
    assert {row.short_name for row in Principal.objects.all()} == {"Harsh D."}
    assert Customer.objects.get().short_name == "Acme Traders"
    assert short_names.fill(Principal, "full_name") == 0


def test_a_name_that_the_release_before_changed_is_mended_by_the_command(capsys):
    person = PrincipalFactory(full_name="Harsh Deshpande")
    Principal.objects.filter(pk=person.pk).update(full_name="Asha Kulkarni")
    call_command("fill_short_texts")
    assert "1 of people.Principal" in capsys.readouterr().out
    assert Principal.objects.get().short_name == "Asha K."
