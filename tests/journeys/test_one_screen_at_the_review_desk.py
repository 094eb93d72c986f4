"""The page of a document at the review desk: what is in view, the picture that asks for nothing, the reason that comes and goes."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.grievances.conftest import house
from tests.kyc import documents
from tests.kyc.conftest import same_process
from tests.kyc.factories import checked, proposed, rest_approved
from tests.people.factories import CustomerFactory, CustomerUserFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

__all__ = ["house", "same_process"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
QUEUE = "/admin/kyc/document/?queue=review"
#: The windows that the desk is laid out for; in the last one the facts stand below the picture.
WINDOWS = ((1280, 800), (1440, 900))
PHONE = (390, 844)
BAR = 200
HIGHEST = 1600


@pytest.fixture
def document(house, same_process):
    customer = CustomerFactory(kind="individual")
    CustomerUserFactory(email="asha@acme.example", member_of=customer)
    rest_approved(customer)
    return checked(customer, data=documents.pdf(pages=2), declared={"name": "Somebody Else"})


def sits_down(person: Any, role: str) -> Page:
    """Take what is due first, as the page stands then."""
    person.signs_in_with(staff_client(StaffFactory(roles=[role])))
    page: Page = person.goes_to(QUEUE)
    page.locator(".take-next button").first.click()
    page.locator(".page-view img").first.wait_for()
    page.wait_for_load_state("networkidle")
    return page


def resized(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.evaluate("scrollTo(0, 0)")


def box(page: Page, selector: str) -> dict[str, float]:
    found = page.locator(selector).first.bounding_box()
    assert found, selector
    return dict(found)


def is_in_view(page: Page, selector: str) -> bool:
    """Whole in the window, and not under the bar, unless it is of the bar itself."""
    found = box(page, selector)
    is_of_bar = page.locator(selector).first.evaluate("one => one.closest('.desk-bar') !== null")
    end = page.viewport_size["height"] if is_of_bar else box(page, ".desk-bar")["y"]
    return found["y"] >= 0 and found["y"] + found["height"] <= end


@pytest.mark.parametrize("role", ["kyc_maker", "kyc_checker"])
def test_picture_number_decision_and_its_button_are_in_view_together(window, document, role) -> None:
    if role == "kyc_checker":
        given = {"reason_code": "unreadable", "message": "Send a sharper photo of the whole card.", "note": "Too dark."}
        proposed(document, StaffFactory(roles=["kyc_maker"]), outcome="ask_again", **given)
    person = window()
    page = sits_down(person, role)
    for size in WINDOWS:
        resized(page, size)
        for seen in (".page-view", ".desk-number", ".desk-choice label", ".desk-go .go"):
            assert is_in_view(page, seen), (size, seen)
        assert page.evaluate("document.documentElement.scrollHeight") <= HIGHEST
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        assert is_in_view(page, ".desk-go .go")
    resized(page, PHONE)
    for seen in (".page-view", ".desk-choice > div:last-of-type label", ".desk-go .go"):
        assert is_in_view(page, seen), seen
    for size in (*WINDOWS, PHONE):
        resized(page, size)
        for choice in page.locator(".desk-choice input").all():
            choice.check()
            assert box(page, ".desk-bar")["height"] <= BAR, size
            assert is_in_view(page, ".desk-go .go"), size
    person.looks()


def test_no_control_that_has_the_keyboard_is_under_the_bar(window, document) -> None:
    page = sits_down(window(), "kyc_maker")
    for size in (*WINDOWS, PHONE):
        resized(page, size)
        page.locator("summary", has_text="Facts").focus()
        page.get_by_label("Ask again").check()
        page.locator("h1").click()
        seen = set()
        for _press in range(60):
            page.keyboard.press("Tab")
            at = page.evaluate(
                """() => {
                    const one = document.activeElement, bar = document.querySelector(".desk-bar");
                    if (one === document.body || !one.closest("main")) return null;
                    const own = bar.contains(one) ? innerHeight : bar.getBoundingClientRect().top;
                    const box = one.getBoundingClientRect();
                    return [one.outerHTML.slice(0, 120), box.bottom <= own + 1 || box.height > own];
                }"""
            )
            if at is None:
                continue
            seen.add(at[0])
            assert at[1], (size, at[0])
        assert any("textarea" in one for one in seen)


def test_zooming_turning_and_panning_ask_for_nothing_and_keep_what_is_typed(window, document) -> None:
    page = sits_down(window(), "kyc_maker")
    resized(page, WINDOWS[0])
    page.get_by_label("Ask again").check()
    page.get_by_label("Message to the customer").fill("Send a sharper photo.")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    region = page.get_by_role("region", name="Pages of the document")
    picture = page.locator(".sheet img").first
    widths = []
    for label in ("Fit", "150", "250", "400 %"):
        page.get_by_role("radio", name=label, exact=True).check()
        widths.append(box(page, ".sheet img")["width"])
    assert [round(width / widths[0], 1) for width in widths] == [1, 1.5, 2.5, 4]
    region.focus()
    for key, at in (("ArrowRight", "scrollLeft"), ("ArrowDown", "scrollTop")):
        page.keyboard.press(key)
        page.keyboard.press(key)
        page.wait_for_timeout(300)
        assert region.evaluate(f"one => one.{at}") > 0
    page.get_by_role("radio", name="Fit", exact=True).check()
    page.get_by_role("radio", name="0°", exact=True).check()
    region.evaluate("one => one.scrollTo(0, 0)")
    upright = picture.bounding_box()
    for label in ("90°", "180°", "270°"):
        page.get_by_role("radio", name=label, exact=True).check()
        turned, frame = picture.bounding_box(), region.bounding_box()
        assert turned
        assert upright
        assert frame
        is_across = label != "180°"
        ratio = turned["width"] / turned["height"]
        assert (ratio < 1) is not ((upright["width"] / upright["height"] < 1) is is_across), label
        assert turned["x"] >= frame["x"] - 1
        assert turned["y"] >= frame["y"] - 1
        assert turned["y"] + turned["height"] <= frame["y"] + frame["height"] + 1
    page.locator(".desk-tools nav a", has_text="2").click()
    assert region.evaluate("one => one.scrollTop") > 0
    assert [url for url in asked if "/pages/2.png" not in url] == []
    assert page.get_by_label("Message to the customer").input_value() == "Send a sharper photo."
    assert page.get_by_label("Ask again").is_checked()


def test_the_reason_is_absent_for_an_approval_and_demanded_for_the_others(window, document) -> None:
    page = sits_down(window(), "kyc_maker")
    reason = page.get_by_role("radio", name="Too blurred or too small to read")
    assert reason.is_hidden()
    page.get_by_label("Approve", exact=True).check()
    assert reason.is_hidden()
    for choice in ("Ask again", "Reject for good"):
        page.get_by_label(choice, exact=True).check()
        assert page.get_by_role("radio", name="The document looks altered").is_visible()
        assert reason.is_visible() is (choice == "Ask again")
        page.get_by_label("Message to the customer").fill("Come to our office.")
        with page.expect_navigation():
            page.get_by_role("button", name="Propose and next").click()
        assert "Choose the reason" in page.inner_text(".desk-bar")
        assert page.get_by_label("Message to the customer").input_value() == "Come to our office."
    assert "Reason (optional)" not in page.content()
