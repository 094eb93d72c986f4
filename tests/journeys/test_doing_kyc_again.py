"""A year later a document ends: the customer is told, shows a new one, and two people approve. All through the pages."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from grievances.models import Ticket
from kyc.models import Case, Document
from kyc.review.services.check_runs import run_plan
from kyc.tasks import renew
from portal.kernel.core import clock
from portal.kernel.outbox.models import Message
from portal.kernel.people.models import Customer, User
from portal.kernel.people.selectors import refs_of
from tests.kyc import documents
from tests.kyc.conftest import *  # noqa: F403 - the same people as the room's own tests
from tests.kyc.factories import firm, rest_approved
from tests.kyc.test_admin import answer, at_the_desk, propose
from tests.people.factories import CustomerUserFactory, FiduciaryFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("same_process")]
LICENCE = "MH1220110012345"


def send(user: User, customer: Customer, kind: str, number: str, **more: str) -> Document:
    """Upload, look at it, send it: three pages."""
    browser = customer_client(user)
    url = reverse("privacy:kyc-upload", args=[customer.reference, kind])
    file = SimpleUploadedFile("scan.pdf", documents.pdf(number, pages=2))
    taken = browser.post(url, {"number": number, "file": file, **more})
    assert taken.status_code == 302, taken.content.decode()[:3000]
    document = Document.objects.filter(kind=kind).latest("pk")
    run_plan(document.pk, now=clock.now())
    browser.post(reverse("privacy:kyc-check", args=[document.reference]))
    return document


def decide(document: Document, maker: User, checker: User, **proposal: str) -> None:
    """The maker proposes and the checker agrees, each at the desk."""
    given = {"outcome": "approve", "reason_code": "", "message": "", "note": "", **proposal}
    first = propose(at_the_desk(maker, document), document, given)
    assert first.status_code == 303, first.content.decode()[-3000:]
    second = answer(at_the_desk(checker, document), document)
    assert second.status_code == 303, second.content.decode()[-3000:]


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=clock.IST).astimezone(UTC)


def list_of(user: User) -> str:
    return customer_client(user).get(reverse("privacy:kyc")).content.decode()


def test_a_document_that_ends_a_year_later_brings_kyc_again(individual, asha, maker, checker):
    ends = clock.day(clock.now()) + timedelta(days=365)
    for kind, number, more in (
        ("pan_card", documents.PAN, {}),
        ("driving_licence", LICENCE, {"valid_until": ends.isoformat()}),
    ):
        decide(send(asha, individual, kind, number, **more), maker, checker)
    assert "You are verified." in list_of(asha)

    with time_machine.travel(noon(ends - timedelta(days=20)), tick=True):
        assert renew() == 1
        page = list_of(asha)
        assert "Show your documents again by" in page
        assert "A document ends" in page
        assert "To be shown again" in page
        assert Message.objects.filter(kind="kyc.renewal_before").count() == 2

    with time_machine.travel(noon(ends + timedelta(days=1)), tick=True):
        assert renew() == 1
        assert "Your verification ended on" in list_of(asha)
        assert "Its last day has passed" in list_of(asha)
        later = ends + timedelta(days=3650)
        new = send(asha, individual, "driving_licence", LICENCE, valid_until=later.isoformat())
        decide(new, maker, checker)
        assert Case.objects.get().state == "approved"
        assert "You are verified." in list_of(asha)
        assert renew() == 0


def test_a_companys_certificate_that_ends_a_year_later_brings_its_kyc_again(maker, checker):
    company = firm("company", name="Acme Foods")
    rest_approved(company, but=["gst_certificate"])
    member = CustomerUserFactory(email="uma@acme.example", member_of=company)
    ends = clock.day(clock.now()) + timedelta(days=365)
    given = {"kind": "gst_certificate", "number": documents.GSTIN}
    # Its PAN is a firm's: a person has to say that they looked at it.
    seen = {"answered": "fits_type", "note": "It was a firm until May."}
    decide(send(member, company, **given, valid_until=ends.isoformat()), maker, checker, **seen)
    assert "You are verified." in list_of(member)

    with time_machine.travel(noon(ends - timedelta(days=20)), tick=True):
        assert renew() == 1
        page = list_of(member)
        assert "Show your documents again by" in page
        assert page.count("To be shown again") == 1

    with time_machine.travel(noon(ends + timedelta(days=1)), tick=True):
        assert renew() == 1
        page = list_of(member)
        assert "No messages go out in your name until it is renewed." in page
        assert "Its last day has passed" in page
        renewed = send(member, company, **given, valid_until=(ends + timedelta(days=700)).isoformat())
        decide(renewed, maker, checker, **seen)
        assert "You are verified." in list_of(member)
        assert renew() == 0


def test_who_was_rejected_asks_a_person_from_the_page_of_the_document(individual, asha, maker, checker):
    FiduciaryFactory(code="onesetu", is_self=True)
    document = send(asha, individual, "pan_card", documents.PAN)
    decide(document, maker, checker, outcome="reject", reason_code="altered", message="It looks altered.")
    assert Case.objects.get().state == "rejected"
    browser = customer_client(asha)
    page = browser.get(reverse("privacy:kyc-document", args=[document.reference])).content.decode()
    assert "This is wrong: ask a person" in page
    begun = browser.post(reverse("privacy:kyc-appeal", args=[document.reference]))
    browser.post(begun["Location"], {"what_happened": "It is the card as it came by post.", "wanted": "Look at it."})
    browser.post(reverse("privacy:grievance-question", args=["contact"]), {"email": asha.email, "language": "en"})
    assert document.reference in browser.get(reverse("privacy:grievance-check")).text
    assert browser.post(reverse("privacy:grievance-check")).status_code == 302
    ticket = Ticket.objects.get()
    page = browser.get(reverse("privacy:kyc-document", args=[document.reference])).text
    assert "You asked for another review on" in page
    assert reverse("privacy:track-ticket", args=[ticket.reference]) in page
    assert "This is wrong: ask a person" not in page
    assert ticket.kind == "kyc"
    assert asha.principal.subject.ref in refs_of(ticket.subject_ref)
