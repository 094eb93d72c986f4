"""A stranger is not content with the answer, appeals, another officer answers, and the body outside is named."""

import os

import pytest
from django.core.cache import cache

from grievances.models import Appeal, Ticket
from tests.grievances.conftest import house, officer
from tests.journeys.test_filing_a_grievance_as_a_stranger import answer_it, file_it, go_on, track_it
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

__all__ = ["house", "officer"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def no_tries_counted() -> None:
    cache.clear()


def open_record(desk, reference: str, *, is_asked: bool = True):
    page = desk.goes_to("/admin/grievances/ticket/?queue=appeals")
    page.get_by_role("link", name=reference).click()
    desk.looks()
    if not is_asked:  # opened a moment ago, and still open
        return page
    page.get_by_label("To answer a grievance").check()
    page.get_by_label("Ticket or queue").fill(reference)
    go_on(desk, "Open the record")
    return page


def test_a_grievance_goes_on_appeal_to_another_officer_and_names_the_body_outside(
    window, workers, house, officer
) -> None:
    person, first, second = window(narrow=True), window(), window()
    reference = file_it(person)
    answer_it(first, reference, officer)
    track_it(person, reference)

    page = person.page
    page.get_by_label("No, let another officer review it").check()
    go_on(person, "Send")
    page.get_by_text("Write what is still wrong").first.wait_for()
    page.get_by_label("No, let another officer review it").check()
    page.get_by_label("If no: what is still wrong?").fill("The parrot calls again.")
    go_on(person, "Send")
    page.get_by_text("Another officer will reply by").wait_for()
    page.get_by_text(f"{reference}-A1").wait_for()

    page = open_record(first, reference, is_asked=False)
    page.get_by_text("another officer answers it").wait_for()
    assert page.get_by_label("Resolve: ask if this settles it").count() == 0

    second.signs_in_with(staff_client(StaffFactory(roles=["grievance_officer"])))
    page = open_record(second, reference)
    page.get_by_text("The parrot calls again.").wait_for()
    page.get_by_label("Message").fill("We asked the parrot ourselves. It stays so.")
    page.get_by_label("Decide: the first answer stays").check()
    go_on(second, "Send")
    page.get_by_text("The answer to the appeal is in the thread.").wait_for()

    person.page.reload()
    person.looks()
    person.page.get_by_text("It stays so.").wait_for()
    person.page.get_by_text("The first answer stays").wait_for()
    person.page.get_by_text("Grievance Appellate Committee").first.wait_for()
    assert person.page.get_by_label("No, let another officer review it").count() == 0
    shown_at = os.environ.get("SHOW_PAGES_AT", "")
    assert not shown_at or person.page.screenshot(path=f"{shown_at}/appeal_320.png", full_page=True)
    person.page.get_by_label("Yes, close it").check()
    go_on(person, "Send")
    person.page.get_by_label("Poor", exact=True).check()
    go_on(person, "Send the rating")
    person.page.get_by_text("Your rating is kept.").wait_for()
    assert Appeal.objects.get().outcome == "stays"
    assert Ticket.objects.get().rating == 2
