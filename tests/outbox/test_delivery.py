from datetime import datetime, timedelta
from typing import NoReturn
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings

from portal.kernel.core import clock
from portal.kernel.core.errors import Refused
from portal.kernel.outbox.channels.protocol import OutcomeUnknown, Outgoing, PermanentFailure, TemporaryFailure
from portal.kernel.outbox.choices import MessageState, Outcome
from portal.kernel.outbox.models import Delivery, Message
from portal.kernel.outbox.services import delivery, scheduler
from tests.outbox.factories import Decision, Gate, RecordingChannel, posted, use_template

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("notice")]


def deliver(message: Message, *, now: datetime | None = None) -> MessageState | None:
    state = delivery.deliver(message.pk, now=now or clock.now())
    message.refresh_from_db()
    return state


def facts(message: Message) -> list[str]:
    return [str(fact.outcome) for fact in Delivery.objects.filter(message=message)]


def raising(error: Exception) -> object:
    def behave(outgoing: Outgoing) -> NoReturn:
        raise error

    return behave


def abandon(message: Message) -> None:
    """What the rows say when a worker dies while the channel has the message, and its lease has run out."""
    claimed = delivery.claim(message.pk, now=clock.now())
    assert claimed is not None
    assert delivery._start(claimed, "asha@example.com")
    Message.objects.filter(pk=message.pk).update(leased_until=clock.now() - timedelta(seconds=1))


def test_a_message_is_sent_as_posted(gate: Gate, channel: RecordingChannel) -> None:
    message = posted()
    assert deliver(message) == MessageState.SENT
    (sent,) = channel.taken
    assert (sent.address, sent.subject, sent.message_id) == ("asha@example.com", "A notice", message.message_id)
    assert message.sent_at is not None
    assert facts(message) == ["started", "accepted"]


def test_a_sent_message_is_not_sent_again(gate: Gate, channel: RecordingChannel) -> None:
    message = posted()
    deliver(message)
    assert deliver(message, now=clock.now() + timedelta(days=1)) is None
    assert len(channel.taken) == 1


def test_the_gate_is_asked_before_each_attempt(gate: Gate, channel: RecordingChannel) -> None:
    message = posted()
    channel.behaviour = raising(TemporaryFailure("BUSY"))
    deliver(message)
    deliver(message, now=clock.now() + timedelta(days=1))
    assert [question["address"] for question in gate.asked] == ["asha@example.com"] * 2
    assert {question["purpose"] for question in gate.asked} == {"support"}


def test_a_no_of_the_gate_stops_the_message_for_good(gate: Gate, channel: RecordingChannel) -> None:
    gate.decision = Decision(allowed=False, reason="WITHDRAWN")
    message = posted(purpose="marketing")
    assert deliver(message) == MessageState.STOPPED
    assert (message.reason, message.next_attempt_at, channel.taken) == ("WITHDRAWN", None, [])


def test_an_essential_purpose_cannot_smuggle_promotion_past_the_gate(
    gate: Gate, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_template(monkeypatch, "Subject: News\nCategory: promotional\nOpens: nothing\n\nBuy one: {{ reference }}")
    message = posted(purpose="support")
    assert deliver(message) == MessageState.STOPPED
    assert (message.reason, channel.taken) == ("CATEGORY_DISPUTED", [])
    gate.decision = Decision(allowed=True, reason="ALLOWED_BY_CONSENT")
    assert deliver(posted(purpose="support", about="tests.thing:2")) == MessageState.SENT


def test_a_gate_that_nobody_fills_means_no(gate: Gate, channel: RecordingChannel) -> None:
    gate.decision = None
    message = posted()
    assert deliver(message) == MessageState.STOPPED
    assert channel.taken == []


def test_a_not_now_waits_for_its_hour_and_costs_no_attempt(gate: Gate, channel: RecordingChannel) -> None:
    later = clock.now() + timedelta(hours=9)
    gate.decision = Decision(allowed=False, reason="QUIET_HOURS", retry_at=later)
    message = posted(purpose="marketing")
    assert deliver(message) == MessageState.DUE
    assert message.next_attempt_at == later
    assert message.attempts_allowed - message.attempts == settings.OUTBOX_ATTEMPTS
    assert list(message.deliveries.values_list("outcome", "code")) == [("postponed", "QUIET_HOURS")]
    gate.decision = Decision(allowed=True)
    assert deliver(message, now=later) == MessageState.SENT


def test_a_temporary_failure_waits_longer_each_time(gate: Gate, channel: RecordingChannel) -> None:
    message = posted()
    channel.behaviour = raising(TemporaryFailure("BUSY"))
    waits = []
    for _attempt in range(3):
        deliver(message, now=clock.now() + timedelta(days=1))
        assert message.next_attempt_at is not None
        waits.append(message.next_attempt_at - clock.now())
    first = timedelta(seconds=settings.OUTBOX_FIRST_WAIT_SECONDS)
    assert waits[0] <= first <= waits[2]
    told = message.deliveries.order_by("pk").values_list("outcome", "code")
    assert list(told) == [("started", ""), ("put_off", "BUSY")] * 3
    assert (message.state, message.reason) == (MessageState.DUE, "BUSY")


def test_after_the_last_attempt_a_person_must_decide(gate: Gate, channel: RecordingChannel) -> None:
    message = posted()
    channel.behaviour = raising(TemporaryFailure("BUSY"))
    for _attempt in range(settings.OUTBOX_ATTEMPTS):
        deliver(message, now=clock.now() + timedelta(days=1))
    assert (message.state, message.next_attempt_at) == (MessageState.DEAD, None)
    assert facts(message).count("started") == settings.OUTBOX_ATTEMPTS


def test_a_channel_that_takes_a_key_is_asked_no_more_often_than_the_limit(
    gate: Gate, keyed_channel: RecordingChannel
) -> None:
    message = posted()
    keyed_channel.behaviour = raising(OutcomeUnknown("TIMEOUT"))
    for _attempt in range(settings.OUTBOX_ATTEMPTS):
        assert message.state == MessageState.DUE
        deliver(message, now=clock.now() + timedelta(days=1))
    assert (message.state, message.next_attempt_at) == (MessageState.DEAD, None)
    assert facts(message).count("started") == settings.OUTBOX_ATTEMPTS


def test_an_unknown_outcome_of_the_last_attempt_allows_one_more_and_no_second(
    gate: Gate, channel: RecordingChannel
) -> None:
    message = posted()
    Message.objects.filter(pk=message.pk).update(attempts_allowed=1)
    channel.behaviour = raising(OutcomeUnknown("TIMEOUT"))
    assert deliver(message) == MessageState.UNKNOWN
    channel.behaviour = raising(TemporaryFailure("BUSY"))
    deliver(message, now=clock.now() + timedelta(days=1))
    assert (message.state, facts(message).count("started")) == (MessageState.DEAD, 2)


def test_what_nobody_was_asked_about_costs_no_attempt(gate: Gate, channel: RecordingChannel) -> None:
    message = posted()
    paused = TemporaryFailure("SMTP_DOMAIN_PAUSED", retry_after=timedelta(minutes=15), is_untried=True)
    channel.behaviour = raising(paused)
    for _look in range(settings.OUTBOX_ATTEMPTS + 2):
        deliver(message, now=clock.now() + timedelta(days=1))
    assert (message.state, message.reason) == (MessageState.DUE, "SMTP_DOMAIN_PAUSED")
    channel.behaviour = raising(TemporaryFailure("BUSY"))
    for _attempt in range(settings.OUTBOX_ATTEMPTS - 1):
        deliver(message, now=clock.now() + timedelta(days=1))
        assert message.state == MessageState.DUE
    deliver(message, now=clock.now() + timedelta(days=1))
    assert message.state == MessageState.DEAD


def test_a_refusal_for_good_is_not_tried_again(gate: Gate, channel: RecordingChannel) -> None:
    message = posted()
    channel.behaviour = raising(PermanentFailure("SMTP_550"))
    assert deliver(message) == MessageState.DEAD
    assert (message.reason, facts(message)) == ("SMTP_550", ["started", "refused"])


def test_an_essential_email_of_unknown_outcome_says_so_and_goes_out_once_more_under_its_old_message_id(
    gate: Gate, channel: RecordingChannel
) -> None:
    message = posted(purpose="support")
    abandon(message)
    assert scheduler.recover(now=clock.now(), limit=10) == 1
    message.refresh_from_db()
    assert (message.state, message.get_state_display()) == (MessageState.UNKNOWN, "Outcome unknown")
    assert deliver(message) == MessageState.SENT
    assert channel.taken[0].message_id == message.message_id
    assert message.outcome_is_unknown
    assert facts(message) == ["started", "unknown", "started", "accepted"]


def test_an_essential_email_of_unknown_outcome_is_not_tried_a_third_time(gate: Gate, channel: RecordingChannel) -> None:
    message = posted(purpose="support")
    for _attempt in range(2):
        abandon(message)
        scheduler.recover(now=clock.now(), limit=10)
    message.refresh_from_db()
    assert (message.state, message.next_attempt_at) == (MessageState.UNKNOWN, None)
    assert deliver(message, now=clock.now() + timedelta(days=9)) is None


def test_a_promotional_email_of_unknown_outcome_is_never_tried_again(gate: Gate, channel: RecordingChannel) -> None:
    message = posted(purpose="marketing")
    abandon(message)
    scheduler.recover(now=clock.now(), limit=10)
    message.refresh_from_db()
    assert (message.state, message.next_attempt_at) == (MessageState.UNKNOWN, None)
    assert deliver(message, now=clock.now() + timedelta(days=9)) is None
    assert channel.taken == []


def test_a_connection_that_breaks_off_leaves_the_outcome_unknown(gate: Gate, channel: RecordingChannel) -> None:
    message = posted(purpose="marketing")
    channel.behaviour = raising(OutcomeUnknown("SMTP_BROKEN_OFF"))
    assert deliver(message) == MessageState.UNKNOWN


def test_an_adapter_that_crashes_leaves_the_outcome_unknown(gate: Gate, channel: RecordingChannel) -> None:
    message = posted()
    channel.behaviour = raising(KeyError("asha@example.com"))
    assert deliver(message) == MessageState.UNKNOWN
    assert message.reason == "CHANNEL_CRASHED"


def test_a_channel_that_takes_a_key_is_asked_again_with_the_same_key(
    gate: Gate, keyed_channel: RecordingChannel
) -> None:
    message = posted(purpose="marketing")
    abandon(message)
    scheduler.recover(now=clock.now(), limit=10)
    message.refresh_from_db()
    assert (message.state, message.outcome_is_unknown) == (MessageState.DUE, False)
    assert deliver(message, now=clock.now() + timedelta(hours=1)) == MessageState.SENT
    assert keyed_channel.taken[0].idempotency_key == str(message.idempotency_key)


def test_a_worker_that_dies_before_the_channel_has_it_costs_nothing(gate: Gate, channel: RecordingChannel) -> None:
    message = posted()
    assert delivery.claim(message.pk, now=clock.now()) is not None
    later = clock.now() + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS + 1)
    assert scheduler.sweep(now=clock.now(), limit=10).sent == 0
    assert scheduler.sweep(now=later, limit=10).sent == 1
    message.refresh_from_db()
    assert not message.outcome_is_unknown


def test_of_two_workers_one_sends(gate: Gate, channel: RecordingChannel) -> None:
    message, inner = posted(), []
    channel.behaviour = lambda outgoing: inner.append(delivery.deliver(message.pk, now=clock.now()))
    deliver(message)
    assert (inner, len(channel.taken)) == ([None], 1)


def test_a_worker_that_lost_its_lease_at_the_gate_does_not_free_the_message_of_another(
    gate: Gate, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, others = posted(), []

    def slow(**question: object) -> Decision:
        Message.objects.filter(pk=message.pk).update(leased_until=clock.now() - timedelta(seconds=1))
        others.append(delivery.claim(message.pk, now=clock.now()))
        return Decision(allowed=False, reason="QUIET_HOURS", retry_at=clock.now() + timedelta(hours=1))

    monkeypatch.setattr(Gate, "__call__", lambda _gate, **question: slow(**question))
    deliver(message)
    (other,) = others
    assert other is not None
    assert (message.lease_token, message.attempts_allowed, facts(message)) == (
        other.lease_token,
        settings.OUTBOX_ATTEMPTS,
        [],
    )


def test_a_message_that_leaves_is_held_for_a_whole_lease_from_then_on(gate: Gate, channel: RecordingChannel) -> None:
    message, began = posted(), clock.now()
    with time_machine.travel(began, tick=False) as moved:
        claimed = delivery.claim(message.pk, now=began)
        assert claimed is not None
        moved.shift(timedelta(seconds=20))
        assert delivery._start(claimed, "asha@example.com")
    message.refresh_from_db()
    assert message.leased_until == began + timedelta(seconds=20) + delivery.lease()


def test_a_worker_that_comes_back_late_still_reports_what_it_knows(gate: Gate, channel: RecordingChannel) -> None:
    message = posted(purpose="marketing")

    def slow(outgoing: Outgoing) -> None:
        Message.objects.filter(pk=message.pk).update(leased_until=clock.now() - timedelta(seconds=1))
        scheduler.recover(now=clock.now(), limit=10)

    channel.behaviour = slow
    assert deliver(message) == MessageState.SENT
    assert facts(message) == ["started", "unknown", "accepted"]


def test_a_message_whose_text_was_erased_is_closed_unsent(gate: Gate, channel: RecordingChannel) -> None:
    message = posted()
    message.text.delete()
    message.refresh_from_db()
    assert deliver(message) == MessageState.CLOSED
    assert (message.reason, channel.taken) == ("TEXT_ERASED", [])


def test_a_message_that_may_not_be_opened_is_stopped_and_says_why(
    gate: Gate, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = posted()
    monkeypatch.setattr(
        delivery.message_content, "both_of", raising(Refused("It may not be opened.", code="MAY_NOT_OPEN"))
    )
    assert deliver(message) == MessageState.STOPPED
    assert (message.reason, message.next_attempt_at, channel.taken) == ("MAY_NOT_OPEN", None, [])


def test_a_channel_this_installation_lacks_is_waited_for(gate: Gate) -> None:
    message = posted()
    Message.objects.filter(pk=message.pk).update(channel="rcs")
    assert deliver(message) == MessageState.DUE
    assert message.reason == "NO_SUCH_CHANNEL"


def test_the_sweep_takes_the_oldest_first_and_no_more_than_its_limit(gate: Gate, channel: RecordingChannel) -> None:
    messages = [posted(subject_ref=uuid4()) for _number in range(3)]
    Message.objects.filter(pk=messages[2].pk).update(next_attempt_at=clock.now() - timedelta(hours=1))
    assert scheduler.due(now=clock.now(), limit=2) == [messages[2].pk, messages[0].pk]


def test_a_fact_of_delivery_is_stated_once_per_attempt(gate: Gate, channel: RecordingChannel) -> None:
    message = posted()
    deliver(message)
    assert Delivery.objects.filter(outcome=Outcome.ACCEPTED).count() == 1


def test_a_message_whose_every_attempt_crashes_waits_for_a_decision_in_the_end(
    gate: Gate, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = posted()
    monkeypatch.setattr(delivery.registry, "channel", raising(RuntimeError("a fault of ours")))
    for _attempt in range(settings.OUTBOX_ATTEMPTS):
        with pytest.raises(RuntimeError):
            deliver(message)
        Message.objects.filter(pk=message.pk).update(leased_until=clock.now() - timedelta(seconds=1))
    assert deliver(message) == MessageState.DEAD
    assert (message.reason, message.next_attempt_at, channel.taken) == ("NEVER_PREPARED", None, [])


def test_a_message_that_may_have_left_is_not_claimed_although_its_lease_has_run_out(
    gate: Gate, channel: RecordingChannel
) -> None:
    message = posted()
    abandon(message)
    assert delivery.claim(message.pk, now=clock.now() + timedelta(days=1)) is None


def test_a_message_that_is_tried_again_under_its_key_says_why_and_when(
    gate: Gate, keyed_channel: RecordingChannel
) -> None:
    message = posted()
    keyed_channel.behaviour = raising(OutcomeUnknown("TIMED_OUT"))
    with time_machine.travel(clock.now(), tick=False):
        assert deliver(message) == MessageState.DUE
        assert message.next_attempt_at == clock.now() + timedelta(seconds=settings.OUTBOX_FIRST_WAIT_SECONDS)
    assert message.reason == "TIMED_OUT"


def test_what_is_held_by_whoever_posted_it_waits_until_the_time_they_say(
    gate: Gate, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, until = posted(), clock.now() + timedelta(hours=3)
    monkeypatch.setattr(delivery.send_gate, "held", lambda messages: {each.pk: ("NOT_YET", until) for each in messages})
    deliver(message)
    assert (message.state, message.reason, message.next_attempt_at) == (MessageState.DUE, "NOT_YET", until)
    assert (channel.taken, facts(message)) == ([], ["postponed"])
