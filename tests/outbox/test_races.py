"""Workers, reports and people at the same instant: nothing is lost and nobody waits for each other for ever."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection

from portal.kernel.core import actor, clock
from portal.kernel.outbox.channels import registry
from portal.kernel.outbox.choices import FREE, MessageState, Outcome
from portal.kernel.outbox.models import Message, PushSubscription
from portal.kernel.outbox.services import delivery, parallel_delivery, push_subscriptions, reports
from portal.kernel.outbox.services.reports import Report, Taken
from tests.outbox.factories import Gate, RecordingChannel, posted
from tests.outbox.test_delivery import deliver, facts
from tests.servers.push_service import Browser

pytestmark = pytest.mark.django_db(transaction=True)


def closing(act: Callable[..., Any], *args: Any) -> Any:
    try:
        return act(*args)
    finally:
        connection.close()


def told(webhook_id: str, messages: list[Message]) -> Taken:
    said = [Report(message.reference, Outcome.DELIVERED) for message in messages]
    return reports.take(webhook_id=webhook_id, reports=said, now=clock.now())


def test_two_batches_about_the_same_messages_in_other_orders_both_count(
    notice: None, gate: Gate, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = posted(about="tests.thing:1"), posted(about="tests.thing:2")
    deliver(first)
    deliver(second)
    both_hold_one = threading.Barrier(2)
    take_all = reports._take_all

    def slowly(*args: Any) -> int:
        taken = take_all(*args)
        with suppress(threading.BrokenBarrierError):  # the other one waits for what this one holds, as it should
            both_hold_one.wait(timeout=1)
        return taken

    monkeypatch.setattr(reports, "_take_all", slowly)
    with ThreadPoolExecutor(max_workers=2) as pool:
        batches = [("one", [first, second]), ("two", [second, first])]
        taken = list(pool.map(lambda batch: closing(told, *batch), batches))
    assert sorted(taken, key=lambda one: one.new) == [Taken(known=2), Taken(new=2)]


def test_a_report_at_the_instant_of_a_late_answer_loses_neither(
    notice: None, gate: Gate, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = posted()
    # The channel took so long that a sweep gave the message up for lost.
    channel.behaviour = lambda outgoing: (
        Message.objects.filter(pk=message.pk).update(state=MessageState.UNKNOWN, next_attempt_at=None, **FREE) and None
    )
    reporters: list[threading.Thread] = []
    move = delivery.move

    def meanwhile(row: Any, target: str, **rest: Any) -> None:
        # As it is written with the row locked; before that a report is simply seen.
        if target == MessageState.SENT and row.state == MessageState.UNKNOWN and not reporters:
            reporters.append(threading.Thread(target=closing, args=(told, "one", [message])))
            reporters[0].start()
            reporters[0].join(timeout=1)
        move(row, target, **rest)

    monkeypatch.setattr(delivery, "move", meanwhile)
    deliver(message)
    reporters[0].join()
    message.refresh_from_db()
    assert message.state == MessageState.DELIVERED
    assert facts(message) == ["started", "accepted", "delivered"]


def test_one_browser_switched_on_in_two_windows_at_once_is_one_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.kernel.core.http_client.require_public", lambda url: None)
    given = Browser("https://push.example/one").given()
    together = threading.Barrier(4)

    def switch_on(number: int) -> PushSubscription:
        together.wait(timeout=10)
        return push_subscriptions.switch_on(
            subject_ref=UUID(int=number), browser="Firefox", actor=actor.SYSTEM, now=clock.now(), **given
        )

    with ThreadPoolExecutor(max_workers=4) as pool:
        made = list(pool.map(lambda number: closing(switch_on, number), range(4)))
    assert PushSubscription.objects.get() in made


class Ended(Exception):
    """What PostgreSQL's driver raises for a transaction that was ended so that others can go on."""

    sqlstate = "40P01"


@pytest.mark.parametrize("most_at_once", [1, 10])
def test_a_start_that_the_database_ended_once_is_made_again_and_the_message_leaves_once(
    notice: None, gate: Gate, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch, most_at_once: int
) -> None:
    messages = [posted(about=f"tests.thing:{number}") for number in range(2)]
    way = delivery if most_at_once == 1 else parallel_delivery
    whole, tried = way._note, []

    def ended_once(*given: Any, **more: Any) -> None:
        tried.append(given)
        whole(*given, **more)
        if len(tried) == 1:
            raise OperationalError from Ended()

    monkeypatch.setattr(way, "_note", ended_once)
    monkeypatch.setattr(registry, "most_at_once", lambda name: most_at_once)
    states = parallel_delivery.deliver_all([message.pk for message in messages], now=clock.now())
    assert (states, len(channel.taken)) == ([MessageState.SENT] * 2, 2)
    assert [facts(message) for message in messages] == [["started", "accepted"]] * 2
