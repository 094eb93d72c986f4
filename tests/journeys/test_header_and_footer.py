"""The frame of every customer's page in a real browser: one row, the same menu for everybody, nothing covered."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import expect

from tests.people.factories import CustomerUserFactory
from tests.registers.factories import officer_in_office
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
#: Pixels of the row on a telephone: 44 for a finger, and what stands around it.
ROW = 56
HEIGHT = "document.querySelector('header').getBoundingClientRect().height"
TOP_OF_MAIN = "document.querySelector('main').getBoundingClientRect().top"
COMMON = ["Home", "Stop messages", "Who sent me this?", "Your data", "Complain"]
OWN = ["Messages you get", "Receipts", "Requests", "Documents (KYC)", "Account"]
LANGUAGES = ("en", "hi", "mr")


@pytest.fixture
def reader(window):
    """Opens a window of a width, in a language, of a stranger or of a customer."""

    def opens(width=390, *, language="en", signed_in=False):
        person = window(narrow=True)
        person.page.set_viewport_size({"width": width, "height": 800})
        person.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": person.origin}])
        if signed_in:
            person.signs_in_with(customer_client(CustomerUserFactory()))
        return person

    return opens


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("signed_in", [False, True], ids=["a stranger", "signed in"])
def test_the_header_is_one_row_on_a_telephone(reader, language, signed_in):
    person = reader(language=language, signed_in=signed_in)
    for width in (390, 320):
        person.page.set_viewport_size({"width": width, "height": 800})
        page = person.goes_to("/privacy/accessibility/")
        assert page.evaluate(HEIGHT) <= ROW, (language, width)


def test_the_menu_is_the_same_for_everybody_and_has_more_for_whom_is_signed_in(reader):
    for signed_in, more in ((False, ["Sign in"]), (True, OWN)):
        page = reader(signed_in=signed_in).goes_to("/privacy/accessibility/")
        page.locator(".menu > summary").click()
        menu = page.get_by_role("navigation", name="Menu")
        assert menu.get_by_role("link").all_inner_texts() == [*COMMON, *more]
        assert menu.get_by_role("button", name="Sign out").count() == int(signed_in)


@pytest.mark.parametrize("width", [320, 639])
def test_what_opens_in_the_header_covers_nothing_of_the_page(reader, width):
    person = reader(width, signed_in=True)
    page = person.goes_to("/privacy/accessibility/")
    before = page.evaluate(TOP_OF_MAIN)
    for summary in page.locator("header summary").all():
        summary.click()
        person.looks()
        opened = page.locator("header details[open] > :not(summary)").bounding_box()
        assert opened["height"] > 100
        assert opened["x"] >= 0
        assert opened["x"] + opened["width"] <= width
        assert page.evaluate(TOP_OF_MAIN) >= opened["y"] + opened["height"] > before
        summary.click()


def test_header_and_menu_are_gone_through_by_keyboard_in_the_order_in_which_they_stand(reader):
    page = reader().goes_to("/privacy/accessibility/")
    here = "document.activeElement.innerText.replace(/\\s+/g, ' ').trim()"
    passed = []
    for _ in range(4):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(here))
    assert passed == ["Skip to main content", "Onesetu privacy", "Language: English", "Menu"]
    page.keyboard.press("Enter")
    for words in (*COMMON, "Sign in"):
        page.keyboard.press("Tab")
        assert page.evaluate(here) == words
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/privacy/sign-in/"))


def test_what_can_be_pressed_in_header_and_menu_is_as_high_as_a_finger(reader):
    page = reader(320, signed_in=True).goes_to("/privacy/accessibility/")
    heights = []
    for summary in page.locator("header summary").all():
        summary.click()
        heights += page.eval_on_selector_all(
            "header :is(summary, details[open] a, details[open] button)",
            "all => all.map(one => one.getBoundingClientRect().height)",
        )
        summary.click()
    assert len(heights) > 12
    assert min(heights) >= 44


def test_the_menu_is_an_open_row_where_the_page_is_wide(reader):
    person = reader(1280)
    page = person.goes_to("/privacy/accessibility/")
    expect(page.get_by_role("navigation", name="Menu").get_by_role("link", name="Complain")).to_be_visible()
    expect(page.locator(".menu > summary")).to_be_hidden()
    assert page.evaluate(HEIGHT) <= ROW


def test_the_language_is_changed_in_the_header_and_the_page_stays(reader):
    page = reader().goes_to("/privacy/accessibility/")
    page.locator("header summary").first.click()
    page.locator("header").get_by_role("button", name="हिन्दी").click()
    expect(page.locator("html")).to_have_attribute("lang", "hi")
    expect(page).to_have_url(re.compile("/privacy/accessibility/$"))


def test_an_error_page_has_the_menu_and_the_way_on_of_every_page(reader):
    person = reader(320)
    page = person.goes_to("/privacy/there-is-nothing-here/")
    assert page.evaluate(HEIGHT) <= ROW
    page.locator(".menu > summary").click()
    assert page.get_by_role("navigation", name="Menu").get_by_role("link").all_inner_texts() == COMMON
    expect(page.locator("footer").get_by_role("link", name="Stop messages")).to_be_visible()


def test_print_leaves_the_frame_out_and_forced_colours_keep_the_present_language_apart(reader):
    page = reader().goes_to("/privacy/accessibility/")
    page.emulate_media(media="print")
    expect(page.locator("header")).to_be_hidden()
    expect(page.locator("footer")).to_be_hidden()
    page.emulate_media(media="screen", forced_colors="active")
    page.locator("header summary").first.click()
    present = page.locator("header .languages [aria-current]")
    assert "underline" in present.evaluate("one => getComputedStyle(one).textDecorationLine")


def test_the_footer_has_three_columns_where_there_is_room_and_the_officer_is_named_once(reader):
    officer = officer_in_office()
    person = reader(700)
    page = person.goes_to("/privacy/")
    lefts = page.eval_on_selector_all(".foot .thirds > *", "all => all.map(one => one.getBoundingClientRect().left)")
    assert len(set(lefts)) == 3
    assert page.locator("body").inner_text().count(officer.full_name) == 1
    foot = page.locator("footer")
    for words in (
        officer.full_name,
        officer.postal_address,
        "Report a child's account",
        "Check a reference or receipt",
        "Site map",
    ):
        assert words in foot.inner_text()
