"""A person is asked to look at a document again: the grievance and the document name each other."""

import pytest
from django.test import Client
from django.urls import reverse

from grievances.models import Ticket
from grievances.tickets.services import thread_access
from kyc.models import Document
from kyc.review.review_appeals import appeals_of
from portal.kernel.people.models import Customer, User
from tests.kyc.conftest import *  # noqa: F403 - the same people as the room's own tests
from tests.kyc.factories import answered, checked, proposed
from tests.people.factories import CustomerFactory, CustomerUserFactory, FiduciaryFactory
from tests.signin.people_who_sign_in import customer_client, staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("same_process")]
SAID = {"outcome": "reject", "reason_code": "altered", "message": "A letter differs."}
STEP = "privacy:grievance-question"


@pytest.fixture
def rejected(individual: Customer, asha: User, maker: User, checker: User) -> Document:
    FiduciaryFactory(code="onesetu", is_self=True)
    return answered(proposed(checked(individual), maker, **SAID), checker).document


def asks_a_person(client: Client, document: Document, address: str) -> Ticket:
    """The words of the button's text box are the person's own: they need not name the document."""
    begun = client.post(reverse("privacy:kyc-appeal", args=[document.reference]))
    client.post(begun["Location"], {"what_happened": "It is the card as it came.", "wanted": "Look again."})
    client.post(reverse(STEP, args=["contact"]), {"email": address, "language": "en"})
    client.post(reverse("privacy:grievance-check"))
    return Ticket.objects.latest("pk")


def page_of(client: Client, document: Document) -> str:
    return client.get(reverse("privacy:kyc-document", args=[document.reference])).text


def test_the_grievance_and_the_document_name_each_other(rejected, asha, maker) -> None:
    client = customer_client(asha)
    ticket = asks_a_person(client, rejected, asha.email)
    said = thread_access.thread(ticket, internal=False)[0].texts
    assert (said["kyc_document"], said["kyc_reference"]) == ("PAN card", rejected.reference)
    page = page_of(client, rejected)
    assert "You asked for another review on" in page
    assert f'href="{reverse("privacy:track-ticket", args=[ticket.reference])}"' in page
    assert "This is wrong: ask a person" not in page
    desk = staff_client(maker)
    here = reverse("admin:kyc_document_change", args=[rejected.pk])
    desk.post(here, {"open_record": "1", "purpose": "kyc_review", "ticket": "review queue"})
    assert f"The customer asked for another review: grievance {ticket.reference}" in desk.get(here).text


def test_a_grievance_that_is_closed_leaves_the_way_to_ask_once_more(rejected, asha) -> None:
    client = customer_client(asha)
    ticket = asks_a_person(client, rejected, asha.email)
    Ticket.objects.filter(pk=ticket.pk).update(state="closed", closed_because="settled", closed_at=ticket.received_at)
    page = page_of(client, rejected)
    assert "This is wrong: ask a person" in page
    assert ticket.reference in page


def test_a_document_is_tied_as_its_person_writes_its_reference(rejected, asha) -> None:
    typed = rejected.reference.lower().replace("-", " ")
    client = customer_client(asha)
    client.post(reverse(STEP, args=["who"]), {"for_whom": "self"})
    client.post(reverse(STEP, args=["about"]), {"kind": "kyc"})
    client.post(reverse(STEP, args=["what-happened"]), {"what_happened": f"Look at {typed} again.", "wanted": ""})
    client.post(reverse(STEP, args=["contact"]), {"email": asha.email, "language": "en"})
    client.post(reverse("privacy:grievance-check"))
    assert [appeal.ticket for appeal in appeals_of(rejected)] == [Ticket.objects.get().reference]


def test_nobody_ties_a_grievance_to_a_document_of_somebody_else(rejected) -> None:
    other = CustomerUserFactory(email="uma@acme.example", member_of=CustomerFactory(kind="individual"))
    client = customer_client(other)
    client.post(reverse(STEP, args=["who"]), {"for_whom": "self"})
    client.post(reverse(STEP, args=["about"]), {"kind": "kyc"})
    client.post(reverse(STEP, args=["details"]), {"kyc_reference": rejected.reference})
    client.post(reverse(STEP, args=["what-happened"]), {"what_happened": "Look.", "wanted": ""})
    client.post(reverse(STEP, args=["contact"]), {"email": other.email, "language": "en"})
    client.post(reverse("privacy:grievance-check"))
    assert Ticket.objects.count() == 1
    assert appeals_of(rejected) == []


def test_a_colleague_reads_of_it_and_cannot_open_what_is_not_theirs(rejected, individual, asha) -> None:
    ticket = asks_a_person(customer_client(asha), rejected, asha.email)
    colleague = CustomerUserFactory(email="ravi@acme.example", member_of=individual)
    page = page_of(customer_client(colleague), rejected)
    assert ticket.reference in page
    assert reverse("privacy:track-ticket", args=[ticket.reference]) not in page
