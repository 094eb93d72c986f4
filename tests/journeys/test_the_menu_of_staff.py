"""The menu of each role fits into the window of a laptop without scrolling, and stays in view; a telephone unfolds it."""

import pytest
from playwright.sync_api import expect

from portal.fronts.workplace import pages
from portal.kernel.core import clock
from portal.kernel.people.models import Fiduciary
from tests.journeys.browsing import NARROW
from tests.people.factories import StaffFactory
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

LAPTOP = {"width": 1280, "height": 800}
BAR = 56


@pytest.fixture
def enters(window):
    """``enters("auditor")`` is the browser of a new staff member with that role."""
    every_rule()
    Fiduciary.objects.get_or_create(
        code="onesetu", defaults={"name": "Onesetu", "is_self": True, "created_at": clock.now()}
    )

    def enter(*roles):
        person = window()
        person.signs_in_with(staff_client(StaffFactory(roles=list(roles))))
        person.page.set_viewport_size(dict(LAPTOP))
        return person

    return enter


# The whole menu of seven roles is drawn twice: more than five seconds for two of them, and the same on each database.
@pytest.mark.one_stack
@pytest.mark.parametrize("role", pages.MENUS)
def test_the_menu_is_whole_on_a_laptop_whichever_entry_is_open(enters, role):
    person = enters(role)
    page = person.page
    page.goto("/admin/")
    menu = page.locator(".staff-side .staff-nav")
    addresses = menu.locator("a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert 6 <= len(addresses) <= 8
    for address in addresses:
        page.goto(address)
        height, is_whole = menu.evaluate("nav => [nav.scrollHeight, nav.scrollHeight <= nav.clientHeight]")
        assert height <= LAPTOP["height"] - BAR, address
        assert is_whole, address
        assert page.locator(".staff-top").bounding_box()["height"] <= BAR
        assert menu.locator("a").count() <= 12
        expect(menu.locator("[aria-current]")).to_have_count(1)
    page.set_viewport_size(dict(NARROW))
    person.looks()


def test_menu_and_bar_stay_in_view_when_the_page_is_long(enters):
    page = enters("data_protection_officer").page
    page.goto("/admin/go/")
    page.mouse.move(800, 500)
    page.mouse.wheel(0, 900)
    page.wait_for_function("window.scrollY > 300")
    assert page.locator(".staff-top").bounding_box()["y"] == 0
    assert abs(page.locator(".staff-side .staff-nav").bounding_box()["y"] - BAR) <= 2


def test_on_a_telephone_the_menu_and_the_tabs_under_more_unfold_by_keyboard(enters):
    person = enters("data_protection_officer")
    page = person.page
    page.set_viewport_size(dict(NARROW))
    page.goto("/admin/registers/dpia/")
    menu = page.locator(".staff-menu .staff-nav")
    expect(menu).to_be_hidden()
    page.locator(".staff-menu > summary").press("Enter")
    expect(menu.get_by_role("link", name="Registers", exact=True).first).to_be_visible()
    person.looks()
    findings = page.get_by_role("link", name="Audit findings")
    expect(findings).to_be_hidden()
    page.get_by_text("More: DPIAs").press("Enter")
    expect(findings).to_be_visible()
    person.looks()
    findings.press("Enter")
    expect(page.get_by_role("heading", name="Audit findings", level=1)).to_be_visible()


def test_own_pages_and_sign_out_are_under_the_name_and_the_directory_leads_everywhere(enters):
    person = enters("support")
    page = person.page
    page.goto("/admin/")
    page.locator(".staff-user .own > summary").press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    expect(page.get_by_role("button", name="Switch single keys off")).to_be_visible()
    person.looks()
    page.get_by_role("link", name="Directory").click()
    person.looks()
    page.locator("main").get_by_role("link", name="Underage reports").click()
    expect(page.get_by_role("heading", name="Underage reports", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Directory")).to_be_visible()


def test_a_grievance_of_a_caller_is_begun_from_the_bar_and_only_what_the_role_may_begin_is_offered(enters):
    person = enters("support")
    page = person.page
    page.goto("/admin/")
    page.locator(".staff-user summary", has_text="New").press("Enter")
    offered = page.locator(".staff-user details[open] a")
    assert offered.all_inner_texts() == ["Grievance for a caller", "Customer"]
    person.looks()
    offered.first.click()
    expect(page.get_by_label("What is it about?")).to_be_visible()
    maker = enters("kyc_maker").page
    maker.goto("/admin/")
    expect(maker.locator(".staff-user summary", has_text="New")).to_have_count(0)
