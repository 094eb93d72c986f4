"""Every page that can be reached by a link, of customers and of staff: checked with axe, and for its width on a telephone."""

import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse

from consent.consent_imports.services import lifecycle
from consent.models import ConsentEvent, ConsentReceipt, NoticeText
from consent.suppressions.services.withdrawals import withdraw
from portal.fronts.signin import change_rows
from portal.fronts.workplace import profile_changes
from portal.kernel.core import actor, clock
from portal.kernel.core.admin.actions import actions_of
from portal.kernel.jobs.services import runner
from portal.kernel.law.models import OrganisationProfile
from portal.kernel.people.models import AddressChange, OneTimeCode
from portal.kernel.people.services import codes
from portal.kernel.registers.models import Instruction
from portal.kernel.registers.senders.services import sender_issues
from tests.consent.factories import person as someone
from tests.consent.factories import published_notice, said
from tests.consent.test_lists import as_csv, line
from tests.grievances.conftest import house
from tests.grievances.factories import ticket
from tests.journeys.browsing import NARROW, WIDE, Person
from tests.kyc.conftest import same_process
from tests.kyc.factories import checked, proposed
from tests.law.factories import ClockFactory
from tests.people.factories import CustomerFactory, CustomerUserFactory, MembershipFactory, StaffFactory
from tests.registers.factories import (
    company_in_force,
    consent_template,
    entity_of,
    listed_target,
    officer_in_office,
    own,
    proposed_template,
    registered_recipient,
    registered_sender,
    two_people,
)
from tests.signin.people_who_sign_in import customer_client, staff_client

__all__ = ["house", "same_process"]

pytestmark = [pytest.mark.browser, pytest.mark.crawl, pytest.mark.django_db(transaction=True)]

EVERY_ROLE = ["administrator", "data_protection_officer", "grievance_officer", "kyc_checker", "kyc_maker", "support"]
#: A file, a sign-out, or a page that only a stranger's own secret opens.
NOT_A_PAGE = re.compile(
    r"/(static|demo|ledger/checkpoint)/|logout|sign-out|/export|\.(txt|json|ico|svg|pdf|csv|xlsx|zip|py|html|jsonld|tlog-proof)$"
)
#: Whether a list of staff has cells that are only seen by moving it sideways.
CUT_OFF = """
[...document.querySelectorAll("#changelist .results")].some(list => {
    const edge = list.getBoundingClientRect().right + 1;
    return [...list.querySelectorAll("tbody > tr > *")].some(cell => cell.getBoundingClientRect().right > edge);
})
"""
#: What is cut off, or grows out of its box, when a reader spaces lines, words and letters as WCAG 1.4.12 lets them.
#: Of the words beside the bars of a chart the table under it says the same: a picture has no room to grow.
LOST = """
() => {
    const boxes = [...document.querySelectorAll("main *")].filter(box => {
        const says = [...box.childNodes].some(node => node.nodeType === 3 && node.data.trim());
        return box.clientHeight > 1 && (says || getComputedStyle(box).overflowY === "hidden")
            && !box.closest("select, textarea, .visually-hidden, thead, .scroll, svg");
    });
    const over = box => [box.scrollHeight - box.clientHeight, box.scrollWidth - box.clientWidth];
    const before = boxes.map(over);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(
        "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"
        + "p { margin-block-end: 2em !important }"
    );
    document.adoptedStyleSheets = [sheet];
    const lost = boxes.filter((box, at) => over(box).some((more, side) => more > before[at][side] + 2)
        && !["auto", "scroll"].includes(getComputedStyle(box).overflowX));
    const isWide = document.documentElement.scrollWidth > innerWidth;
    document.adoptedStyleSheets = [];
    return [...lost.map(box => box.outerHTML.slice(0, 80)), ...(isWide ? ["the page is too wide"] : [])];
}
"""
#: Where the pictures go, for a person who wants to look at them.
PICTURES = os.environ.get("PICTURES", "")


@pytest.fixture
def person(chromium: Any, live_server: Any) -> Iterator[Person]:
    cache.clear()
    opened = Person(chromium, live_server.url, scripts=True, viewport=dict(WIDE))
    yield opened
    opened.leaves()


@pytest.fixture
def rows(house: None, same_process: None) -> None:
    """At least one row of what staff work with."""
    now = clock.now()
    officer_in_office()
    company_in_force()
    senders_and_templates()
    registered_recipient(channels=["sms", "none"])
    ticket()
    published_notice()
    said(someone(), "given")
    list_with_a_fault()
    proposed(checked(CustomerFactory(kind="individual")), StaffFactory(roles=["kyc_maker"]))
    ClockFactory(started_at=now, due_at=now, target_at=now, outer_limit_at=now)
    maker = StaffFactory(roles=["data_protection_officer"])
    profile_changes.propose_profile(
        answers={**dict.fromkeys(OrganisationProfile.SWITCHES, "undecided"), "ccpa_business": "no"},
        effective_from=clock.day(now),
        actor=actor.staff(maker.pk),
    )


def list_with_a_fault() -> None:
    """A list from elsewhere that was checked."""
    maker = actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)
    content = as_csv([line(1), line(2, answer="maybe")])
    brought = lifecycle.bring(
        fiduciary=own(), collected_by="Shop", name="a.csv", content=io.BytesIO(content), actor=maker, now=clock.now()
    )
    runner.run(brought.job_id, now=clock.now())


def senders_and_templates() -> None:
    """One row of each book, a template with finds among them."""
    maker, _checker = two_people()
    registered_sender("1600123456", kind="voice_number", records_calls=True, announcement="This call is recorded.")
    header, code = registered_sender("ONESTU"), registered_sender("56767", kind="short_code")
    listed_target("https://onesetu.example/pay")
    consent_template(maker, short_code=code)
    proposed_template(maker, senders=[header], text="Onesetu: the return is free of charge.", why="To be looked at.")
    sender_issues.note(
        fiduciary=own().pk, channel="sms", purpose="marketing", sender=header.pk, template=0, category="promotional",
        now=clock.now(),
    )  # fmt: skip


def visit(person: Person, path: str) -> list[str]:
    """Open one page, look at it, and return the addresses its links lead to."""
    page = person.goes_to(path)
    for size in (NARROW, WIDE):
        page.set_viewport_size(dict(size))
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            person.problems.append(f"wider than {size['width']} pixels: {path}")
        if page.evaluate(CUT_OFF):
            person.problems.append(f"a list is cut off at {size['width']} pixels: {path}")
        if size is NARROW and (lost := page.evaluate(LOST)):
            person.problems.append(f"lost to who spaces the text: {path}: {'; '.join(lost)}")
        if PICTURES:
            name = path.strip("/").replace("/", "-") or "root"
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{size['width']}.png"), full_page=True)
    found = page.eval_on_selector_all(
        "a[href]",
        "links => links.map(link => link.href.baseVal === undefined ? link.href : new URL(link.href.baseVal, location).href)",
    )
    return [urlsplit(url).path for url in found if url.startswith(person.origin)]


def crawl(
    person: Person, start: list[str], *, inside: str, wanted: Callable[[str], bool] = lambda path: True
) -> set[str]:
    """Every page under ``inside`` that links lead to from ``start``."""
    waiting, seen = list(start), set()
    while waiting:
        path = waiting.pop()
        if path in seen or not path.startswith(inside) or NOT_A_PAGE.search(path) or not wanted(path):
            continue
        seen.add(path)
        waiting.extend(visit(person, path))
    return seen


def test_a_strangers_pages(person, rows):
    seen = crawl(person, ["/privacy/"], inside="/privacy/")
    assert {"/privacy/", "/privacy/cookies/", "/privacy/accessibility/", "/privacy/sitemap/", "/privacy/stop/"} <= seen
    page = person.goes_to("/privacy/grievances/new/who/")
    page.get_by_label("My organisation").check()
    page.get_by_role("button", name="Continue").click()
    assert visit(person, "/privacy/grievances/new/organisation/")
    assert urlsplit(page.url).path == "/privacy/grievances/new/organisation/"
    visit(person, "/privacy/no-such-page/")
    visit(person, "/api/v1/docs")
    assert "\n".join(person.problems) == ""


def test_a_customers_pages(person, rows, settings):
    settings.OUTBOX_CHANNELS = {**settings.OUTBOX_CHANNELS, "sms": "tests.outbox.factories.RecordingChannel"}
    user = CustomerUserFactory()
    member = MembershipFactory(principal=user.principal)
    entity_of(own(), customer=member.customer)
    person.signs_in_with(customer_client(user))
    seen = crawl(person, ["/privacy/"], inside="/privacy/")
    assert {"/privacy/senders/", "/privacy/account/", "/privacy/push/"} <= seen
    page = person.goes_to("/privacy/account/phone/")
    page.get_by_label("Mobile number").fill("98765 43210")
    page.get_by_role("button", name="Save the number").click()
    assert visit(person, "/privacy/account/phone/proof/")
    page.get_by_label("Six-digit code").fill(codes.plain(OneTimeCode.objects.latest("pk")))
    page.get_by_role("button", name="Continue").click()
    assert visit(person, "/privacy/account/phone/code/")
    assert urlsplit(page.url).path == "/privacy/account/phone/code/"
    change = AddressChange.objects.get()
    assert visit(person, reverse("privacy:cancel-change", args=[change_rows.token_of(change)]))
    assert "\n".join(person.problems) == ""


@pytest.mark.parametrize("language", ["en", pytest.param("hi", marks=pytest.mark.full)])
def test_the_pages_of_a_single_sender(person, rows, language):
    """Unanswered, agreed to for all, stopped alone and allowed alone; the question before consent, and its refusal."""
    asha = someone(email=None, phone="+919811114444")
    user = CustomerUserFactory(email="asha@acme.example", principal=asha)
    for sender in ("OFFERS", "TRAVEL", "SHOPPE"):
        registered_sender(sender, carries=["promotional", "service"])
    said(asha, "given")
    client = customer_client(user)
    notice = NoticeText.objects.latest("pk").sha256
    client.post("/privacy/preferences/senders/stop/", {"choice": "marketing:sms:TRAVEL"})
    client.post("/privacy/preferences/senders/allow/", {"choice": "product_updates:sms:SHOPPE", "notice": notice})
    assert ConsentEvent.objects.filter(sender__gt="").count() == 2
    client.cookies["django_language"] = language
    person.signs_in_with(client)
    last = ConsentReceipt.objects.latest("pk").reference
    visit(person, f"/privacy/preferences/senders/?receipt={last}")
    assert {"OFFERS", "TRAVEL", "SHOPPE"} <= set(person.page.locator("section.card h2").all_inner_texts())
    visit(person, f"/privacy/consents/{last}/")
    visit(person, "/privacy/preferences/")
    visit(person, "/privacy/preferences/senders/allow/?choice=marketing%3Asms%3ATRAVEL")
    published_notice(text="May we, and our partners?")
    person.page.locator("form#answers .btn").first.click()
    person.looks()
    assert person.page.get_by_role("alert").is_visible()
    assert "\n".join(person.problems) == ""


def test_the_page_of_an_act_with_a_long_name_fits_a_telephone(person, rows):
    asha = someone()
    said(asha, "given")
    withdraw(subject_ref=asha.subject.ref, purpose="marketing", channel="sms", way="page", actor=actor.SYSTEM)
    instruction = Instruction.objects.latest("pk")
    person.signs_in_with(staff_client(StaffFactory(roles=["data_protection_officer"])))
    visit(person, reverse("admin:registers_instruction_do_one", args=[instruction.pk, "note-answer"]))
    assert person.page.get_by_role("button", name="Note what the recipient confirmed otherwise").is_visible()
    assert "\n".join(person.problems) == ""


def test_the_list_of_documents_is_whole_on_a_laptop(person, rows):
    """Its last columns say since when a document waits and who has it."""
    person.signs_in_with(staff_client(StaffFactory(roles=["kyc_checker"])))
    page = person.goes_to("/admin/kyc/document/")
    assert page.get_by_role("columnheader", name="Taken by").is_visible()
    assert page.eval_on_selector("#changelist .results", "list => list.scrollWidth <= list.clientWidth")
    above = page.locator(".filters").bounding_box()
    table = page.locator("#result_list").bounding_box()
    assert above["y"] + above["height"] <= table["y"]


#: The pages of each book, by the names in their addresses.
BOOKS = {(model._meta.app_label, model._meta.model_name): site for model, site in admin.site._registry.items()}
#: The books of these rooms are crawled each by a test of its own; one more test has all the other pages of staff.
LARGE_ROOMS = ("consent", "registers", "people", "kyc")


def kind_of(path: str) -> str:
    """What the page of a book is like. Lists look alike that have rows or none, filters, a search, acts and the same template
    alike; what is below a list, where it stands on the same classes and templates.
    """
    below = re.fullmatch(r"/admin/(\w+)/(\w+)/(.*)", path)
    site = below and BOOKS.get(below.group(1, 2))
    if not below or site is None:
        return path
    has_rows = site.model._default_manager.exists()
    if not below.group(3):
        parts = (
            site.list_filter,
            site.search_fields,
            site.date_hierarchy,
            site.list_editable,
            actions_of(site),
            has_rows,
        )
        return f"{site.change_list_template} {[bool(part) for part in parts]}"
    bases = [base.__qualname__ for base in type(site).__bases__]
    return f"{bases} {site.change_form_template} {re.sub(r'[0-9]+', '0', below.group(3))}"


def kinds_before(room: str, user: Any) -> set[str]:
    """Kinds of lists and forms that a book of a room before this one is of, where its crawl comes to one of them."""
    rooms = [*LARGE_ROOMS, "all others"]
    before = rooms[: rooms.index(room)]
    request = HttpRequest()
    request.user = user
    kinds = set()
    for (app, model), site in BOOKS.items():
        if app not in before:
            continue
        below = [""]
        below += ["add/"] if site.has_add_permission(request) else []
        below += ["0/change/"] if site.model._default_manager.exists() else []
        kinds |= {kind_of(f"/admin/{app}/{model}/{page}") for page in below}
    return kinds


@pytest.mark.parametrize("acts", [False, pytest.param(True, marks=pytest.mark.full)], ids=["books", "acts"])
@pytest.mark.parametrize("room", [*LARGE_ROOMS, "all others"])
def test_the_pages_of_staff(person, rows, room, acts):
    """A list, a row and a form of each kind; full, because there are many: the pages and acts of each book.

    Longer than others: it is a browser on some 15 pages.
    """
    entity_of(own())
    user = StaffFactory(roles=EVERY_ROLE)
    client = staff_client(user)
    person.signs_in_with(client)
    books = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
        if model._meta.app_label == room or (room == "all others" and model._meta.app_label not in LARGE_ROOMS)
    ]
    own_part = tuple(f"/admin/{name}/" for name in LARGE_ROOMS)
    # What another room looks at is not looked at again: each kind belongs to the first book that is of it.
    opened = set() if acts else kinds_before(room, user)

    def one_of_each(path: str) -> bool:
        if not (path.startswith(f"/admin/{room}/") or (room == "all others" and not path.startswith(own_part))):
            return False
        if "/do/" in path and not acts:
            return False
        shape = re.sub(r"\d+", "0", path) if acts else kind_of(path)
        is_new = shape not in opened
        opened.add(shape)
        return is_new

    # A list that looks like one before it is not looked at, but what it leads to is.
    below = [
        path for book in books for path in re.findall(r'href="(/admin/[^"?#]+)"', client.get(book).content.decode())
    ]
    entrances = [reverse("admin:index"), reverse("mfa_index")] if room == "all others" else []
    seen = crawl(person, [*entrances, *books, *below], inside="/", wanted=one_of_each)
    assert set(books) & seen if room == LARGE_ROOMS[0] else seen
    assert not acts or set(books) <= seen
    assert "\n".join(person.problems) == ""
