"""The page "Do not disturb": ticks without a script, a receipt, and nothing lifted by an old page."""

import re
from datetime import date
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from consent.base.selectors import contact_rulebook
from consent.models import ConsentReceipt, PreferenceChange
from consent.records.services import receipts
from portal.kernel.law.choices import DayType, PreferenceCategory
from portal.kernel.law.models import LegalRule
from tests.consent.factories import ASHA, law_is_loaded, person, published_notice
from tests.consent.worlds import block
from tests.people.factories import CustomerUserFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db
PAGE = "/privacy/preferences/do-not-disturb/"
EMPTY = "|||"


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


def test_nothing_is_ticked_for_a_new_person_and_every_code_is_offered(her):
    page = her.get(PAGE).content.decode()
    assert "checked" not in page
    for code in (*PreferenceCategory.values, "sms", "voice", "whatsapp", "rcs", "10:00-12:00", *DayType.values):
        assert f'value="{code}"' in page, code


def test_the_page_says_that_hours_and_days_are_unconfirmed_until_both_rules_are_read(her):
    said = "We have not confirmed this list of hours and days with the law yet."
    assert said in her.get(PAGE).content.decode()
    for key, is_said in (("IN-TRAI-PREF-BANDS", True), ("IN-TRAI-PREF-DAYS", False)):
        LegalRule.objects.filter(key=key).update(confidence="R", effective_from=date(2018, 7, 19))
        assert (said in her.get(PAGE).content.decode()) is is_said


def test_a_tick_is_kept_with_a_receipt_that_says_what_was_blocked(her):
    answer = her.post(PAGE, {"seen": EMPTY, "categories": ["food"], "days": ["sun"]}, follow=True)
    receipt = ConsentReceipt.objects.get()
    page = answer.content.decode()
    assert answer.redirect_chain == [(f"{PAGE}?receipt={receipt.reference}", 302)]
    assert receipt.reference in page
    assert re.search(r'value="food"[^>]*checked', page)
    told = her.get(f"/privacy/consents/{receipt.reference}/").content.decode()
    for words in ("Nothing about", "Food and drink", "Nothing on", "Sunday"):
        assert words in told
    her.post(PAGE, {"seen": "food|||sun"})
    last = ConsentReceipt.objects.latest("pk")
    assert "Nothing is blocked now." in her.get(f"/privacy/consents/{last.reference}/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_receipt_file_proves_itself_and_says_whether_it_still_holds(her):
    her.post(PAGE, {"seen": EMPTY, "categories": ["health"]})
    receipt = ConsentReceipt.objects.get()
    at = f"/privacy/consents/{receipt.reference}/blocked/"
    proof = her.get(f"{at}receipt.tlog-proof")
    assert proof["Content-Disposition"] == f'attachment; filename="{receipt.reference}-receipt.tlog-proof"'
    first = receipts.check(proof.content)
    assert (first.genuine, first.is_blocking, first.freshness) == (True, True, "latest")
    paper = her.get(f"{at}receipt.pdf")
    assert paper.content.startswith(b"%PDF")
    attached = SimpleUploadedFile("mine.pdf", paper.content)
    assert "This receipt is genuine" in her.post("/privacy/check/", {"receipt": attached}).text
    whole = her.get(f"{at}receipt.json").json()
    assert whole["record"]["facts"]["categories"] == "health"
    assert whole["status"]["freshness"] == "latest"
    page = Client().post("/privacy/check/", {"pasted": proof.content.decode()}).content.decode()
    assert "a person chose what to block" in page
    assert "health" not in page.lower()
    her.post(PAGE, {"seen": "health|||"})
    assert receipts.check(proof.content).freshness == "superseded"
    assert her.get(f"{at}kantara.json").status_code == 404


def test_saving_without_a_change_makes_no_row(her):
    answer = her.post(PAGE, {"seen": EMPTY}, follow=True)
    assert "Nothing was changed, so nothing was saved." in answer.content.decode()
    assert not PreferenceChange.objects.exists()


def test_an_old_page_lifts_nothing_that_was_blocked_meanwhile(her, asha):
    block(asha.subject.ref, modes=["sms"])
    answer = her.post(PAGE, {"seen": EMPTY, "days": ["sun"]}, follow=True)
    assert "Your blocks were changed elsewhere meanwhile." in answer.text
    assert answer.status_code == 409
    assert re.search(r'value="sms"[^>]*checked', answer.text)
    assert re.search(r'value="sun"[^>]*checked', answer.text)
    assert re.search(r"<li>[^<]*SMS \(blocked meanwhile\)</li>", answer.text)
    assert PreferenceChange.objects.count() == 1
    (seen,) = re.findall(r'name="seen" value="([^"]*)"', answer.text)
    her.post(PAGE, {"seen": unescape(seen), "modes": ["sms"], "days": ["sun"]})
    assert PreferenceChange.objects.count() == 2


def test_what_was_lifted_on_an_old_page_and_what_was_lifted_elsewhere_both_stay_lifted(her, asha):
    block(asha.subject.ref, modes=["sms"], days=["sun"])
    block(asha.subject.ref, modes=["sms"], categories=["food"])
    answer = her.post(PAGE, {"seen": "|sms||sun", "days": ["sun"], "categories": ["health"]})
    checked = re.findall(r'value="([a-z]+)"[^>]*checked', answer.text)
    assert sorted(checked) == ["food", "health"]
    assert "(no longer blocked)" in answer.text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"seen": EMPTY, "modes": ["pigeon"]}, "One of the choices is no longer offered."),
        ({"seen": "x", "days": ["sun"]}, "Open this page again, then save."),
        ({"days": ["sun"]}, "Open this page again, then save."),
    ],
)
def test_what_was_not_offered_is_refused_and_what_was_ticked_stays(her, form, words):
    answer = her.post(PAGE, form)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert 'id="errors"' in page
    assert "days" not in form or re.search(r'value="sun"[^>]*checked', page)
    assert not PreferenceChange.objects.exists()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Do not disturb", "Real estate", "10:00 to 12:00", "Public holidays")),
        ("hi", ("परेशान न करें", "ज़मीन-मकान", "10:00 से 12:00 तक", "सार्वजनिक अवकाश")),
        ("mr", ("त्रास देऊ नका", "जमीन आणि घरे", "10:00 ते 12:00", "सार्वजनिक सुट्ट्या")),
    ],
)
def test_the_page_speaks_three_languages(her, language, words):
    page = her.get(PAGE, headers={"accept-language": language}).content.decode()
    for each in words:
        assert each in page


def test_the_preference_page_leads_here_and_says_so_when_something_is_blocked(her, asha):
    before = her.get("/privacy/preferences/").content.decode()
    assert "Do Not Disturb settings block" not in before
    assert f'href="{PAGE}"' in before
    block(asha.subject.ref, modes=["sms"])
    page = her.get("/privacy/preferences/").content.decode()
    assert "Your Do Not Disturb settings block some messages" in page
    assert f'href="{PAGE}"' in page


def test_a_stranger_is_sent_to_sign_in_and_another_person_sees_nothing_of_it(asha):
    answer = Client().get(PAGE)
    assert answer.status_code == 302
    receipt = block(asha.subject.ref, modes=["sms"])
    other = person(email=None, phone="+919811113333")
    CustomerUserFactory(email="ravi@acme.example", principal=other)
    ravi = customer_client(other.user)
    page = ravi.get(f"{PAGE}?receipt={receipt.reference}").content.decode()
    assert "checked" not in page
    assert "Your receipt:" not in page
    assert ravi.get(f"/privacy/consents/{receipt.reference}/").status_code == 404
