"""A stranger asks for the end of their data; GST law keeps invoices, and the letter that goes out says so, and why."""

import re

import pytest
from django.core.cache import cache

from grievances.base.request_choices import RequestState
from grievances.models import RightsRequest
from portal.kernel.core import actor, clock
from portal.kernel.people.models import ContactPoint
from portal.kernel.retention.services import nightly_run
from tests.grievances.conftest import house, officer
from tests.grievances.test_ending import asha, invoices
from tests.journeys.test_asking_for_ones_data import code, do, go_on, open_record
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

__all__ = ["asha", "house", "invoices", "officer"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def no_tries_counted() -> None:
    cache.clear()


def ask_for_the_end(person) -> str:
    page = person.goes_to("/privacy/requests/new/")
    page.get_by_label("Erase my data", exact=True).check()
    go_on(person, "Continue")
    page.get_by_text("Our answer says what stays, why and until when").wait_for()
    page.get_by_label("For me", exact=True).check()
    go_on(person, "Continue")
    page.get_by_label("Email address").fill("asha@example.in")
    page.get_by_label("English").check()
    go_on(person, "Continue")
    go_on(person, "Send your request")
    reference = str(page.locator(".reference").first.inner_text())
    page.get_by_label("Code", exact=True).fill(code())
    go_on(person, "Continue")
    page.get_by_text("To be answered").wait_for()
    return reference


def propose(desk, reference: str, outcome: str) -> None:
    record = f"/admin/grievances/rightsrequest/{RightsRequest.objects.get().pk}/change/"
    open_record(desk, record, reference)
    do(desk, "Propose an answer")
    desk.page.get_by_label(outcome, exact=True).check()
    desk.page.get_by_label("What the person reads").fill("We have looked at everything.")
    desk.page.locator("input[name=answer]").click()
    desk.looks()


def test_the_letter_says_what_gst_law_keeps_and_the_rest_is_erased(window, asha, invoices, officer) -> None:
    """Longer than others: three people with a browser each."""
    person, desk, other = window(narrow=True), window(), window()
    reference = ask_for_the_end(person)

    desk.signs_in_with(staff_client(officer))
    propose(desk, reference, "Grant it")
    desk.page.get_by_text("Grant it in part where a law keeps a part").first.wait_for()
    propose(desk, reference, "Grant it in part")
    desk.page.get_by_text("Nothing goes out until a second person agrees").wait_for()

    other.signs_in_with(staff_client(StaffFactory(roles=["data_protection_officer"])))
    proposal = RightsRequest.objects.get().proposals.get()
    open_record(other, f"/admin/grievances/requestproposal/{proposal.pk}/change/", reference)
    other.page.get_by_text("Invoices: we keep this").first.wait_for()
    other.page.get_by_role("button", name="Approve", exact=True).click()
    other.page.get_by_role("status").wait_for()

    person.page.reload()
    person.looks()
    letter = person.page.inner_text("main")
    assert "We do a part of what you asked." in letter
    assert re.search(r"Invoices: we keep this.*s\.36", letter), "the law that keeps it, by its section"
    assert "We erase:" in letter
    assert "appeal to another officer" in letter

    nightly_run.carry_on(now=clock.now(), actor=actor.system("tests"))
    assert {contact.address for contact in ContactPoint.objects.filter(principal=asha)} == {""}
    assert invoices.erased == []
    person.page.reload()
    person.looks()
    assert "We keep, and explain why:" in person.page.inner_text("main"), "the letter stays with the person"
    assert RightsRequest.objects.get().state == RequestState.PARTLY
