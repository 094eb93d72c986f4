"""The customers' pages of consent and policies: what each answers, to whom."""

import csv
import io
import re
import tomllib
import zlib
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import consent
from consent.base.choices import NoticeKind, VersionState, Way
from consent.base.selectors import contact_rulebook
from consent.collection.services import dnd_preferences
from consent.decisions.services.contact_decisions import may_contact, may_process
from consent.models import Acknowledgement, ConsentEvent, ConsentReceipt, ConsentState, Preference, Suppression
from consent.notices.services import policy_import
from consent.preferences.services import preferences as preference_records
from consent.preferences.services.preferences import WishList
from consent.records import pdfs
from consent.records.services import receipts
from consent.suppressions.services import one_click_unsubscribe
from consent.suppressions.services.withdrawals import withdraw
from portal.kernel.core import actor, clock, read_only
from portal.kernel.core.errors import LostRace, Refused
from portal.kernel.law.choices import Channel
from portal.kernel.people.models import ContactPoint
from portal.kernel.people.services import subjects
from tests.consent.factories import ASHA, ASKED, PROCESSING, law_is_loaded, person, published_notice, said, translated
from tests.consent.worlds import at_hour, block
from tests.people.factories import CustomerUserFactory, FiduciaryFactory, SubjectFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db
PAGE = "/privacy/preferences/"
WHEN = "/privacy/preferences/when/"


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


def saves(her, notice, *choices, path=PAGE, **changes):
    """One Save, and the consent to the notice of what was new; where that leads."""
    answer = her.post(path, {"choices": list(choices), **changes})
    if "/preferences/yes/" not in answer.url:
        return answer
    shown = {f"notice_{code}": notice.binding.sha256 for code in ASKED}
    return her.post(answer.url, {**shown, "answer": "yes"})


def times(**changes):
    usual = {"quiet_from": "21:00", "quiet_until": "10:00", "pace": "no_limit", "language": "en", "paused_until": ""}
    return {**usual, **changes}


@pytest.mark.parametrize("path", [PAGE, "/privacy/consents/", "/privacy/consents/download.csv"])
def test_a_stranger_is_sent_to_sign_in_and_back(path):
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("privacy:sign-in"))
    assert "next=" in answer.url


def test_nothing_is_ticked_for_a_new_person(her):
    page = her.get(PAGE).content.decode()
    assert "checked" not in page
    assert "disabled" not in page


def six_fields():
    """What DPDP s.5(1) and rule 3 want a notice to say, and the words that show it."""
    rules = tomllib.loads((Path(consent.__file__).parent / "data" / "notice_fields.toml").read_text())["rule"]
    return next(rule["fields"] for rule in rules if rule["rule"] == "IN-DPDP-NOTICE")


def test_a_new_consent_is_asked_for_with_its_whole_notice_and_two_answers_of_equal_look(her):
    text = (settings.BASE_DIR / "portal/demo/data/consent_notice.en.txt").read_text()
    notice = published_notice(text=text)
    assert "<blockquote" not in her.get(PAGE).text
    there = her.post(PAGE, {"choices": ["marketing:sms", "product_updates:email"]}).url
    page = her.get(there).text
    assert page.count("<blockquote") == 1
    assert len(six_fields()) == 6
    for field, words in six_fields().items():
        assert re.search(words, page[: page.index('name="answer"')], re.IGNORECASE), field
    assert set(re.findall(r'name="notice_(\w+)" value="(\w+)"', page)) == {
        (code, notice.binding.sha256) for code in ("marketing", "product_updates")
    }
    looks = {match[1] for match in re.finditer(r'<button class="([^"]*)" name="answer"', page)}
    assert looks == {"btn"}
    assert not ConsentEvent.objects.exists()


def test_a_no_to_the_notice_leaves_everything_as_it_was(her):
    there = her.post(PAGE, {"choices": ["marketing:sms"]}).url
    page = her.post(there, {"answer": "no"}, follow=True).text
    assert "stays as it was" in page
    assert not ConsentEvent.objects.exists()
    assert her.get(there).url == PAGE  # nothing is asked twice


def test_a_page_of_new_consents_belongs_to_the_browser_that_ticked(her, asha, notice):
    there = her.post(PAGE, {"choices": ["marketing:sms"]}).url
    elsewhere = customer_client(asha.user)
    shown = {"notice_marketing": notice.binding.sha256}
    assert elsewhere.post(there, {**shown, "answer": "yes"}).url == PAGE
    assert not ConsentEvent.objects.exists()
    assert "marketing" not in there
    assert "sms" not in there


def test_a_page_of_new_consents_asks_no_longer_than_a_second_step_may_wait(her, notice):
    there = her.post(PAGE, {"choices": ["marketing:sms"]}).url
    with time_machine.travel(clock.now() + timedelta(minutes=31), tick=False):
        shown = {"notice_marketing": notice.binding.sha256}
        assert her.post(there, {**shown, "answer": "yes"}).url == PAGE
    assert not ConsentEvent.objects.exists()


def test_a_stop_between_the_tick_and_the_yes_stands(her, asha, notice):
    there = her.post(PAGE, {"choices": ["marketing:sms"]}).url
    said(asha, "denied", occurred_at=clock.now())
    page = her.post(there, {"notice_marketing": notice.binding.sha256, "answer": "yes"}, follow=True).text
    assert "You have stopped some of these since you ticked them." in page
    assert ConsentEvent.objects.get().answer == "denied"


def test_the_whole_notice_of_a_clients_page_leads_back_to_it(her):
    client = FiduciaryFactory(code="acme")
    mark = one_click_unsubscribe.mark_of(client)
    page = her.get("/privacy/preferences/yes/", {"of": "marketing", "for": mark}).text
    assert f"/privacy/preferences/?for={mark}" in page


def test_the_form_has_no_form_in_it_while_nothing_can_be_saved(her, notice, monkeypatch):
    monkeypatch.setattr(read_only, "is_on", lambda: True)
    page = her.get(PAGE, headers={"accept-language": "mr"}).text
    inside = page[page.index('id="answers"') :]
    assert "<form" not in inside[: inside.index("</form>")]


def test_two_windows_wait_beside_each_other(her, notice):
    first, second = (
        her.post(PAGE, {"choices": [value], "was": ""}).url for value in ("marketing:sms", "marketing:rcs")
    )
    shown = {"notice_marketing": notice.binding.sha256}
    her.post(second, {**shown, "answer": "yes"})
    her.post(first, {**shown, "answer": "yes"})
    assert set(ConsentEvent.objects.values_list("channel", flat=True)) == {"sms", "rcs"}


def test_a_notice_that_is_not_in_the_language_is_not_asked_and_says_so(her, asha, notice):
    said(asha, "given")
    hindi = {"accept-language": "hi"}
    page = her.get(PAGE, headers=hindi).text
    assert "यह सूचना अभी हिन्दी में नहीं है, इसलिए हम नहीं पूछते।" in page
    assert re.findall(r'name="choices" value="([^"]*)"', page) == ["marketing:sms"]
    answer = her.post(PAGE, {"choices": [], "was": "marketing:sms"}, headers=hindi)
    assert "receipt=OS-CR-" in answer.url
    translated(notice, "hi", text="क्या हम?")
    page = her.get(PAGE, headers=hindi).text
    assert "यह सूचना अभी हिन्दी में नहीं है" not in page
    assert 'value="marketing:sms"' in page
    there = her.post(PAGE, {"choices": ["marketing:sms"]}, headers=hindi).url
    assert "क्या हम?" in her.get(there, headers=hindi).text
    assert "यह सूचना अभी हिन्दी में नहीं है" not in her.get(there, headers=hindi).text
    marathi = her.get(there, headers={"accept-language": "mr"}).text
    assert "ही सूचना अजून मराठीत नाही" in marathi
    assert 'value="yes"' not in marathi


def test_the_whole_notice_of_a_use_can_be_read_before_a_tick(her, notice):
    assert f"{PAGE}yes/?of=marketing" in her.get(PAGE).text
    assert "May we?" in her.get(f"{PAGE}yes/?of=marketing").text
    assert her.get(f"{PAGE}yes/?of=pigeons").status_code == 404


def test_saving_without_a_change_makes_no_row(her, notice):
    assert "Nothing was changed" in her.post(PAGE, {}, follow=True).text
    assert not ConsentEvent.objects.exists()
    assert not Preference.objects.exists()


def refusable(page):
    return set(re.findall(r'name="refused" value="([^"]+)"', page))


def test_what_was_never_answered_can_be_refused_by_itself_and_then_reads_no(her, asha):
    said(asha, "given")
    said(asha, "denied", channel="email")
    offered = refusable(her.get(PAGE).text)
    assert "marketing:voice" in offered
    assert not offered & {"marketing:sms", "marketing:email"}
    saved = her.post(PAGE, {"choices": ["marketing:sms"], "was": "marketing:sms", "refused": ["marketing:voice"]})
    event = ConsentEvent.objects.latest("pk")
    assert (event.purpose, event.channel, event.answer) == ("marketing", "voice", "denied")
    assert event.receipt.reference in saved.url
    assert refusable(her.get(PAGE).text) == offered - {"marketing:voice"}


def test_a_save_without_a_change_says_where_a_refusal_is_given(her, notice):
    assert "open “Refuse unanswered choices”" in her.post(PAGE, {}, follow=True).text


def test_both_answers_about_one_box_are_an_error_that_keeps_each_tick(her, asha):
    page = her.post(PAGE, {"choices": ["marketing:sms"], "refused": ["marketing:sms", "marketing:voice"], "was": ""})
    assert page.status_code == 422
    assert "once to agree and once to refuse" in page.text
    ticked = re.findall(r'name="(\w+)" value="([\w:]+)" checked', page.text)
    assert sorted(ticked) == [
        ("choices", "marketing:sms"),
        ("refused", "marketing:sms"),
        ("refused", "marketing:voice"),
    ]
    assert not ConsentEvent.objects.exists()


def test_each_change_makes_one_row_and_each_act_one_receipt(her, asha, notice):
    said(asha, "given", channel="email")
    before = ConsentEvent.objects.count()
    asked = her.post(PAGE, {"choices": ["marketing:sms", "product_updates:email"]})
    taken = ConsentEvent.objects.order_by("pk")[before:]
    assert [(e.purpose, e.channel, e.answer) for e in taken] == [("marketing", "email", "withdrawn")]
    assert taken[0].receipt.reference in her.get(asked.url).text
    shown = {f"notice_{code}": notice.binding.sha256 for code in ASKED}
    answer = her.post(asked.url, {**shown, "answer": "yes"})
    given = list(ConsentEvent.objects.order_by("pk")[before + 1 :])
    assert {(e.purpose, e.channel, e.answer) for e in given} == {
        ("marketing", "sms", "given"),
        ("product_updates", "email", "given"),
    }
    assert len({e.receipt_id for e in given}) == 1
    assert given[0].receipt.reference in answer.url
    assert "Recorded" in her.get(answer.url).content.decode()


def test_a_text_that_changed_meanwhile_is_not_agreed_to(her, notice):
    there = her.post(PAGE, {"choices": ["marketing:sms"]}).url
    published_notice(text="May we, for another reason?")
    answer = her.post(there, {"notice_marketing": notice.binding.sha256, "answer": "yes"})
    assert answer.status_code == 422
    assert "has changed since you opened this page" in answer.text
    assert "May we, for another reason?" in answer.text
    assert not ConsentEvent.objects.exists()


def test_no_box_says_that_a_receipt_is_genuine_where_none_is(her, asha, monkeypatch):
    event = said(asha, "given")
    assert receipts.seal(event.receipt)
    place = f"/privacy/consents/{event.receipt.reference}/"
    assert "This receipt is genuine" in her.post(place).text
    monkeypatch.setattr(receipts, "check", lambda _file: SimpleNamespace(genuine=False))
    page = her.post(place).text
    assert "This receipt does not match our record." in page
    assert 'class="note ok"' not in page


def test_another_page_of_the_history_is_no_filter(her, asha):
    said(asha, "given")
    page = her.get("/privacy/consents/", {"page": "2"})
    assert not page.context["form"].is_bound
    assert "<details open>" not in page.text
    assert her.get("/privacy/consents/", {"page": "1", "channel": "sms"}).context["form"].is_bound


def test_a_purpose_without_a_published_notice_is_not_asked_for(her, notice):
    notice.purposes = ["marketing"]
    notice.save(update_fields=["purposes"])
    page = her.get(PAGE).content.decode()
    assert "We do not ask for this yet" in page
    assert 'value="marketing:sms"' in page
    assert 'value="product_updates:sms"' not in page


def test_wishes_are_kept_and_shown_again(her, notice):
    day = (clock.now().astimezone(clock.IST) + timedelta(days=9)).strftime("%d-%m-%Y")
    wishes = times(quiet_from="20:00", pace="two_a_week", paused_until=day, language="mr")
    assert "Your preferences are saved." in her.post(WHEN, wishes, follow=True).text
    kept = Preference.objects.get()
    assert (kept.quiet_from.hour, kept.pace, kept.language) == (20, "two_a_week", "mr")
    assert day in her.get(WHEN).content.decode()
    assert "Nothing was changed" in her.post(WHEN, wishes, follow=True).text
    saves(her, notice, "marketing:sms")
    assert Preference.objects.get().pace == "two_a_week", "a tick is no word about times"


def test_a_pause_may_be_written_in_devanagari_digits(her, notice):
    day = (clock.now().astimezone(clock.IST) + timedelta(days=9)).strftime("%d-%m-%Y")
    written = day.translate(str.maketrans("0123456789", "०१२३४५६७८९"))
    assert her.post(WHEN, times(paused_until=written)).status_code == 302
    assert day in her.get(WHEN).text


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
@pytest.mark.parametrize("later", [0, 40, 400])
def test_the_pause_takes_the_day_that_its_field_names_as_an_example(her, asha, notice, later, language):
    with time_machine.travel(clock.now() + timedelta(days=later)):
        again = customer_client(asha.user)
        hint = re.search(
            r'id="id_paused_until_helptext">([^<]*)<', again.get(WHEN, headers={"accept-language": language}).text
        )
        example = re.search(r"\d\d-\d\d-\d{4}", hint[1])[0]
        assert again.post(WHEN, times(paused_until=example)).status_code == 302
        wrong = again.post(WHEN, times(paused_until="soon"), headers={"accept-language": language})
        assert len(re.findall(rf"{example}[^<]*</a>", wrong.text)) == 1
    assert Preference.objects.get().paused_until is not None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quiet_from": ""}, "Enter both when quiet hours begin"),
        ({"quiet_from": "9 pm"}, "Enter when quiet hours begin"),
        ({"quiet_until": "21:00"}, "cannot end when they begin"),
        ({"quiet_from": "23:00", "quiet_until": "05:00"}, "quiet from 21:00 to 10:00 anyway"),
        ({"quiet_from": "21:01"}, "quiet from 21:00 to 10:00 anyway"),
        ({"paused_until": "31-02-2027"}, "Enter the last day of the pause"),
        ({"paused_until": "01-01-2020"}, "Choose a day in the future"),
        ({"paused_until": "01-01-2040"}, "A pause lasts 30 days at most"),
    ],
)
def test_a_wrong_wish_is_named_and_changes_nothing(her, notice, changes, words):
    answer = her.post(WHEN, times(**changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "<title>Error:" in page
    assert re.search(r'<li><a href="#id_', page[page.index('id="errors"') :])
    assert not Preference.objects.exists()


LEFT_OUT = {
    "en": ("Saved as refused: Offers and news, SMS.", "is no longer offered, so we left it out."),
    "hi": ("आपका मना करना सहेजा गया:", "अब उपलब्ध नहीं है, इसलिए हमने इसे छोड़ दिया।"),
    "mr": ("तुमचा नकार जतन केला:", "आता उपलब्ध नाही, म्हणून आम्ही ते वगळले."),
}


@pytest.mark.parametrize("language", LEFT_OUT)
@pytest.mark.parametrize("unfit", ["marketing:pigeon", "pigeons:sms"])
def test_a_tick_that_is_not_offered_any_more_keeps_no_withdrawal_from_being_saved(her, asha, notice, language, unfit):
    said(asha, "given")
    her.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    page = her.post(PAGE, {"was": "marketing:sms", "choices": [unfit]}, follow=True)
    assert page.status_code == 200
    assert all(words in page.text for words in LEFT_OUT[language])
    assert unfit not in page.text
    assert ConsentEvent.objects.latest("pk").answer == "withdrawn"
    assert ConsentEvent.objects.count() == 2


def test_what_is_new_and_fit_is_asked_for_beside_what_is_left_out(her, asha, notice):
    ContactPoint.objects.filter(principal=asha, kind="phone").update(verified_at=None)
    page = her.post(PAGE, {"choices": ["marketing:sms", "marketing:email"]}, follow=True)
    assert page.redirect_chain[-1][0].startswith(f"{PAGE}yes/")
    assert "Offers and news, SMS needs a number or address that you have confirmed" in page.text
    assert not ConsentEvent.objects.exists()


def test_a_save_of_nothing_but_an_unfit_tick_says_why_and_not_that_nothing_changed(her, notice):
    page = her.post(PAGE, {"choices": ["pigeons:sms"]}, follow=True).text
    assert "so we left it out." in page
    assert "Nothing was changed" not in page


@pytest.mark.parametrize(
    "changes",
    [
        {"quiet_from": "12:00", "quiet_until": "11:00"},
        {"quiet_from": "20:59", "quiet_until": "10:01"},
        {"quiet_from": "23:00", "quiet_until": "05:00", "quiet_for_service": "on"},
    ],
)
def test_quiet_hours_may_be_longer_or_are_for_service_too(her, notice, changes):
    assert her.post(WHEN, times(**changes)).status_code == 302
    assert Preference.objects.exists()


def test_the_language_of_letters_stays_until_the_person_wishes_for_another(her, asha, notice):
    asha.language = "mr"
    asha.save(update_fields=["language"])
    assert her.get(WHEN).context["form"]["language"].value() == "mr"
    her.post(WHEN, times(language="mr"))
    assert not Preference.objects.exists()


def test_undo_stays_as_long_as_it_was_promised_whatever_is_pressed_meanwhile(her, asha):
    said(asha, "given")
    her.post("/privacy/preferences/stop/")
    again = her.post("/privacy/preferences/stop/", follow=True).content.decode()
    assert "You had stopped all promotional messages already" in again
    assert "/privacy/preferences/undo/" in again
    assert "/privacy/preferences/undo/" in her.get(PAGE).content.decode()
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert "/privacy/preferences/undo/" not in her.get(PAGE).content.decode()


def test_who_stops_everything_again_another_time_is_recorded_and_a_second_press_is_not(her, asha, notice):
    now = clock.now()
    for days in (9, 1):
        with time_machine.travel(now - timedelta(days=days), tick=False):
            browser = customer_client(asha.user)
            page = browser.post("/privacy/preferences/stop/", follow=True).text
            assert "Done." in page
            assert ConsentReceipt.objects.latest("pk").reference in page
            again = browser.post("/privacy/preferences/stop/", follow=True).text
            assert "You had stopped all promotional messages already" in again
    assert len(set(Suppression.objects.values_list("receipt", flat=True))) == 2
    # A yes on paper from between the two, that turns up now.
    said(asha, "given", channel="email", occurred_at=now - timedelta(days=5))
    assert may_contact(address=ASHA, purpose="marketing", channel="email", at=at_hour(12)).reason == "SUPPRESSED"


def test_both_requests_of_a_double_click_are_one_stop_that_may_be_undone(her, asha):
    said(asha, "given")
    elsewhere = customer_client(asha.user)  # its session knows nothing of the other's press, as in a double click
    first, second = (browser.post("/privacy/preferences/stop/").url for browser in (her, elsewhere))
    assert first == second
    assert ConsentReceipt.objects.filter(suppressions__isnull=False).distinct().count() == 1
    assert "/privacy/preferences/undo/" in elsewhere.get(second).text
    assert "Undone." in elsewhere.post("/privacy/preferences/undo/", follow=True).text
    assert ConsentEvent.objects.filter(way="undo", answer="given").count() == 1


def test_stop_and_undo_are_posts_and_undo_belongs_to_the_browser_that_stopped(her, asha):
    said(asha, "given")
    assert her.get("/privacy/preferences/stop/").headers["Location"] == PAGE
    her.post("/privacy/preferences/stop/")
    elsewhere = customer_client(asha.user)
    page = elsewhere.post("/privacy/preferences/undo/", follow=True).content.decode()
    assert "There is nothing to undo in this browser" in page
    assert not ConsentEvent.objects.filter(way="undo").exists()
    stopped = f"{PAGE}?receipt={ConsentReceipt.objects.latest('pk').reference}"
    assert "Done." in her.get(stopped).text
    undone = her.post("/privacy/preferences/undo/", follow=True).content.decode()
    assert "Undone." in undone
    assert ConsentEvent.objects.filter(way="undo", answer="given").count() == 1
    assert "Done." not in her.get(stopped).text  # "Back" in the browser


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_consent_at_an_unconfirmed_number_says_that_it_is_not_active_yet(her, asha, confirmed):
    said(asha, "given")
    if not confirmed:
        asha.contact_points.filter(kind="phone").update(verified_at=None)
    page = her.get(PAGE).content.decode()
    assert cells(page)["marketing:sms"] == ("Yes" if confirmed else "Not active yet")
    assert page.count("Confirm the number") == (0 if confirmed else 4)  # once for each channel of that number
    assert "Add a number" not in page
    asha.contact_points.filter(kind="phone").update(left_at=clock.now())
    assert her.get(PAGE).text.count("Add a number") == 4
    assert ("marketing:whatsapp" in cells(page)) is confirmed


def test_the_page_says_that_everything_is_stopped_and_since_when(her, asha, still):
    said(asha, "given")
    assert "Works at once, for every sender." in her.get(PAGE).text
    her.post("/privacy/preferences/stop/")
    stopped = clock.now().astimezone(clock.IST)
    still.shift(120)
    page = her.get(PAGE).text
    assert "Works at once" not in page
    assert f"Stopped already, since {stopped.day} {stopped:%B %Y, %H:%M} IST" in page
    said(asha, "given", occurred_at=clock.now())
    assert "Works at once, for every sender." in her.get(PAGE).text


def test_an_undone_stop_of_somebody_who_never_answered_tells_of_no_answer_that_ended(her, asha):
    her.post("/privacy/preferences/stop/")
    her.post("/privacy/preferences/undo/")
    assert ConsentEvent.objects.filter(way="undo", answer="expired").exists()
    page = her.get(PAGE).content.decode()
    assert set(cells(page).values()) == {"Not answered"}


def test_another_persons_receipt_is_not_found(asha, her):
    other = person(email="ravi@acme.example", phone="+919811112222")
    reference = said(other, "given").receipt.reference
    for path in ("", "1/receipt.tlog-proof"):
        assert her.get(f"/privacy/consents/{reference}/{path}").status_code == 404
    assert her.post(f"/privacy/consents/{reference}/1/withdraw/").status_code == 404
    assert her.get("/privacy/consents/nonsense/").status_code == 404


def test_a_receipt_names_the_exact_text_and_lets_the_person_withdraw(her, asha):
    event = said(asha, "given")
    page = her.get(f"/privacy/consents/{event.receipt.reference}/").content.decode()
    assert "May we?" in page
    assert event.notice_sha256 in page
    assert "+919876543210" not in page
    answer = her.post(f"/privacy/consents/{event.receipt.reference}/1/withdraw/")
    assert ConsentEvent.objects.filter(answer="withdrawn").get().receipt.reference in answer.url


def test_a_receipt_of_several_answers_shows_their_text_once_and_leads_to_it(her, notice):
    saves(her, notice, "marketing:sms", "marketing:rcs", "analytics:none")
    receipt = ConsentReceipt.objects.get()
    page = her.get(f"/privacy/consents/{receipt.reference}/").text
    assert page.count("May we?") == page.count('id="text-1"') == 1
    assert page.count('href="#text-1"') == 2
    assert page.count(notice.binding.sha256) == 1


def test_a_receipt_asks_as_many_queries_for_three_answers_as_for_one(her, notice):
    def asked(*choices):
        saves(her, notice, *choices)
        receipt = ConsentReceipt.objects.latest("pk")
        address = f"/privacy/consents/{receipt.reference}/"
        assert her.get(address).status_code == 200  # dated rules are kept in the process
        with CaptureQueriesContext(connection) as captured:
            assert her.get(address).text
        return receipt.events.count(), len(captured)

    few = asked("marketing:sms")
    more = asked("marketing:sms", "marketing:rcs", "marketing:email", "marketing:voice")
    assert (few[0], more[0]) == (1, 3)
    assert few[1] == more[1]


def test_a_page_says_recorded_only_once_the_ledger_has_it(her, asha, monkeypatch):
    event = said(asha, "given")
    page = her.get(f"{PAGE}?receipt={event.receipt.reference}").content.decode()
    assert "Received on" in page
    assert "Recorded" not in page


def test_the_history_stands_in_the_order_in_which_the_person_answered(her, asha):
    """An answer that reached us late, on paper, stands where it was given."""
    now = clock.now()
    early = said(asha, "given", occurred_at=now - timedelta(days=1))
    late = said(asha, "given", occurred_at=now - timedelta(days=3), channel=Channel.EMAIL, address=ASHA)
    page = her.get("/privacy/consents/").text
    assert page.index(early.receipt.reference) < page.index(late.receipt.reference)
    lines = b"".join(her.get("/privacy/consents/download.csv").streaming_content).decode()
    assert lines.index(early.receipt.reference) < lines.index(late.receipt.reference)


LANGUAGES = [
    ("en", "Company", "Every company", "Do not disturb", "Nothing about: Food and drink"),
    ("hi", "कंपनी", "हर कंपनी", "परेशान न करें (DND)", "खाना-पीना"),
    ("mr", "कंपनी", "प्रत्येक कंपनी", "त्रास देऊ नका (DND)", "खाद्य आणि पेये"),
]


def rows_of(her, query="", language="en"):
    answer = her.get(f"/privacy/consents/download.csv{query}", headers={"accept-language": language})
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


@pytest.mark.parametrize(("language", "head", "every", "do_not_disturb", "what"), LANGUAGES)
def test_the_history_says_what_is_blocked_and_for_which_company_on_page_csv_and_pdf(
    her, asha, monkeypatch, language, head, every, do_not_disturb, what
):
    said(asha, "given", fiduciary=FiduciaryFactory(code="acme", name="Acme Bank").code)
    receipt = block(asha.subject.ref, categories=["food"], days=["sun"])
    page = her.get("/privacy/consents/", headers={"accept-language": language}).text.split("<table")[1]
    told = []
    monkeypatch.setattr(pdfs.typst_pdf, "typeset", lambda _template, words: told.append(words) or b"%PDF")
    assert her.get("/privacy/consents/download.pdf", headers={"accept-language": language}).content == b"%PDF"
    ((blocked, agreed),) = (words["rows"] for words in told)
    assert head in told[0]["heads"]
    assert (blocked[1], blocked[2], blocked[-1], agreed[1]) == (every, do_not_disturb, receipt.reference, "Acme Bank")
    first, second = rows_of(her, language=language)
    assert (first["company"], first["purpose"], first["blocked_categories"], first["blocked_days"], first["blocked_hours"]) == (
        "", "do-not-disturb", "food", "sun", "",
    )  # fmt: skip
    assert (second["company"], second["company_code"], second["blocked_categories"]) == ("Acme Bank", "acme", "")
    assert first["receipt"] == receipt.reference
    for words in (every, do_not_disturb, what):
        assert words in page
        assert words in f"{blocked}"
        assert words in first["in_words"]
    for words in (head, "Acme Bank", receipt.reference, f"/privacy/consents/{receipt.reference}/"):
        assert words in page


def test_the_pdf_of_the_history_is_set_with_what_is_blocked(her, asha):
    said(asha, "given")
    block(asha.subject.ref, categories=["food"], modes=["sms"], days=["sun"])
    assert her.get("/privacy/consents/download.pdf").content.startswith(b"%PDF")


CUT = [
    ("en", "Here stand the latest 2 of 3. The CSV file on the same page has all of them."),
    ("hi", "यहाँ 3 में से सबसे नए 2 हैं। सभी उसी पेज की CSV फ़ाइल में हैं।"),
    ("mr", "येथे 3 पैकी सर्वात नवीन 2 आहेत. सर्व त्याच पानावरील CSV फाइलमध्ये आहेत."),
]


@pytest.mark.parametrize(("language", "words"), CUT)
def test_the_pdf_of_a_long_history_has_the_latest_and_says_where_all_of_it_is(her, asha, monkeypatch, language, words):
    """It is set while she waits: eight thousand lines took a gigabyte of memory."""
    events = [said(asha, "given", fiduciary=FiduciaryFactory().code) for _number in range(3)]
    set_words = []
    monkeypatch.setattr(pdfs.typst_pdf, "typeset", lambda _template, given: set_words.append(given) or b"%PDF")
    monkeypatch.setattr(pdfs, "MOST_ACTS", 2, raising=False)
    assert her.get("/privacy/consents/download.pdf", headers={"accept-language": language}).status_code == 200
    ((_first, _second),) = (given["rows"] for given in set_words)
    assert [row[-1] for row in set_words[0]["rows"]] == [event.receipt.reference for event in reversed(events[1:])]
    assert set_words[0]["cut"] == words
    assert len(rows_of(her)) == 3
    monkeypatch.setattr(pdfs, "MOST_ACTS", 3)
    her.get("/privacy/consents/download.pdf")
    assert set_words[1]["cut"] == ""
    assert len(set_words[1]["rows"]) == 3


def test_the_pdf_of_a_long_history_is_set_with_what_was_left_out(her, asha, monkeypatch):
    said(asha, "given"), said(asha, "withdrawn")
    monkeypatch.setattr(pdfs, "MOST_ACTS", 1)
    assert her.get("/privacy/consents/download.pdf").content.startswith(b"%PDF")


def test_a_company_that_is_called_like_a_formula_does_not_run_in_a_spreadsheet(her, asha):
    said(asha, "given", fiduciary=FiduciaryFactory(code="odd", name="=HYPERLINK(0)").code)
    (row,) = rows_of(her)
    assert row["company"] == "'=HYPERLINK(0)"
    assert row["in_words"].startswith("'=HYPERLINK(0)")


def test_answers_and_blocks_stand_in_one_order_and_are_cut_into_pages(her, asha):
    now = clock.now()
    references = []
    for day in range(40, 0, -1):
        at = now - timedelta(days=day)
        if day % 2:
            lists = {"categories": ["food"] if day % 4 == 1 else ["health"]}
            receipt = dnd_preferences.block(
                subject_ref=asha.subject.ref, lists=lists, way=Way.PAGE, actor=actor.SYSTEM, now=at
            )
        else:
            receipt = said(asha, "given", occurred_at=at).receipt
        references.insert(0, receipt.reference)
    listed = [re.findall(r'class="reference" href="[^"]*">([^<]*)<', her.get("/privacy/consents/", {"page": n}).text)
              for n in (1, 2)]  # fmt: skip
    assert [len(page) for page in listed] == [25, 15]
    assert [*listed[0], *listed[1]] == references
    assert [row["receipt"] for row in rows_of(her)] == references


def test_only_what_is_blocked_is_shown_on_demand_and_is_no_answer_about_a_purpose_or_channel(her, asha):
    assert "do-not-disturb" not in her.get("/privacy/consents/", {"purpose": ""}).text
    event = said(asha, "given")
    receipt = block(asha.subject.ref, modes=["sms"])
    for query, found in (
        ("?purpose=do-not-disturb", [receipt]),
        ("?purpose=do-not-disturb&answer=given", []),
        ("?purpose=marketing", [event.receipt]),
        ("?channel=sms", [event.receipt]),
        ("?since=01-01-2020", [receipt, event.receipt]),
        ("?until=01-01-2020", []),
    ):
        assert [row["receipt"] for row in rows_of(her, query)] == [one.reference for one in found], query
        page = her.get(f"/privacy/consents/{query}").text
        assert (receipt.reference in page) == (receipt in found)


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_a_stop_that_changed_no_answer_stands_in_the_history_once_with_its_receipt_and_files(her, asha, language):
    """Whoever said no to everything and stops all the same has three suppressed addresses and one receipt."""
    her.post("/privacy/preferences/stop/")
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        customer_client(asha.user).post("/privacy/preferences/stop/")
        receipt = ConsentReceipt.objects.latest("pk")
        assert not receipt.events.exists()
        assert receipt.suppressions.count() > 1
        them = customer_client(asha.user)
        listed = them.get("/privacy/consents/", headers={"accept-language": language}).text
        assert listed.count(f">{receipt.reference}<") == 1
        (row,) = (one for one in rows_of(them, language=language) if one["receipt"] == receipt.reference)
        assert (row["purpose"], row["company_code"], row["way"]) == ("all-promotion", "onesetu", "stop_all")
        assert them.get("/privacy/consents/download.pdf").content.startswith(b"%PDF")
        page = them.get(f"/privacy/consents/{receipt.reference}/", headers={"accept-language": language}).text
        assert page.count('<h2 id="stop') == 1
        assert "3210" in page  # each address as it is masked
        for form in ("receipt.tlog-proof", "receipt.json", "receipt.pdf"):
            address = f"/privacy/consents/{receipt.reference}/stopped/{form}"
            assert address in page
            assert them.get(address).status_code == 200
            assert customer_client(CustomerUserFactory()).get(address).status_code == 404


def test_nobody_sees_what_another_person_blocks(her):
    receipt = block(person(email=None, phone="+919811113333").subject.ref, modes=["sms"])
    assert receipt.reference not in her.get("/privacy/consents/").text
    assert rows_of(her) == []


@pytest.mark.parametrize("query", ["since=31-02-2026", "purpose=zz", "since=02-01-2026&until=01-01-2026"])
@pytest.mark.parametrize("path", ["download.csv", "download.pdf"])
def test_a_download_with_a_wrong_filter_leads_to_the_page_that_names_it(her, asha, path, query):
    said(asha, "given")
    answer = her.get(f"/privacy/consents/{path}?{query}")
    assert answer.url == f"/privacy/consents/?{query}"
    assert "There is a problem" in her.get(answer.url).text


@pytest.mark.parametrize("path", ["", "download.csv", "download.pdf"])
def test_the_history_asks_as_many_queries_for_twenty_lines_as_for_two(her, asha, monkeypatch, path):
    monkeypatch.setattr(pdfs.typst_pdf, "typeset", lambda _template, _words: b"%PDF")
    address = f"/privacy/consents/{path}"

    def asked(number):
        for n in range(number):
            said(asha, "given", fiduciary=FiduciaryFactory().code, purpose=("marketing", "product_updates")[n % 2])
            block(asha.subject.ref, categories=[["food"], ["health"]][n % 2])
        assert her.get(address).status_code == 200  # dated rules are kept in the process
        with CaptureQueriesContext(connection) as captured:
            assert her.get(address).getvalue()
        return len(captured)

    assert asked(1) == asked(9)


def test_an_answer_that_a_program_told_says_so_in_words_of_a_person(her, asha):
    said(asha, "denied", way=Way.API)
    page = her.get("/privacy/consents/").text
    assert "Reported by a connected system" in page
    assert "Interface" not in page


def test_an_undo_is_told_as_what_it_restores(her, asha):
    her.post("/privacy/preferences/stop/")
    undone = her.post("/privacy/preferences/undo/", follow=True).text
    assert "What you had agreed to before the stop counts again, and nothing else." in undone
    listed = her.get("/privacy/consents/").text
    assert "No choice made, as before the stop" in listed
    assert 'class="tag">Ended' not in listed


@pytest.mark.parametrize(("on", "names_the_act"), [((2027, 5, 12), False), ((2027, 5, 13), True)])
def test_what_goes_on_names_who_allows_it_and_no_law_before_its_first_day(asha, on, names_the_act):
    with time_machine.travel(datetime(*on, 12, tzinfo=clock.IST)):
        page = customer_client(asha.user).get(PAGE).text
    assert "you gave us the data yourself, for this" in page
    assert ("DPDP s.7" in page) is names_the_act
    assert "a law or our contract" not in page


def test_no_form_leaves_a_mark_of_errors_in_the_address_of_what_comes_after():
    forms = [p.read_text() for p in (settings.BASE_DIR / "templates" / "selfservice").rglob("*.html")]
    assert not [form for form in forms if re.search(r'action="[^"]*#', form)]
    assert 'id="errors" role="alert" tabindex="-1" autofocus' in Client().post("/privacy/check/").text


@pytest.mark.parametrize(
    "form", ["receipt.tlog-proof", "receipt.json", "receipt.pdf", "kantara.json", "iso-27560.jsonld"]
)
def test_every_form_of_a_receipt_is_checked(her, asha, form):
    event = said(asha, "given")
    assert receipts.seal(event.receipt)
    file = her.get(f"/privacy/consents/{event.receipt.reference}/1/{form}").content
    answer = Client().post("/privacy/check/", {"receipt": SimpleUploadedFile(form, file)}).text
    assert "This receipt is genuine" in answer


def test_a_receipt_that_an_editor_saved_anew_with_its_mark_is_checked_all_the_same(her, asha):
    event = said(asha, "given")
    receipts.seal(event.receipt)
    proof = receipts.file_for(event)
    for data in (b"\xef\xbb\xbf" + proof, b"\xef\xbb\xbf" + proof.replace(b"\n", b"\r\n")):
        file = SimpleUploadedFile("mine.tlog-proof", data)
        assert "This receipt is genuine" in her.post("/privacy/check/", {"receipt": file}).text


@pytest.mark.parametrize("data", [b"", b"no receipt", b"x" * 100_000, b"%PDF-1.7 /Type/EmbeddedFile>> stream\nx"])
def test_what_is_no_receipt_is_called_so(data, tmp_path):
    path = tmp_path / "x.tlog-proof"
    path.write_bytes(data)
    with path.open("rb") as upload:
        page = Client().post("/privacy/check/", {"receipt": upload}).content.decode()
    assert "There is no receipt in this" in page
    answer = Client().post("/privacy/check/", {})
    assert answer.status_code == 422
    assert "Enter the number of the receipt, choose its file" in answer.content.decode()


def test_a_pdf_with_thousands_of_files_is_refused_before_any_is_unpacked(monkeypatch):
    monkeypatch.setattr("consent.records.rules.receipt_extraction.zlib", None)
    one = b"<</Type /EmbeddedFile>> stream\n" + zlib.compress(bytes(60_000)) + b"\nendstream\n"
    many = SimpleUploadedFile("receipt.pdf", b"%PDF-1.7\n" + one * 3_000)
    answer = Client().post("/privacy/check/", {"receipt": many}).text
    assert "Too many files are attached to this PDF" in answer


def policy(text, number_of_days=0, **kwargs):
    notice = policy_import.notice(code="privacy-policy", kind=NoticeKind.PRIVACY_POLICY, title="Privacy policy")
    day = clock.day(clock.now()) + timedelta(days=number_of_days)
    then = clock.now() + timedelta(days=min(number_of_days, 0))
    drafted = policy_import.import_text(
        notice=notice, text=text, effective_on=day, actor=actor.SYSTEM, now=then, **kwargs
    )
    version = drafted.version
    version.state, version.published_at = VersionState.PUBLISHED, then
    version.save(update_fields=["state", "published_at"])
    return version


OLD = "1. Scope\n\nWe keep your name for one year.\n\n2. Contact\n\nWrite to us."
NEW = "1. Scope\n\nWe keep your name for two years.\n\n2. Contact\n\nWrite to us.\n\n3. Children\n\nNobody under 18."


def test_the_policy_in_force_is_shown_and_older_ones_stay_reachable():
    assert "No version is published here yet" in Client().get("/privacy/policies/").content.decode()
    policy(OLD, -9)
    policy(NEW, -1)
    policy(OLD, 9)
    page = Client().get("/privacy/policies/").content.decode()
    assert "two years" in page
    assert "A new version comes into force" in page
    assert "one year" in Client().get("/privacy/policies/1/").content.decode()
    assert Client().get("/privacy/policies/99/").status_code == 404


def test_the_policy_s_own_page_is_titled_in_the_readers_language_and_lists_are_lists():
    policy("1. Duties\n\nWe keep:\n- tax law\n- company law\n\n1.1 More\n\nText.", -1)
    her_page = Client(headers={"accept-language": "hi"}).get("/privacy/policies/").content.decode()
    assert "<h1>गोपनीयता नीति</h1>" in her_page
    assert "<ul><li>tax law</li><li>company law</li></ul>" in her_page
    assert re.search(r'class="under" lang="en"><a href="#c11-', her_page)


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ("Recording calls", "Reading messages", "AI tools")),
        ("hi", ("कॉल रिकॉर्ड करना", "संदेश पढ़ना", "AI उपकरण")),
        ("mr", ("कॉल रेकॉर्ड करणे", "संदेश वाचणे", "AI साधने")),
    ],
)
def test_uses_that_are_no_messages_have_a_choice_each_which_is_a_no_until_it_is_ticked(
    her, asha, notice, language, names
):
    for code in ("hi", "mr"):
        translated(notice, code)
    page = her.get(PAGE, headers={"accept-language": language}).content.decode()
    for name in names:
        assert f"{name}: </span>" in page
    assert not re.search(r'name="choices"[^>]*checked', page)
    saves(her, notice, "content_reading:none")
    assert [(said.purpose, said.answer) for said in ConsentEvent.objects.all()] == [("content_reading", "given")]
    asked = {"subject": asha.subject.ref, "at": clock.now()}
    assert [each for each in PROCESSING if may_process(purpose=each, **asked).allowed] == ["content_reading"]


def test_a_wish_that_always_has_an_answer_is_not_called_optional(her, notice):
    page = her.get(WHEN).content.decode()
    for legend in ("How often at most", "Language of messages"):
        assert re.search(rf"<legend>{legend}\s*</legend>", page)
    answer = her.post(WHEN, times(pace="", language="tlh"))
    assert answer.status_code == 422
    assert "Choose how often." in answer.content.decode()
    assert "Choose one of the languages shown." in answer.content.decode()


def test_changes_say_in_words_what_was_added_and_removed_and_count_as_the_rules_do():
    policy(OLD, -9)
    policy(NEW, -1)
    page = Client().get("/privacy/policies/2/changes/").content.decode()
    assert page.count("<ins") == page.count("Added:") == 3
    assert page.count("<del") == page.count("Removed:") == 1
    assert "4 changes:" in page
    assert "not changed" in page
    assert Client().get("/privacy/policies/1/changes/").status_code == 404


def test_a_draft_is_never_shown():
    policy_import.import_text(
        notice=policy_import.notice(code="privacy-policy", kind=NoticeKind.PRIVACY_POLICY, title="Privacy policy"),
        text=OLD, effective_on=clock.now().date(), actor=actor.SYSTEM,
    )  # fmt: skip
    assert Client().get("/privacy/policies/1/").status_code == 404


def test_reading_is_told_separately_makes_no_consent_and_may_be_put_off(her):
    policy(OLD, -9)
    path = "/privacy/policies/1/read/"
    page = her.get(path).content.decode()
    assert "Not now" in page
    assert 'class="back" href="/privacy/policies/1/">Back</a>' in page
    assert her.post(path, {}).status_code == 422
    assert her.get(PAGE).status_code == 200
    assert her.post(path, {"seen": "on"}, follow=True).status_code == 200
    assert Acknowledgement.objects.count() == 1
    assert not ConsentEvent.objects.exists()


EVERY_CHANNEL = ("sms", "whatsapp", "rcs", "email", "voice", "push", "dashboard")
#: "Under 12 queries", session and login included; dated rules are kept in the process. Besides the footer asks three where no
#: officer is named: the company, and the bodies outside it with their rules.
MOST_QUERIES = 11 + 3


@pytest.mark.parametrize("is_joined", [False, True])
def test_the_preference_page_stays_within_its_queries(her, asha, is_joined, settings, django_assert_max_num_queries):
    settings.DECISION_RULES_SECONDS = 3_600  # a slow machine looks up again what a quick one still knows
    for purpose in ("marketing", "product_updates"):
        for channel in EVERY_CHANNEL:
            said(asha, "given", purpose=purpose, channel=channel)
    if is_joined:
        old = SubjectFactory(kind="ticket")
        subjects.join(old_ref=old.ref, new_ref=asha.subject.ref, actor=actor.SYSTEM, now=clock.now())
    preference_records.change(subject_ref=asha.subject.ref, wishes=WishList(pace="two_a_week"), actor=actor.SYSTEM)
    assert her.get(PAGE).status_code == 200
    with django_assert_max_num_queries(MOST_QUERIES):
        page = her.get(PAGE).content.decode()
    assert page.count('name="choices"') == 2 * len(EVERY_CHANNEL) + len(PROCESSING)
    assert len(re.findall(r'name="choices"[^>]*checked', page)) == 2 * len(EVERY_CHANNEL)


@pytest.mark.parametrize("error", [Refused("This is not possible."), LostRace("Somebody was faster.")])
def test_a_save_that_fails_half_way_keeps_nothing_but_what_was_entered(her, notice, monkeypatch, error):
    def fails(*_args, **_kwargs):
        raise error

    monkeypatch.setattr("consent.preferences.services.preferences.record", fails)
    monkeypatch.setattr("consent.preferences.services.preference_updates.record_all", fails)
    answer = her.post(PAGE, {"choices": ["marketing:sms"]})
    assert answer.status_code == 422
    assert str(error) in answer.text
    assert re.search(r'value="marketing:sms"[^>]*checked', answer.text)
    answer = her.post(WHEN, times(quiet_from="20:00", language="mr"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert str(error) in page
    assert 'value="20:00"' in page
    assert re.search(r'value="mr"[^>]*checked', page)
    assert not ConsentEvent.objects.exists()
    assert not Preference.objects.exists()


def test_an_old_page_does_not_take_back_a_stop_that_came_meanwhile(her, asha, notice):
    said(asha, "given")
    was = re.search(r'name="was" value="([^"]*)"', her.get(PAGE).content.decode())[1]
    assert was == "marketing:sms"
    withdraw(subject_ref=asha.subject.ref, purpose="marketing", channel="sms", way=Way.SMS, actor=actor.SYSTEM)
    before = ConsentEvent.objects.count()
    saves(her, notice, "marketing:sms", was=was)
    assert ConsentEvent.objects.count() == before
    saves(her, notice, "marketing:sms", was="")
    assert ConsentEvent.objects.count() == before + 1


def test_a_refused_page_still_knows_what_it_showed_first(her, asha, notice, monkeypatch):
    said(asha, "given")
    withdraw(subject_ref=asha.subject.ref, purpose="marketing", channel="sms", way=Way.SMS, actor=actor.SYSTEM)

    def fails(*_args, **_kwargs):
        raise LostRace("Somebody was faster.")

    monkeypatch.setattr("consent.preferences.services.preference_updates.record_all", fails)
    answer = her.post(PAGE, {"choices": ["marketing:sms"], "was": "marketing:sms"})
    assert answer.status_code == 422
    assert 'name="was" value="marketing:sms"' in answer.content.decode()


def test_what_was_said_under_an_earlier_reference_is_one_answer_after_another(her, asha):
    old = SubjectFactory(kind="principal")
    hour = timedelta(hours=1)
    said(asha, "given", channel="dashboard", subject_ref=old.ref, occurred_at=clock.now() - hour)
    subjects.join(old_ref=old.ref, new_ref=asha.subject.ref, actor=actor.SYSTEM, now=clock.now())
    box = r'value="marketing:dashboard"[^>]*checked'
    assert re.search(box, her.get(PAGE).content.decode())
    said(asha, "withdrawn", channel="dashboard")
    assert not re.search(box, her.get(PAGE).content.decode())


def cells(page):
    """The word of each box, before anything is changed."""
    found = re.findall(r'name="choices" value="([^"]+)".*?class="was">(.*?)</span><span class="will">', page, re.DOTALL)
    return {value: re.sub(r"<[^>]*>", "", word).strip().lstrip("–") for value, word in found}


def test_an_original_no_is_never_called_withdrawn_whatever_is_stopped_after_it(her, asha):
    said(asha, "given")
    said(asha, "denied", channel="rcs")
    her.post("/privacy/preferences/stop/")
    words = cells(her.get(PAGE).text)
    assert (words["marketing:sms"], words["marketing:rcs"]) == ("Withdrawn", "No")
    assert words["product_updates:sms"] == "Not answered"


def test_home_preferences_and_list_say_and_count_the_same_of_each_answer(her, asha):
    """Denied, withdrawn, and a yes that waits for its address: one word and one count for each, on the three pages."""
    said(asha, "given", purpose="product_updates")
    said(asha, "denied", channel="rcs")
    said(asha, "given", channel="voice"), said(asha, "withdrawn", channel="voice")
    said(asha, "given", channel="whatsapp")
    ConsentState.objects.filter(channel="whatsapp").update(verified=False)
    home = her.get("/privacy/").text
    assert "Yes: 1, yes that does not count yet: 1, no: 1, withdrawn: 1" in home
    asha.contact_points.filter(kind="phone").update(verified_at=None)
    said_here = cells(her.get(PAGE).text)
    assert said_here["marketing:whatsapp"] == "Not active yet"
    asha.contact_points.filter(kind="phone").update(verified_at=clock.now())
    said_here = cells(her.get(PAGE).text)
    assert (said_here["marketing:rcs"], said_here["marketing:voice"]) == ("No", "Withdrawn")
    assert said_here["product_updates:sms"] == "Yes"
    answers = re.findall(r'data-label="Answer">(.*?)</td>', her.get("/privacy/consents/").text, re.DOTALL)
    words = [re.sub(r"<[^>]*>", "", one).strip() for one in answers]
    assert sum("It does not count yet." in one for one in words) == 1
    assert sum("Withdrawn" in one for one in words) == 1
    assert sum(one.endswith("No") for one in words) == 1


def test_a_no_of_somebody_else_at_the_address_is_told_beside_the_tick(her, asha):
    said(asha, "given")
    said(person(email="brother@acme.example"), "denied")
    assert her.get(PAGE).content.decode().count("Someone else who uses this number or address refused") == 1


@pytest.mark.django_db(transaction=True)
def test_a_receipt_of_a_yes_that_was_withdrawn_later_is_genuine_and_superseded(asha):
    event = said(asha, "given")
    assert receipts.seal(event.receipt)
    data = receipts.file_for(event)
    assert receipts.check(data) == receipts.check(data)
    assert (receipts.check(data).genuine, receipts.check(data).superseded) == (True, False)
    said(asha, "withdrawn", occurred_at=clock.now())
    assert (receipts.check(data).genuine, receipts.check(data).superseded) == (True, True)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "that consent no longer counts. Please read it and choose again."),
        ("hi", "वह सहमति अब मान्य नहीं है। कृपया पढ़ें और फिर से चुनें।"),
        ("mr", "ती संमती आता वैध नाही. कृपया वाचा आणि पुन्हा निवडा."),
    ],
)
def test_a_yes_to_a_text_that_has_changed_is_no_tick_and_the_page_says_that_we_ask_again(
    her, asha, notice, language, words
):
    said(asha, "given", notice_version=notice)
    said(asha, "given", notice_version=notice, purpose="analytics", channel="none")
    headers = {"accept-language": language}
    assert words not in her.get(PAGE, headers=headers).content.decode()
    newer = published_notice(text="May we, and our partners?")
    contact_rulebook.forget()
    if language != "en":
        page = her.get(PAGE, headers=headers).content.decode()
        assert words not in page, "nobody is told to choose where there is no box"
        translated(newer, language, text="…")
    page = her.get(PAGE, headers=headers).content.decode()
    assert page.count(words) == 2
    assert 'value="marketing:sms" checked' not in page
