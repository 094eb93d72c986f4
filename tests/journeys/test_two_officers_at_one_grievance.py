"""The page of a grievance: what is in view, and two officers who have the same one open."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from grievances.base.choices import TicketState
from grievances.models import Ticket, TicketEntry
from portal.kernel.core import clock
from tests.grievances.conftest import house
from tests.grievances.factories import ticket as make
from tests.journeys.browsing import NARROW
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

__all__ = ["house"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("house")]
#: The window that the pages of staff are laid out for.
DESK = {"width": 1280, "height": 800}
HANDED_OUT = "/admin/grievances/ticket/?queue=open"


def sits_at(person: Any, ticket: Ticket, **named: Any) -> Page:
    """An officer signs in and opens the grievance; the page as it stands then."""
    person.signs_in_with(staff_client(StaffFactory(roles=["grievance_officer"], **named)))
    page: Page = person.goes_to(f"/admin/grievances/ticket/{ticket.pk}/change/")
    page.get_by_role("button", name=ticket.reference).or_(
        page.get_by_role("button", name="Open the record")
    ).first.click()
    page.locator(".composer").wait_for()
    # What is hidden is hidden by the sheet, and a form stands before its sheet is read.
    page.wait_for_load_state("load")
    return page


def sent(page: Page, words: str, act: str) -> None:
    page.get_by_label("Message").fill(words)
    page.get_by_label(act, exact=False).first.check()
    with page.expect_navigation():
        page.get_by_role("button", name="Send", exact=True).click()


def is_in_view(page: Page, selector: str) -> bool:
    box = page.locator(selector).first.bounding_box()
    height = (page.viewport_size or DESK)["height"]
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= height


def test_first_line_date_thread_composer_and_the_one_primary_act_are_in_view(window) -> None:
    late = make(at=clock.now() - timedelta(days=8))
    person = window()
    person.page.set_viewport_size(dict(DESK))
    page = sits_at(person, late)
    page.evaluate("scrollTo(0, 0)")
    for seen in ("h1", ".ticket-stands", ".thread > li", "textarea[name=text]", "input[name=act]", "button.go"):
        assert is_in_view(page, seen), seen
    assert page.locator("h1").inner_text() == "They wrote to me at night."
    assert "the answer was due on" in page.locator(".ticket-stands").inner_text()
    assert page.locator("main button.go").count() == 1
    assert page.locator("summary", has_text="More").count() == 1
    assert page.locator(".ticket-dates li").first.is_hidden(), "one date, the others are folded"
    page.locator(".ticket-more > summary").click()
    assert page.get_by_role("link", name="Assign to me").is_visible()
    person.page.set_viewport_size(dict(NARROW))
    person.looks()


def test_what_a_note_does_not_need_goes_away_with_internal_and_why_late_comes_with_resolve(window) -> None:
    late = make(at=clock.now() - timedelta(days=8))
    page = sits_at(window(), late)
    why = page.get_by_label("Why is the answer late?")
    assert why.is_hidden()
    page.get_by_label("Resolve: ask if this settles it").check()
    assert why.is_visible()
    page.get_by_role("radio", name="Internal").check()
    assert page.get_by_role("button", name="Save the note").is_visible()
    assert page.get_by_text("The customer does not see this.").is_visible()
    for gone in ("Resolve: ask if this settles it", "Why is the answer late?", "Template"):
        assert page.get_by_label(gone).is_hidden(), gone
    page.get_by_label("Message").fill("Ask billing.")
    page.get_by_role("button", name="Save the note").click()
    page.get_by_text("The internal note is saved.").wait_for()
    late.refresh_from_db()
    assert late.state == TicketState.RECEIVED


def test_the_second_officer_reads_who_has_it_and_sends_nothing_over_a_line_they_have_not_seen(window) -> None:
    filed = make(at=clock.now() - timedelta(hours=1))
    make(at=clock.now() - timedelta(minutes=50), email="ravi@example.in")
    first, second = window(), window()
    at_first = sits_at(first, filed, full_name="Arvind Rane")
    assert at_first.get_by_text("may be writing").count() == 0
    at_second = sits_at(second, filed, full_name="Vidya Gokhale")
    assert at_second.get_by_text("Arvind Rane opened this grievance at").is_visible()

    sent(at_first, "We are asking the sender.", "Interim reply")
    sent(at_second, "It is settled.", "Resolve: ask if this settles it")
    assert at_second.get_by_text("Not sent: something was written here").is_visible()
    assert at_second.locator("#new-lines").get_by_text("We are asking the sender.").is_visible()
    assert at_second.get_by_label("Message").input_value() == "It is settled."
    assert at_second.get_by_label("Resolve: ask if this settles it").is_checked()
    second.looks()
    filed.refresh_from_db()
    assert filed.state == TicketState.WITH_US
    assert not TicketEntry.objects.filter(kind="proposal").exists()

    with at_second.expect_navigation():
        at_second.get_by_role("button", name="Send", exact=True).click()
    at_second.get_by_text("The answer is in the thread.").wait_for()
    filed.refresh_from_db()
    assert filed.state == TicketState.ANSWERED
