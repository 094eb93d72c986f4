"""Staff take a wish from the telephone or a letter: it lands where every withdrawal lands, and the person is told."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.urls import reverse

from consent.base.choices import Answer, Way
from consent.decisions.services.contact_decisions import may_contact
from consent.decisions.services.sender_status import registered_for
from consent.models import ConsentEvent, ConsentState, NoticeText, Suppression
from consent.records.services.addresses import address_of
from consent.records.services.consent_events import Choice, record_all
from consent.suppressions.services.address_opt_outs import stop_at_address
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.ledger.services import verify
from portal.kernel.outbox.models import Message
from portal.kernel.people.models import Fiduciary
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.people.factories import StaffFactory
from tests.registers.factories import registered_sender
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
ADD = "admin:consent_suppression_add"


@pytest.fixture
def asha(law):
    published_notice()
    asha = person()
    said(asha, "given")
    return asha


@pytest.fixture
def support(law):
    return staff_client(StaffFactory(roles=["support"]))


def entered(**changes):
    own = Fiduciary.objects.get(code="onesetu").pk
    return {"fiduciary": own, "kind": "phone", "address": "98765 43210", "way": "phone", "occurred_at": "", **changes}


def test_one_consent_is_withdrawn_with_the_way_and_the_time_it_was_told(asha, support):
    state = ConsentState.objects.get(channel="sms")
    at = (clock.now() - timedelta(seconds=20)).astimezone(clock.IST)
    url = reverse("admin:consent_consentstate_do_one", args=[state.pk, "withdraw"])
    answer = support.post(url, {"answer": "1", "way": "paper", "occurred_at": f"{at:%Y-%m-%dT%H:%M:%S}"})
    event = ConsentEvent.objects.get(answer="withdrawn")
    assert event.receipt.reference in answer.text
    assert (event.way, event.actor_kind) == ("paper", "staff")
    assert abs(event.occurred_at - at) < timedelta(seconds=1)
    assert Message.objects.filter(kind="consent.confirmed").exists()


def test_everything_promotional_stops_at_an_address_that_was_told_to_staff(asha, support):
    assert support.post(reverse(ADD), entered()).status_code == 302
    assert {e.way for e in ConsentEvent.objects.filter(next=None)} == {"phone"}
    assert not ConsentState.objects.filter(answer="given").exists()
    again = support.post(reverse(ADD), entered())
    assert again.status_code == 422
    assert "stopped there already" in again.text
    at = f"{(clock.now() - timedelta(seconds=20)).astimezone(clock.IST):%Y-%m-%dT%H:%M:%S}"
    assert [support.post(reverse(ADD), entered(occurred_at=at)).status_code for _press in range(2)] == [302, 422]
    assert len(set(Suppression.objects.values_list("receipt", flat=True))) == 2


def test_a_single_sender_is_stopped_at_the_wish_of_a_person_on_the_phone(asha, support):
    for sender in ("ONESTU", "OFFERS"):
        registered_sender(sender, carries=["promotional"])
    for wrong in ("NOBODY", ""):
        refused = support.post(reverse(ADD), entered(sender=wrong or "ONESTU", kind="phone" if wrong else "email",
                                                     address=ASHA_PHONE if wrong else "asha@acme.example"))  # fmt: skip
        assert refused.status_code == 422
    assert not Suppression.objects.exists()
    assert support.post(reverse(ADD), entered(sender="AD-ONESTU-P")).status_code == 302
    row = Suppression.objects.get()
    assert (row.channel, row.header, row.way) == ("sms", "ONESTU", "phone")
    noon = clock.now().astimezone(clock.IST).replace(hour=12) + timedelta(days=1)
    asked = {"address": ASHA_PHONE, "purpose": "marketing", "channel": "sms", "at": noon}
    assert [may_contact(**asked, header=header).allowed for header in ("ONESTU", "OFFERS")] == [False, True]
    assert Message.objects.filter(kind="consent.stopped_here").exists()


NUMBER = "1401234567"


@pytest.mark.parametrize("written", [NUMBER, "+91 140 123 4567"])
def test_a_stop_of_a_number_holds_on_every_channel_that_it_is_registered_for(asha, support, written):
    registered_sender("567678", kind="short_code", carries=["promotional"])
    registered_sender("140123", kind="short_code", carries=["promotional"])
    registered_sender("+911401234567", kind="whatsapp_number", carries=["promotional"])
    registered_sender(NUMBER, kind="voice_number", carries=["promotional"])
    said(asha, "given", channel="voice")
    said(asha, "given", channel="whatsapp")
    assert support.post(reverse(ADD), entered(sender=written)).status_code == 302
    rows = Suppression.objects.select_related("receipt")
    assert {(row.channel, row.header) for row in rows} == {("voice", NUMBER), ("whatsapp", "+911401234567")}
    assert len({row.receipt.reference for row in rows}) == 1
    noon = clock.now().astimezone(clock.IST).replace(hour=12) + timedelta(days=1)
    asked = {"address": ASHA_PHONE, "purpose": "marketing", "at": noon}
    assert not may_contact(**asked, channel="voice", header=NUMBER).allowed
    assert not may_contact(**asked, channel="whatsapp", header="+911401234567").allowed
    assert may_contact(**asked, channel="sms", header="567678").allowed
    assert Message.objects.filter(kind="consent.stopped_here").count() == 1
    assert verify().failures == []


def test_a_word_about_the_second_channel_of_a_number_is_about_that_channel(asha, law):
    forms = {"whatsapp": "+911401234567", "voice": NUMBER}
    for channel, value in forms.items():
        registered_sender(value, kind=f"{channel}_number", carries=["promotional"])
    own = Fiduciary.objects.get(code="onesetu")
    for channel, value in forms.items():
        assert registered_for(own, "140 123 4567", [channel], "marketing", at=clock.now()) == value
    with pytest.raises(Refused, match="Choose the one channel"):
        registered_for(own, NUMBER, list(forms), "marketing", at=clock.now())


def test_a_consent_to_a_single_sender_is_found_and_withdrawn_by_staff(asha, support):
    registered_sender("ONESTU", carries=["promotional"])
    event = of_sender(asha, "given", "ONESTU")
    listed = reverse("admin:consent_consentevent_changelist")
    assert "SMS (ONESTU)" in support.get(listed, {"sender": "one"}).text
    assert "SMS (ONESTU)" not in support.get(listed, {"sender": "all"}).text
    states = reverse("admin:consent_consentstate_changelist")
    assert "SMS (single senders apart)" in support.get(states, {"sender": "apart"}).text
    url = reverse("admin:consent_consentevent_do_one", args=[event.pk, "withdraw-of-sender"])
    support.post(url, {"answer": "1", "way": "phone", "occurred_at": ""})
    last = ConsentEvent.objects.latest("pk")
    assert (last.sender, last.answer, last.way, last.actor_kind) == ("ONESTU", "withdrawn", "phone", "staff")
    assert ConsentState.objects.get(channel="sms").answer == "given"
    of_all = ConsentEvent.objects.filter(sender="").first()
    url = reverse("admin:consent_consentevent_do_one", args=[of_all.pk, "withdraw-of-sender"])
    before = ConsentEvent.objects.count()
    support.post(url, {"answer": "1", "way": "phone", "occurred_at": ""})
    assert ConsentEvent.objects.count() == before


def test_the_present_answer_names_what_counts_for_single_senders(asha, support):
    registered_sender("ONESTU", carries=["promotional"])
    of_sender(asha, "withdrawn", "ONESTU")
    state = ConsentState.objects.get(channel="sms")
    site = admin.site._registry[ConsentState]
    assert site.of_senders(state).startswith("ONESTU: <a ")
    assert "withdrawn" in site.of_senders(state).lower() or "Withdrawn" in site.of_senders(state)
    said(asha, "given", channel="email")
    assert site.of_senders(ConsentState.objects.get(channel="email")) == "–"


def of_sender(who, answer, sender):
    place = address_of(subject_ref=who.subject.ref, channel="sms", kind="phone", text=ASHA_PHONE)
    choice = Choice(place, "marketing", "sms", Answer(answer), NoticeText.objects.first(), sender=sender)
    (event,) = record_all(
        subject_ref=who.subject.ref, fiduciary="onesetu", choices=[choice], way=Way.PAGE, occurred_at=clock.now(),
        actor=actor.SYSTEM,
    ).events  # fmt: skip
    return event


def test_a_number_nobody_holds_can_be_stopped_too(support):
    assert support.post(reverse(ADD), entered(address="+919811112222")).status_code == 302
    row = Suppression.objects.get()
    assert row.way == "phone"
    assert "9811112222" not in support.get(reverse("admin:consent_suppression_changelist")).text
    page = support.post(reverse("admin:consent_suppression_changelist"), {"find": "98111 12222"}, follow=True).text
    assert row.receipt.reference in page


@pytest.mark.parametrize("model", [ConsentState, Suppression])
def test_what_was_said_last_stands_first_however_late_it_was_told(asha, support, model):
    said(asha, "denied", channel="voice", occurred_at=clock.now() - timedelta(days=9))
    for minutes, number in ((1, "+919811112222"), (9, "+919811113333")):
        stop_at_address(
            kind="phone", address=number, fiduciary=Fiduciary.objects.get(code="onesetu"), way=Way.PHONE,
            occurred_at=clock.now() - timedelta(minutes=minutes), actor=actor.SYSTEM,
        )  # fmt: skip
    column = "occurred_at" if model is ConsentState else "suppressed_at"
    shown = support.get(reverse(f"admin:consent_{model._meta.model_name}_changelist")).context["cl"].result_list
    times = [getattr(row, column) for row in shown]
    assert len(times) == 2
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(("field", "value"), [("address", "12"), ("occurred_at", "2999-01-01T10:00"), ("way", "sms")])
def test_what_is_wrong_is_said_and_stops_nothing(asha, support, field, value):
    answer = support.post(reverse(ADD), entered(**{field: value}))
    assert answer.status_code == 422
    assert ConsentState.objects.get(channel="sms").answer == "given"


def test_who_may_only_look_stops_nothing(asha):
    auditor = staff_client(StaffFactory(roles=["auditor"]))
    assert auditor.get(reverse(ADD)).status_code == 403
    assert auditor.post(reverse(ADD), entered()).status_code == 403
    assert ConsentState.objects.get(channel="sms").answer == "given"
    assert ASHA_PHONE not in auditor.get(reverse("admin:consent_suppression_changelist")).text
