"""A complaint about unwanted messages ends with a suppression: nothing promotional goes to that number any more."""

import pytest
from django.core.cache import cache

from consent.decisions.services.contact_decisions import may_contact
from grievances.models import Ticket
from portal.kernel.core import clock
from tests.grievances.conftest import house, officer
from tests.grievances.pictures import png
from tests.journeys.test_filing_a_grievance_as_a_stranger import go_on, track_it
from tests.signin.people_who_sign_in import staff_client

__all__ = ["house", "officer"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NUMBER = "+919876543210"


@pytest.fixture(autouse=True)
def no_tries_counted() -> None:
    cache.clear()


def complain(person) -> str:
    page = person.goes_to("/privacy/grievances/new/who/")
    page.get_by_label("Me", exact=True).check()
    go_on(person, "Continue")
    page.get_by_label("Messages I did not want").check()
    go_on(person, "Continue")
    page.get_by_label("Who sent it?").fill("AD-ONESTU-P")
    page.get_by_label("Which number or email address got it?").fill("98765 43210")
    for box, text in (("Day", "1"), ("Month", "11"), ("Year", "2026")):
        page.get_by_label(box, exact=True).fill(text)
    go_on(person, "Continue")
    page.get_by_label("What happened?").fill("Offers every night.")
    go_on(person, "Continue")
    page.locator("input[type=file]").set_input_files({"name": "screen.png", "mimeType": "image/png", "buffer": png()})
    go_on(person, "Continue")
    page.get_by_label("Email address").fill("asha@example.in")
    page.get_by_label("English").check()
    go_on(person, "Continue")
    page.get_by_text("1 November 2026").wait_for()
    go_on(person, "Send your grievance")
    return str(page.locator(".reference").first.inner_text())


def test_a_complaint_about_messages_ends_with_a_suppression(window, workers, house, officer) -> None:
    person, desk = window(narrow=True), window()
    reference = complain(person)

    desk.signs_in_with(staff_client(officer))
    page = desk.goes_to("/admin/grievances/ticket/?queue=open")
    page.get_by_role("link", name=reference).click()
    page.get_by_label("To answer a grievance").check()
    page.get_by_label("Ticket or queue").fill(reference)
    go_on(desk, "Open the record")
    page.get_by_text("AD-ONESTU-P").wait_for()
    page.get_by_role("link", name="Stop the messages").click()
    desk.looks()
    go_on(desk, "Stop the messages")
    page.get_by_text("OS-CR-").wait_for()

    track_it(person, reference)
    person.page.get_by_text("Promotional messages stopped").wait_for()
    person.page.get_by_text("are stopped. The receipt is OS-CR-").wait_for()
    now = clock.now()
    decision = may_contact(address=NUMBER, purpose="marketing", channel="sms", at=now, fiduciary="onesetu")
    assert not decision.allowed
    assert Ticket.objects.get().entries.filter(kind="stopped").count() == 1
