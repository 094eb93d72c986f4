"""The ten tasks in the stock Django admin, driven in the browser: they take what ``portal/docs/ten-tasks.md`` says."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator

from grievances.base.choices import TicketState
from grievances.models import Resolution, Ticket, TicketContact, TicketEntry
from kyc.models import Decision
from portal.fronts.evidence.models import InformationRequest, RequestEntry
from portal.fronts.workplace import profile_changes
from portal.kernel.core import actor, clock, ids
from portal.kernel.law.choices import ClockState
from portal.kernel.law.models import Clock, OrganisationProfile
from tests.grievances.conftest import house
from tests.grievances.factories import ticket
from tests.journeys.browsing import WIDE, Person
from tests.journeys.test_ten_tasks import TASKS, Hands, a_document, written
from tests.kyc.conftest import same_process
from tests.kyc.factories import proposed
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

__all__ = ["house", "same_process"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.full,
    pytest.mark.one_stack,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.journeys.stock_admin"),
]


class StockHands(Hands):
    """The same hands before the pages that Django makes."""

    def begin(self, *roles: str, **named: Any) -> Any:
        user = StaffFactory(roles=list(roles), **named)
        self.person.signs_in_with(staff_client(user))
        self.page.goto("/stock/")
        return user

    def look(self) -> None:
        """Its pages are not ours to look at."""

    def list_of(self, name: str) -> None:
        self.turn(self.page.locator("#content-main tbody").get_by_role("link", name=name, exact=True))

    def add(self, name: str) -> None:
        row = self.page.locator("#content-main tr").filter(has=self.page.get_by_role("link", name=name, exact=True))
        self.turn(row.get_by_role("link", name="Add", exact=True))

    def back(self) -> None:
        self.turn(self.page.locator(".breadcrumbs").get_by_role("link", name="Home"))

    def only(self, words: str) -> None:
        """One choice of the filter."""
        self.turn(self.page.locator("#changelist-filter").get_by_role("link", name=words, exact=True))

    def first_row(self) -> None:
        self.turn(self.page.locator("#result_list tbody th a").first)

    def find(self, words: str) -> None:
        self.write(self.page.locator("#searchbar"), "")
        self.type(words)
        self.turn_by("Enter")

    def field(self, name: str) -> Locator:
        return self.page.locator(f"#id_{name}")

    def pick(self, name: str, value: Any) -> None:
        self.clicks += 2
        self.field(name).select_option(value=str(value))

    def pick_first(self, name: str) -> None:
        """The row that is there: the first behind the empty choice."""
        self.clicks += 2
        self.field(name).select_option(index=1)

    def enter(self, name: str, text: str) -> None:
        """What our pages do not ask for: each character is a key."""
        self.write(self.field(name), "")
        self.type(text)

    def copy(self, place: Locator) -> str:
        """Mark a word and copy it."""
        self.clicks += 1
        self.keys += 1
        place.click(click_count=2)
        return place.inner_text().strip()

    def paste(self, name: str, text: str) -> None:
        self.write(self.field(name), text)
        self.keys += 1

    def today(self, name: str) -> None:
        row = self.page.locator(f".field-{name}")
        self.click(row.get_by_role("link", name="Today"))

    def now(self, name: str) -> None:
        self.today(name)
        self.click(self.page.locator(f".field-{name}").get_by_role("link", name="Now", exact=True).first)

    def save(self) -> None:
        self.turn(self.page.get_by_role("button", name="Save", exact=True))
        self.read("successfully")


def propose_about_a_document(hands: StockHands, outcome: str, reason: str = "") -> None:
    document = a_document()
    hands.begin("kyc_maker")
    hands.list_of("KYC documents")
    hands.only("Waiting for a person")
    hands.first_row()
    hands.turn(hands.page.locator(".field-kept .readonly a"))
    sha256 = hands.copy(hands.page.locator(".field-sha256 .readonly"))
    hands.back()
    hands.add("KYC decisions")
    hands.enter("reference", ids.new_reference("PR"))
    hands.pick("document", document.pk)
    hands.paste("document_sha256", sha256)
    hands.pick("outcome", outcome)
    if reason:
        hands.pick("reason_code", reason)
    hands.save()
    made = Decision.objects.get()
    assert (made.outcome, made.document_sha256) == (outcome, document.kept.sha256)


def approve_a_document(hands: StockHands) -> None:
    propose_about_a_document(hands, "approve")


def ask_for_a_better_copy(hands: StockHands) -> None:
    propose_about_a_document(hands, "ask_again", "unreadable")


def answer_a_proposal_about_a_document(hands: StockHands) -> None:
    decision = proposed(a_document(), StaffFactory(roles=["kyc_maker"]))
    hands.begin("kyc_checker")
    hands.list_of("KYC decisions")
    hands.only("Waiting for a second person")
    hands.first_row()
    hands.pick("answer", "approved")
    hands.save()
    hands.back()
    hands.list_of("KYC documents")
    hands.find(decision.document.reference)
    hands.first_row()
    hands.pick("state", "approved")
    hands.save()
    decision.document.refresh_from_db()
    assert decision.document.state == "approved"


def the_grievance_due_first(hands: StockHands) -> Ticket:
    filed = ticket(at=clock.now() - timedelta(hours=1))
    hands.begin("grievance_officer")
    hands.list_of("Grievances")
    hands.only("Received")
    hands.turn(hands.page.locator("#result_list thead").get_by_role("link", name="Due"))
    hands.first_row()
    return filed


def a_line(hands: StockHands, filed: Ticket, kind: str) -> None:
    """A line of the thread: its words are sealed and have no field."""
    hands.back()
    hands.add("Lines of grievances")
    hands.pick("ticket", filed.pk)
    hands.pick("kind", kind)
    hands.pick("author", "staff")
    hands.pick("visibility", "public")
    hands.now("at")
    hands.save()


def the_deadline(hands: StockHands, filed: Ticket, state: str, moment: str = "") -> None:
    hands.back()
    hands.list_of("Clocks")
    hands.find(filed.reference)
    hands.turn(hands.page.locator("#result_list tbody th a").filter(has_text=filed.about).first)
    hands.pick("state", state)
    if moment:
        hands.now(moment)
    hands.save()
    assert Clock.objects.filter(owner=filed.about, state=state).exists()


def to_state(hands: StockHands, filed: Ticket, state: str, moment: str) -> None:
    hands.back()
    hands.list_of("Grievances")
    hands.first_row()
    hands.pick("state", state)
    hands.now(moment)
    hands.save()
    filed.refresh_from_db()
    assert filed.state == state


def answer_a_grievance(hands: StockHands) -> None:
    filed = the_grievance_due_first(hands)
    a_line(hands, filed, "proposal")
    hands.back()
    hands.add("Proposed resolutions")
    hands.pick("ticket", filed.pk)
    hands.pick("entry", TicketEntry.objects.get(kind="proposal").pk)
    hands.pick_first("proposed_by")
    hands.now("proposed_at")
    hands.save()
    to_state(hands, filed, TicketState.ANSWERED, "answered_at")
    the_deadline(hands, filed, ClockState.STOPPED)
    assert Resolution.objects.get().ticket == filed


def ask_the_person(hands: StockHands) -> None:
    filed = the_grievance_due_first(hands)
    a_line(hands, filed, "question")
    to_state(hands, filed, TicketState.WITH_YOU, "turn_at")
    the_deadline(hands, filed, ClockState.PAUSED, "paused_at")


def answer_a_proposal(hands: StockHands) -> None:
    maker = StaffFactory(roles=["administrator"])
    profile_changes.propose_profile(
        answers={**dict.fromkeys(OrganisationProfile.SWITCHES, "undecided"), "ccpa_business": "no"},
        effective_from=clock.day(clock.now()),
        actor=actor.staff(maker.pk),
    )
    hands.begin("data_protection_officer")
    hands.list_of("Proposals for the profile")
    hands.only("Waiting for a second person")
    hands.first_row()
    shown = hands.copy(hands.page.locator(".field-shown_sha256 .readonly"))
    hands.pick("answer", "approved")
    hands.save()
    hands.back()
    hands.add("Organisation profiles")
    hands.today("effective_from")
    hands.pick("ccpa_business", "no")
    hands.enter("made_by_ref", "user:1")
    hands.enter("checked_by_ref", "user:2")
    hands.paste("shown_sha256", shown)
    # Recorded: the form begins with this very moment.
    hands.save()
    assert OrganisationProfile.objects.get().ccpa_business == "no"


def file_what_a_caller_tells(hands: StockHands) -> None:
    hands.begin("support")
    hands.add("Grievances")
    hands.enter("reference", ids.new_reference("GR"))
    hands.pick_first("fiduciary")
    hands.pick("kind", "billing")
    hands.pick("door", "phone")
    hands.pick("for_whom", "self")
    hands.enter("language", "en")
    hands.now("received_at")
    hands.now("turn_at")
    hands.save()
    filed = Ticket.objects.get()
    a_line(hands, filed, "filed")
    hands.back()
    hands.add("Addresses of grievances")
    hands.pick("ticket", filed.pk)
    hands.pick("kind", "email")
    hands.save()
    assert TicketContact.objects.get().ticket == filed


def ask_to_be_shown_something(hands: StockHands) -> None:
    hands.begin("auditor")
    hands.add("Information requests")
    hands.enter("reference", ids.new_reference("IR"))
    hands.pick_first("asked_by")
    hands.now("asked_at")
    hands.enter("due_on", str(clock.day(clock.now() + timedelta(days=7))))
    hands.save()
    hands.back()
    hands.add("Entries of information requests")
    hands.pick_first("request")
    hands.pick("state", "asked")
    hands.write(hands.field("text"), "How an answer that was late is explained.")
    hands.pick_first("by")
    hands.now("at")
    hands.save()
    assert RequestEntry.objects.get().request == InformationRequest.objects.get()


#: By the number of the page. The stock admin cannot do the others.
STOCK: dict[int, Callable[[StockHands], None]] = {
    1: approve_a_document,
    2: ask_for_a_better_copy,
    3: answer_a_proposal_about_a_document,
    4: answer_a_grievance,
    5: ask_the_person,
    6: answer_a_proposal,
    9: file_what_a_caller_tells,
    10: ask_to_be_shown_something,
}


@pytest.fixture
def hands(chromium: Any, live_server: Any, house: None, same_process: None, settings: Any) -> Iterator[StockHands]:
    # Our templates are what makes our admin; without them Django's own are found.
    settings.TEMPLATES = [{**engine, "DIRS": []} for engine in settings.TEMPLATES]
    person = Person(chromium, live_server.url, scripts=True, viewport=dict(WIDE), axe=False)
    yield StockHands(person)
    problems = list(person.problems)
    person.leaves()
    assert problems == []


@pytest.mark.parametrize("number", STOCK)
def test_a_task_takes_in_the_stock_admin_what_is_written(hands: StockHands, number: int) -> None:
    STOCK[number](hands)
    assert (hands.clicks, hands.keys) == written()[number].stock


def test_what_the_stock_admin_cannot_do_is_driven_nowhere() -> None:
    cannot = {number for number, row in written().items() if row.stock is None}
    assert cannot | set(STOCK) == set(range(1, len(TASKS) + 1))
    assert not cannot & set(STOCK)
