"""The pages of receipts: the forms of one's own, and the check that is open to anybody."""

import json
import re
from io import BytesIO

import pytest
import typst
import zxingcpp
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from consent.base.selectors import contact_rulebook
from consent.records.services import receipts
from portal.kernel.core import clock
from portal.kernel.core.ids import example
from portal.kernel.ledger import services as ledger
from tests.consent.factories import ASHA, ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.people.factories import CustomerUserFactory
from tests.servers import witness as witness_server
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/privacy/check/"


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


NUMBERED = {
    "en": ("this receipt is genuine. It was issued on", "It is in our record."),
    "hi": ("यह रसीद असली है। यह", "यह हमारे रिकॉर्ड में पक्की दर्ज है।"),
    "mr": ("ही पावती खरी आहे. ती", "ती आमच्या नोंदीत पक्की नोंदलेली आहे."),
}


def as_typed(reference):
    """The same number as people write it down and read it out."""
    plain = reference[3:].replace("-", " ").lower()
    return [reference, f"os {plain}", plain, f"0s-{plain.replace('0', 'o')}", reference.replace("-", "")]


def answer_in(page):
    return page.text[page.text.index("note ok") :].partition("</div>")[0]


@pytest.mark.parametrize("language", NUMBERED)
def test_anybody_may_check_a_number_and_learns_that_it_is_genuine_and_its_day_alone(event, asha, language):
    client = Client(headers={"accept-language": language})
    for typed in as_typed(event.receipt.reference):
        page = client.post(PAGE, {"reference": typed}, follow=True)
        assert page.redirect_chain == [(f"{PAGE}{event.receipt.reference}/", 302)], typed
        note = answer_in(page)
        assert all(words in note for words in NUMBERED[language])
        assert str(event.receipt.made_at.astimezone(clock.IST).year) in note
        for private in (ASHA, ASHA_PHONE[-4:], str(asha.subject.ref), "Offers", "Onesetu", "SMS", event.fiduciary.name):
            assert private not in note


def test_a_number_says_nothing_about_what_came_after(event, asha):
    page = f"{PAGE}{event.receipt.reference}/"
    before = answer_in(Client().get(page))
    said(asha, "withdrawn", occurred_at=clock.now())
    assert answer_in(Client().get(page)) == before


def test_a_number_that_we_never_issued_is_no_receipt_and_a_wrong_character_stays_in_the_field(event):
    assert Client().get(f"{PAGE}{example('CR')}/").status_code == 404
    assert "No receipt has this number" in Client().get(f"{PAGE}{example('CR')}/").text
    typed = event.receipt.reference[:-1] + ("A" if event.receipt.reference[-1] != "A" else "B")
    wrong = Client().post(PAGE, {"reference": typed})
    assert wrong.status_code == 422
    assert "No receipt and no grievance has this number" in wrong.text
    assert f'value="{typed}"' in wrong.text


def test_a_receipt_that_is_not_sealed_yet_says_so(asha):
    waiting = said(asha, "given", channel="email")
    assert "It is being recorded" in Client().get(f"{PAGE}{waiting.receipt.reference}/").text


def test_the_box_of_the_first_page_leads_to_a_receipt_or_to_a_grievance(event):
    home = Client().get("/privacy/").text
    assert f'method="post" action="{PAGE}"' in home, "what is typed there by mistake gets into no address"
    asks = Client(enforce_csrf_checks=True).post
    assert asks(PAGE, {"reference": event.receipt.reference}).url == f"{PAGE}{event.receipt.reference}/"
    assert asks(PAGE, {"reference": example("GR").lower()}).url == f"/privacy/track/?reference={example('GR')}"
    mistaken = asks(PAGE, {"reference": "+91 98765 43210"})
    assert (mistaken.status_code, mistaken.headers.get("Location")) == (422, None)
    assert f'href="{PAGE}"' in home[home.index("<footer") :]


def test_numbers_are_asked_for_thirty_times_an_hour_from_one_place(event):
    page = f"{PAGE}{event.receipt.reference}/"
    assert [Client().get(page).status_code for _try in range(31)] == [200] * 30 + [429]


def test_the_address_on_receipts_printed_before_leads_here(event):
    old = "/privacy/receipts/verify/"
    assert (Client().get(old).status_code, Client().get(old).url) == (301, PAGE)
    assert Client(enforce_csrf_checks=True).post(old).status_code == 308


def test_the_code_on_the_paper_leads_to_the_answer_about_its_number(her, event, monkeypatch):
    """The paper is set as pictures of its pages, and read as a telephone reads it."""
    pictures: list[bytes] = []

    def keeps_pictures(*given, set_by=typst.compile, **options):
        pages = set_by(*given, **options, format="png", ppi=200)
        pictures.extend(pages if isinstance(pages, list) else [pages])
        return set_by(*given, **options)

    monkeypatch.setattr("portal.kernel.core.typst_pdf.typst.compile", keeps_pictures)
    her.get(file(event, "receipt.pdf"))
    codes = [code.text for page in pictures for code in zxingcpp.read_barcodes(Image.open(BytesIO(page)))]
    address = next(code for code in codes if code.startswith(settings.SITE_URL))
    assert "this receipt is genuine" in Client().get(address.removeprefix(settings.SITE_URL)).text


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
