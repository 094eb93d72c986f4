"""The review desk by keyboard alone: take what is due first, look, propose, and answer as a second person."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

from kyc.models import Decision
from tests.grievances.conftest import house
from tests.journeys.browsing import NARROW, WIDE, shows_an_error
from tests.kyc import documents
from tests.kyc.conftest import same_process
from tests.kyc.factories import checked, rest_approved
from tests.people.factories import CustomerFactory, CustomerUserFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

__all__ = ["house", "same_process"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("PICTURES", "")
QUEUE = "/admin/kyc/document/?queue=review"


@pytest.fixture
def document(house, same_process):
    customer = CustomerFactory(kind="individual")
    CustomerUserFactory(email="asha@acme.example", member_of=customer)
    rest_approved(customer)
    return checked(customer, data=documents.pdf(pages=2), declared={"name": "Somebody Else"})


def tabs_to(page: Page, selector: str) -> None:
    """Press Tab until the keyboard is at the element; a picture of what has it is drawn on the way."""
    for _press in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            ring = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
            assert ring != "none", f"no ring around {selector}"
            return
    raise AssertionError(f"Tab does not reach {selector}")


def pressed(page: Page, key: str) -> None:
    """Press a key that leads to another page, and wait for that page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def seen(person, name: str) -> None:
    """Look at the page in both widths."""
    for size in (NARROW, WIDE):
        person.page.set_viewport_size(dict(size))
        person.looks()
        if PICTURES:
            person.page.screenshot(path=str(Path(PICTURES) / f"{name}-{size['width']}.png"), full_page=True)


def test_a_document_is_decided_by_two_people_who_never_touch_a_mouse(window, document, scripts) -> None:
    maker, checker = StaffFactory(roles=["kyc_maker"]), StaffFactory(roles=["kyc_checker"])
    first = window()
    first.signs_in_with(staff_client(maker))
    page = first.goes_to(QUEUE)
    tabs_to(page, ".take-next button")
    pressed(page, "Enter")
    seen(first, "desk-maker")
    if scripts:
        for key, chosen in (("]", "90"), ("+", "150")):
            page.keyboard.press(key)
            assert page.locator(f".desk-tools input[value='{chosen}']").is_checked()
        page.keyboard.press("r")
        assert page.evaluate("document.activeElement.value") == "ask_again"
    else:
        tabs_to(page, "input[name=turn]")
        page.keyboard.press("ArrowRight")
        assert page.locator(".desk-tools input[value='90']").is_checked()
        tabs_to(page, "input[name=outcome]")
        page.keyboard.press("ArrowDown")
    tabs_to(page, "input[name=reason_code]")
    page.keyboard.press("Space")
    tabs_to(page, "textarea[name=message]")
    page.keyboard.type("Send a sharper photo, x and r and all.")
    beside = page.locator(".page-view").bounding_box()
    assert beside
    assert 0 <= beside["y"] < beside["y"] + beside["height"] <= WIDE["height"], "the document is beside the decision"
    tabs_to(page, "button[name=preview]")
    pressed(page, "Enter")
    assert "The customer would read" in page.inner_text("main")
    seen(first, "desk-preview")
    tabs_to(page, "form[action$='/propose/'] button.go")
    pressed(page, "Enter")
    assert "A second person decides" in page.inner_text("body")

    second = window()
    second.signs_in_with(staff_client(checker))
    page = second.goes_to(QUEUE)
    tabs_to(page, ".take-next button")
    pressed(page, "Enter")
    seen(second, "desk-checker")
    assert "The same bytes, and the same checks." in page.inner_text("main")
    tabs_to(page, "input[name=decision]")
    page.keyboard.press("Space")
    tabs_to(page, "form[action$='/answer/'] button.go")
    pressed(page, "Enter")
    assert "Done. The customer is informed." in page.inner_text("body")
    assert Decision.objects.get().answer == "approved"


def test_a_reveal_and_its_trace_are_pages_without_fault(window, document) -> None:
    desk = window(narrow=True)
    desk.signs_in_with(staff_client(StaffFactory(roles=["kyc_maker"])))
    page = desk.goes_to(QUEUE)
    page.locator(".take-next button").first.click()
    page.click("a[href$='/number/']")
    seen(desk, "reveal-asks")
    page.click("button.default")
    shows_an_error(page)
    seen(desk, "reveal-asks-again")
    page.get_by_label("Why do you need it?").select_option(label="To review KYC documents")
    page.click("button.default")
    assert documents.PAN in page.inner_text("main")
    seen(desk, "reveal-shows")
