"""Real workers, a gateway that is slow, full, broken and forgetful, and reports in any order: each message arrives once."""

import random
import time
import urllib.request
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from portal.celery import app
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.models import Delivery, Message
from portal.kernel.outbox.services import post
from tests.consent.factories import law_is_loaded
from tests.servers import communications
from tests.servers.communications import KEY, SECRET, Communications, Turn

pytestmark = pytest.mark.django_db(transaction=True)
MESSAGES = 24
LIMIT = 90.0
TROUBLE = [
    Turn(429, headers={"Retry-After": "0"}),
    Turn(503),
    Turn(500, takes=True),
    Turn(hangs_up=True),
    Turn(hangs_up=True, takes=False),
    Turn(502),
    Turn(delay=0.2),
    Turn(401, "KEY_ENDED"),
]


@pytest.fixture
def gateway(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Communications]:
    """For this process by its settings, for worker processes by their environment."""
    with communications.running() as api:
        given = {
            "OUTBOX_GATEWAY_URL": api.url,
            "OUTBOX_GATEWAY_KEY": KEY,
            "OUTGOING_PRIVATE_HOSTS": [api.host],
            "OUTBOX_REPORT_SECRETS": [SECRET],
            "OUTBOX_FIRST_WAIT_SECONDS": 0,
        }
        for name, value in given.items():
            monkeypatch.setenv(name, ",".join(value) if isinstance(value, list) else str(value))
            setattr(settings, name, value)
        settings.OUTBOX_CHANNELS = {
            **settings.OUTBOX_CHANNELS,
            "sms": "portal.kernel.outbox.channels.gateway.GatewayChannel",
        }
        yield api


def promised() -> Message:
    return post(
        kind="signin.phone_code",
        subject_ref=uuid4(),
        channel="sms",
        address=f"+9198765{random.randrange(100_000):05}",
        language="mr",
        purpose="policy_and_security",
        about=f"tests.thing:{uuid4()}",
        context={"code": "123456", "minutes": "15"},
        only_here=True,
    )


def wait_for(state: MessageState) -> None:
    end = time.monotonic() + LIMIT
    while time.monotonic() < end and Message.objects.exclude(state=state).exists():
        app.signature("portal.outbox.tasks.sweep").apply_async()
        time.sleep(0.3)
    assert set(Message.objects.values_list("state", flat=True)) == {state}


def test_every_message_arrives_once_and_ends_as_read(gateway: Communications, live_server: Any, request: Any) -> None:
    law_is_loaded()
    gateway.turns += random.Random(3).sample(TROUBLE * 3, MESSAGES)
    request.getfixturevalue("workers")
    references = {promised().reference for _ in range(MESSAGES)}
    wait_for(MessageState.SENT)
    assert set(gateway.delivered) == references
    assert set(gateway.delivered.values()) == {1}

    def send(body: bytes, headers: dict[str, str]) -> int:
        url = f"{live_server.url}/api/v1/delivery-reports"
        asked = urllib.request.Request(url, body, {**headers, "Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return int(answer.status)

    assert set(gateway.tell(send, rng=random.Random(5))) == {200}
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.READ}
    for outcome in ("delivered", "read"):
        assert Delivery.objects.filter(outcome=outcome).count() == MESSAGES
