"""What is reported of a message: facts once, in any order; the state follows."""

import itertools
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock, ports
from portal.kernel.outbox.channels.protocol import OutcomeUnknown, Outgoing, TemporaryFailure
from portal.kernel.outbox.choices import REPORTED, MessageState, Outcome
from portal.kernel.outbox.delivery_rules import reported_state
from portal.kernel.outbox.models import AddressFault, Delivery, Message, ReceivedWebhook
from portal.kernel.outbox.services import delivery, faults, reports, scheduler
from portal.kernel.outbox.services.reports import Report, Taken
from tests.outbox.factories import Gate, RecordingChannel, posted
from tests.outbox.test_delivery import abandon, deliver

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("notice", "gate")]


def tell(message: Message, *outcomes: str, webhook_id: str = "", code: str = "") -> Taken:
    told = [Report(message.reference, Outcome(outcome), code) for outcome in outcomes]
    taken = reports.take(webhook_id=webhook_id or str(uuid4()), reports=told, now=clock.now())
    message.refresh_from_db()
    return taken


def sent() -> Message:
    message = posted()
    assert deliver(message) == MessageState.SENT
    return message


@pytest.mark.parametrize("order", list(itertools.permutations(["delivered", "read", "undelivered"])))
def test_a_message_ends_as_read_in_whatever_order_it_is_told(channel: RecordingChannel, order: tuple[str, ...]) -> None:
    message = sent()
    for outcome in order:
        tell(message, outcome)
    assert message.state == MessageState.READ
    assert message.deliveries.filter(outcome__in=REPORTED).count() == 3


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (["delivered"], "delivered"),
        (["undelivered"], "undelivered"),
        (["undelivered", "delivered"], "delivered"),
        (["delivered", "bounced"], "undelivered"),
        (["complained"], "delivered"),
    ],
)
def test_the_state_follows_what_was_told(channel: RecordingChannel, told: list[str], state: str) -> None:
    message = sent()
    tell(message, *told)
    assert message.state == state
    assert reported_state(told) == state


def test_the_same_report_again_is_one_fact(channel: RecordingChannel) -> None:
    message = sent()
    assert tell(message, "delivered", "delivered") == Taken(new=1, known=1)
    assert tell(message, "delivered") == Taken(known=1)
    assert message.deliveries.filter(outcome="delivered").count() == 1


def test_a_replayed_message_changes_nothing(channel: RecordingChannel) -> None:
    message = sent()
    tell(message, "delivered", webhook_id="one")
    assert tell(message, "read", webhook_id="one") == Taken(replayed=True)
    assert message.state == MessageState.DELIVERED


def test_a_message_that_never_left_cannot_be_reported_about(channel: RecordingChannel) -> None:
    message = posted()
    assert tell(message, "read") == Taken(no_such_message=1)
    assert message.state == MessageState.DUE
    assert not Delivery.objects.filter(message=message).exists()


def test_a_report_settles_what_nobody_knew(channel: RecordingChannel) -> None:
    def lost(outgoing: Outgoing) -> None:
        raise OutcomeUnknown("BROKEN_OFF")

    channel.behaviour = lost
    message = posted()
    assert deliver(message) == MessageState.UNKNOWN
    tell(message, "delivered")
    assert (message.state, message.next_attempt_at) == (MessageState.DELIVERED, None)
    assert deliver(message, now=clock.now() + timedelta(days=1)) is None


def test_a_message_left_when_it_was_handed_over_and_not_when_the_report_came(channel: RecordingChannel) -> None:
    def lost(outgoing: Outgoing) -> None:
        raise OutcomeUnknown("BROKEN_OFF")

    channel.behaviour = lost
    message = posted()
    deliver(message)
    with time_machine.travel(clock.now() + timedelta(minutes=5)):
        tell(message, "delivered")
    assert message.sent_at == message.deliveries.get(outcome="started").happened_at


def test_a_report_that_overtakes_the_answer_is_not_lost(channel: RecordingChannel) -> None:
    message = posted()
    channel.behaviour = lambda outgoing: tell(message, "delivered") and None
    assert deliver(message) == MessageState.DELIVERED
    assert message.sent_at is not None


def test_a_report_saves_a_message_whose_worker_died(keyed_channel: RecordingChannel, settings: Any) -> None:
    message = posted()
    abandon(message)
    tell(message, "delivered")
    assert message.state == MessageState.SENDING
    assert scheduler.recover(now=clock.now(), limit=10) == 1
    message.refresh_from_db()
    assert message.state == MessageState.DELIVERED


def test_a_worker_that_holds_a_message_sends_nothing_after_the_report(keyed_channel: RecordingChannel) -> None:
    def lost(outgoing: Outgoing) -> None:
        raise OutcomeUnknown("BROKEN_OFF")

    keyed_channel.behaviour = lost
    message = posted()
    assert deliver(message) == MessageState.DUE
    claimed = delivery.claim(message.pk, now=clock.now() + timedelta(hours=1))
    assert claimed is not None
    tell(message, "delivered")
    assert not delivery._start(claimed, "asha@example.com")


def test_the_time_of_another_clock_lies_between_our_own(channel: RecordingChannel) -> None:
    message = sent()
    now = clock.now()
    told = [
        Report(message.reference, Outcome.DELIVERED, happened_at=now - timedelta(days=900)),
        Report(message.message_id, Outcome.READ, happened_at=now + timedelta(days=900)),
    ]
    assert reports.take(webhook_id="one", reports=told, now=now).new == 2
    times = dict(message.deliveries.filter(outcome__in=REPORTED).values_list("outcome", "happened_at"))
    assert times == {"delivered": message.created_at, "read": now}


def test_a_bounce_marks_the_address_until_it_works_again(channel: RecordingChannel) -> None:
    bounced = sent()
    tell(bounced, "bounced", code="NO_SUCH_ADDRESS")
    fault = AddressFault.objects.get()
    assert (fault.reason, fault.code, fault.subject_ref) == ("bounced", "NO_SUCH_ADDRESS", bounced.subject_ref)
    assert faults.stand(address="asha@example.com", channel="email")
    assert not faults.stand(address="asha@example.com", channel="sms")
    # An essential message without another way is tried all the same, and shows that the address works.
    later = posted(about="tests.thing:2")
    assert deliver(later) == MessageState.SENT
    tell(later, "delivered")
    assert not faults.stand(address="asha@example.com", channel="email")
    (cleared,) = AuditEvent.objects.filter(kind="outbox.address.cleared")
    assert (cleared.subject_ref, cleared.facts["message"]) == (bounced.subject_ref, bounced.reference)
    assert cleared.facts["reason_code"] == "BOUNCED"


def test_promotion_does_not_go_to_an_address_with_a_fault(channel: RecordingChannel) -> None:
    tell(sent(), "bounced")
    offer = posted(purpose="marketing", about="tests.thing:2")
    assert deliver(offer) == MessageState.STOPPED
    assert offer.reason == "ADDRESS_FAULTY"


def test_a_complaint_is_told_to_other_rooms_with_the_message_it_is_about(
    channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(ports.complaints, "_items", [lambda **said: told.append(said)])
    message = sent()
    tell(message, "complained")
    tell(message, "complained")
    (said,) = told
    assert (said["subject_ref"], said["purpose"], said["channel"]) == (message.subject_ref, "support", "email")
    assert said["address"] == "asha@example.com"


def test_numbers_are_forgotten_when_their_signatures_are(channel: RecordingChannel) -> None:
    tell(sent(), "delivered", webhook_id="one")
    assert reports.sweep_numbers(now=clock.now() + timedelta(hours=1)) == 0
    assert reports.sweep_numbers(now=clock.now() + timedelta(days=2)) == 1
    assert not ReceivedWebhook.objects.exists()


def test_the_wait_that_was_asked_for_is_kept(channel: RecordingChannel, gate: Gate) -> None:
    def busy(outgoing: Outgoing) -> None:
        raise TemporaryFailure("HTTP_429", retry_after=timedelta(minutes=20))

    channel.behaviour = busy
    message = posted()
    before = clock.now()
    assert deliver(message) == MessageState.DUE
    assert message.next_attempt_at is not None
    assert message.next_attempt_at >= before + timedelta(minutes=20)


def test_nobody_makes_us_wait_for_longer_than_our_longest(channel: RecordingChannel, settings: Any) -> None:
    def busy(outgoing: Outgoing) -> None:
        raise TemporaryFailure("HTTP_429", retry_after=timedelta(days=400))

    channel.behaviour = busy
    message = posted()
    deliver(message)
    longest = timedelta(seconds=settings.OUTBOX_LONGEST_WAIT_SECONDS)
    assert message.next_attempt_at is not None
    assert message.next_attempt_at <= clock.now() + longest


def test_a_sweep_counts_a_message_that_was_reported_at_once_as_sent(channel: RecordingChannel) -> None:
    message = posted()
    channel.behaviour = lambda outgoing: tell(message, "delivered") and None
    swept = scheduler.sweep(now=clock.now(), limit=10)
    assert (swept.sent, swept.not_sent) == (1, 0)
