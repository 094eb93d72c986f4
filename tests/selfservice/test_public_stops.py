"""The public page that stops messages: an address, the code that came there, one press; the same for every address."""

import json
from datetime import datetime, time, timedelta
from unittest.mock import patch

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.base.choices import Answer, Way
from consent.base.models.notices import NoticeText
from consent.base.selectors import contact_rulebook
from consent.collection.services import inbound_replies
from consent.collection.services.inbound_replies import Inbound
from consent.decisions.services.contact_decisions import may_contact
from consent.records.models.suppressions import Suppression
from consent.records.services import receipts
from consent.records.services.addresses import address_of
from consent.records.services.consent_events import Choice, record_all
from consent.suppressions.services import one_click_unsubscribe
from portal.fronts.selfservice import limits
from portal.kernel.core import actor, clock
from portal.kernel.law.choices import Channel
from portal.kernel.people.models.fiduciaries import Fiduciary
from portal.kernel.people.models.invitations import OneTimeCode
from portal.kernel.people.services import codes
from tests.consent.factories import ASHA, ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.people.factories import CustomerUserFactory, FiduciaryFactory
from tests.registers.factories import registered_sender
from tests.selfservice.windows import Window
from tests.signin.people_who_sign_in import customer_client, work_of

pytestmark = pytest.mark.django_db(transaction=True)
PAGE, CODE, CHOOSE = "/privacy/stop/", "/privacy/stop/code/", "/privacy/stop/choose/"
DONE = "/privacy/stop/done/"
NOON = datetime.combine(clock.day(clock.now()) + timedelta(days=1), time(12), tzinfo=clock.IST)
STRANGER = "+919811112222"


@pytest.fixture(autouse=True)
def world(db):
    contact_rulebook.forget()
    law_is_loaded()
    published_notice()
    FiduciaryFactory(code="acme-bank", name="Acme Bank")
    with patch("consent.collection.forms.opt_outs.can_send", return_value=True):
        yield


@pytest.fixture
def asha(world):
    asha = person(email=None)
    CustomerUserFactory(email=ASHA, principal=asha)
    said(asha, "given")
    return asha


def proven(client, address=STRANGER):
    """The page behind the code."""
    assert client.post(PAGE, {"address": address}).url.startswith(CODE)
    answer = client.post(CODE, {"code": codes.plain(OneTimeCode.objects.latest("pk"))})
    assert answer.url.startswith(CHOOSE)
    return client.get(CHOOSE).text


def allowed(address=ASHA_PHONE):
    return may_contact(address=address, purpose="marketing", channel="sms", at=NOON).allowed


def test_the_answer_and_the_work_are_the_same_for_known_and_unknown_addresses(asha):
    def asks(address):
        client = Window()
        client.post(PAGE, {"address": "warm@acme.example"})
        found = []
        work = work_of(lambda: found.append(client.post(PAGE, {"address": address}, follow=True)))
        (answer,) = found
        return (
            work,
            len(answer.redirect_chain),
            answer.text[answer.text.index("<h1>") : answer.text.index("We sent a code")],
        )

    assert asks(ASHA_PHONE) == asks(STRANGER)
    assert asks(ASHA) == asks("nobody@acme.example")


@pytest.mark.parametrize("address", [ASHA_PHONE, STRANGER])
def test_one_press_stops_gives_a_receipt_and_can_be_taken_back_here_only(asha, address, still):
    hers, other = Window(), Window()
    page = proven(hers, address)
    assert address not in page
    assert "Stop promotional messages from Onesetu" in page
    assert "Acme Bank" not in page
    done = hers.post(CHOOSE, {"act": "onesetu"}, follow=True).text
    assert "Done. Onesetu: no promotional messages to " in done
    assert not allowed(address)
    stop = Suppression.objects.latest("pk").receipt
    assert stop.reference in done
    still.shift(1)
    proven(other, address)
    undo = {"act": "undo", "of": stop.reference}
    other.post(DONE, undo)
    assert not allowed(address)
    assert f'name="of" value="{stop.reference}"' in done
    assert "Undone" in hers.post(DONE, undo, follow=True).text
    assert not Suppression.objects.filter(lift=None).exists()
    assert allowed(address) is (address == ASHA_PHONE)


def of_sender(who, value, answer="given"):
    place = address_of(subject_ref=who.subject.ref, channel="sms", kind="phone", text=ASHA_PHONE)
    choice = Choice(place, "marketing", "sms", Answer(answer), NoticeText.objects.first(), sender=value)
    record_all(
        subject_ref=who.subject.ref, fiduciary="onesetu", choices=[choice], way=Way.PAGE, occurred_at=clock.now(),
        actor=actor.SYSTEM,
    )  # fmt: skip


def test_a_sender_that_was_agreed_to_by_name_is_stopped_by_name_and_the_others_go_on(asha, still):
    for value in ("ONESTU", "OFFERS", "OTHERS"):
        registered_sender(value, carries=["promotional"])

    def allowed_of():
        asked = {"address": ASHA_PHONE, "purpose": "marketing", "channel": "sms", "at": NOON}
        return [may_contact(**asked, header=f"AD-{value}-P").allowed for value in ("ONESTU", "OFFERS", "OTHERS")]

    of_sender(asha, "ONESTU")
    of_sender(asha, "OFFERS")
    of_sender(asha, "OFFERS", "withdrawn")
    hers = Window()
    page = proven(hers, ASHA_PHONE)
    assert "Stop only ONESTU of Onesetu" in page
    assert "OFFERS" not in page
    assert allowed_of() == [True, False, True]
    for wrong in ("onesetu:sms:OTHERS", "acme-bank:sms:ONESTU", "onesetu:voice:ONESTU"):
        assert hers.post(CHOOSE, {"act": wrong}).status_code == 422
    done = hers.post(CHOOSE, {"act": "onesetu:sms:ONESTU"}, follow=True).text
    row = Suppression.objects.get()
    assert (row.channel, row.header, row.way) == ("sms", "ONESTU", "code")
    assert f'Onesetu (ONESTU): <span class="reference">{row.receipt.reference}' in done
    assert "ONESTU: stopped already, since " in hers.get(CHOOSE).text
    assert allowed_of() == [False, False, True]
    hers.post(CHOOSE, {"act": "onesetu:sms:ONESTU"})
    assert Suppression.objects.count() == 1
    undone = hers.post(DONE, {"act": "undo", "of": row.receipt.reference}, follow=True).text
    assert "Undone" in undone
    assert allowed_of() == [True, False, True]
    still.shift(60)
    hers.post(CHOOSE, {"act": "onesetu:sms:ONESTU"})
    hers.post(CHOOSE, {"act": "onesetu"})
    assert allowed_of() == [False, False, False]
    assert Suppression.objects.filter(header="", lift=None).exists()


@pytest.mark.parametrize("address", [STRANGER, ASHA])
def test_no_sender_is_named_where_nobody_agreed_to_one_by_name(asha, address):
    registered_sender("ONESTU", carries=["promotional"])
    of_sender(asha, "ONESTU")
    page = proven(Window(), address)
    assert "ONESTU" not in page
    assert "by name" not in page


def test_everybody_is_stopped_at_one_press_and_a_second_one_changes_nothing(asha):
    hers = Window()
    proven(hers)
    page = hers.post(CHOOSE, {"act": "all"}, follow=True).text
    assert "Onesetu: " in page
    assert Suppression.objects.count() == 2
    assert "Done." in hers.post(CHOOSE, {"act": "all"}, follow=True).text
    assert Suppression.objects.count() == 2


def test_the_page_says_what_is_stopped_already_and_since_when(asha, still):
    hers = Window()
    page = proven(hers)
    assert "topped already" not in page
    hers.post(CHOOSE, {"act": "onesetu"})
    page = hers.get(CHOOSE).text
    assert "Onesetu: stopped already, since " in page
    assert "Stop promotional messages from Onesetu" not in page
    assert "Works at once." in page
    still.shift(60)
    hers.post(CHOOSE, {"act": "all"})
    page = proven(Window())
    assert "Works at once" not in page
    assert "Stopped already, since " in page


def test_what_the_page_says_first_is_what_stands_whatever_its_address_says(asha):
    """ "Back" in the browser brings an older address, and a page that is opened anew has none."""
    hers = Window()
    proven(hers)
    assert hers.get(DONE).url.startswith(CHOOSE)
    hers.post(CHOOSE, {"act": "onesetu"})
    stop = Suppression.objects.latest("pk").receipt
    for query in ({"late": "1"}, {}):
        page = hers.get(DONE, query).text
        assert "Undone." not in page
        assert "Done." in page
        assert f'name="of" value="{stop.reference}"' in page
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        page = hers.get(DONE).text
        assert "Done." in page
        assert 'name="of"' not in page
    assert "Undone." in hers.post(DONE, {"act": "undo", "of": stop.reference}, follow=True).text
    assert "Undone." in hers.get(DONE, {"late": "1"}).text


def test_whoever_stopped_everybody_has_a_receipt_of_each_company_and_nobody_is_named_before(asha):
    for address in (ASHA_PHONE, STRANGER):
        hers, later = Window(), Window()
        assert "Acme Bank" not in proven(hers, address)
        page = hers.post(CHOOSE, {"act": "all"}, follow=True).text
        for code, name in (("onesetu", "Onesetu"), ("acme-bank", "Acme Bank")):
            receipt = Suppression.objects.filter(fiduciary__code=code).latest("pk").receipt
            assert f'{name}: <span class="reference">{receipt.reference}</span>' in page
            receipts.seal(receipt)
            path = f"/privacy/stop/receipts/{receipt.reference}/receipt.json"
            assert path in hers.get(DONE).text
            assert code in hers.get(path).text
        assert "Stop promotional messages from Acme Bank" not in page, (
            "one company alone is offered by name where it wrote"
        )
        # A number may have another holder by now: answers of a person are for the browser that stopped, and their account.
        assert ("Acme Bank" in proven(later, address)) is (address == STRANGER)


def test_the_page_takes_as_many_statements_for_the_receipts_of_many_companies_as_for_those_of_few(asha):
    counts = []
    client = Window()
    proven(client)
    client.post(CHOOSE, {"act": "all"})
    for companies in range(2):
        for number in range(3 * companies):
            FiduciaryFactory(code=f"company-{number}", name=f"Company {number}")
        client = Window()
        proven(client)
        client.post(CHOOSE, {"act": "all"})
        with CaptureQueriesContext(connection) as statements:
            page = client.get(DONE)
        assert page.text.count("receipt.tlog-proof") >= Fiduciary.objects.count()
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_the_old_address_above_the_receipts_leads_to_the_first_page(asha):
    hers = Window()
    answer = hers.get("/privacy/stop/receipts/")
    assert (answer.status_code, answer.url) == (301, PAGE)


def test_a_page_that_says_stopped_does_not_deny_the_service_messages_that_were_agreed_to(asha):
    said(asha, "given", purpose="product_updates")
    hers = Window()
    proven(hers, ASHA_PHONE)
    page = hers.post(CHOOSE, {"act": "all"}, follow=True).text
    assert may_contact(address=ASHA_PHONE, purpose="product_updates", channel="sms", at=NOON).allowed
    assert "no promotional messages" in page.lower()
    assert "service messages that you agreed to will still come" in page
    assert "none of these messages" not in page


def test_the_receipt_of_an_earlier_press_stays_and_its_button_undoes_no_later_one(asha):
    hers = Window()
    proven(hers)
    hers.post(CHOOSE, {"act": "onesetu"})
    first = Suppression.objects.latest("pk").receipt
    receipts.seal(first)
    hers.post(CHOOSE, {"act": "all"})
    assert hers.get(f"/privacy/stop/receipts/{first.reference}/receipt.json").status_code == 200
    late = hers.post(DONE, {"act": "undo", "of": first.reference}, follow=True).text
    assert "too late" in late
    assert not Suppression.objects.exclude(lift=None).exists()


def test_whoever_led_here_can_be_stopped_and_nobody_else_can_be_guessed(asha):
    client = Window()
    mark = one_click_unsubscribe.mark_of(Fiduciary.objects.get(code="acme-bank"))
    assert f'name="for" value="{mark}"' in client.get(PAGE, {"for": mark}).text
    client.post(PAGE, {"address": STRANGER, "for": mark})
    client.post(CODE, {"code": codes.plain(OneTimeCode.objects.latest("pk"))})
    assert "Stop promotional messages from Acme Bank" in client.get(CHOOSE).text
    other = Window()
    proven(other)
    assert other.post(CHOOSE, {"act": "acme-bank"}).status_code == 422
    assert other.get(PAGE, {"for": "acme-bank.AAAA"}).status_code == 404
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    ("form", "content_type", "start"),
    [
        ("receipt.tlog-proof", "application/octet-stream", b"c2sp.org/tlog-proof@v1\n"),
        ("receipt.json", "application/json", b"{"),
        ("receipt.pdf", "application/pdf", b"%PDF-"),
    ],
)
@pytest.mark.parametrize("address", [ASHA_PHONE, STRANGER])
def test_the_receipt_can_be_kept_in_each_form_by_the_browser_that_stopped(asha, address, form, content_type, start):
    hers, other = Window(), Window()
    proven(hers, address)
    page = hers.post(CHOOSE, {"act": "onesetu"}, follow=True).text
    reference = Suppression.objects.latest("pk").receipt.reference
    path = f"/privacy/stop/receipts/{reference}/{form}"
    assert path in page
    answer = hers.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, content_type)
    assert answer.content.startswith(start)
    assert answer["Content-Disposition"] == f'attachment; filename="{reference}-{form}"'
    assert address.encode() not in answer.content
    assert hers.get(path.replace(form, "receipt.exe")).status_code == 404
    proven(other, address if address == ASHA_PHONE else "+919811113333")
    assert other.get(path).status_code == 404


def test_the_proof_of_an_earlier_stop_by_sms_is_kept_behind_the_code_of_its_number_only(asha):
    inbound_replies.take([Inbound("1", Channel.SMS, STRANGER, "ONESTU", "STOP")])
    reference = Suppression.objects.get().receipt.reference
    hers, other = Window(), Window()
    page = proven(hers)
    assert "Stopped here before" in page
    assert f'Onesetu: <span class="reference">{reference}</span>' in page
    receipts.seal(Suppression.objects.get().receipt)
    path = f"/privacy/stop/receipts/{reference}/receipt.json"
    assert path in hers.get(CHOOSE).text
    record = json.loads(hers.get(path).content)["record"]
    assert (record["act"], record["facts"]["way"]) == ("consent.address.suppressed", "sms")
    assert "Stopped here before" not in proven(other, "+919811113333")
    assert other.get(path).status_code == 404
    assert Window().get(path).status_code == 404


def test_anybody_may_check_the_receipt_of_a_stop_and_learns_no_address(asha):
    hers = Window()
    proven(hers)
    hers.post(CHOOSE, {"act": "onesetu"})
    reference = Suppression.objects.get().receipt.reference
    document = json.loads(hers.get(f"/privacy/stop/receipts/{reference}/receipt.json").content)
    page = Window().post("/privacy/check/", {"pasted": document["proof"]}).text
    assert "This receipt is genuine" in page
    assert "all promotional messages from Onesetu stopped at one address" in page
    assert reference not in page


@pytest.mark.parametrize("typed", ["", "123", "१२३४५६"])
def test_a_wrong_code_opens_nothing_and_is_named_at_its_field(asha, typed):
    client = Window()
    client.post(PAGE, {"address": STRANGER})
    page = client.post(CODE, {"code": typed})
    assert page.status_code == 422
    assert 'href="#id_code"' in page.text
    assert client.get(CHOOSE).url == PAGE
    assert client.post(CHOOSE, {"act": "all"}).url == PAGE
    assert not Suppression.objects.exists()


def test_too_many_codes_for_one_address_are_refused_in_words_that_fit_a_stranger(asha, settings):
    for _time in range(settings.CODES_PER_HOUR):
        assert Window().post(PAGE, {"address": STRANGER}).url.startswith(CODE)
    page = Window().post(PAGE, {"address": STRANGER})
    assert page.status_code == 422
    assert "Too many codes were asked for this address." in page.text
    assert f'value="{STRANGER}"' in page.text


def test_one_network_address_asks_for_so_many_codes_and_types_so_many(asha, monkeypatch):
    monkeypatch.setattr(limits, "LIMITS", {"stop.ask": (2, 3600), "stop.enter": (2, 3600)})
    client = Window()
    for number in range(2):
        assert client.post(PAGE, {"address": f"a{number}@acme.example"}).status_code == 302
    assert client.post(PAGE, {"address": "one.more@acme.example"}).status_code == 429
    assert client.post(CODE, {"again": "1"}).status_code == 429
    for _time in range(2):
        assert client.post(CODE, {"code": "000000"}).status_code == 422
    assert client.post(CODE, {"code": "000000"}).status_code == 429


def test_a_stop_is_asked_for_while_the_cache_is_away_and_the_limit_holds_in_each_process(asha, monkeypatch, request):
    request.getfixturevalue("cache_is_away")
    monkeypatch.setattr(limits, "LIMITS", {"stop.ask": (2, 3600), "stop.enter": (2, 3600)})
    client = Window()
    asked = [client.post(PAGE, {"address": f"a{number}@acme.example"}).status_code for number in range(3)]
    assert asked == [302, 302, 429]


def test_another_code_is_sent_on_request_and_the_first_still_works(asha):
    client = Window()
    client.post(PAGE, {"address": STRANGER})
    first = OneTimeCode.objects.latest("pk")
    assert "We have sent a new code." in client.post(CODE, {"again": "1"}, follow=True).text
    assert OneTimeCode.objects.count() == 2
    assert client.post(CODE, {"code": codes.plain(first)}).url.startswith(CHOOSE)
    assert client.get(CHOOSE).status_code == 200


def test_where_no_sms_can_be_sent_a_number_is_answered_with_the_other_ways(asha):
    with patch("consent.collection.forms.opt_outs.can_send", return_value=False):
        page = Window().post(PAGE, {"address": ASHA_PHONE})
        assert page.status_code == 422
        assert "We cannot send an SMS from here." in page.text
        assert Window().post(PAGE, {"address": ASHA}).url.startswith(CODE)


def test_what_is_neither_is_answered_with_both_forms(asha):
    page = Window().post(PAGE, {"address": "x"}).text
    assert "Enter an email address like name@example.com, or a mobile number like +91 98765 43210." in page


@pytest.mark.parametrize("wrong", ["", "12", "asha@", "+91 12345"])
def test_what_is_no_address_is_named_and_kept(asha, wrong):
    page = Window().post(PAGE, {"address": wrong})
    assert page.status_code == 422
    assert 'href="#id_address"' in page.text
    assert not OneTimeCode.objects.exists()


def test_leaving_shuts_the_page(asha):
    client = Window()
    proven(client)
    client.post(CHOOSE, {"act": "onesetu"})
    assert client.post(DONE, {"act": "leave"}).url == PAGE
    assert client.get(CHOOSE).url == PAGE
    assert client.get(DONE).url == PAGE
    assert client.post(CHOOSE, {"act": "all"}).url == PAGE


def test_a_signed_in_person_may_stop_at_an_address_that_is_no_login_of_theirs(asha):
    her = Window()
    her.cookies = customer_client(asha.user).cookies
    proven(her, "other@acme.example")
    assert "Done." in her.post(CHOOSE, {"act": "all"}, follow=True).text
    assert allowed()


def test_the_page_is_shut_when_its_time_is_over(asha):
    client = Window()
    proven(client)
    OneTimeCode.objects.update(used_at=clock.now() - timedelta(minutes=31))
    assert client.get(CHOOSE).url == PAGE
    assert client.post(CHOOSE, {"act": "all"}).url == PAGE
