"""``kill -9`` of the process that posts and sends, at random moments, on real rows and a real network."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections

from portal.kernel.core import clock
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import scheduler
from tests import workers
from tests.campaigns.counts import conclude
from tests.law.factories import PurposeFactory
from tests.outbox.factories import Decision, Gate, answering_gate
from tests.outbox.victim import CHANNELS
from tests.servers import gateway
from tests.servers.gateway import Gateway

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90.0
pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture
def sending(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """The gateway, the purposes, and leases short enough to wait for."""
    PurposeFactory(code="support", message_category="transactional")
    PurposeFactory(code="marketing", message_category="promotional")
    monkeypatch.setattr(settings, "OUTBOX_CHANNELS", CHANNELS)
    monkeypatch.setattr(settings, "OUTBOX_LEASE_SECONDS", 2)
    monkeypatch.setattr(settings, "OUTBOX_FIRST_WAIT_SECONDS", 1)
    with gateway.running() as running, answering_gate(monkeypatch) as gate:
        monkeypatch.setenv("TEST_GATEWAY_URL", running.url)
        assert isinstance(gate, Gate)
        assert gate.decision == Decision(allowed=True)
        yield running


def one_life(gateway_url: str) -> list[str]:
    """Start the process, kill it at a random moment after its first word; what it had acknowledged by then."""
    environment = {**workers.environment(), "TEST_GATEWAY_URL": gateway_url}
    environment |= {"OUTBOX_LEASE_SECONDS": "2", "OUTBOX_FIRST_WAIT_SECONDS": "1"}
    command = [sys.executable, "-m", "tests.outbox.victim"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines: list[str] = []
    begun = threading.Event()

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.strip())
            begun.set()

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        assert begun.wait(PATIENCE), "the process never acknowledged a message"
        time.sleep(random.uniform(0.1, 2.5))
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        listener.join()
    return [line for line in lines if len(line) == len("OS-MS-7K4M-9QX2-C3TY")]


def settle() -> None:
    """A last, healthy worker: sweep until nothing waits and nothing is under way."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        scheduler.sweep(now=clock.now(), limit=500)
        waiting = Message.objects.filter(next_attempt_at__isnull=False).exists()
        under_way = Message.objects.filter(state=MessageState.SENDING).exists()
        if not waiting and not under_way:
            return
        time.sleep(0.2)
    raise AssertionError("the outbox did not settle")


def kill_and_check(rounds: int, sending: Gateway) -> None:
    acknowledged = [reference for _round in range(rounds) for reference in one_life(sending.url)]
    connections.close_all()
    settle()
    messages = {message.reference: message for message in Message.objects.all()}
    conclude(
        "Kill -9 of the process that posts and sends",
        attempts=len(acknowledged),
        refused=0,
        acknowledged=len(acknowledged),
        lost=set(acknowledged) - messages.keys(),
    )
    for reference, message in messages.items():
        count = sending.received[reference]
        if message.channel == "sms":
            assert (message.state, count) == (MessageState.SENT, 1), reference
            continue
        assert len(sending.message_ids.get(reference, {""})) == 1, "an e-mail changed its Message-ID"
        if not message.outcome_is_unknown:
            assert (message.state, count) == (MessageState.SENT, 1), reference
        elif message.purpose == "marketing":
            assert message.state == MessageState.UNKNOWN
            assert count <= 1, "a promotional e-mail went out twice"
        else:
            assert 1 <= count <= 2, reference


def test_no_acknowledged_message_is_lost_and_none_is_sent_twice_on_a_channel_that_takes_a_key(
    sending: Gateway,
) -> None:
    kill_and_check(3, sending)


@pytest.mark.full
def test_thirty_deaths_lose_no_message_either(sending: Gateway) -> None:
    """Full: thirty processes start and die."""
    kill_and_check(30, sending)
