"""The task list of an organisation, and the pages behind it: whose paper each is about, what is left, and what it said it is."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from kyc.models import Holding
from kyc.review.services.check_runs import run_plan
from kyc.review.services.document_uploads import open_case
from portal.kernel.core import clock
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services.message_content import text_of
from portal.kernel.people.models import Customer
from tests.kyc.conftest import *  # noqa: F403 - the same people as the room's own tests
from tests.kyc.factories import (
    CUSTOMER,
    NOW,
    answered,
    checked,
    company_pan,
    firm,
    paper,
    party_of,
    proposed,
    rest_approved,
    uploaded,
)
from tests.people.factories import CustomerUserFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("same_process", "house")]
LIST = reverse("privacy:kyc")


@pytest.fixture
def company() -> Customer:
    return firm("company", name="Acme Foods")


@pytest.fixture
def client(company: Customer) -> Client:
    return customer_client(CustomerUserFactory(member_of=company))


def heading(page: str) -> str:
    """The words of the first heading."""
    return re.sub(r"<[^>]+>|\s+", " ", re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)[1]).strip()


def test_every_page_about_a_paper_says_whose_it_is(client: Client, company: Customer) -> None:
    party = party_of(company)
    its_own, theirs = company_pan(company), uploaded(company, party=party)
    run_plan(its_own.pk, now=clock.now())
    places = [
        reverse("privacy:kyc-upload", args=[company.reference, "pan_card"]),
        reverse("privacy:kyc-choose", args=[company.reference, "bank"]),
        *(reverse(f"privacy:kyc-{name}", args=[its_own.reference]) for name in ("check", "document", "delete")),
    ]
    behind = [
        reverse("privacy:kyc-party-upload", args=[company.reference, party.reference, "pan_card"]),
        reverse("privacy:kyc-party-choose", args=[company.reference, party.reference, "identity"]),
        *(reverse(f"privacy:kyc-{name}", args=[theirs.reference]) for name in ("check", "document", "delete")),
    ]
    for url in places:
        assert "Acme Foods" in heading(client.get(url).text), url
    for url in behind:
        assert "Ravi Kumar" in heading(client.get(url).text), url


def test_a_person_who_acts_for_themself_reads_your_and_no_name(individual, asha) -> None:
    url = reverse("privacy:kyc-upload", args=[individual.reference, "pan_card"])
    assert heading(customer_client(asha).get(url).text) == "Send your PAN card"


def test_people_who_are_still_to_be_named_are_tasks_of_the_list_and_count(client: Client, company: Customer) -> None:
    page = client.get(LIST).text
    add, nobody = (reverse(f"privacy:kyc-{name}", args=[company.reference]) for name in ("party-add", "nobody-else"))
    assert "0 of 8 tasks completed." in page
    for said in ("Name a signatory.", "Name a director, partner or trustee.", "Name your owners."):
        assert re.search(rf'<a href="{add}">{said}', page), said
    party = party_of(company, is_director=True)
    Holding.objects.create(owner=party, percent=85, since=clock.now())
    page = client.get(LIST).text
    assert "0 of 8 tasks completed." in page
    assert re.search(rf'<a href="{nobody}">The shares you named leave room', page)


def test_after_a_paper_is_sent_its_page_says_how_much_is_left_and_leads_on(client: Client, company: Customer) -> None:
    document = checked(company, make=company_pan)
    page = client.get(reverse("privacy:kyc-document", args=[document.reference])).text
    assert "7 tasks are left on your list." in page
    assert re.search(rf'<a class="btn" href="{LIST}">Continue with your list</a>', page)


def test_after_the_last_paper_nothing_is_left(individual, asha) -> None:
    rest_approved(individual)
    document = checked(individual)
    page = customer_client(asha).get(reverse("privacy:kyc-document", args=[document.reference])).text
    assert "left on your list" not in page
    assert "It is with us. We review it by" in page


def test_what_a_customer_said_it_is_stands_on_its_list_and_can_be_said_anew_until_a_paper_is_sent() -> None:
    customer = firm("partnership")
    client = customer_client(CustomerUserFactory(email="uma@acme.example", member_of=customer))
    url = reverse("privacy:kyc-type", args=[customer.reference])
    page = client.get(LIST).text
    assert "What you are: Partnership firm" in page
    assert url in page
    client.post(url, {"customer_type": "company"})
    assert "What you are: Company" in client.get(LIST).text
    checked(customer, make=company_pan)
    page = client.get(LIST).text
    assert "What you are: Company" in page
    assert url not in page


def test_a_sole_proprietor_with_a_personal_account_finds_where_to_say_so(individual, asha) -> None:
    client = customer_client(asha)
    url = reverse("privacy:kyc-type", args=[individual.reference])
    page = client.get(LIST).text
    assert "What you are: A person, acting for themself" in page
    assert url in page
    client.post(url, {"customer_type": "proprietor"})
    assert "Proof of your business" in client.get(LIST).text


def test_what_was_sent_beside_the_paper_that_counts_is_found_from_the_list(individual, asha, maker, checker) -> None:
    """Rejected, or waiting for a person: the letter leads to the list, and whoever asks a person begins at its page."""
    rest_approved(individual)
    answered(proposed(checked(individual), maker), checker)
    licence = checked(individual, kind="driving_licence", number="MH12 20110012345")
    client, url = customer_client(asha), reverse("privacy:kyc-document", args=[licence.reference])
    assert re.search(rf'<a href="{url}">Driving licence</a>: Waiting for a person', client.get(LIST).text)
    said = {"outcome": "reject", "reason_code": "altered", "message": "A letter differs."}
    answered(proposed(licence, maker, **said), checker)
    assert re.search(rf'<a href="{url}">Driving licence</a>: Rejected', client.get(LIST).text)
    assert "This is wrong: ask a person" in client.get(url).text


def test_a_paper_too_many_is_not_said_to_wait_for_the_others(individual, asha, maker, checker) -> None:
    rest_approved(individual)
    answered(proposed(checked(individual), maker), checker)
    licence = checked(individual, kind="driving_licence", number="MH12 20110012345")
    page = customer_client(asha).get(reverse("privacy:kyc-document", args=[licence.reference])).text
    assert "once all your documents are here" not in page
    assert "Nothing else is missing, and no date runs for this one." in page
    letter = text_of(Message.objects.filter(kind="kyc.approved").latest("pk")).body
    assert "Everything that we asked you to show is approved." in letter
    assert "All your documents" not in letter


def test_the_first_page_counts_tasks_as_the_list_does(individual, asha, maker, checker) -> None:
    """It counted files: a draft was one, and what was not sent yet was none."""
    client = customer_client(asha)
    assert "Send documents and see what is still missing" in client.get("/privacy/").text
    answered(proposed(checked(individual), maker), checker)
    uploaded(individual, kind="driving_licence", number="MH12 20110012345")
    assert "1 of 2 tasks completed." in client.get("/privacy/").text
    assert "1 of 2 tasks completed." in client.get(LIST).text
    paper(open_case(customer=individual, actor=CUSTOMER, now=NOW), "passport")
    assert "2 of 2 tasks completed." in client.get("/privacy/").text


def test_the_first_page_counts_people_who_are_still_to_be_named(client: Client, company: Customer) -> None:
    checked(company, make=company_pan)
    assert "0 of 8 tasks completed." in client.get("/privacy/").text


def test_a_good_copy_is_told_by_what_is_asked_for(individual, asha) -> None:
    """Four corners of a picture are nothing that a QR code has."""
    code = paper(
        open_case(customer=individual, actor=CUSTOMER, now=NOW), "aadhaar_qr", state="refused", fault="NO_CODE"
    )
    page = customer_client(asha).get(reverse("privacy:kyc-document", args=[code.reference])).text
    assert "the whole QR code, sharp, as large as the picture allows" in page
    assert "four corners" not in page
