"""Senders against withdrawals: from the commit of a withdrawal on no queued promotion leaves."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

from consent.base.choices import Answer, Way
from consent.base.selectors import contact_rulebook
from consent.consent_imports.services.external_consents import Brought, record_brought
from consent.records.services.addresses import Address
from consent.records.services.consent_events import Choice
from consent.suppressions.services.address_opt_outs import stop_at_address
from consent.suppressions.services.withdrawals import stop_all_promotional, withdraw
from portal.kernel.core import actor, addresses, answers, clock
from portal.kernel.outbox.choices import MessageState, Outcome
from portal.kernel.outbox.models import Delivery, Message
from portal.kernel.outbox.services import delivery, post, renderer
from portal.kernel.people.models import Fiduciary, Principal
from tests.consent.factories import law_is_loaded, person, published_notice
from tests.outbox.factories import KIND, RecordingChannel, use_channel, use_template

pytestmark = pytest.mark.django_db(transaction=True)
#: Noon in India on a working day: no quiet hour stands in the way.
NOON = datetime(2026, 11, 25, 6, 30, tzinfo=UTC)
PROOF = [{"type": "form", "sha256": "ab" * 32}]


@pytest.fixture(autouse=True)
def channel(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordingChannel]:
    with time_machine.travel(NOON, tick=True):
        contact_rulebook.forget()
        law_is_loaded()
        published_notice()
        use_template(monkeypatch)
        yield use_channel(monkeypatch, RecordingChannel())
    contact_rulebook.forget()


def who_agreed(count: int) -> list[tuple[Principal, str, Message]]:
    """People with a yes to promotional e-mail, and a message waiting for each."""
    with transaction.atomic():
        return _agreed(count)


def _agreed(count: int) -> list[tuple[Principal, str, Message]]:
    people = [
        (person(email=f"p{number}@acme.example", phone=None), f"p{number}@acme.example") for number in range(count)
    ]
    answers = [
        Brought(
            who.subject.ref,
            Choice(
                Address("email", tuple(addresses.address_keys(address)), is_verified=True),
                "marketing",
                "email",
                Answer.GIVEN,
                evidence=PROOF,
            ),
            clock.now() - timedelta(minutes=1),
        )
        for who, address in people
    ]
    record_brought(fiduciary="onesetu", answers=answers, actor=actor.SYSTEM)
    return [(who, address, offer(who, address)) for who, address in people]


def offer(who: Principal, address: str) -> Message:
    return post(
        kind=KIND,
        subject_ref=who.subject.ref,
        channel="email",
        address=address,
        language="en",
        purpose="marketing",
        about=f"tests.thing:{address.partition('@')[0]}",
        context={"reference": "x"},
    )


def by_page(who: Principal, address: str) -> None:
    withdraw(subject_ref=who.subject.ref, purpose="marketing", channel="email", way=Way.PAGE, actor=actor.SYSTEM)


def by_stop_all(who: Principal, address: str) -> None:
    stop_all_promotional(subject_ref=who.subject.ref, actor=actor.SYSTEM)


def by_stop(who: Principal, address: str) -> None:
    own = Fiduciary.objects.get(code="onesetu")
    stop_at_address(kind="email", address=address, fiduciary=own, way=Way.CODE, actor=actor.SYSTEM)


WAYS = (by_page, by_stop_all, by_stop)


def started_at(message: Message) -> datetime | None:
    return (
        Delivery.objects.filter(message=message, outcome=Outcome.STARTED).values_list("happened_at", flat=True).first()
    )


@pytest.mark.parametrize("way", WAYS)
def test_a_withdrawal_before_the_message_is_on_its_way_stops_it(
    way: Callable[..., None], channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((who, address, message),) = who_agreed(1)
    prepared = renderer.outgoing

    def meanwhile(*args: Any) -> Any:
        way(who, address)
        return prepared(*args)

    monkeypatch.setattr(renderer, "outgoing", meanwhile)
    assert delivery.deliver(message.pk, now=clock.now()) == MessageState.STOPPED
    assert channel.taken == []


@pytest.mark.parametrize("way", WAYS)
def test_a_withdrawal_after_the_gate_has_said_yes_waits_until_the_message_is_on_its_way(
    way: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    ((who, address, message),) = who_agreed(1)
    returned: list[datetime] = []

    def withdrawing() -> None:
        try:
            way(who, address)
            returned.append(clock.now())
        finally:
            connection.close()

    gate = answers.send_gate._answer
    assert gate is not None
    meanwhile = threading.Thread(target=withdrawing)

    def answer(**question: Any) -> Any:
        decision = gate(**question)
        meanwhile.start()
        meanwhile.join(timeout=0.3)
        return decision

    monkeypatch.setattr(answers.send_gate, "_answer", answer)
    assert delivery.deliver(message.pk, now=clock.now()) == MessageState.SENT
    meanwhile.join()
    (told,) = returned
    started = started_at(message)
    assert started is not None
    assert started < told


def race(offers: list[tuple[Principal, str, Message]], *, senders: int) -> dict[str, datetime]:
    """Withdraw for each person in turn while ``senders`` deliver what waits for them. Gives when each withdrawal had returned.

    Both set out for a person at the same instant: the sender has to open the message first, the withdrawal to read.
    """
    begun = {address: threading.Event() for _who, address, _message in offers}
    returned: dict[str, datetime] = {}

    def send(place: int) -> None:
        try:
            for _who, address, message in offers[place::senders]:
                begun[address].wait(timeout=60)
                delivery.deliver(message.pk, now=clock.now())
        finally:
            connection.close()

    def stop() -> None:
        try:
            for (who, address, _message), way in zip(offers, cycle(WAYS), strict=False):
                begun[address].set()
                way(who, address)
                returned[address] = clock.now()
        finally:
            for event in begun.values():
                event.set()
            connection.close()

    with ThreadPoolExecutor(max_workers=senders + 1) as pool:
        sending = [pool.submit(send, place) for place in range(senders)]
        pool.submit(stop).result()
        for one in sending:
            one.result()
    return returned


@pytest.mark.parametrize(
    # The larger sizes are those that show a rare interleaving; most of their time makes the people.
    ("senders", "withdrawals"),
    [(2, 40), pytest.param(4, 200, marks=pytest.mark.full), pytest.param(8, 1000, marks=pytest.mark.full)],
    ids=["2x40", "4x200", "8x1000"],
)
def test_no_queued_message_leaves_after_a_withdrawal(senders: int, withdrawals: int, channel: RecordingChannel) -> None:
    offers = who_agreed(withdrawals)
    returned = race(offers, senders=senders)
    assert len(returned) == withdrawals
    started = {address: at for _who, address, message in offers if (at := started_at(message)) is not None}
    assert len(channel.taken) == len(started)
    assert [address for address, at in started.items() if at > returned[address]] == []
    states = set(Message.objects.filter(kind=KIND).values_list("state", flat=True))
    assert states <= {MessageState.SENT, MessageState.STOPPED}
