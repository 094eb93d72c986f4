"""An essential message that cannot be delivered goes by another channel of the person."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from portal.core import actor, clock
from portal.law.states import Channel
from portal.outbox.channels.protocol import Outgoing, PermanentFailure
from portal.outbox.models import Message
from portal.outbox.services import faults, post, reading, reports
from portal.outbox.services.reports import Report
from portal.outbox.states import FaultReason, MessageState, Outcome
from portal.people.services import contacts
from tests.outbox.factories import KIND, Decision, Gate, RecordingChannel
from tests.outbox.test_delivery import deliver, facts
from tests.people.factories import ContactPointFactory, CustomerUserFactory, PrincipalFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("notice")]
ALL = dict.fromkeys(("email", "sms", "whatsapp", "dashboard"), "tests.outbox.factories.RecordingChannel")


@pytest.fixture
def asha(settings: Any) -> Any:
    """Reached by e-mail and by a number; no login."""
    settings.OUTBOX_CHANNELS = ALL
    person = PrincipalFactory()
    for kind, address in (("email", "asha@example.com"), ("phone", "+919876543210")):
        contacts.add(principal=person, kind=kind, address=address, actor=actor.SYSTEM, verified=True)
    return person


def to(subject_ref: UUID, *, channel: str = "email", **given: Any) -> Message:
    values = {"purpose": "support", "about": "tests.thing:1", "address": "asha@example.com", **given}
    return post(
        kind=KIND,
        subject_ref=subject_ref,
        channel=channel,
        language="en",
        context={"reference": "OS-GR-7K4M-9QX2"},
        **values,
    )


def refuse(outgoing: Outgoing) -> None:
    raise PermanentFailure("SMTP_550", no_such_address=True)


def test_a_refused_letter_goes_by_sms_with_the_same_words(asha: Any, gate: Gate, channel: RecordingChannel) -> None:
    letter = to(asha.subject.ref)
    channel.behaviour = refuse
    assert deliver(letter) == MessageState.CLOSED
    assert facts(letter) == ["started", "refused", "moved"]
    assert faults.stand(address="asha@example.com", channel="email")
    sms = letter.moved_to
    assert (sms.channel, sms.purpose, sms.about) == (Channel.SMS, "support", letter.about)
    assert reading.address_of(sms) == "+919876543210"
    assert reading.text_of(sms) == reading.text_of(letter)
    channel.behaviour = lambda outgoing: None
    assert deliver(sms) == MessageState.SENT
    assert [question["channel"] for question in gate.asked] == ["email", "sms"]


def test_the_gates_no_holds_for_the_other_channel_too(asha: Any, gate: Gate, channel: RecordingChannel) -> None:
    letter = to(asha.subject.ref)
    channel.behaviour = refuse
    deliver(letter)
    gate.decision = Decision(allowed=False, reason="CONSENT_WITHDRAWN")
    assert deliver(letter.moved_to) == MessageState.STOPPED


def test_a_reported_bounce_sends_the_words_by_another_channel_once(
    asha: Any, gate: Gate, channel: RecordingChannel
) -> None:
    letter = to(asha.subject.ref)
    deliver(letter)
    for outcome in (Outcome.UNDELIVERED, Outcome.BOUNCED):
        reports.take(webhook_id=str(uuid4()), reports=[Report(letter.reference, outcome)], now=clock.now())
    letter.refresh_from_db()
    assert letter.state == MessageState.UNDELIVERED
    assert Message.objects.exclude(pk=letter.pk).get().channel == Channel.SMS


def test_every_channel_is_tried_once_and_the_last_waits_for_a_person(
    asha: Any, gate: Gate, channel: RecordingChannel
) -> None:
    channel.behaviour = refuse
    message = to(asha.subject.ref)
    tried = []
    while deliver(message) == MessageState.CLOSED:
        tried.append(message.channel)
        message = message.moved_to
    assert ([*tried, message.channel], message.state) == (["email", "sms", "whatsapp"], MessageState.DEAD)


@pytest.mark.parametrize("given", [{"purpose": "marketing"}, {"only_here": True}])
def test_promotion_and_codes_stay_on_their_channel(
    asha: Any, gate: Gate, channel: RecordingChannel, given: dict[str, Any]
) -> None:
    channel.behaviour = refuse
    letter = to(asha.subject.ref, **given)
    assert deliver(letter) == MessageState.DEAD
    assert Message.objects.count() == 1


def test_a_channel_that_is_not_set_up_hands_on_before_anything_is_tried(
    asha: Any, gate: Gate, channel: RecordingChannel, settings: Any
) -> None:
    settings.OUTBOX_CHANNELS = {name: path for name, path in ALL.items() if name != "sms"}
    message = to(asha.subject.ref, channel="sms", address="+919876543210")
    assert deliver(message) == MessageState.CLOSED
    assert (message.reason, message.moved_to.channel) == ("NO_SUCH_CHANNEL", Channel.EMAIL)
    assert channel.taken == []


def test_a_channel_that_is_not_set_up_waits_where_there_is_no_other(
    gate: Gate, channel: RecordingChannel, settings: Any
) -> None:
    settings.OUTBOX_CHANNELS = {}
    message = to(uuid4())
    assert deliver(message) == MessageState.DUE
    assert message.reason == "NO_SUCH_CHANNEL"


def test_an_address_with_a_fault_is_spared_while_there_is_another(
    asha: Any, gate: Gate, channel: RecordingChannel
) -> None:
    first = to(asha.subject.ref)
    deliver(first)
    faults.note(first, reason=FaultReason.COMPLAINED, code="", now=clock.now())
    second = to(asha.subject.ref, about="tests.thing:2")
    assert deliver(second) == MessageState.CLOSED
    assert second.reason == "ADDRESS_FAULTY"
    assert second.moved_to.channel == Channel.SMS


def test_a_number_that_was_not_confirmed_is_no_way_to_reach_somebody(
    gate: Gate, channel: RecordingChannel, settings: Any
) -> None:
    settings.OUTBOX_CHANNELS = ALL
    person = PrincipalFactory()
    ContactPointFactory(principal=person, kind="phone", address="+919876543210", verified_at=None)
    channel.behaviour = refuse
    letter = to(person.subject.ref)
    assert deliver(letter) == MessageState.DEAD


def test_the_dashboard_takes_what_nothing_else_can_for_somebody_with_a_login(
    gate: Gate, channel: RecordingChannel, settings: Any
) -> None:
    settings.OUTBOX_CHANNELS = ALL
    user = CustomerUserFactory()
    channel.behaviour = refuse
    letter = to(user.principal.subject.ref)
    deliver(letter)
    assert letter.moved_to.channel == Channel.DASHBOARD


def test_words_that_were_erased_are_not_moved(asha: Any, gate: Gate, channel: RecordingChannel) -> None:
    letter = to(asha.subject.ref)
    deliver(letter)
    letter.text.delete()
    told = [Report(letter.reference, Outcome.BOUNCED)]
    assert reports.take(webhook_id="one", reports=told, now=clock.now()).new == 1
    assert Message.objects.count() == 1
