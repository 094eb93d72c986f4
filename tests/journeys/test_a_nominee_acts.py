"""Somebody names a nominee; the nominee claims with a paper, two officers agree, the wait passes, and the nominee asks."""

import re

import pytest
from django.core.cache import cache

from grievances.base.request_choices import RequestState, Right
from grievances.models import NomineeStanding, ProofPaper, RightsRequest
from grievances.tasks import settle_claims
from portal.kernel.core import clock
from portal.kernel.outbox.services import scheduler
from portal.kernel.people.models import OneTimeCode, User
from portal.kernel.people.services import codes
from tests.grievances.conftest import house, officer
from tests.grievances.pictures import png
from tests.journeys.browsing import shows_an_error
from tests.journeys.test_asking_for_ones_data import code, do, go_on, open_record
from tests.people.factories import CustomerFactory, CustomerUserFactory, StaffFactory
from tests.signin.people_who_sign_in import customer_client, staff_client

__all__ = ["house", "officer"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ASHA, RAVI = "asha@example.in", "ravi@example.in"


@pytest.fixture
def login(house) -> User:
    cache.clear()
    return CustomerUserFactory(email=ASHA, member_of=CustomerFactory(kind="individual"))


def name_a_nominee(asha) -> None:
    page = asha.goes_to("/privacy/nominee/")
    page.get_by_role("link", name="Name a nominee").click()
    asha.looks()
    go_on(asha, "Name this nominee")
    shows_an_error(page)
    page.get_by_label("Name of the nominee").fill("Ravi Rao")
    page.get_by_label("Husband, wife or partner").check()
    page.get_by_label("Email address of the nominee").fill(RAVI)
    page.get_by_label("See the data and get a copy").check()
    go_on(asha, "Name this nominee")
    page.get_by_label("Six-digit code").fill(codes.plain(OneTimeCode.objects.latest("pk")))
    go_on(asha, "Continue")
    page.get_by_role("heading", name="Ravi Rao").wait_for()


def claim(ravi) -> str:
    page = ravi.goes_to("/privacy/nominee/claim/")
    go_on(ravi, "Send the claim")
    shows_an_error(page)
    page.get_by_label("The person named me as their nominee").check()
    page.get_by_label("The person died").check()
    page.get_by_label("Name of the person").fill("Asha Rao")
    page.get_by_label("that the person used with us").fill(ASHA)
    page.get_by_label("Your email address").fill(RAVI)
    go_on(ravi, "Send the claim")
    reference = str(page.locator(".reference").first.inner_text())
    page.get_by_label("Code", exact=True).fill(code())
    go_on(ravi, "Continue")
    page.locator("input[type=file]").set_input_files({"name": "paper.png", "mimeType": "image/png", "buffer": png()})
    go_on(ravi, "Send this document")
    page.get_by_text("waits for review").wait_for()
    return reference


def look_at_the_paper(desk, reference: str) -> None:
    paper = ProofPaper.objects.get()
    open_record(desk, f"/admin/grievances/proofpaper/{paper.pk}/change/", reference)
    with desk.page.expect_download():
        desk.page.get_by_role("link", name="Open the document").click()
    do(desk, "Say what it shows")
    desk.page.get_by_label("It proves it").check()
    desk.page.locator("input[name=answer]").click()
    desk.page.get_by_text("The document is destroyed.").first.wait_for()


def propose(desk, reference: str) -> None:
    claimed = RightsRequest.objects.get(right=Right.CLAIM)
    open_record(desk, f"/admin/grievances/rightsrequest/{claimed.pk}/change/", reference)
    desk.page.get_by_text("The person died").first.wait_for()
    do(desk, "Propose an answer")
    desk.page.get_by_label("Grant it", exact=True).check()
    desk.page.get_by_label("What the person reads").fill("We are sorry for your loss.")
    desk.page.locator("input[name=answer]").click()
    desk.page.get_by_text("Nothing goes out until a second person agrees").wait_for()


def agree(desk, reference: str) -> None:
    proposal = RightsRequest.objects.get(right=Right.CLAIM).proposals.get()
    open_record(desk, f"/admin/grievances/requestproposal/{proposal.pk}/change/", reference)
    desk.page.get_by_text("We are sorry for your loss.").first.wait_for()
    do(desk, "Approve")
    desk.page.locator("input[type=submit], button").last.click()
    desk.page.get_by_text("Done.").wait_for()


def ask_for_the_person(ravi) -> str:
    page = ravi.page
    page.get_by_role("link", name="Ask for the person").click()
    ravi.looks()
    page.get_by_label("See my data", exact=True).check()
    go_on(ravi, "Continue")
    page.get_by_label("For a person who named me their nominee").check()
    page.get_by_label("If for someone else: their name").fill("Asha Rao")
    page.get_by_label("If for someone else: their email address").fill(ASHA)
    go_on(ravi, "Continue")
    page.get_by_label("Email address").fill(RAVI)
    page.get_by_label("English").check()
    go_on(ravi, "Continue")
    go_on(ravi, "Send your request")
    reference = str(page.locator(".reference").first.inner_text())
    page.get_by_label("Code", exact=True).fill(code())
    go_on(ravi, "Continue")
    page.get_by_role("heading", name=re.compile(reference)).wait_for()
    return reference


def test_a_nominee_claims_two_agree_and_the_nominee_asks_for_what_was_named(window, login, officer) -> None:
    """Longer than others: four people with a browser each, over some 25 pages."""
    asha, ravi, first, second = window(narrow=True), window(narrow=True), window(), window()
    asha.signs_in_with(customer_client(login))
    name_a_nominee(asha)
    reference = claim(ravi)

    first.signs_in_with(staff_client(officer))
    look_at_the_paper(first, reference)
    propose(first, reference)
    second.signs_in_with(staff_client(StaffFactory(roles=["data_protection_officer"])))
    agree(second, reference)

    ravi.goes_to(f"/privacy/track/{reference}/")
    ravi.page.get_by_text("We have written to the person's own addresses").wait_for()
    asha.goes_to("/privacy/nominee/")
    asha.page.get_by_role("button", name="I am here: this is wrong").wait_for()

    scheduler.sweep(now=clock.now(), limit=100)
    NomineeStanding.objects.update(begins_at=clock.now())
    settle_claims()
    ravi.page.reload()
    ravi.looks()
    ravi.page.get_by_text("You may ask for this in the person's place:").wait_for()
    asked = ask_for_the_person(ravi)
    ravi.page.get_by_text("To be answered").wait_for()
    found = RightsRequest.objects.get(ticket__reference=asked)
    assert (found.right, found.state) == (Right.ACCESS, RequestState.SHOWN)
    asha.goes_to("/privacy/nominee/")
    assert "/sign-in/" in asha.page.url, "the account of somebody who died is at rest"
