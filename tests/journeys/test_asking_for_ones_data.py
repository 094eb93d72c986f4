"""A stranger asks for their data, shows by a code who asks, and fetches the copy that two officers gave out; it ends."""

import re

import pytest
from django.core.cache import cache

from grievances import scheduled_checks
from grievances.base.request_choices import BundleState
from grievances.models import Bundle, RightsRequest
from portal.kernel.core import clock
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.models import User
from tests.grievances.conftest import house, officer
from tests.journeys.browsing import shows_an_error
from tests.people.factories import ContactPointFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

__all__ = ["house", "officer"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def no_tries_counted() -> None:
    cache.clear()


def go_on(person, name: str) -> None:
    person.page.get_by_role("button", name=name, exact=True).click()
    person.looks()


def code() -> str:
    body = message_content.text_of(Message.objects.filter(kind="grievances.request_code").latest("pk")).body
    return re.search(r"\b\d{6}\b", body).group()


def ask(person) -> str:
    page = person.goes_to("/privacy/requests/new/")
    go_on(person, "Continue")
    shows_an_error(page)
    page.get_by_label("See my data", exact=True).check()
    go_on(person, "Continue")
    page.get_by_label("For me", exact=True).check()
    go_on(person, "Continue")
    page.get_by_label("Email address").fill("asha@example.in")
    page.get_by_label("English").check()
    go_on(person, "Continue")
    go_on(person, "Send your request")
    reference = str(page.locator(".reference").first.inner_text())
    page.get_by_label("Code", exact=True).fill(code())
    go_on(person, "Continue")
    page.get_by_role("heading", name=reference).wait_for()
    page.get_by_text("To be answered").wait_for()
    return reference


def open_record(person, path: str, reference: str) -> None:
    page = person.goes_to(path)
    if page.get_by_role("button", name="Open the record").count():
        page.get_by_label("To answer a request about a person's data").check()
        page.get_by_label("Ticket or queue").fill(reference)
        go_on(person, "Open the record")


def do(person, name: str) -> None:
    person.page.get_by_role("link", name=name, exact=True).click()
    person.looks()


def answer_it(desk, staff: User, reference: str) -> None:
    request = RightsRequest.objects.get()
    desk.signs_in_with(staff_client(staff))
    record = f"/admin/grievances/rightsrequest/{request.pk}/change/"
    open_record(desk, record, reference)
    do(desk, "Put the copy together")
    desk.page.locator("input[type=submit], button").last.click()
    for _ in range(200):
        if Bundle.objects.filter(state=BundleState.READY).exists():
            break
        desk.page.wait_for_timeout(100)
    open_record(desk, record, reference)
    do(desk, "Propose an answer")
    desk.page.get_by_label("Grant it", exact=True).check()
    desk.page.get_by_label("What the person reads").fill("Here is everything we hold about you.")
    desk.page.locator("input[type=submit], button").last.click()
    desk.page.get_by_text("Nothing goes out until a second person agrees").wait_for()


def agree(desk, staff: User, reference: str) -> None:
    proposal = RightsRequest.objects.get().proposals.get()
    desk.signs_in_with(staff_client(staff))
    open_record(desk, f"/admin/grievances/requestproposal/{proposal.pk}/change/", reference)
    desk.page.get_by_text("Here is everything we hold about you.").first.wait_for()
    desk.page.get_by_role("button", name="Approve", exact=True).click()
    desk.page.get_by_role("status").wait_for()


def test_a_copy_is_given_out_by_two_fetched_and_ended(window, workers, house, officer) -> None:
    ContactPointFactory(kind="email", address="asha@example.in")
    person, desk, other = window(narrow=True), window(), window()
    reference = ask(person)

    answer_it(desk, officer, reference)
    agree(other, StaffFactory(roles=["data_protection_officer"]), reference)

    person.page.reload()
    person.looks()
    with person.page.expect_download() as fetching:
        person.page.get_by_role("button", name="Download your copy (ZIP)").click()
    assert fetching.value.suggested_filename == f"{reference}.zip"
    person.page.reload()
    person.page.get_by_text("Downloads left: 2.").wait_for()

    bundle = Bundle.objects.get()
    Bundle.objects.filter(pk=bundle.pk).update(expires_at=clock.now())
    scheduled_checks.sweep(now=clock.now())
    person.page.reload()
    person.looks()
    person.page.get_by_text("This copy has ended").wait_for()
