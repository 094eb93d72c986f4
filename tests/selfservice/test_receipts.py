"""The pages of receipts: the forms of one's own, and the check that is open to anybody."""

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from consent.base.selectors import contact_rulebook
from consent.records.services import receipts
from portal.kernel.core import clock
from portal.kernel.ledger import services as ledger
from tests.consent.factories import ASHA, ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.people.factories import CustomerUserFactory
from tests.servers import witness as witness_server
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/privacy/receipts/verify/"


@pytest.fixture(autouse=True)
def notice(db):
    contact_rulebook.forget()
    law_is_loaded()
    return published_notice()


@pytest.fixture
def asha():
    asha = person(email=None)
    CustomerUserFactory(email=ASHA, principal=asha)
    return asha


@pytest.fixture
def her(asha):
    return customer_client(asha.user)


@pytest.fixture
def event(asha):
    event = said(asha, "given")
    assert receipts.seal(event.receipt)
    return event


def file(event, form, number=1):
    return reverse("privacy:consent-file", args=[event.receipt.reference, number, form])


@pytest.mark.parametrize(
    ("form", "content_type", "start"),
    [
        ("receipt.tlog-proof", "application/octet-stream", b"c2sp.org/tlog-proof@v1\n"),
        ("receipt.json", "application/json", b"{"),
        ("receipt.pdf", "application/pdf", b"%PDF-"),
        ("kantara.json", "application/json", b"{"),
        ("iso-27560.jsonld", "application/ld+json", b"{"),
    ],
)
def test_each_form_of_a_receipt_is_a_file_for_its_owner(her, event, form, content_type, start):
    answer = her.get(file(event, form))
    assert (answer.status_code, answer["Content-Type"]) == (200, content_type)
    assert answer.content.startswith(start)
    assert answer["Content-Disposition"] == f'attachment; filename="{event.receipt.reference}-1-{form}"'
    assert answer["Cache-Control"] == "no-store"
    stranger = customer_client(CustomerUserFactory(email="stranger@acme.example"))
    assert stranger.get(file(event, form)).status_code == 404
    assert Client().get(file(event, form)).status_code == 302


def test_what_is_no_form_of_a_receipt_is_not_found(her, event, asha):
    assert her.get(file(event, "receipt.exe")).status_code == 404
    assert her.get(file(event, "receipt.json", number=2)).status_code == 404
    no = said(asha, "denied", channel="email")
    assert receipts.seal(no.receipt)
    assert her.get(file(no, "kantara.json")).status_code == 404
    assert her.get(file(no, "iso-27560.jsonld")).status_code == 200
    page = her.get(reverse("privacy:consent-receipt", args=[no.receipt.reference])).content.decode()
    assert "Kantara" not in page


def test_before_it_is_sealed_the_page_of_the_receipt_says_when(her, asha):
    waiting = said(asha, "given", channel="email")
    answer = her.get(file(waiting, "receipt.json"))
    assert answer.url == reverse("privacy:consent-receipt", args=[waiting.receipt.reference])
    page = her.get(answer.url).content.decode()
    assert "Its place in the ledger follows" in page
    assert "receipt.json" not in page


def checked(data, **kwargs):
    return Client().post(PAGE, {"receipt": SimpleUploadedFile("x", data)} if data else kwargs).content.decode()


def test_anybody_may_check_a_file_and_learns_nothing_about_the_person(event, asha):
    page = checked(receipts.file_for(event))
    assert "This receipt is genuine" in page
    assert "It is the latest answer about this." in page
    assert "Offers and news, SMS: Yes." in page
    assert "0 independent witnesses" in page
    local = event.occurred_at.astimezone(clock.IST)
    assert f"answered {local.day} {local:%B %Y, %H:%M} IST" in page
    for personal in (ASHA, ASHA_PHONE, ASHA_PHONE[-4:], str(asha.subject.ref), event.receipt.reference):
        assert personal not in page


@pytest.mark.parametrize("form", ["receipt.json", "receipt.tlog-proof"])
def test_each_form_that_carries_the_receipt_file_in_its_text_is_checked(her, event, form):
    assert "This receipt is genuine" in checked(her.get(file(event, form)).content)


def test_the_page_warns_of_a_json_form_that_people_read_otherwise_than_it_proves(her, event):
    body = json.loads(her.get(file(event, "receipt.json")).content)
    body["record"]["purpose"] = "product_updates"
    page = checked(json.dumps(body).encode())
    assert "says something else than what is proved" in page
    assert "whose name ends in .tlog-proof" in page
    assert "This receipt is genuine" not in page
    assert "says something else than what is proved" in checked(b"", pasted=json.dumps(body))


def test_the_page_says_that_what_a_pdf_shows_was_not_compared(her, event):
    assert "was not compared with it" in checked(her.get(file(event, "receipt.pdf")).content)
    assert "was not compared with it" in checked(her.get(file(event, "kantara.json")).content)
    assert "was not compared with it" not in checked(her.get(file(event, "receipt.json")).content)


@pytest.mark.parametrize("content", [b"%PDF-1.7 ...", b"\x89PNG\r\n", b"{}", b'{"proof": 1}', b"[" * 60_000])
def test_another_file_is_called_no_receipt_file_and_not_a_forgery(content):
    page = checked(content)
    assert "There is no receipt in this, so nothing was checked" in page
    assert "does not match our record" not in page


def test_the_text_is_as_good_as_the_file(event):
    text = receipts.file_for(event).decode()
    for pasted in (text, text.replace("\n", "\r\n"), f"\n{text.strip()} "):
        assert "This receipt is genuine" in checked(b"", pasted=pasted)
    assert "does not match our record" in checked(b"", pasted=re.sub(r"index \d+", "index 0", text))
    assert "There is no receipt in this, so nothing was checked" in checked(b"", pasted="x" * 100_000)


def test_a_receipt_that_no_longer_counts_is_called_superseded(event, asha):
    data = receipts.file_for(event)
    said(asha, "withdrawn", occurred_at=clock.now())
    page = checked(data)
    assert "This receipt is genuine" in page
    assert "Superseded" in page
    assert "It is the latest answer" not in page


def test_the_pages_say_who_has_seen_the_record(event, settings):
    assert "No independent witness has confirmed our record yet" in Client().get(PAGE).content.decode()
    with witness_server.running(witness_server.Witness(ledger.verifier())) as witness:
        settings.WITNESSES = [witness.setting]
        settings.OUTGOING_PRIVATE_HOSTS = [witness.host]
        assert "No independent witness" in Client().get(PAGE).content.decode()
        ledger.ask_witnesses()
    page = Client().get(PAGE).content.decode()
    assert "No independent witness" not in page
    assert witness.vkey.replace("+", "&#x2B;") in page or witness.vkey in page
    assert "1 independent witness had seen" in checked(receipts.file_for(event))
    assert witness.vkey in Client().get("/privacy/receipts/verify/browser/").content.decode()


def test_the_page_in_the_browser_has_its_script_from_us_and_the_file_has_all_of_it_inside():
    page = Client().get("/privacy/receipts/verify/browser/")
    assert "script-src" not in page["Content-Security-Policy"]
    assert "default-src 'self'" in page["Content-Security-Policy"]
    assert "<style" not in page.content.decode()
    whole = Client().get("/privacy/receipts/verify/onesetu-verifier.html")
    assert whole["Content-Disposition"] == 'attachment; filename="onesetu-verifier.html"'
    text = whole.content.decode()
    assert ledger.verifier().vkey in text
    assert "src=" not in text
    assert "href=" not in text
    assert "csrf" not in text
    program = Client().get("/privacy/receipts/verify/verify.py")
    assert program.content.startswith(b"# ruff")
    assert "attachment" in program["Content-Disposition"]


def test_the_json_form_holds_for_a_program_with_nothing_else(her, event):
    body = json.loads(her.get(file(event, "receipt.json")).content)
    assert ledger.verify_receipt(body["proof"].encode(), body["ledger"]["vkey"]).payload == body["record"]
