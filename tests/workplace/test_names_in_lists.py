"""Lists say whose their rows are: short names and gists to roles that may see them, references to the others; one event a page."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from grievances.models import Ticket
from kyc.models import Case, Document
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.people.choices import CustomerKind
from portal.kernel.people.models import Customer, Principal
from tests.grievances.factories import ticket
from tests.kyc.factories import firm, uploaded
from tests.outbox.factories import MessageFactory
from tests.people.factories import CustomerFactory, MembershipFactory, PrincipalFactory

pytestmark = pytest.mark.django_db
SEEING = ["auditor", "data_protection_officer", "grievance_officer", "kyc_checker", "kyc_maker", "support"]


def list_of(model, query=""):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") + query


def listed():
    return list(AuditEvent.objects.filter(kind="admin.names.listed").order_by("pk"))


@pytest.fixture
def harsh():
    """A person who acts for a company."""
    return MembershipFactory(principal__full_name="Harsh Deshpande", customer__name="Acme Traders")


@pytest.mark.parametrize("role", SEEING)
def test_people_and_companies_are_listed_by_short_names(staff, harsh, role):
    browser = staff(role)
    shown = browser.get(list_of(Principal)).text
    assert ">Harsh D.</a>" in shown
    assert "Acme Traders" in shown
    assert "Deshpande" not in shown
    assert ">Acme Traders</a>" in browser.get(list_of(Customer)).text


def test_an_administrator_reads_references(staff, harsh):
    browser = staff("administrator")
    people, companies = browser.get(list_of(Principal)).text, browser.get(list_of(Customer)).text
    assert f">{harsh.customer.reference}</a>" in people
    assert f">{harsh.customer.reference}</a>" in companies
    assert not {"Harsh", "Acme"} & {word for page in (people, companies) for word in page.replace("<", " ").split()}
    assert not listed()


def test_a_page_that_shows_names_is_one_event_that_names_nobody(staff, harsh):
    browser = staff("support")
    browser.get(list_of(Customer, "?kind__exact=organisation&o=1"))
    [event] = listed()
    assert event.facts == {"list": "people.Customer", "filters": "kind", "count": 1}
    browser.get(list_of(Customer, "?kind__exact=individual"))
    assert len(listed()) == 1


def test_a_page_costs_the_same_for_many_as_for_few(staff, harsh):
    browser = staff("support")

    def statements(model):
        browser.get(list_of(model))
        with CaptureQueriesContext(connection) as seen:
            browser.get(list_of(model))
        return len(seen)

    few = [statements(model) for model in (Principal, Customer)]
    MembershipFactory.create_batch(6)
    assert [statements(model) for model in (Principal, Customer)] == few


def test_a_person_without_a_name_is_never_a_number(staff):
    PrincipalFactory(full_name="", phone="+919876540019")
    assert "No name, +91 ••0019" in staff("support").get(list_of(Principal)).text


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(
    ("role", "reads"),
    [("grievance_officer", True), ("data_protection_officer", True), ("support", False), ("auditor", False)],
)
def test_grievances_show_the_gist_to_those_who_may_read_them(staff, harsh, role, reads):
    ticket(principal=harsh.principal, at=clock.now())
    shown = staff(role).get(list_of(Ticket)).text
    assert "Harsh D." in shown
    assert ("They wrote to me at night." in shown) is reads
    assert ("Gist" in shown) is reads


@pytest.mark.usefixtures("house")
def test_each_tab_of_grievances_shows_the_rows_it_counts(staff):
    ticket(at=clock.now())
    browser = staff("grievance_officer")
    for queue, count in (("unassigned", 1), ("open", 1), ("mine", 0), ("waiting", 0), ("appeals", 0), ("closed", 0)):
        page = browser.get(list_of(Ticket, f"?queue={queue}"))
        assert page.context["cl"].result_count == count, queue


@pytest.mark.usefixtures("house")
def test_a_case_a_document_and_a_message_say_whose_they_are(staff, harsh):
    uploaded(CustomerFactory(kind=CustomerKind.INDIVIDUAL, name="Asha Kulkarni"))
    firm(name="Narmada Seeds LLP")
    MessageFactory(subject_ref=harsh.principal.subject.ref)
    browser = staff("data_protection_officer")
    cases = browser.get(list_of(Case)).text
    assert "Asha K." in cases
    assert "Narmada Seeds LLP" in cases
    assert "Asha K." in browser.get(list_of(Document)).text
    assert "Harsh D." in browser.get(reverse("admin:outbox_message_changelist")).text
