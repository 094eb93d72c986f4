"""A stranger files a grievance, follows it, staff answer, and the person gets the answer: with and without scripts."""

import re

import pytest
from django.core.cache import cache

from grievances.base.choices import ClosedBecause
from grievances.models import Ticket
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from tests.grievances.conftest import house, officer
from tests.grievances.pictures import png
from tests.journeys.browsing import shows_an_error
from tests.signin.people_who_sign_in import staff_client

__all__ = ["house", "officer"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def no_tries_counted() -> None:
    cache.clear()


def go_on(person, name: str) -> None:
    person.page.get_by_role("button", name=name, exact=True).click()
    person.looks()


def letter_to(kind: str, wait) -> str:
    """The words of the newest letter of a kind, once the workers have written it."""
    for _ in range(100):
        message = Message.objects.filter(kind=kind).order_by("-pk").first()
        if message is not None:
            return message_content.text_of(message).body
        wait(100)
    raise AssertionError(f"no letter {kind} was written")


def file_it(person) -> str:
    page = person.goes_to("/privacy/grievances/new/")
    page.get_by_role("link", name="Start", exact=True).click()
    person.looks()
    go_on(person, "Continue")
    shows_an_error(page)
    assert page.evaluate("document.activeElement.id") == "errors"
    page.get_by_label("Me", exact=True).check()
    go_on(person, "Continue")
    page.get_by_label("Messages I did not want").check()
    go_on(person, "Continue")
    page.get_by_label("Who sent it?").fill("AD-SHOUTY-P")
    go_on(person, "Continue")
    page.get_by_label("What happened?").fill("The parrot called at night.")
    go_on(person, "Continue")
    page.locator("input[type=file]").set_input_files({"name": "screen.png", "mimeType": "image/png", "buffer": png()})
    go_on(person, "Add this file")
    page.get_by_text("screen.png").first.wait_for()
    go_on(person, "Continue")
    page.get_by_label("Email address").fill("asha@example.in")
    page.get_by_label("English").check()
    go_on(person, "Continue")
    page.get_by_text("The parrot called at night.").wait_for()
    go_on(person, "Send your grievance")
    page.get_by_role("heading", name="Grievance sent").wait_for()
    return str(page.locator(".reference").first.inner_text())


def track_it(person, reference: str) -> None:
    page = person.goes_to("/privacy/track/")
    page.get_by_label("Reference number").fill(reference.lower().replace("-", " "))
    page.get_by_label("Email address or mobile number").fill("asha@example.in")
    go_on(person, "Send me a code")
    body = letter_to("grievances.tracking_code", page.wait_for_timeout)
    page.get_by_label("Code", exact=True).fill(re.search(r"\b\d{6}\b", body).group())
    go_on(person, "Continue")
    page.get_by_role("heading", name=reference).wait_for()


def answer_it(person, reference: str, staff) -> None:
    person.signs_in_with(staff_client(staff))
    page = person.goes_to("/admin/grievances/ticket/?queue=open")
    page.get_by_role("link", name=reference).click()
    person.looks()
    page.get_by_label("To answer a grievance").check()
    page.get_by_label("Ticket or queue").fill(reference)
    go_on(person, "Open the record")
    page.locator(".thread").get_by_text("The parrot called at night.").wait_for()
    page.get_by_label("Message").fill("We have stopped the parrot.")
    page.get_by_label("Resolve: ask if this settles it").check()
    go_on(person, "Send")
    page.get_by_text("The customer is asked").wait_for()


def test_a_stranger_files_follows_and_gets_the_answer(window, workers, house, officer) -> None:
    person, desk = window(narrow=True), window()
    reference = file_it(person)
    assert reference == Ticket.objects.get().reference
    assert "asha" not in person.page.url + person.page.title()
    person.page.reload()
    assert Ticket.objects.count() == 1

    track_it(person, reference)
    person.page.get_by_text("We have your grievance.").wait_for()

    answer_it(desk, reference, officer)

    person.page.reload()
    person.looks()
    person.page.get_by_text("We have stopped the parrot.").wait_for()
    person.page.get_by_label("Yes, close it").check()
    go_on(person, "Send")
    person.page.get_by_text("You confirmed that this is resolved.").wait_for()
    assert Ticket.objects.get().closed_because == ClosedBecause.SETTLED
