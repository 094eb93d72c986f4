"""The ten commonest tasks of staff in the browser: each takes as few clicks and keys as ``portal/docs/ten-tasks.md`` says."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from playwright.sync_api import Locator, Page

from consent.base.selectors import contact_rulebook
from consent.models import Suppression
from grievances.base.choices import TicketState
from grievances.models import Ticket
from kyc.models import Decision
from portal.fronts.evidence.models import InformationRequest
from portal.fronts.workplace import profile_changes
from portal.kernel.core import actor, clock
from portal.kernel.law.models import OrganisationProfile
from tests.consent.factories import ASHA_PHONE, published_notice, said
from tests.consent.factories import person as someone
from tests.grievances.conftest import house
from tests.grievances.factories import ticket
from tests.journeys.browsing import NARROW, WIDE, Person
from tests.kyc.conftest import same_process
from tests.kyc.factories import checked, proposed, rest_approved
from tests.people.factories import CustomerFactory, CustomerUserFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

__all__ = ["house", "same_process"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGE = settings.BASE_DIR / "portal/docs" / "ten-tasks.md"
ROW = re.compile(r"^\| (\d+) \| [^|]+ \| [^|]+ \| (\d+) \| (\d+) \| (\d+|cannot) \| (\d+|cannot) \|$", re.MULTILINE)
#: What a step costs, as it is written behind the step.
COST = re.compile(r"(\d+) (click|key)s?\b")


@dataclass
class Hands:
    """What a person does with mouse and keyboard, counted by the rules of the page. Words that both admins need cost nothing."""

    person: Person
    clicks: int = 0
    keys: int = 0

    @property
    def page(self) -> Page:
        return self.person.page

    def click(self, place: Locator) -> None:
        self.clicks += 1
        place.click()

    def choose(self, place: Locator, label: str) -> None:
        """From a list that unfolds: open it, and press the choice."""
        self.clicks += 2
        place.select_option(label=label)

    def write(self, place: Locator, words: str) -> None:
        """Go into a box and write what has to be written in either admin."""
        self.clicks += 1
        place.fill(words)

    def press(self, key: str) -> None:
        self.keys += 1
        self.page.keyboard.press(key)

    def turn_by(self, key: str) -> None:
        """A key that leads to another page, which is looked at."""
        with self.page.expect_navigation():
            self.press(key)
        self.look()

    def turn(self, place: Locator) -> None:
        """A click that leads to another page, which is looked at."""
        with self.page.expect_navigation():
            self.click(place)
        self.look()

    def type(self, text: str) -> None:
        """Something that the other admin does not ask for, or not so: each character is a key."""
        self.keys += len(text)
        self.page.keyboard.type(text)

    def look(self) -> None:
        """No page is wider than a small telephone, and where axe looks, no target is too small."""
        for size in (NARROW, WIDE):
            self.page.set_viewport_size(dict(size))
            self.person.looks()

    def begin(self, *roles: str, **named: Any) -> Any:
        """Sign in and open the first page: there each task begins."""
        user = StaffFactory(roles=list(roles), **named)
        self.person.signs_in_with(staff_client(user))
        self.page.goto("/admin/")
        self.look()
        return user

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name)

    def read(self, words: str) -> None:
        """The task has ended: the page says so."""
        assert words in self.page.inner_text("body")


@pytest.fixture
def hands(chromium: Any, live_server: Any, house: None, same_process: None, axe: bool) -> Iterator[Hands]:
    cache.clear()
    contact_rulebook.forget()
    person = Person(chromium, live_server.url, scripts=True, viewport=dict(WIDE), axe=axe)
    yield Hands(person)
    problems = list(person.problems)
    person.leaves()
    assert problems == []


def a_document(**changes: Any) -> Any:
    """A good PAN card of a customer whose other papers are approved; it waits for a maker."""
    customer = CustomerFactory(kind="individual")
    CustomerUserFactory(email="asha@acme.example", member_of=customer)
    rest_approved(customer)
    return checked(customer, **changes)


def approve_a_document(hands: Hands) -> None:
    a_document()
    hands.begin("kyc_maker")
    hands.turn_by("n")
    hands.press("a")
    hands.turn_by("Enter")
    hands.read("A second person decides")
    assert Decision.objects.get().outcome == "approve"


def ask_for_a_better_copy(hands: Hands) -> None:
    a_document()
    hands.begin("kyc_maker")
    hands.turn_by("n")
    hands.press("r")
    hands.press("1")
    hands.press("m")
    hands.page.keyboard.insert_text("Send a sharper photo of the whole card.")
    hands.turn_by("Control+Enter")
    hands.read("A second person decides")
    assert Decision.objects.get().outcome == "ask_again"


def answer_a_proposal_about_a_document(hands: Hands) -> None:
    proposed(a_document(), StaffFactory(roles=["kyc_maker"]))
    hands.begin("kyc_checker")
    hands.turn_by("n")
    hands.press("a")
    hands.turn_by("Enter")
    hands.read("Done. The customer is informed.")
    assert Decision.objects.get().answer == "approved"


def write_to_the_person(hands: Hands, key: str) -> Ticket:
    """Both tasks of an officer: take what is due first, choose what comes of the message, write it, and send it."""
    filed = ticket(at=clock.now() - timedelta(hours=1))
    hands.begin("grievance_officer")
    hands.turn_by("n")
    hands.press(key)
    hands.page.keyboard.insert_text("Tell us the day on which it came.")
    hands.turn_by("Control+Enter")
    filed.refresh_from_db()
    return filed


def answer_a_grievance(hands: Hands) -> None:
    assert write_to_the_person(hands, "r").state == TicketState.ANSWERED


def ask_the_person(hands: Hands) -> None:
    assert write_to_the_person(hands, "a").state == TicketState.WITH_YOU


def answer_a_proposal(hands: Hands) -> None:
    maker = StaffFactory(roles=["administrator"])
    profile_changes.propose_profile(
        answers={**dict.fromkeys(OrganisationProfile.SWITCHES, "undecided"), "ccpa_business": "no"},
        effective_from=clock.day(clock.now()),
        actor=actor.staff(maker.pk),
    )
    hands.begin("data_protection_officer")
    hands.turn(hands.page.locator(".worklist a.whole"))
    hands.turn(hands.button("Approve"))
    hands.read("Approved.")
    assert OrganisationProfile.objects.get().ccpa_business == "no"


def stop_the_offers_of_a_caller(hands: Hands) -> None:
    published_notice()
    said(someone(), "given")
    hands.begin("support")
    hands.turn(hands.page.locator(".staff-side").get_by_role("link", name="Consent"))
    hands.turn(hands.link("Add suppressed address"))
    hands.write(hands.page.get_by_label("Number or address"), ASHA_PHONE)
    hands.choose(hands.page.get_by_label("How the person contacted us"), "Phone call")
    hands.turn(hands.button("Stop all promotional messages at a person's wish"))
    assert Suppression.objects.exists()


def find_the_grievance_of_a_caller(hands: Hands) -> None:
    """The caller has no reference at hand: their number leads to it."""
    filed = ticket(at=clock.now() - timedelta(hours=1), phone=ASHA_PHONE)
    hands.begin("support")
    hands.press("/")
    hands.type(ASHA_PHONE.removeprefix("+91"))
    hands.turn_by("Enter")
    hands.turn(hands.link(filed.reference))
    hands.click(hands.page.get_by_label("To support this person at their wish"))
    hands.turn(hands.button("Open the record"))
    hands.read("Next step:")


def file_what_a_caller_tells(hands: Hands) -> None:
    hands.begin("support")
    hands.click(hands.page.locator(".staff-user summary", has_text="New"))
    hands.turn(hands.link("Grievance for a caller"))
    page = hands.page
    hands.click(page.get_by_label("Telephone", exact=True))
    hands.choose(page.get_by_label("What is it about?"), "A bill or a payment")
    hands.write(page.get_by_label("What happened, in the person's words?"), "The bill of October came twice.")
    hands.write(page.get_by_label("Email address"), "asha@example.in")
    hands.click(page.get_by_label("English"))
    hands.turn(hands.button("File it"))
    assert Ticket.objects.get().door == "phone"


def ask_to_be_shown_something(hands: Hands) -> None:
    hands.begin("auditor")
    hands.turn(hands.page.locator(".rooms").get_by_role("link", name="Auditor requests"))
    hands.write(hands.page.get_by_label("What do you want to be shown?"), "How an answer that was late is explained.")
    hands.turn(hands.button("Send the request"))
    hands.read("was sent")
    assert InformationRequest.objects.count() == 1


TASKS: tuple[Callable[[Hands], None], ...] = (
    approve_a_document,
    ask_for_a_better_copy,
    answer_a_proposal_about_a_document,
    answer_a_grievance,
    ask_the_person,
    answer_a_proposal,
    stop_the_offers_of_a_caller,
    find_the_grievance_of_a_caller,
    file_what_a_caller_tells,
    ask_to_be_shown_something,
)


@dataclass(frozen=True)
class Written:
    """What the page says of one task: clicks and keys here and, unless it cannot do it, in the stock admin."""

    ours: tuple[int, int]
    stock: tuple[int, int] | None


def written() -> dict[int, Written]:
    """The table of the page by number."""
    found = {}
    for number, clicks, keys, stock_clicks, stock_keys in ROW.findall(PAGE.read_text(encoding="utf-8")):
        stock = None if stock_clicks == "cannot" else (int(stock_clicks), int(stock_keys))
        found[int(number)] = Written((int(clicks), int(keys)), stock)
    return found


def summed(steps: str, whose: str) -> tuple[int, int]:
    """The clicks and keys behind the steps of one admin."""
    costs = [cost for line in steps.splitlines() if line.startswith(f"- {whose}:") for cost in COST.findall(line)]
    return sum(int(n) for n, what in costs if what == "click"), sum(int(n) for n, what in costs if what == "key")


@pytest.mark.parametrize("number", range(1, len(TASKS) + 1), ids=[one.__name__ for one in TASKS])
def test_a_task_takes_no_more_than_what_is_written(hands: Hands, number: int) -> None:
    TASKS[number - 1](hands)
    clicks, keys = written()[number].ours
    assert (hands.clicks <= clicks, hands.keys <= keys) == (True, True), (hands.clicks, hands.keys)


def test_the_steps_add_up_to_the_table_and_ours_are_fewer() -> None:
    table = written()
    sections = PAGE.read_text(encoding="utf-8").split("\n### ")[1:]
    assert sorted(table) == [int(section.partition(".")[0]) for section in sections] == list(range(1, len(TASKS) + 1))
    for section in sections:
        row = table[int(section.partition(".")[0])]
        assert summed(section, "Here") == row.ours, section
        assert row.stock is None or summed(section, "Stock") == row.stock, (section, summed(section, "Stock"))
        assert row.stock is None or sum(row.ours) < sum(row.stock)
