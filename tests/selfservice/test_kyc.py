import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from grievances.tickets.services import conversation, resolutions
from kyc.cases import labels
from kyc.models import Document, Holding
from kyc.review.services.check_runs import run_plan
from kyc.review.services.document_uploads import send
from kyc.review.services.related_parties import add_organisation
from kyc.signatures import child_reader
from portal.kernel.core import actor, clock
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services.message_content import text_of
from portal.kernel.people.models import Customer, User
from portal.kernel.vault.inspection import client as inspection_client
from tests.grievances.factories import ticket
from tests.kyc import documents
from tests.kyc.conftest import *  # noqa: F403 - the same people as the room's own tests
from tests.kyc.factories import (
    CUSTOMER,
    agreed,
    answered,
    checked,
    firm,
    gst,
    party_of,
    proposed,
    rest_approved,
    uploaded,
)
from tests.kyc.signatures import vectors
from tests.kyc.signatures.test_signed_pdf import living
from tests.people.factories import (
    CustomerFactory,
    CustomerUserFactory,
    FiduciaryFactory,
    MembershipFactory,
    StaffFactory,
)
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import confirmed, customer_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("same_process")]


@pytest.fixture
def client(asha: User) -> Client:
    return customer_client(asha)


def post_file(
    client: Client, customer: Customer, data: bytes, name: str = "asha rao pan.pdf", number: str = documents.PAN
):
    url = reverse("privacy:kyc-upload", args=[customer.reference, "pan_card"])
    return client.post(url, {"number": number, "file": SimpleUploadedFile(name, data)})


def test_a_document_goes_from_the_task_list_to_us_in_plain_steps(client: Client, individual: Customer) -> None:
    assert "Not yet started" in client.get(reverse("privacy:kyc")).content.decode()
    rest_approved(individual)
    check_url = post_file(client, individual, documents.pdf()).headers["Location"]
    document = Document.objects.get(kind="pan_card")
    assert "We are checking that the file is safe" in client.get(check_url).content.decode()
    run_plan(document.pk, now=clock.now())
    shown = client.get(check_url).content.decode()
    assert "none found" in shown
    assert reverse("privacy:kyc-page", args=[document.reference, 1]) in shown
    done = client.post(check_url)
    status = client.get(done.headers["Location"]).content.decode()
    assert "It is with us. We review it by" in status
    assert "With us" in client.get(reverse("privacy:kyc")).content.decode()


def test_the_name_that_the_document_shows_is_asked_for_and_compared(client: Client, individual: Customer) -> None:
    url = reverse("privacy:kyc-upload", args=[individual.reference, "pan_card"])
    assert "Name on the document" in client.get(url).content.decode()
    given = {"number": documents.PAN, "name": "Somebody Else"}
    again = client.post(url, given).content.decode()
    assert 'value="Somebody Else"' in again
    client.post(url, {**given, "file": SimpleUploadedFile("pan.pdf", documents.pdf())})
    document = Document.objects.get(kind="pan_card")
    run_plan(document.pk, now=clock.now())
    check = document.checks.get(name="name")
    assert (check.outcome, check.reason, check.severity) == ("WARN", "NAME_DIFFERENT", "info")


def test_the_page_before_sending_shows_the_name_that_was_typed(client: Client, individual: Customer) -> None:
    url = reverse("privacy:kyc-upload", args=[individual.reference, "pan_card"])
    given = {"number": documents.PAN, "name": "Asha R. Rao", "file": SimpleUploadedFile("pan.pdf", documents.pdf())}
    page = client.post(url, given, follow=True).text
    assert "Name you typed" in page
    assert "Asha R. Rao" in page


def test_a_document_that_was_not_sent_says_so_and_leads_to_sending_it(client: Client, individual: Customer) -> None:
    check_url = post_file(client, individual, documents.pdf()).headers["Location"]
    here = reverse("privacy:kyc-document", args=[Document.objects.get().reference])
    for _state in ("received", run_plan(Document.objects.get().pk, now=clock.now())):
        page = client.get(here).text
        assert "You have not sent it yet" in page
        assert "Not sent yet" in page
        assert "It is with us" not in page
        assert "Waiting for a person" not in page
        assert f'href="{check_url}"' in page


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "This day has passed."), ("hi", "यह तारीख़ बीत चुकी है।"), ("mr", "ही तारीख उलटून गेली आहे.")],
)
def test_a_last_day_that_has_passed_is_refused_beside_its_field(client, individual, language, said) -> None:
    client.cookies["django_language"] = language
    url = reverse("privacy:kyc-upload", args=[individual.reference, "driving_licence"])
    given = {"number": "MH12 20110012345", "valid_until": "31-03-2020"}
    answer = client.post(url, {**given, "file": SimpleUploadedFile("a.pdf", documents.pdf())})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["valid_until"])
    assert said in answer.text
    assert not Document.objects.exists()


def test_the_page_of_a_refused_file_names_the_day_that_the_list_names(client: Client, individual: Customer) -> None:
    post_file(client, individual, documents.pdf())
    document = Document.objects.get()
    Document.objects.filter(pk=document.pk).update(state="refused", fault="CORRUPT")
    due = re.search(r"Your turn: by ([^<]+)<", client.get(reverse("privacy:kyc")).text)[1]
    page = client.get(reverse("privacy:kyc-document", args=[document.reference])).text
    assert f"Please send it again by {due}." in page
    assert "no date runs out" not in page


def test_on_the_first_page_a_question_of_ours_comes_before_a_document_and_an_answer_to_read_after_it(
    client: Client, individual: Customer, asha: User
) -> None:
    every_rule()
    FiduciaryFactory(code="onesetu", is_self=True)
    home, officer = reverse("privacy:home"), StaffFactory(roles=["grievance_officer"])
    post_file(client, individual, documents.pdf())
    Document.objects.update(state="refused", fault="CORRUPT")
    assert "/kyc/" in client.get(home).context["your_turn"].url
    now = clock.now()
    by: dict[str, Any] = {"by": officer, "actor": actor.staff(officer.pk), "at": now}
    read, asked = (ticket(principal=asha.principal, email=asha.email, at=now - timedelta(hours=n)) for n in (3, 2))
    resolutions.propose(ticket=read, text="No.", **by)
    assert "/kyc/" in client.get(home).context["your_turn"].url
    conversation.ask(ticket=asked, text="Which number was it?", **by)
    assert asked.reference in client.get(home).context["your_turn"].url


def test_a_number_in_the_name_is_refused_beside_its_field(client: Client, individual: Customer) -> None:
    url = reverse("privacy:kyc-upload", args=[individual.reference, "pan_card"])
    given = {"number": documents.PAN, "name": "Arjun Verma 2341 2341 2346"}
    answer = client.post(url, {**given, "file": SimpleUploadedFile("pan.pdf", documents.pdf())})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["name"])
    assert not Document.objects.exists()


def test_the_number_shows_to_its_own_person_until_it_is_sent_and_the_name_of_the_file_never(
    client: Client, individual: Customer
) -> None:
    check_url = post_file(client, individual, documents.pdf()).headers["Location"]
    run_plan(Document.objects.get().pk, now=clock.now())
    to_check = client.get(check_url).content.decode()
    assert documents.PAN in to_check
    assert "asha rao pan" not in to_check
    client.post(check_url)
    for url in (
        reverse("privacy:kyc"),
        reverse("privacy:kyc-document", args=[Document.objects.get().reference]),
    ):
        page = client.get(url).content.decode()
        assert documents.PAN not in page
        assert "asha rao pan" not in page
        assert "ABCPRXXXXK" in page


@pytest.mark.parametrize("name", ["empty", "program_named_pdf", "program", "webp_named_png", "archive", "too_large"])
def test_each_fault_at_first_sight_has_its_own_words_and_keeps_the_number(
    client: Client, individual: Customer, name: str
) -> None:
    data, extension, fault = documents.FAULTS[name]
    response = post_file(client, individual, data, f"pan.{extension}")
    page = response.content.decode()
    assert response.status_code == 422
    assert str(labels.FAULTS[fault]) in page
    assert f'value="{documents.PAN}"' in page
    assert re.search(r"<title>\s*Error:", page)
    assert not Document.objects.exists()


def test_no_file_and_a_wrong_number_each_say_what_to_do(client: Client, individual: Customer) -> None:
    url = reverse("privacy:kyc-upload", args=[individual.reference, "pan_card"])
    assert "Choose the file, or take a photo." in client.post(url, {"number": documents.PAN}).content.decode()
    assert "A PAN has 10 characters" in post_file(client, individual, documents.pdf(), number="ABC").content.decode()


def test_a_fault_found_by_the_checks_is_told_with_the_way_on(client: Client, individual: Customer) -> None:
    document = checked(individual, data=documents.FAULTS["password"][0])
    page = client.get(reverse("privacy:kyc-document", args=[document.reference])).content.decode()
    assert str(labels.FAULTS["ENCRYPTED"]) in page
    assert reverse("privacy:kyc-upload", args=[individual.reference, "pan_card"]) in page
    assert "There is a problem" in client.get(reverse("privacy:kyc")).content.decode()


def test_a_rejection_shows_the_reason_and_the_words_and_never_the_note(
    client: Client, individual, maker, checker
) -> None:
    said = {
        "outcome": "reject",
        "reason_code": "altered",
        "message": "Come to our office.\nBring it.",
        "note": "Smells of glue.",
    }
    document = answered(proposed(checked(individual), maker, **said), checker).document
    page = client.get(reverse("privacy:kyc-document", args=[document.reference])).content.decode()
    assert "The document looks altered" in page
    assert '<blockquote dir="auto">Come to our office.\nBring it.</blockquote>' in page
    assert "glue" not in page


def test_two_documents_that_do_not_fit_each_say_so_and_can_be_sent_again(organisation: Customer) -> None:
    client = customer_client(CustomerUserFactory(member_of=organisation))
    pan, certificate = checked(organisation), checked(organisation, make=gst)
    for document in (pan, certificate):
        page = client.get(reverse("privacy:kyc-document", args=[document.reference])).content.decode()
        assert str(labels.DOES_NOT_FIT) in page
        assert reverse("privacy:kyc-upload", args=[organisation.reference, document.kind]) in page
    assert client.get(reverse("privacy:kyc")).content.decode().count("There is a problem") == 2
    assert post_file(client, organisation, documents.pdf(), number=documents.COMPANY_PAN).status_code == 302


def test_a_file_with_us_cannot_be_sent_over(client: Client, individual: Customer) -> None:
    checked(individual)
    response = post_file(client, individual, documents.pdf())
    assert response.status_code == 422
    assert "with us or approved already" in response.content.decode()


def test_the_upload_page_says_before_the_form_that_a_file_is_with_us(client: Client, individual: Customer) -> None:
    url = reverse("privacy:kyc-upload", args=[individual.reference, "pan_card"])
    document = uploaded(individual)
    page = client.get(url).content.decode()
    assert "A new file takes the place of the one you uploaded on 25 November 2026, 11:30 IST." in page
    run_plan(document.pk, now=clock.now())
    send(Document.objects.get(), actor=CUSTOMER, now=clock.now())
    page = client.get(url).content.decode()
    assert "with us or approved already" in page
    assert 'type="file"' not in page
    assert reverse("privacy:kyc-document", args=[document.reference]) in page


def test_what_happened_stands_in_the_order_in_which_it_happened(client: Client, individual: Customer) -> None:
    document = uploaded(individual)
    Document.objects.filter(pk=document.pk).update(
        sent_at=document.uploaded_at + timedelta(minutes=2), checked_at=document.uploaded_at + timedelta(minutes=1)
    )
    page = client.get(reverse("privacy:kyc-document", args=[document.reference])).content.decode()
    places = [page.index(f"<li>{said} <time") for said in ("Uploaded", "Checked by machine", "Sent for checking")]
    assert places == sorted(places)


def test_a_person_who_must_send_again_reads_by_when(client: Client, individual: Customer, maker, checker) -> None:
    said = {"outcome": "ask_again", "reason_code": "unreadable", "message": "Send a sharper picture."}
    document = answered(proposed(checked(individual), maker, **said), checker).document
    page = client.get(reverse("privacy:kyc-document", args=[document.reference])).content.decode()
    assert "You can send it at any time." in page
    for letter in Message.objects.filter(kind="kyc.document_asked_again"):
        assert "no date runs out" in text_of(letter).body


def test_a_person_sees_their_own_pages_as_pictures(client: Client, individual: Customer) -> None:
    document = checked(individual)
    response = client.get(reverse("privacy:kyc-page", args=[document.reference, 1]))
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    assert client.get(reverse("privacy:kyc-page", args=[document.reference, 2])).status_code == 404


def test_strangers_other_customers_and_staff_find_nothing(individual: Customer, maker: User) -> None:
    document = uploaded(individual)
    urls = [
        reverse("privacy:kyc-upload", args=[individual.reference, "pan_card"]),
        reverse("privacy:kyc-check", args=[document.reference]),
        reverse("privacy:kyc-document", args=[document.reference]),
        reverse("privacy:kyc-page", args=[document.reference, 1]),
    ]
    other = customer_client(CustomerUserFactory(member_of=CustomerFactory()))
    for url in urls:
        assert Client().get(url).status_code == 302
        assert other.get(url).status_code == 404
        assert other.post(url).status_code in {404, 405}


def test_a_member_who_left_finds_nothing_any_more(individual: Customer) -> None:
    user = CustomerUserFactory()
    membership = MembershipFactory(customer=individual, principal=user.principal)
    client, url = customer_client(user), reverse("privacy:kyc-document", args=[uploaded(individual).reference])
    assert client.get(url).status_code == 200
    membership.ended_at = clock.now()
    membership.save(update_fields=["ended_at"])
    assert client.get(url).status_code == 404


def test_a_document_that_is_not_asked_for_has_no_page(client: Client, individual: Customer) -> None:
    url = reverse("privacy:kyc-upload", args=[individual.reference, "gst_certificate"])
    assert client.get(url).status_code == 404


@pytest.mark.usefixtures("house")
def test_an_organisation_says_first_what_it_is_and_is_asked_for_what_follows_only() -> None:
    customer = CustomerFactory(kind="organisation")
    client = customer_client(CustomerUserFactory(member_of=customer))
    url = reverse("privacy:kyc-type", args=[customer.reference])
    page = client.get(reverse("privacy:kyc")).content.decode()
    assert url in page
    assert "PAN card" not in page
    assert client.get(reverse("privacy:kyc-upload", args=[customer.reference, "pan_card"])).status_code == 404
    assert "Choose what describes you." in client.post(url, {"customer_type": "individual"}).content.decode()
    assert client.post(url, {"customer_type": "government"}).status_code == 302
    page = client.get(reverse("privacy:kyc")).content.decode()
    assert "Letter of the government office" in page
    assert "PAN card" not in page


def test_one_of_several_papers_is_enough_and_none_is_pushed(client: Client, individual: Customer) -> None:
    url = reverse("privacy:kyc-choose", args=[individual.reference, "identity"])
    assert url in client.get(reverse("privacy:kyc")).content.decode()
    page = client.get(url).content.decode()
    for kind in ("passport", "driving_licence", "epic"):
        assert reverse("privacy:kyc-upload", args=[individual.reference, kind]) in page
    assert client.get(reverse("privacy:kyc-choose", args=[individual.reference, "gst"])).status_code == 404


@pytest.mark.usefixtures("house")
def test_a_paper_about_a_person_behind_the_customer_is_theirs_alone() -> None:
    customer, other = firm(), firm()
    party, stranger = party_of(customer), party_of(other)
    client = customer_client(CustomerUserFactory(member_of=customer))
    assert "Ravi Kumar" in client.get(reverse("privacy:kyc")).content.decode()
    url = reverse("privacy:kyc-party-upload", args=[customer.reference, party.reference, "pan_card"])
    data = {"number": documents.PAN, "file": SimpleUploadedFile("pan.pdf", documents.pdf())}
    assert client.post(url, data).status_code == 302
    assert Document.objects.get().party == party
    assert Document.objects.get().subject_ref == party.subject_ref
    for reference in (stranger.reference, "OS-PA-0000-0000"):
        url = reverse("privacy:kyc-party-upload", args=[customer.reference, reference, "pan_card"])
        assert client.get(url).status_code == 404


@pytest.mark.usefixtures("house")
def test_people_and_organisations_behind_a_customer_are_named_on_its_page() -> None:
    customer = firm("company")
    client = customer_client(CustomerUserFactory(member_of=customer))
    url = reverse("privacy:kyc-party-add", args=[customer.reference])
    page = client.get(reverse("privacy:kyc")).content.decode()
    assert url in page
    assert "Name a signatory." in page
    wrong = client.post(url, {"name": "Asha Rao"})
    assert wrong.status_code == 422
    assert "Choose what this person is." in wrong.content.decode()
    assert 'value="Asha Rao"' in wrong.content.decode()
    assert client.post(url, {"name": "Holding Ltd", "is_organisation": "on", "percent": "80"}).status_code == 302
    holding = customer.kyc.parties.get()
    owner = {"name": "Asha Rao", "roles": ["signatory"], "percent": "50", "held": holding.reference}
    assert client.post(url, owner).status_code == 302
    page = client.get(reverse("privacy:kyc")).content.decode()
    assert "owns 40 per cent" in page
    assert "Name a signatory." not in page
    asha = customer.kyc.parties.exclude(pk=holding.pk).get()
    client.post(reverse("privacy:kyc-party-leave", args=[customer.reference, asha.reference]))
    assert "Asha Rao" not in client.get(reverse("privacy:kyc")).content.decode()


@pytest.mark.usefixtures("house")
def test_nobody_names_people_behind_a_stranger_or_a_person(client: Client, individual: Customer) -> None:
    for reference in (firm().reference, individual.reference):
        assert client.get(reverse("privacy:kyc-party-add", args=[reference])).status_code == 404


def test_before_a_document_is_given_the_page_says_why_who_sees_it_and_until_when(
    client: Client, individual: Customer
) -> None:
    page = client.get(reverse("privacy:kyc-upload", args=[individual.reference, "pan_card"])).content.decode()
    for said in ("Why we ask", "tell two customers of one name apart", "Who sees it", "5 years after"):
        assert said in page


def test_until_a_document_is_approved_its_page_says_how_long_it_is_kept_as_the_page_on_which_it_was_sent_did(
    client: Client, individual: Customer
) -> None:
    """One named a law and the other our own rule alone, of the same document."""
    sent = checked(individual)
    pages = [
        client.get(url).content.decode()
        for url in (
            reverse("privacy:kyc-upload", args=[individual.reference, "passport"]),
            reverse("privacy:kyc-document", args=[sent.reference]),
        )
    ]
    said = "While you are with us and 5 years after. Until we approve it, you can ask us to delete it at any time"
    for page in pages:
        assert said in page
        assert "Our own rule keeps it" not in page


def test_what_a_person_of_ours_wrote_is_said_to_be_written_by_them(
    client: Client, individual: Customer, maker: User, checker: User
) -> None:
    """It comes in the language of the letters, which may be another than that of the page."""
    words = "कृपया साफ़ तस्वीर भेजें।"
    sent = checked(individual)
    answered(proposed(sent, maker, outcome="ask_again", reason_code="unreadable", message=words), checker)
    page = client.get(reverse("privacy:kyc-document", args=[sent.reference])).content.decode()
    assert f'Our team wrote to you:</p><blockquote dir="auto">{words}</blockquote>' in page


def test_a_person_asks_to_delete_a_document_and_sees_its_other_versions(client: Client, individual: Customer) -> None:
    first = uploaded(individual)
    second = checked(individual)
    page = client.get(reverse("privacy:kyc-document", args=[second.reference])).content.decode()
    assert reverse("privacy:kyc-document", args=[first.reference]) in page
    url = reverse("privacy:kyc-delete", args=[second.reference])
    assert url in page
    assert "A person reviews your request." in client.get(url).content.decode()
    assert "You asked to delete it" in client.post(url, follow=True).content.decode()


def test_a_session_of_an_hour_ago_deletes_no_document_without_a_code(individual: Customer) -> None:
    document = uploaded(individual)
    user = CustomerUserFactory(member_of=individual)
    client, url = customer_client(user, proven=False), reverse("privacy:kyc-delete", args=[document.reference])
    assert "Prove it is you" in client.post(url).text
    document.refresh_from_db()
    assert document.state != "removed"
    assert document.deletion_asked_at is None
    assert confirmed(client, url).status_code == 302
    document.refresh_from_db()
    assert document.state == "removed" or document.deletion_asked_at is not None


@pytest.mark.usefixtures("house")
def test_a_customer_says_on_its_page_that_nobody_else_is_an_owner() -> None:
    customer = firm()
    party = party_of(customer)
    Holding.objects.create(owner=party, percent=40, since=clock.now())
    client = customer_client(CustomerUserFactory(email="ravi@acme.example", member_of=customer))
    url = reverse("privacy:kyc-nobody-else", args=[customer.reference])
    assert url in client.get(reverse("privacy:kyc")).text
    shown = client.get(url).text
    assert "no other person owns more than 10 per cent" in shown
    assert party.full_name in shown
    customer.kyc.refresh_from_db()
    assert customer.kyc.nobody_else_at is None
    assert client.post(url).status_code == 302
    customer.kyc.refresh_from_db()
    assert customer.kyc.nobody_else_at is not None
    assert url not in client.get(reverse("privacy:kyc")).text


@pytest.mark.usefixtures("house")
def test_shares_that_cannot_be_right_are_mended_before_anything_is_said_about_owners() -> None:
    customer = firm()
    for _one in range(2):
        Holding.objects.create(owner=party_of(customer), percent=60, since=clock.now())
    client = customer_client(CustomerUserFactory(email="ravi@acme.example", member_of=customer))
    url = reverse("privacy:kyc-nobody-else", args=[customer.reference])
    assert url not in client.get(reverse("privacy:kyc")).text
    refused = client.post(url)
    assert (refused.status_code, "cannot be right" in refused.text) == (422, True)
    assert "<title>Error: " in refused.text
    assert 'class="summary" id="errors" role="alert" tabindex="-1" autofocus' in refused.text


@pytest.mark.usefixtures("house")
def test_shares_above_the_whole_stay_on_the_pages_with_what_is_wrong() -> None:
    customer = firm()
    case = customer.kyc
    body = add_organisation(case, name="Holding Ltd", percent=Decimal("70.5"), actor=CUSTOMER, now=clock.now())
    for held, percent in ((None, 60), (body, 50)):
        Holding.objects.create(owner=party_of(customer), held=held, percent=percent, since=clock.now())
    client = customer_client(CustomerUserFactory(email="ravi@acme.example", member_of=customer))
    nobody = client.get(reverse("privacy:kyc-nobody-else", args=[customer.reference])).text
    assert "You have named no owner" not in nobody
    assert "By pressing the button" not in nobody
    for page in (client.get(reverse("privacy:kyc")).text, nobody):
        for said in ("owns 70.5 per cent", "owns 60 per cent", "owns 50 per cent of Holding Ltd"):
            assert said in page, said
        assert "come to more than 100%" in page


@pytest.mark.usefixtures("house")
def test_a_share_is_changed_on_its_own_page_and_nobody_is_taken_off() -> None:
    customer = firm()
    body = add_organisation(customer.kyc, name="Holding Ltd", percent=Decimal(70), actor=CUSTOMER, now=clock.now())
    uma = party_of(customer, is_signatory=False)
    Holding.objects.create(owner=uma, percent=60, since=clock.now())
    client = customer_client(CustomerUserFactory(email="ravi@acme.example", member_of=customer))
    url = reverse("privacy:kyc-party-shares", args=[customer.reference, uma.reference])
    listed = client.get(reverse("privacy:kyc")).text
    assert url in listed
    assert f'href="#people-{customer.reference}"' in listed
    assert f'id="people-{customer.reference}"' in listed
    assert 'value="60"' in client.get(url).text
    through = f"percent_{body.reference}"
    for wrong, said in (("", "Enter a share."), ("abc", "Enter a number"), ("100.5", "at most 100%")):
        refused = client.post(url, {"percent": wrong, through: ""})
        assert (refused.status_code, said in refused.text) == (422, True)
        assert list(refused.context["form"].errors) == ["percent"]
    assert client.post(url, {"percent": "30", through: ""}).status_code == 302
    page = client.get(reverse("privacy:kyc")).text
    assert "owns 30 per cent" in page
    assert "come to more than 100%" not in page


def test_every_file_that_was_uploaded_for_one_need_and_not_sent_has_a_link(client, individual) -> None:
    passport = uploaded(individual, kind="passport", number="J1234567")
    licence = uploaded(individual, kind="driving_licence", number="MH1220110012345")
    for document in (passport, licence):
        run_plan(document.pk, now=clock.now())
    links = [reverse("privacy:kyc-check", args=[one.reference]) for one in (passport, licence)]
    page = client.get(reverse("privacy:kyc")).text
    assert [page.count(f'href="{link}"') for link in links] == [1, 1]
    send(passport, actor=CUSTOMER, now=clock.now())
    assert f'href="{links[1]}"' in client.get(reverse("privacy:kyc")).text


@pytest.mark.usefixtures("house")
def test_the_share_of_an_organisation_stands_on_the_list() -> None:
    customer = firm()
    add_organisation(customer.kyc, name="Holding Ltd", percent=Decimal(80), actor=CUSTOMER, now=clock.now())
    client = customer_client(CustomerUserFactory(email="ravi@acme.example", member_of=customer))
    assert "owns 80 per cent; Organisation" in client.get(reverse("privacy:kyc")).text


@pytest.fixture
def aadhaar_url(individual: Customer) -> str:
    agreed(individual)
    return reverse("privacy:kyc-upload", args=[individual.reference, "aadhaar_offline_ekyc"])


def test_before_an_aadhaar_document_stands_its_notice_an_empty_box_and_the_way_without(
    client: Client, individual: Customer, aadhaar_url: str
) -> None:
    page = client.get(aadhaar_url).content.decode()
    assert "May we verify your Aadhaar document?" in page
    assert reverse("privacy:kyc-choose", args=[individual.reference, "identity"]) in page
    box = re.search(r'<input type="checkbox" name="agree"[^>]*>', page)
    assert box is not None
    assert "checked" not in box[0]
    other = client.get(reverse("privacy:kyc-upload", args=[individual.reference, "passport"])).content.decode()
    assert 'name="agree"' not in other


def test_without_the_tick_an_aadhaar_document_is_not_taken_and_with_it_the_receipt_is_shown(
    client: Client, individual: Customer, aadhaar_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        inspection_client,
        "ask",
        lambda module, data, *, asked, **given: child_reader.prepare(data, asked, inspection_client.LIMITS)[1](),
    )
    sha256 = re.search(r'name="agreed_to" value="(\w{64})"', client.get(aadhaar_url).content.decode())[1]

    def send_in(**given: str):
        file = SimpleUploadedFile("offlineaadhaar.zip", vectors.zipped(vectors.enveloped(vectors.ekyc(), living())))
        return client.post(aadhaar_url, {"file": file, "share_code": vectors.SHARE_CODE, "agreed_to": sha256, **given})

    refused = send_in()
    assert refused.status_code == 422
    assert "Tick the box if you agree" in refused.content.decode()
    changed = send_in(agree="on", agreed_to="0" * 64)
    assert "The text you agree to has changed" in changed.content.decode()
    locked = send_in(agree="on", share_code="ZZZZ")
    assert list(locked.context["form"].errors) == ["share_code"]
    assert not Document.objects.exists()
    assert send_in(agree="on").status_code == 302
    document = Document.objects.get()
    receipt = reverse("privacy:consent-receipt", args=[document.consent_ref])
    assert receipt in client.get(reverse("privacy:kyc-document", args=[document.reference])).content.decode() or (
        receipt in client.get(reverse("privacy:kyc-check", args=[document.reference])).content.decode()
    )
    assert client.get(receipt).status_code == 200


def test_while_nobody_can_be_asked_the_page_says_so_and_takes_nothing(client: Client, individual: Customer) -> None:
    url = reverse("privacy:kyc-upload", args=[individual.reference, "aadhaar_qr"])
    page = client.get(url).content.decode()
    assert "We take no Aadhaar document yet" in page
    assert 'name="file"' not in page
    assert client.post(url, {"file": SimpleUploadedFile("a.png", documents.image("PNG"))}).status_code == 422
    assert not Document.objects.exists()


@pytest.mark.parametrize("kind", ["epic", "driving_licence"])
@pytest.mark.parametrize("number", ["2341 2341 2346", "UID 234123412346", "२३४१/२३४१/२३४६"])
@pytest.mark.parametrize(
    ("language", "said"), [("en", "We accept none:"), ("hi", "हम उसे नहीं लेते"), ("mr", "आम्ही तो घेत नाही")]
)
def test_an_aadhaar_number_is_taken_as_the_number_of_no_document(client, individual, kind, number, language, said):
    client.cookies["django_language"] = language
    url = reverse("privacy:kyc-upload", args=[individual.reference, kind])
    answer = client.post(url, {"number": number, "file": SimpleUploadedFile("a.pdf", documents.pdf())})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["number"])
    assert said in answer.text
    assert not Document.objects.exists()


def test_an_account_with_the_digits_of_an_aadhaar_number_is_taken_once_its_holder_says_that_it_is_one(
    organisation: Customer,
) -> None:
    client = customer_client(CustomerUserFactory(email="ravi@acme.example", member_of=organisation))
    url = reverse("privacy:kyc-upload", args=[organisation.reference, "cancelled_cheque"])
    assert "is_account" not in client.get(url).text

    def sent(**more):
        file = SimpleUploadedFile("a.pdf", documents.pdf())
        return client.post(url, {"number": "234123412346", "ifsc": "HDFC0000001", "file": file, **more})

    first = sent()
    assert (first.status_code, list(first.context["form"].errors)) == (422, ["is_account"])
    assert 'name="is_account"' in first.text
    assert not Document.objects.exists()
    assert sent(is_account="on").status_code == 302
    run_plan(Document.objects.get().pk, now=clock.now())
    found = Document.objects.get().checks.get(name="number")
    assert (found.outcome, found.reason) == ("WARN", "AADHAAR")


def test_the_history_says_when_it_was_decided_and_when_it_was_asked_for_again(client, individual, maker, checker):
    document = checked(individual)
    again = {"outcome": "ask_again", "reason_code": "unreadable", "message": "Send a sharper photo."}
    answered(proposed(document, maker, **again), checker)
    page = client.get(reverse("privacy:kyc-document", args=[document.reference])).text
    decided_at = document.decisions.get().checked_at
    assert f'Asked for again by two people <time datetime="{clock.day(decided_at):%Y-%m-%d}' in page


def test_the_page_names_a_law_as_keeping_a_document_only_where_one_does(client, individual, maker, checker):
    document = checked(individual)
    page = client.get(reverse("privacy:kyc-document", args=[document.reference])).text
    assert "Until we approve it, you can ask us to delete it at any time" in page
    assert "Once approved, it is kept because of: CERT-In" in page
    answered(proposed(document, maker), checker)
    page = client.get(reverse("privacy:kyc-document", args=[document.reference])).text
    assert "because of" in page
    assert "ask us to delete it at any time" not in page


@pytest.mark.parametrize("language", ["hi", "mr"])
def test_a_consent_text_that_is_not_translated_says_so_in_the_language_of_the_page(client, individual, language):
    agreed(individual)
    url = reverse("privacy:kyc-upload", args=[individual.reference, "aadhaar_qr"])
    note = "Here is the binding text, in English."
    assert note not in client.get(url).text
    client.cookies["django_language"] = language
    page = client.get(url).text
    with translation.override(language):
        text = translation.gettext("Not yet translated into %(name)s. Here is the binding text, in English.")
    assert text.split("%(name)s")[-1] in page
