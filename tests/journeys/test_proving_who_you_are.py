"""A customer uploads a PAN card, sees it checked, two people decide, and the customer is told: with and without scripts."""

import pytest
from django.core.cache import cache

from kyc.models import Document
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from tests.journeys.browsing import shows_an_error
from tests.kyc import documents
from tests.kyc.conftest import asha, checker, house, individual, maker
from tests.kyc.factories import rest_approved
from tests.signin.people_who_sign_in import customer_client, staff_client

__all__ = ["asha", "checker", "house", "individual", "maker"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def no_tries_counted() -> None:
    cache.clear()


def press(person, name: str) -> None:
    person.page.get_by_role("button", name=name, exact=True).click()
    person.looks()


def until(wait, is_so) -> None:
    """The workers need a moment."""
    for _ in range(300):
        if is_so():
            return
        wait(100)
    raise AssertionError("the workers did not get there")


def sees_picture(page, name: str) -> None:
    """A page of the document is drawn, not only named."""
    picture = page.get_by_alt_text(name)
    until(page.wait_for_timeout, lambda: picture.evaluate("image => image.naturalWidth") > 0)


def upload_it(person) -> str:
    page = person.goes_to("/privacy/kyc/")
    page.get_by_role("link", name="PAN card").click()
    person.looks()
    press(person, "Continue")
    shows_an_error(page)
    assert page.evaluate("document.activeElement.id") == "errors"
    page.get_by_label("PAN", exact=True).fill("abcpr 1234 k")
    bad = {"name": "pan.pdf", "mimeType": "application/pdf", "buffer": documents.FAULTS["program_named_pdf"][0]}
    page.locator("#id_file").set_input_files(bad)
    press(person, "Continue")
    page.get_by_text("The file is not what its name says").first.wait_for()
    assert page.get_by_label("PAN", exact=True).input_value() == "abcpr 1234 k"
    good = {"name": "pan.pdf", "mimeType": "application/pdf", "buffer": documents.pdf()}
    page.locator("#id_file").set_input_files(good)
    press(person, "Continue")
    page.get_by_role("heading", name="Check your PAN card").wait_for()
    until(page.wait_for_timeout, lambda: Document.objects.filter(state="checked").exists())
    page.reload()
    person.looks()
    sees_picture(page, "Page 1 of your PAN card")
    press(person, "Send for checking")
    page.get_by_text("It is with us. We review it by").wait_for()
    return str(page.locator(".reference").last.inner_text())


def open_it(person, staff, reference: str, queue: str):
    person.signs_in_with(staff_client(staff))
    page = person.goes_to(f"/admin/kyc/document/?queue={queue}")
    page.get_by_role("link", name=reference).click()
    person.looks()
    page.get_by_label("To review KYC documents").check()
    page.get_by_label("Ticket or queue").fill("review queue")
    press(person, "Open the record")
    sees_picture(page, "Page 1 of the PAN card")
    return page


def test_a_pan_card_goes_the_whole_way(window, workers, individual, asha, maker, checker) -> None:
    customer, first, second = window(narrow=True), window(), window()
    rest_approved(individual)
    customer.signs_in_with(customer_client(asha))
    reference = upload_it(customer)
    assert documents.PAN not in customer.page.content()

    page = open_it(first, maker, reference, "review")
    page.get_by_label("Approve", exact=True).check()
    press(first, "Propose and next")
    page.get_by_text("Another person must answer").wait_for()

    page = open_it(second, checker, reference, "second")
    page.get_by_label("Approve the proposal").check()
    press(second, "Decide and next")
    page.get_by_text("The customer is informed.").wait_for()

    customer.page.reload()
    customer.looks()
    customer.page.get_by_text("It is approved. You do not need to do anything.").wait_for()
    letter = Message.objects.get(kind="kyc.approved", channel="email")
    assert "Everything that we asked you to show is approved." in message_content.text_of(letter).body
    assert documents.PAN not in customer.page.content() + second.page.content()
