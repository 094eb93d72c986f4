"""Today in a browser: how high it is, what stands in view, its keys, and the acts in its rows, with scripts and without."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from grievances.models import Ticket
from portal.fronts.workplace import pages
from portal.kernel.core import clock
from portal.kernel.law.models import Clock
from tests.grievances.conftest import house
from tests.grievances.factories import ticket
from tests.journeys.browsing import NARROW
from tests.law.factories import ClockFactory, HouseRuleFactory
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

__all__ = ["house"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

LAPTOP = {"width": 1280, "height": 800}
#: Two and a half windows.
HIGHEST = 2000
OWNERS = ("grievances.ticket:OS-GR", "kyc.case:OS-KY", "registers.authorityorder:OS-AO", "retention.child:OS-CH")


@pytest.fixture
def enters(window, house):
    """``enters("auditor")`` is the browser of a new staff member with that role; the member is its ``member``."""

    cache.clear()

    def enter(*roles):
        person = window()
        member = StaffFactory(roles=list(roles))
        person.signs_in_with(staff_client(member))
        person.page.set_viewport_size(dict(LAPTOP))
        person.member = member
        return person

    return enter


def running_for(owner, left, *, by_law=True):
    now = clock.now()
    due = now + left
    rule = {} if by_law else {"legal_rule": None, "house_rule": HouseRuleFactory(), "rule_key": "ours"}
    return ClockFactory(
        owner=owner, started_at=now - timedelta(days=60), due_at=due, target_at=due, outer_limit_at=due, **rule
    )


def busy_day():
    """More than a page holds, of every kind of record, in every group of deadlines; each with a second deadline."""
    for owner in OWNERS:
        for left, name in ((timedelta(hours=3), "N"), (-timedelta(days=8), "L"), (timedelta(days=3), "W")):
            for number in range(9):
                for further in (timedelta(), timedelta(minutes=5)):
                    running_for(f"{owner}-{name}{number}", left + further)
    for number in range(4):
        ticket(email=f"asha{number}@example.in", what_happened="A firm I do not know says that it has my number.")


@pytest.mark.parametrize("role", pages.FIRST_PAGES)
def test_today_is_at_most_two_and_a_half_windows_high(enters, role):
    busy_day()
    person = enters(role)
    page = person.page
    page.goto("/admin/")
    person.looks()
    assert page.evaluate("document.documentElement.scrollHeight") <= HIGHEST
    assert page.locator(".worklist tbody tr").count() <= 25
    for chart in page.locator(".chart").all():
        assert chart.bounding_box()["width"] >= 480
    page.set_viewport_size(dict(NARROW))
    person.looks()


def test_a_report_that_can_still_be_made_is_the_first_row_and_in_view(enters):
    for number in range(33):
        running_for(f"grievances.ticket:OS-GR-L{number}", -timedelta(days=number + 1))
    running_for("registers.incident:OS-BR-1/cert_in", timedelta(hours=2))
    page = enters("data_protection_officer").page
    page.goto("/admin/")
    first = page.locator(".worklist tbody tr").first
    expect(first).to_contain_text("OS-BR-1")
    assert first.bounding_box()["y"] + first.bounding_box()["height"] <= LAPTOP["height"]
    assert "Show all 33" in page.inner_text("main")
    expect(page.locator("[data-key=n]")).to_contain_text("1 h 59 min left")


def test_no_record_is_in_two_rows_for_any_role(enters):
    busy_day()
    for role in pages.FIRST_PAGES:
        page = enters(role).page
        for scope in ("mine", "team", "everyone"):
            page.goto(f"/admin/?scope={scope}")
            shown = [one for one in page.locator(".worklist td.reference").all_inner_texts() if one.strip()]
            assert len(shown) == len(set(shown)), (role, scope)


def test_support_may_type_at_once_who_is_calling_and_sees_no_work_of_others(enters):
    busy_day()
    person = enters("support")
    page = person.page
    page.goto("/admin/")
    expect(page.get_by_label("Who is calling? Number, address, name or reference")).to_be_focused()
    assert page.locator(".worklist tbody tr").count() == 0
    filed = Ticket.objects.order_by("pk").first()
    page.keyboard.type(filed.reference)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/grievances/ticket/{filed.pk}/**")


def test_taking_a_grievance_stays_on_today_without_its_row_among_those_to_take(enters):
    filed = ticket()
    far = clock.now() + timedelta(days=5)
    Clock.objects.filter(owner__contains=filed.reference).update(target_at=far, due_at=far, outer_limit_at=far)
    person = enters("grievance_officer")
    page = person.page
    page.goto("/admin/")
    to_take = page.locator("section", has=page.get_by_role("heading", name="To take"))
    expect(to_take).to_contain_text(filed.reference)
    to_take.get_by_role("button", name="Assign to me").click()
    page.wait_for_url("**/admin/")
    expect(page.locator(".messagelist")).to_contain_text(filed.reference)
    expect(to_take).to_have_count(0)
    person.looks()
    filed.refresh_from_db()
    assert filed.assigned_to == person.member


@pytest.mark.parametrize("role", pages.FIRST_PAGES)
def test_an_empty_installation_says_that_nothing_waits_and_shows_no_empty_table(enters, role):
    page = enters(role).page
    page.goto("/admin/")
    assert page.locator(".worklist table").count() == 0
    expect(page.locator("main")).to_contain_text("Nothing waits for you.")
    assert page.locator("table:not(:has(tbody tr))").count() == 0


def test_a_bar_is_reached_by_keyboard_and_leads_to_its_rows(enters):
    ticket(at=clock.now() - timedelta(days=1))
    page = enters("grievance_officer").page
    page.goto("/admin/")
    bar = page.locator(".chart a").first
    bar.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "received_at__gte" in page.url
    assert page.locator("#result_list tbody tr").count() == 1
