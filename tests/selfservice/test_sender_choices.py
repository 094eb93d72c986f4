"""Messages by sender: a person stops one header or number, or allows one while the others stay stopped."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consent.base.choices import Way
from consent.base.selectors import contact_rulebook
from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentEvent, ConsentReceipt, OptInRequest
from consent.prompts.services import consent_renewals
from consent.suppressions.services import address_opt_outs, one_click_unsubscribe
from portal.kernel.core import actor, clock
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services.message_content import text_of
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import guardianships, people
from portal.kernel.registers.senders.services import sender_entries
from tests.consent.factories import ASHA, ASHA_PHONE, ASKED, law_is_loaded, person, published_notice, said
from tests.consent.test_undos import NOON, START, stop_all
from tests.people.factories import CustomerUserFactory, FiduciaryFactory, StaffFactory
from tests.registers.factories import registered_sender
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db
PAGE, ALLOW, STOP = (reverse(f"privacy:{name}") for name in ("sender-choices", "allow-sender", "stop-sender"))
SENDERS = ("ONESTU", "OFFERS")


@pytest.fixture(autouse=True)
def still(db):
    with time_machine.travel(START, tick=False) as traveller:
        contact_rulebook.forget()
        law_is_loaded()
        yield traveller


@pytest.fixture
def notice(still):
    for sender in SENDERS:
        registered_sender(sender, carries=["promotional"])
    registered_sender("BILLSS", carries=["transactional"])
    return published_notice(text="May we send you offers?")


@pytest.fixture
def asha(notice):
    asha = person(email=None)
    CustomerUserFactory(email=ASHA, principal=asha)
    return asha


@pytest.fixture
def her(asha):
    return customer_client(asha.user)


def value(sender: str, purpose: str = "marketing", channel: str = "sms") -> str:
    return f"{purpose}:{channel}:{sender}"


def may(sender: str, **changes: Any) -> bool:
    asked = {"address": ASHA_PHONE, "purpose": "marketing", "channel": "sms", "at": NOON, "header": f"AD-{sender}-P"}
    return may_contact(**{**asked, **changes}).allowed


def every() -> list[bool]:
    return [may(sender) for sender in SENDERS]


def card(page: str, sender: str) -> str:
    return next(
        part
        for part in page.split("<section")
        if re.search(rf'<h2[^>]*><span class="reference">{re.escape(sender)}</span></h2>', part)
    )


def protect(who: Any, kind: str) -> None:
    guardianships.protect(
        subject_ref=who.subject.ref, kind=kind, ground="declared", actor=actor.SYSTEM, now=clock.now()
    )


def agree(her: Client, notice: Any, sender: str, **changes: Any) -> Any:
    return her.post(ALLOW, {"choice": value(sender), "notice": notice.binding.sha256, **changes})


def test_one_press_stops_one_sender_and_leaves_the_others(her, asha, still):
    said(asha, "given")
    assert every() == [True, True]
    still.shift(60)
    page = her.get(PAGE).text
    assert f'<input type="hidden" name="choice" value="{value("ONESTU")}">' in card(page, "ONESTU")
    done = her.post(STOP, {"choice": value("ONESTU")})
    assert every() == [False, True]
    receipt = ConsentReceipt.objects.latest("pk")
    assert done.url == f"{PAGE}?receipt={receipt.reference}"
    page = her.get(done.url).text
    assert receipt.reference in page[: page.index("<h1")]
    assert "SMS (ONESTU)" in page[: page.index("<h1")]
    assert "For this sender only." in card(page, "ONESTU")
    assert "For all senders of this company." in card(page, "OFFERS")
    assert STOP not in card(page, "ONESTU")
    assert STOP in card(page, "OFFERS")


def test_a_second_press_changes_nothing_and_says_so(her, asha, still):
    said(asha, "given")
    still.shift(60)
    her.post(STOP, {"choice": value("ONESTU")})
    still.shift(60)
    before = ConsentEvent.objects.count()
    assert "stopped these messages already" in her.post(STOP, {"choice": value("ONESTU")}, follow=True).text
    assert ConsentEvent.objects.count() == before


def test_one_sender_is_allowed_with_its_whole_text_while_the_others_stay_stopped(her, asha, still, notice):
    stop_all(asha)
    still.shift(3600)
    page = her.get(ALLOW, {"choice": value("OFFERS")}).text
    assert "May we send you offers?" in page
    assert page.count("OFFERS") > 1
    done = agree(her, notice, "OFFERS")
    assert every() == [False, True]
    assert not may("", header=None), "No one has this name"
    page = her.get(done.url).text
    assert "For this sender only." in card(page, "OFFERS")
    assert "For all senders of this company." in card(page, "ONESTU")
    still.shift(60)
    her.post(reverse("privacy:stop-messages"))
    assert every() == [False, False]


def test_allowing_twice_records_once(her, asha, still, notice):
    agree(her, notice, "OFFERS")
    still.shift(60)
    agree(her, notice, "OFFERS")
    assert ConsentEvent.objects.filter(sender="OFFERS").count() == 1
    again = her.get(ALLOW, {"choice": value("OFFERS")}, follow=True)
    assert "Nothing was changed" in again.text


def test_the_receipt_names_the_sender_on_its_page_in_its_letter_and_in_its_file(her, asha, still, notice):
    agree(her, notice, "OFFERS")
    receipt = ConsentReceipt.objects.latest("pk")
    for language, words in (("en", "Only OFFERS"), ("hi", "केवल OFFERS"), ("mr", "फक्त OFFERS")):
        her.cookies["django_language"] = language
        assert f"<dd>{words}</dd>" in her.get(f"/privacy/consents/{receipt.reference}/").text
        assert "SMS (OFFERS)" in her.get("/privacy/consents/").text
    told = Message.objects.filter(about=f"consent.receipt:{receipt.reference}")
    assert "SMS (OFFERS): yes" in text_of(told.first()).body
    said(asha, "given", channel="email", address_kind="email", address=ASHA)
    her.cookies["django_language"] = "en"
    of_all = ConsentEvent.objects.latest("pk").receipt.reference
    assert "Only" not in her.get(f"/privacy/consents/{of_all}/").text


@pytest.mark.parametrize("language", ["hi", "mr"])
def test_the_pages_speak_the_readers_language_and_say_where_the_text_is_english(her, notice, language):
    her.cookies["django_language"] = language
    assert {"hi": "प्रेषक के अनुसार संदेश", "mr": "प्रेषकानुसार संदेश"}[language] in her.get(PAGE).text
    page = her.get(ALLOW, {"choice": value("OFFERS")}).text
    assert '<blockquote lang="en">' in page
    assert page.count("<strong>") >= 1


def test_a_sender_is_shown_with_its_company_and_what_it_is(her, still):
    registered_sender("56767", kind="short_code", carries=["service"])
    registered_sender("+919140000001", kind="whatsapp_number", carries=["promotional", "service"])
    page = her.get(PAGE).text
    assert "Onesetu · SMS header" in card(page, "ONESTU")
    assert "Onesetu · Short code" in card(page, "56767")
    assert "(-S)" in card(page, "56767")
    assert "(-P)" not in card(page, "56767")
    assert "Onesetu · WhatsApp number" in card(page, "+919140000001")
    assert card(page, "+919140000001").count("<h3") == 2
    assert "BILLSS" not in page, "bills are owed: nobody chooses about them"


def test_without_a_telephone_number_there_is_nothing_to_choose(still, notice):
    someone = person(email=None, phone=None)
    CustomerUserFactory(email="other@acme.example", principal=someone)
    page = customer_client(someone.user).get(PAGE).text
    assert "no sender here" in page
    assert "ONESTU" not in page


@pytest.mark.parametrize(
    "choice",
    ["", "marketing", value("NOBODY"), value("BILLSS"), value("ONESTU", "no_such"), value("ONESTU", channel="fax")],
)
def test_what_is_not_offered_is_not_found(her, notice, choice):
    assert her.get(ALLOW, {"choice": choice}).status_code == 404
    assert her.post(ALLOW, {"choice": choice, "notice": notice.binding.sha256}).status_code == 404
    assert not ConsentEvent.objects.exists()


@pytest.mark.parametrize("choice", ["", value("NOBODY"), value("ONESTU", "no_such"), value("ONESTU", channel="fax")])
def test_nothing_is_recorded_about_what_is_no_sender_of_the_company(her, choice):
    assert her.post(STOP, {"choice": choice}).status_code == 404
    assert not ConsentEvent.objects.exists()


def test_a_stop_from_an_old_page_counts_after_the_sender_has_ended(her, asha, still):
    said(asha, "given")
    ended = registered_sender("GONEXX", carries=["promotional"])
    sender_entries.end(ended, actor=actor.staff(StaffFactory(roles=["administrator"]).pk), now=clock.now())
    still.shift(60)
    assert "GONEXX" not in her.get(PAGE).text
    her.post(STOP, {"choice": value("GONEXX")})
    assert ConsentEvent.objects.latest("pk").sender == "GONEXX"
    page = her.get(PAGE).text
    assert "No longer registered" in card(page, "GONEXX")
    assert ALLOW not in card(page, "GONEXX")


def test_a_text_that_has_changed_is_read_again(her, asha, notice):
    answer = her.post(ALLOW, {"choice": value("OFFERS"), "notice": "00" * 32})
    assert answer.status_code == 422
    assert "has changed since you opened this page" in answer.text
    assert not ConsentEvent.objects.exists()


def test_a_child_is_offered_no_promotion(her, asha):
    protect(asha, "child")
    assert "ONESTU" not in her.get(PAGE).text


def test_a_person_with_a_guardian_cannot_allow_a_sender_alone_but_stop_it(her, asha, still, notice):
    said(asha, "given")
    still.shift(60)
    protect(asha, "guarded")
    assert her.post(STOP, {"choice": value("ONESTU")}).status_code == 302
    assert every() == [False, True]
    still.shift(60)
    answer = agree(her, notice, "ONESTU")
    assert answer.status_code == 422
    assert "Someone else has to decide this for you" in answer.text
    assert every() == [False, True]


def test_the_law_of_california_asks_twice_after_a_refusal(her, asha, still, notice):
    people.note_regime(principal=asha, regime="US-CA", ground="declared", actor=actor.SYSTEM, now=clock.now())
    her.post(STOP, {"choice": value("ONESTU")})
    still.shift(60)
    first = agree(her, notice, "ONESTU")
    assert "asks you to confirm your consent" in first.text
    assert not ConsentEvent.objects.filter(answer="given").exists()
    still.shift(2)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', first.text[first.text.index('id="answers"') :]))
    assert her.post(ALLOW, fields).status_code == 302
    assert (OptInRequest.objects.count(), every()) == (1, [True, False])


def test_a_stop_by_sms_to_one_header_is_shown_as_of_that_sender_and_can_be_allowed_again(her, asha, still, notice):
    said(asha, "given")
    still.shift(60)
    receipt = address_opt_outs.stop_at_address(
        kind="phone", address=ASHA_PHONE, fiduciary=Fiduciary.objects.get(code="onesetu"), way=Way.SMS,
        actor=actor.SYSTEM, channel="sms", header="ONESTU",
    )  # fmt: skip
    assert every() == [False, True]
    part = card(her.get(PAGE).text, "ONESTU")
    assert "For this sender only." in part
    assert receipt.reference in part
    assert ALLOW in part
    still.shift(60)
    agree(her, notice, "ONESTU")
    assert every() == [True, True]


def test_a_refusal_of_somebody_else_at_the_number_is_named(her, asha, still, notice):
    bob = person(email="bob@acme.example", phone=ASHA_PHONE)
    said(bob, "denied")
    still.shift(60)
    agree(her, notice, "OFFERS")
    assert every() == [False, False]
    assert "Someone else who uses this number" in card(her.get(PAGE).text, "OFFERS")


def test_a_new_tick_leaves_a_sender_that_was_stopped_by_itself_as_it_was(her, asha, still, notice):
    her.post(STOP, {"choice": value("ONESTU")})
    still.shift(60)
    shown = {f"notice_{code}": notice.binding.sha256 for code in ASKED}
    page = her.get("/privacy/preferences/").text
    assert "Only ONESTU:" in page
    assert "It does not change your answers about one sender only" in page
    asked = her.post("/privacy/preferences/", {"was": "", "choices": [value("", channel="sms").rstrip(":")]})
    assert her.post(asked.url, {**shown, "answer": "yes"}).status_code == 302
    assert every() == [False, True]
    assert "Only ONESTU:" in her.get("/privacy/preferences/").text
    assert ConsentReceipt.objects.latest("pk").events.count() == 2


def test_renewing_leaves_a_sender_that_was_stopped_by_itself_as_it_was(her, asha, still, notice):
    event = said(asha, "given")
    her.post(STOP, {"choice": value("ONESTU")})
    assert every() == [False, True]
    still.move_to(event.expires_at - timedelta(days=2))
    contact_rulebook.forget()
    consent_renewals.renew(
        subject_ref=asha.subject.ref, answers={"marketing": True}, shown={"marketing": notice.binding.sha256},
        actor=actor.SYSTEM,
    )  # fmt: skip
    noon = event.expires_at.astimezone(clock.IST).replace(hour=12) + timedelta(days=3)
    assert [may(sender, at=noon) for sender in SENDERS] == [False, True]


def test_a_clients_page_shows_and_changes_the_senders_of_the_client_alone(her, asha, still, notice):
    acme = FiduciaryFactory(code="acme-bank", name="Acme Bank")
    registered_sender("ACMEBK", fiduciary=acme, carries=["promotional"])
    mark = one_click_unsubscribe.mark_of(acme)
    page = her.get(PAGE, {"for": mark}).text
    assert "Acme Bank · SMS header" in card(page, "ACMEBK")
    assert "ONESTU" not in page
    assert "ACMEBK" not in her.get(PAGE).text
    done = agree(her, notice, "ACMEBK", **{"for": mark})
    assert "for=" in done.url
    event = ConsentEvent.objects.get()
    assert (event.fiduciary, event.sender) == (acme, "ACMEBK")
    still.shift(60)
    assert her.post(STOP, {"choice": value("ACMEBK")}).status_code == 404, "it is no sender of ours"
    her.post(STOP, {"choice": value("ACMEBK"), "for": mark})
    assert ConsentEvent.objects.latest("pk").answer == "withdrawn"


def test_a_hundred_senders_ask_as_many_statements_as_one(her, asha, still, notice):
    said(asha, "given")
    with CaptureQueriesContext(connection) as few:
        her.get(PAGE)
    for number in range(12):
        registered_sender(f"HEAD{chr(65 + number)}X", carries=["promotional"])
    with CaptureQueriesContext(connection) as many:
        assert "HEADAX" in her.get(PAGE).text
    assert len(many) <= len(few)


def test_another_persons_receipt_is_not_shown(her, asha, still, notice):
    bob = person(email="bob@acme.example", phone="+919811112222")
    event = said(bob, "given")
    assert 'class="note ok"' not in her.get(PAGE, {"receipt": event.receipt.reference}).text
