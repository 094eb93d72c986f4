"""Several messages leave at the same time, and each is what it would be alone."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.kernel.audit import rules
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import answers, clock, ports
from portal.kernel.core.ports import HookList
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.channels.protocol import OutcomeUnknown, Outgoing, PermanentFailure, TemporaryFailure
from portal.kernel.outbox.choices import FREE, MessageState, Outcome
from portal.kernel.outbox.models import AddressFault, Delivery, Message, MessageBody
from portal.kernel.outbox.services import delivery, parallel_delivery, post, reports, scheduler
from portal.kernel.outbox.services.reports import Report
from tests.outbox.factories import KIND, AddressFaultFactory, Decision, Gate, RecordingChannel
from tests.outbox.test_delivery import facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("notice")]


@pytest.fixture
def several(keyed_channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch) -> RecordingChannel:
    """SMS, by a channel that takes ten at the same time."""
    monkeypatch.setattr(settings, "OUTBOX_CHANNELS", {**settings.OUTBOX_CHANNELS, "sms": "set.up"})
    keyed_channel.most_at_once = 10
    return keyed_channel


def posted(number: int, *, purpose: str = "support") -> Message:
    return post(
        kind=KIND,
        subject_ref=uuid4(),
        channel=Channel.SMS,
        address=f"+9198765432{number:02}",
        language="en",
        purpose=purpose,
        about="tests.thing:1",
        context={"reference": "x"},
    )


def deliver(messages: list[Message]) -> list[str]:
    parallel_delivery.deliver_all([message.pk for message in messages], now=clock.now())
    for message in messages:
        message.refresh_from_db()
    return [message.state for message in messages]


def test_they_are_handed_over_together_and_each_is_written_down_as_alone(gate: Gate, several: RecordingChannel) -> None:
    alone, *messages = [posted(number) for number in range(6)]
    delivery.deliver(alone.pk, now=clock.now())
    together = threading.Barrier(5)
    several.behaviour = lambda outgoing: together.wait(timeout=20) and None
    assert deliver(messages) == [MessageState.SENT] * 5
    assert {sent.reference for sent in several.taken} == {message.reference for message in [alone, *messages]}
    assert [facts(message) for message in [alone, *messages]] == [["started", "accepted"]] * 6
    kept = [message.deliveries.get(outcome=Outcome.ACCEPTED).provider_reference for message in messages]
    assert kept == ["provider-1"] * 5
    told = AuditEvent.objects.filter(kind=AuditKind.OUTBOX_MESSAGE_SENT).order_by("pk")
    assert [event.about.partition(":")[2] for event in told] == [one.reference for one in [alone, *messages]]
    of_alone, *of_others = [{**event.facts, "message": "", "sent_at": ""} for event in told]
    assert of_others == [of_alone] * 5
    alone.refresh_from_db()
    for message in messages:
        assert (message.attempts, message.leased_until, message.next_attempt_at) == (1, None, None)
        assert message.sent_at is not None


def test_the_gate_is_asked_about_each_and_its_no_holds_back_that_one_alone(
    gate: Gate, several: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = [posted(number) for number in range(4)]
    no, later = messages[1], messages[2]

    def answer(*, subject_ref: object, **_question: object) -> Decision:
        if subject_ref == no.subject_ref:
            return Decision(allowed=False, reason="CONSENT_WITHDRAWN")
        if subject_ref == later.subject_ref:
            return Decision(allowed=False, reason="QUIET_HOURS", retry_at=clock.now() + timedelta(hours=1))
        return Decision(allowed=True)

    monkeypatch.setattr(Gate, "__call__", lambda _gate, **question: answer(**question))
    assert deliver(messages) == ["sent", "stopped", "due", "sent"]
    assert (no.reason, facts(no)) == ("CONSENT_WITHDRAWN", ["stopped"])
    assert (later.reason, facts(later)) == ("QUIET_HOURS", ["postponed"])
    assert {sent.reference for sent in several.taken} == {messages[0].reference, messages[3].reference}


def test_a_hook_that_nobody_fills_lets_nothing_leave(
    gate: Gate, several: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.decision = None
    monkeypatch.setattr(answers.send_gate_of_many, "_answer", answers.send_gate_of_many._when_empty)
    messages = [posted(number) for number in range(2)]
    assert deliver(messages) == ["stopped", "stopped"]
    assert several.taken == []


def test_what_whoever_posted_it_wants_no_more_stays(
    gate: Gate, several: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = [posted(number) for number in range(3)]
    unwanted = messages[1].pk
    leaving: HookList[object] = HookList("leaving")
    leaving.register(lambda *, messages, at: {one.pk: ("OVER", None) for one in messages if one.pk == unwanted})
    monkeypatch.setattr(ports, "leaving", leaving)
    assert deliver(messages) == ["sent", "closed", "sent"]
    assert (messages[1].reason, len(several.taken)) == ("OVER", 2)


def test_each_failure_is_heeded_as_that_of_one(gate: Gate, several: RecordingChannel) -> None:
    messages = [posted(number) for number in range(5)]
    fails = {
        messages[0].reference: TemporaryFailure("HTTP_503"),
        messages[1].reference: PermanentFailure("UNKNOWN_SUBSCRIBER", no_such_address=True),
        messages[2].reference: OutcomeUnknown("BROKEN_OFF"),
        messages[3].reference: RuntimeError("what the message says"),
    }

    def behave(outgoing: Outgoing) -> None:
        if outgoing.reference in fails:
            raise fails[outgoing.reference]

    several.behaviour = behave
    assert deliver(messages) == ["due", "dead", "due", "due", "sent"]
    assert [message.reason for message in messages] == [
        *("HTTP_503", "UNKNOWN_SUBSCRIBER", "BROKEN_OFF", "CHANNEL_CRASHED", ""),
    ]
    assert [facts(message)[-1] for message in messages] == ["put_off", "refused", "unknown", "unknown", "accepted"]
    assert AddressFault.objects.get().message == messages[1]
    assert not Message.objects.exclude(leased_until=None).exists()


def test_what_cannot_be_opened_or_lies_at_a_faulty_address_is_heeded_and_the_others_leave(
    gate: Gate, several: RecordingChannel
) -> None:
    messages = [posted(0), posted(1), posted(2, purpose="marketing")]
    MessageBody.objects.get(message=messages[0]).delete()
    AddressFaultFactory(address="+919876543202", channel=Channel.SMS)
    assert deliver(messages) == ["closed", "sent", "stopped"]
    assert (messages[0].reason, messages[2].reason) == ("TEXT_ERASED", "ADDRESS_FAULTY")


def test_what_another_worker_has_and_what_is_not_due_are_left_alone(gate: Gate, several: RecordingChannel) -> None:
    messages = [posted(number) for number in range(3)]
    assert delivery.claim(messages[0].pk, now=clock.now()) is not None
    Message.objects.filter(pk=messages[1].pk).update(next_attempt_at=clock.now() + timedelta(hours=1))
    assert deliver(messages) == ["due", "due", "sent"]
    assert len(several.taken) == 1


def test_whoever_dies_while_they_are_handed_over_leaves_leases_that_run_out_and_the_same_keys_are_asked_again(
    gate: Gate, several: RecordingChannel
) -> None:
    messages = [posted(number) for number in range(3)]

    def dies(outgoing: Outgoing) -> None:
        if outgoing.reference == messages[1].reference:
            raise SystemExit

    several.behaviour = dies
    with pytest.raises(SystemExit):
        deliver(messages)
    assert set(Message.objects.values_list("state", flat=True)) == {"sending"}
    assert scheduler.sweep(now=clock.now(), limit=10).recovered == 0
    several.behaviour = lambda outgoing: None
    later = clock.now() + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS + settings.OUTBOX_FIRST_WAIT_SECONDS + 60)
    assert scheduler.sweep(now=later, limit=10).recovered == 3
    scheduler.sweep(now=later, limit=10)
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
    keys: dict[str, set[str]] = {}
    for sent in several.taken:
        keys.setdefault(sent.reference, set()).add(sent.idempotency_key)
    assert all(len(found) == 1 for found in keys.values())


def test_one_that_breaks_the_gate_holds_up_none_that_is_asked_about_with_it(
    gate: Gate, several: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = [posted(number) for number in range(3)]

    def answer(*, subject_ref: object, **_question: object) -> Decision:
        if subject_ref == messages[1].subject_ref:
            raise RuntimeError("what the person said")
        return Decision(allowed=True)

    monkeypatch.setattr(Gate, "__call__", lambda _gate, **question: answer(**question))
    assert deliver(messages) == ["sent", "due", "sent"]
    assert [facts(message) for message in messages] == [["started", "accepted"], [], ["started", "accepted"]]
    assert [message.attempts for message in messages] == [1, 1, 1]
    assert Message.objects.exclude(leased_until=None).get() == messages[1]


def test_one_whose_acceptance_cannot_be_recorded_takes_that_of_no_other_along(
    gate: Gate, several: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = [posted(number) for number in range(3)]
    with _unrecordable(messages[1], monkeypatch):
        assert deliver(messages) == ["sent", "sending", "sent"]
        assert [facts(message)[-1] for message in messages] == ["accepted", "started", "accepted"]
        assert AuditEvent.objects.filter(kind=AuditKind.OUTBOX_MESSAGE_SENT).count() == 2
    later = clock.now() + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS + settings.OUTBOX_LONGEST_WAIT_SECONDS)
    assert scheduler.sweep(now=later, limit=10).recovered == 1
    scheduler.sweep(now=later, limit=10)
    messages[1].refresh_from_db()
    assert messages[1].state == MessageState.SENT
    assert len({sent.idempotency_key for sent in several.taken if sent.reference == messages[1].reference}) == 1


def test_one_that_cannot_be_recovered_keeps_the_sweep_from_nothing(
    gate: Gate, several: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = [posted(number) for number in range(3)]
    for message in messages[:2]:
        claimed = delivery.claim(message.pk, now=clock.now())
        assert claimed is not None
        Message.objects.filter(pk=message.pk).update(state=MessageState.SENDING)
    unknown = delivery.unknown

    def breaks(message: Message, **said: object) -> None:
        if message.pk == messages[0].pk:
            raise ValueError(message.reference)
        unknown(message, **said)  # type: ignore[arg-type]

    monkeypatch.setattr(delivery, "unknown", breaks)
    later = clock.now() + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS + 60)
    assert scheduler.sweep(now=later, limit=10).recovered == 1
    messages[2].refresh_from_db()
    assert messages[2].state == MessageState.SENT


@contextmanager
def _unrecordable(unlucky: Message, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The audit refuses what is said of one message, as it refuses what looks like personal data."""
    check = rules.check_facts

    def checked(kind: str, *, facts: Mapping[str, object], **said: Any) -> None:
        if facts.get("message") == unlucky.reference and kind == AuditKind.OUTBOX_MESSAGE_SENT:
            raise ValueError(kind)
        check(kind, facts=facts, **said)

    with monkeypatch.context() as patch:
        patch.setattr(rules, "check_facts", checked)
        yield


def test_a_lease_that_ran_out_while_the_channel_took_its_time_loses_no_answer(
    gate: Gate, several: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = [posted(number) for number in range(2)]
    hand_over = parallel_delivery._hand_over

    def slowly(*args: object) -> object:
        told = hand_over(*args)  # type: ignore[arg-type]
        given_up = {"state": MessageState.UNKNOWN, "next_attempt_at": None, **FREE}
        Message.objects.filter(pk=messages[0].pk).update(**given_up)
        return told

    monkeypatch.setattr(parallel_delivery, "_hand_over", slowly)
    assert deliver(messages) == ["sent", "sent"]
    assert [facts(message)[-1] for message in messages] == ["accepted", "accepted"]


def test_a_report_that_comes_before_the_answer_counts(gate: Gate, several: RecordingChannel) -> None:
    message = posted(1)
    message_of_nobody = posted(2)
    said = [Report(message.reference, Outcome.DELIVERED)]
    hand_over = parallel_delivery._hand_over

    def quickly(*args: object) -> object:
        told = hand_over(*args)  # type: ignore[arg-type]
        reports.take(webhook_id="one", reports=said, now=clock.now())
        return told

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parallel_delivery, "_hand_over", quickly)
        assert deliver([message, message_of_nobody]) == ["delivered", "sent"]


def test_ten_take_as_many_statements_as_two(gate: Gate, several: RecordingChannel) -> None:
    found: list[int] = []
    for numbers in (range(2), range(10, 20)):
        messages = [posted(number) for number in numbers]
        with CaptureQueriesContext(connection) as asked:
            assert set(deliver(messages)) == {"sent"}
        found.append(len(asked) - len(messages))  # each is read again above
    few, many = found
    assert many - few <= 2, "a statement for each message"


def test_the_sweep_and_the_task_hand_over_together(gate: Gate, several: RecordingChannel) -> None:
    messages = [posted(number) for number in range(3)]
    together = threading.Barrier(3)
    several.behaviour = lambda outgoing: together.wait(timeout=20) and None
    assert scheduler.sweep(now=clock.now(), limit=10).sent == len(messages)
    assert Delivery.objects.filter(outcome=Outcome.ACCEPTED).count() == len(messages)
