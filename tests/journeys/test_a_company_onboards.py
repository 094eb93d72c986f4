"""A company shows its papers and its people, sends one again, and reads that two people verified it.

Another customer, who was rejected, asks a person.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from grievances.models import Ticket
from kyc.cases.selectors import latest_checks
from kyc.models import Case, Document, Inquiry, Party
from kyc.review.services import provider_requests
from kyc.review.services.check_runs import run_plan
from kyc.signatures import child_reader
from portal.kernel.core import clock
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services.message_content import text_of
from portal.kernel.people.models import User
from portal.kernel.people.selectors import refs_of
from portal.kernel.vault.inspection import client as inspection_client
from tests.consent.factories import published_notice
from tests.journeys.browsing import NARROW, WIDE, Person
from tests.kyc import documents
from tests.kyc.conftest import asha, checker, house, individual, maker, same_process
from tests.kyc.factories import agreed, answered, checked, proposed
from tests.kyc.signatures import vectors
from tests.kyc.signatures.test_signed_pdf import living
from tests.kyc.test_proving import pinned, yesterday
from tests.people.factories import (
    CustomerFactory,
    CustomerUserFactory,
    FiduciaryFactory,
    PrincipalFactory,
    StaffFactory,
)
from tests.registers.factories import registered_recipient
from tests.servers import registers
from tests.servers.registers import Registers
from tests.signin.people_who_sign_in import customer_client, staff_client

__all__ = ["asha", "checker", "house", "individual", "maker", "pinned", "same_process"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("PICTURES", "")
LIST = "/privacy/kyc/"
NAME, PAN, GSTIN, CIN = "Acme Foods Private Limited", "AAFCA5678L", "27AAFCA5678L1Z4", "U15490MH2013PTC245678"
ACCOUNT = "50100012345678"


@pytest.fixture(autouse=True)
def no_tries_counted() -> None:
    cache.clear()


@pytest.fixture
def read_here(monkeypatch) -> None:
    """Signed files are read without a child process."""

    def ask(module, data, *, asked, limits=inspection_client.LIMITS):
        return child_reader.prepare(data, asked, limits)[1]()

    monkeypatch.setattr(inspection_client, "ask", ask)


@pytest.fixture
def bank(settings, house) -> Iterator[Registers]:
    """A bank on this machine that knows the company's account, and the notice that asks before it is told of it."""
    registered_recipient(code="penny-drop", name="Example Bank")
    published_notice(
        asks=[provider_requests.PURPOSE], code="kyc-consent", text="May we ask the bank whose account it is?"
    )
    with registers.running() as running:
        settings.KYC_PROVIDERS = {"bank": running.settings()["bank"]}
        settings.OUTGOING_PRIVATE_HOSTS = [running.host]
        running.accounts[ACCOUNT] = {"account_status": "active", "registered_name": "ACME FOODS PVT LTD"}
        yield running


def press(page: Page, name: str) -> None:
    """Press a button that leads to another page, and wait for that page with its pictures."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


class Company:
    """A browser window of the company, and what its person does there. A page that is read is looked at too."""

    def __init__(self, person: Person) -> None:
        self.person, self.page, self.pictures = person, person.page, 0

    def press(self, name: str) -> None:
        press(self.page, name)

    def follow(self, *names: str) -> None:
        """Links, one after the other."""
        for name in names:
            with self.page.expect_navigation():
                self.page.get_by_role("link", name=name).first.click()

    def reads(self, *texts: str) -> None:
        self.person.looks()
        main = self.page.inner_text("main")
        assert [text for text in texts if text not in main] == [], main
        for size in (WIDE, NARROW) if PICTURES else ():
            self.page.set_viewport_size(dict(size))
            self.person.looks()
            path = Path(PICTURES) / f"company-{self.pictures:02}-{size['width']}.png"
            self.page.screenshot(path=str(path), full_page=True)
        self.pictures += 1

    def fills_in(self, data: bytes, *, extension: str = "pdf", **typed: str) -> None:
        """The page of a paper, as far as the button."""
        for name, value in typed.items():
            self.page.locator(f"#id_{name}").fill(value)
        kind = "application/zip" if extension == "zip" else "application/pdf"
        self.page.locator("#id_file").set_input_files({"name": f"a.{extension}", "mimeType": kind, "buffer": data})

    def sends(self, data: bytes, **typed: str) -> Document:
        """From the page of a paper to the page that says that it is with us; the machine is quick."""
        self.fills_in(data, **typed)
        self.press("Continue")
        document = Document.objects.latest("pk")
        run_plan(document.pk, now=clock.now())
        self.press("Send for checking")
        assert "It is with us." in self.page.inner_text("main")
        document.refresh_from_db()
        return document


def says_what_it_is(company: Company) -> None:
    company.follow("Say what you are")
    company.reads(NAME)
    company.page.get_by_label("Company", exact=True).check()
    company.press("Continue")
    company.reads("What you are: Company", "0 of 8 tasks completed.", "Name a director, partner or trustee.")


def sends_its_own_papers(company: Company) -> Document:
    """Each from the list, and back to it from where the last one went; the cheque under the consent to ask the bank."""
    company.follow("GST certificate")
    company.reads(f"Send your GST certificate: {NAME}")
    company.sends(documents.pdf(f"GSTIN {GSTIN}"), number=GSTIN, name=NAME)
    company.reads("7 tasks are left on your list.")
    company.follow("Continue with your list", "Certificate of incorporation")
    company.sends(documents.pdf(f"CIN {CIN}"), number=CIN, name=NAME)
    company.follow("Continue with your list", "PAN card")
    company.sends(documents.pdf(f"PAN {PAN}"), number=PAN, name=NAME)
    company.follow("Continue with your list", "Bank account", "Cancelled cheque")
    company.reads("Example Bank", "Not given, so no one is asked")
    company.follow("Give it under “Checking who you are”")
    company.page.get_by_label("Checking who you are:").check()
    company.press("Save my choices")
    company.press("Yes, I agree")
    company.page.goto(LIST)
    company.follow("Bank account", "Cancelled cheque")
    company.reads("Given: OS-CR-")
    return company.sends(documents.pdf(ACCOUNT), number=ACCOUNT, ifsc="HDFC0000053", name=NAME)


def the_bank_answers(bank: Registers, cheque: Document) -> None:
    """A penny is dropped, and told later by a signed message."""
    assert provider_requests.ask(Inquiry.objects.get().pk, now=clock.now()) == "waiting"
    bank.finish()
    client, path = Client(), "/api/v1/kyc/providers/bank/answers"
    told = bank.tell(
        lambda body, headers: client.post(path, body, content_type="application/json", headers=headers).status_code
    )
    assert told == [200]
    said = {check.name: check.outcome for check in latest_checks(cheque)}
    assert (said["account_status"], said["account_name"]) == ("PASS", "PASS")


def names_its_people(company: Company) -> None:
    company.follow("Continue with your list", "Add a person or an organisation")
    company.press("Add to the list")
    company.reads(
        "Enter the name.",
        "Choose what this person is.",
        "Of the owners, only those of more than 10 % show documents.",
    )
    company.page.get_by_label("It is me: Asha Rao").check()
    company.page.get_by_label("Signs for you").check()
    company.page.get_by_label("Director, partner or trustee").check()
    company.page.get_by_label("Percentage owned").fill("85")
    company.press("Add to the list")
    company.reads("Signs for you; Director, partner or trustee; owns 85 per cent")
    company.follow("The shares you named leave room for another owner.")
    company.reads("no other person owns more than 10 per cent")
    company.press("No one else is an owner")
    assert "leave room" not in company.page.inner_text("main")


def shows_who_signs(company: Company) -> None:
    """Her Aadhaar offline e-KYC file, under her own consent."""
    company.follow("Proof of identity", "Aadhaar offline e-KYC file")
    company.reads("Send your Aadhaar offline e-KYC file: Asha Rao", "May we verify your Aadhaar document?")
    company.page.get_by_label("I have read this and agree").check()
    data = vectors.zipped(vectors.enveloped(vectors.ekyc(reference=yesterday()), living()))
    company.fills_in(data, extension="zip", share_code=vectors.SHARE_CODE)
    company.press("Continue")
    run_plan(Document.objects.latest("pk").pk, now=clock.now())
    company.page.reload()
    company.reads("Check your Aadhaar offline e-KYC file: Asha Rao", "Its signature is good.")
    company.page.get_by_role("link", name="OS-CR-").wait_for()
    company.press("Send for checking")
    company.reads("It is with us. We review it by")


def sends_again(company: Company) -> Document:
    """The paper of which a part was missing."""
    company.page.goto(LIST)
    company.reads("There is a problem")
    company.follow("Certificate of incorporation")
    company.reads("Part of the document is missing", "Send all of its pages.", "no date runs out")
    company.follow("Send it again")
    return company.sends(documents.pdf(f"CIN {CIN}", pages=2), number=CIN, name=NAME)


def opens(person: Person, staff: User, document: Document, queue: str) -> Page:
    """The record, at the desk, with the reason for which it is opened."""
    person.signs_in_with(staff_client(staff))
    page = person.goes_to(f"/admin/kyc/document/?queue={queue}")
    page.get_by_role("link", name=document.reference).click()
    page.get_by_label("To review KYC documents").check()
    page.get_by_label("Ticket or queue").fill("review queue")
    page.get_by_role("button", name="Open the record").click()
    # What passed is folded.
    page.locator("tr", has_text="Account at the bank").get_by_text("Passed").wait_for(state="attached")
    person.looks()
    return page


def two_people_approve(desks: tuple[Person, Person], document: Document, maker: User, checker: User) -> None:
    page = opens(desks[0], maker, document, "review")
    page.get_by_label("Approve", exact=True).check()
    press(page, "Propose and next")
    page.get_by_text("Another person must answer").wait_for()
    page = opens(desks[1], checker, document, "second")
    page.get_by_label("Approve the proposal").check()
    press(page, "Decide and next")
    page.get_by_text("The customer is informed.").wait_for()


@pytest.mark.usefixtures("same_process", "read_here", "pinned")
@pytest.mark.parametrize(
    "scripts",
    [pytest.param(True, id="with JavaScript", marks=pytest.mark.full), pytest.param(False, id="without JavaScript")],
)
def test_a_company_shows_its_papers_and_people_and_is_verified(window, bank, maker, checker) -> None:
    customer = CustomerFactory(kind="organisation", name=NAME)
    user = CustomerUserFactory(
        email="asha@acme.example", member_of=customer, principal=PrincipalFactory(full_name="Asha Rao")
    )
    agreed(customer)
    company = Company(window())
    company.person.signs_in_with(customer_client(user))
    company.person.goes_to(LIST)
    says_what_it_is(company)
    cheque = sends_its_own_papers(company)
    the_bank_answers(bank, cheque)
    checked(customer, kind="board_resolution", number="", data=documents.pdf("RESOLVED that Asha Rao may sign"))
    names_its_people(company)
    checked(customer, party=Party.objects.get())
    shows_who_signs(company)

    first = Document.objects.get(kind="incorporation_certificate")
    asked = {"outcome": "ask_again", "reason_code": "cut_off", "message": "Send all of its pages."}
    answered(proposed(first, maker, **asked), checker)
    assert (
        "Send all of its pages." in text_of(Message.objects.get(kind="kyc.document_asked_again", channel="email")).body
    )
    again = sends_again(company)
    for document in Document.objects.filter(state="checked").exclude(pk=cheque.pk):
        answered(proposed(document, maker), checker)
    again.refresh_from_db()
    assert again.state == "approved"

    two_people_approve((window(), window()), cheque, maker, checker)
    company.page.goto(LIST)
    company.reads("You are verified. We review your documents again on", "7 of 7 tasks completed.")
    assert Case.objects.get().state == "approved"
    assert (
        "Everything that we asked you to show is approved."
        in text_of(Message.objects.get(kind="kyc.approved", channel="email")).body
    )
    for number in (PAN, GSTIN, ACCOUNT, documents.PAN):
        assert number not in company.page.content()


@pytest.mark.usefixtures("same_process")
def test_who_was_rejected_asks_a_person(window, individual, asha, maker, checker) -> None:
    FiduciaryFactory(code="onesetu", is_self=True)
    said = {"outcome": "reject", "reason_code": "altered", "message": "One letter is in another hand."}
    document = answered(proposed(checked(individual), maker, **said), checker).document
    person = window(narrow=True)
    person.signs_in_with(customer_client(asha))
    page = person.goes_to(LIST)
    page.get_by_role("link", name="PAN card").click()
    person.looks()
    page.get_by_text("We cannot accept it.").wait_for()
    assert "One letter is in another hand." in page.inner_text("main")
    press(page, "This is wrong: ask a person")
    person.looks()
    page.get_by_label("What happened?").fill("It is the card as it came by post.")
    press(page, "Continue")
    press(page, "Continue")
    page.get_by_label("Email address").fill(asha.email)
    press(page, "Continue")
    assert document.reference in page.inner_text("main")
    press(page, "Send your grievance")
    person.looks()
    ticket = Ticket.objects.get()
    assert ticket.reference in page.inner_text("main")
    assert ticket.kind == "kyc"
    assert asha.principal.subject.ref in refs_of(ticket.subject_ref)
    the_officer_sees_it(window(narrow=True), ticket, document)


def the_officer_sees_it(officer: Person, ticket: Ticket, document: Document) -> None:
    """From the grievance to the document that it names, with a reason that the form asks for."""
    officer.signs_in_with(staff_client(StaffFactory(roles=["grievance_officer"])))
    page = officer.goes_to(reverse("admin:grievances_ticket_change", args=[ticket.pk]))
    page.get_by_label("To answer a grievance").check()
    page.get_by_label("Ticket or queue").fill(ticket.reference)
    page.locator("[name=open_record]").click()
    page.get_by_role("link", name=document.reference).click()
    officer.looks()
    press(page, "Open the document")
    officer.looks()
    assert "One letter is in another hand." in page.inner_text("main")
    assert page.locator("img.page-image").count() == document.pages
