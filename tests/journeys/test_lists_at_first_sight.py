"""A list shows its rows at once: what narrows it is folded away and named in a line. Icons stand beside the words."""

import pytest
from playwright.sync_api import expect

from portal.kernel.core import clock
from portal.kernel.people.models import Fiduciary
from tests.grievances import factories
from tests.journeys.browsing import NARROW
from tests.people.factories import StaffFactory
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

LAPTOP = {"width": 1280, "height": 800}


@pytest.fixture
def officer(window):
    every_rule()
    Fiduciary.objects.get_or_create(
        code="onesetu", defaults={"name": "Onesetu", "is_self": True, "created_at": clock.now()}
    )
    factories.ticket()
    person = window()
    person.signs_in_with(staff_client(StaffFactory(roles=["grievance_officer"])))
    return person


@pytest.mark.parametrize("narrowed", ["", "?queue=open&state__exact=received"])
def test_the_first_row_is_in_sight_on_a_laptop_and_filters_wait_to_be_unfolded(officer, narrowed):
    page = officer.page
    page.set_viewport_size(LAPTOP)
    page.goto(f"/admin/grievances/ticket/{narrowed}")
    row = page.locator("#result_list tbody tr").first.bounding_box()
    assert row["y"] + row["height"] < LAPTOP["height"]
    expect(page.get_by_text("Queue: All open")).to_have_count(1 if narrowed else 0)
    choice = page.get_by_role("link", name="Overdue", exact=True)
    for size in (LAPTOP, NARROW):
        page.set_viewport_size(dict(size))
        expect(choice).to_be_hidden()
    page.get_by_text("Filter this list").click()
    choice.click()
    expect(page.get_by_text("Queue: Overdue")).to_be_visible()
    expect(choice).to_be_hidden()
    page.get_by_role("link", name="Clear all filters").click()
    expect(page.get_by_text("Queue: Overdue")).to_have_count(0)


def test_the_icon_of_a_message_stands_beside_its_words(window):
    person = window()
    person.signs_in_with(staff_client(StaffFactory(roles=["data_protection_officer"])))
    page = person.page
    for size in (LAPTOP, NARROW):
        page.set_viewport_size(dict(size))
        page.goto("/admin/law/clock/999999/change/")
        message = page.locator(".messagelist .warning")
        place, icon, words = message.evaluate(
            "item => (style => [style.backgroundPositionX, style.backgroundSize, style.paddingInlineStart])"
            "(getComputedStyle(item)).map(parseFloat)"
        )
        assert place + icon < words
