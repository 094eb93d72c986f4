"""An essential message that cannot be delivered goes by another channel of the person."""

from typing import Any, NoReturn
from uuid import UUID, uuid4

import pytest

from portal.kernel.core import actor, answers, clock
from portal.kernel.core.errors import Unavailable
from portal.kernel.law.choices import Channel
from portal.kernel.outbox import encryption
from portal.kernel.outbox.channels.protocol import Outgoing, PermanentFailure
from portal.kernel.outbox.choices import FaultReason, MessageState, Outcome
from portal.kernel.outbox.erasure import MessageTexts
from portal.kernel.outbox.models import AddressFault, DeliveryAddress, Message, MessageBody
from portal.kernel.outbox.services import channel_fallback, faults, message_content, post, reports
from portal.kernel.outbox.services.reports import Report
from portal.kernel.people.services import contacts
from tests.outbox.factories import KIND, Decision, Gate, RecordingChannel, use_template
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
    assert message_content.address_of(sms) == "+919876543210"
    assert message_content.text_of(sms) == message_content.text_of(letter)
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


def test_a_template_of_which_a_value_opens_something_stays_on_its_channel_whoever_posts_it(
    asha: Any, gate: Gate, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_template(monkeypatch, "Subject: A key\nOpens: reference\n\n{{ reference }}\n")
    channel.behaviour = refuse
    assert deliver(to(asha.subject.ref)) == MessageState.DEAD
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


def test_the_words_are_made_anew_for_the_other_channel(
    asha: Any, gate: Gate, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers.letter_footer, "_answer", lambda **asked: "-- \nOnesetu, Mumbai")
    letter = to(asha.subject.ref)
    use_template(monkeypatch, "Subject: A notice\nOpens: nothing\n\nमराठी: {{ reference }}", language="mr")
    channel.behaviour = refuse
    deliver(letter)
    sms = letter.moved_to
    assert "Onesetu, Mumbai" in message_content.text_of(letter).body
    assert message_content.text_of(sms).body == "मराठी: OS-GR-7K4M-9QX2\n"
    assert message_content.text_of(sms).variables == {"reference": "OS-GR-7K4M-9QX2"}
    assert (letter.template_language, sms.template_language) == ("en", "mr")
    assert sms.template_sha256 != letter.template_sha256


def test_a_template_that_has_become_promotional_needs_a_yes(
    asha: Any, gate: Gate, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = to(asha.subject.ref)
    use_template(monkeypatch, "Subject: News\nCategory: promotional\nOpens: nothing\n\nBuy one: {{ reference }}")
    channel.behaviour = refuse
    deliver(letter)
    assert (letter.moved_to.category, letter.moved_to.category_is_disputed) == ("promotional", True)
    assert deliver(letter.moved_to) == MessageState.STOPPED


def test_words_that_cannot_be_made_anew_wait_for_a_person(
    asha: Any, gate: Gate, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = to(asha.subject.ref)
    use_template(monkeypatch, "Subject: A notice\nOpens: nothing\n\n{{ what_nobody_gave }}")
    channel.behaviour = refuse
    assert deliver(letter) == MessageState.DEAD
    assert facts(letter) == ["started", "refused"]


def test_two_messages_that_fail_at_one_instant_both_keep_their_refusal(
    asha: Any, gate: Gate, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter, chat = to(asha.subject.ref), to(asha.subject.ref, channel="whatsapp", address="+919876543210")
    # Each looks before the other has written: to both SMS seems free.
    monkeypatch.setattr(channel_fallback, "_ways", lambda message: iter([(Channel.SMS, "+919876543210")]))
    channel.behaviour = refuse
    assert [deliver(letter), deliver(chat)] == [MessageState.CLOSED, MessageState.DEAD]
    assert facts(chat) == ["started", "refused"]
    assert Message.objects.filter(channel="sms").count() == 1


def test_a_bounce_after_the_erasure_brings_nothing_of_the_person_back(
    asha: Any, gate: Gate, channel: RecordingChannel
) -> None:
    letter = to(asha.subject.ref)

    def erased_meanwhile(outgoing: Outgoing) -> NoReturn:
        MessageTexts().erase(subject_ref=asha.subject.ref, before=None)
        raise PermanentFailure("SMTP_550", no_such_address=True)

    channel.behaviour = erased_meanwhile
    assert deliver(letter) == MessageState.DEAD
    assert facts(letter) == ["started", "refused"]
    for model in (AddressFault, DeliveryAddress, MessageBody):
        assert not model.objects.exists()
    assert Message.objects.count() == 1


def test_a_key_that_ends_at_this_moment_does_not_lose_the_refusal(
    asha: Any, gate: Gate, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ending(clear: list[str], *, subject_ref: UUID) -> NoReturn:
        raise Unavailable("What is kept here is being erased at this moment.")

    letter = to(asha.subject.ref)
    monkeypatch.setattr(encryption, "seal_all", ending)
    channel.behaviour = refuse
    assert deliver(letter) == MessageState.DEAD
    assert facts(letter) == ["started", "refused"]
