"""Real workers, and recipients that are slow, wrong, down, redirecting and forgetful: each hears all in order, once."""

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from consent.suppressions.services.withdrawals import withdraw
from portal.celery import app
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, webhook_signatures
from portal.kernel.law.models import Clock
from portal.kernel.law.services import deadline_sweep
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.models import Delivery, Message
from portal.kernel.registers.models import Instruction
from portal.kernel.registers.recipients.selectors import recipients as recipient_selectors
from tests.consent.factories import law_is_loaded, person, published_notice, said
from tests.registers.factories import registered_recipient
from tests.servers import recipient as recipients
from tests.servers.recipient import REDIRECTS, System, Turn

pytestmark = pytest.mark.django_db(transaction=True)
LIMIT = 90.0
TROUBLE = {
    "slow": [Turn(delay=1.5), Turn(delay=1.5)],
    "wrong": [Turn(500), Turn(404), Turn(400, {"Retry-After": "0"})],
    "redirecting": [REDIRECTS, REDIRECTS],
    "forgetful": [Turn(hangs_up=True), Turn(503, takes=True)],
}
EVERY = [*TROUBLE, "down", "silent"]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def systems(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, System]]:
    """Six systems; "down" is known by its address, and listens to nobody yet."""
    with ExitStack() as stack:
        found = {
            name: stack.enter_context(recipients.running(webhook_signatures.new_secret()))
            for name in EVERY
            if name != "down"
        }
        found["down"] = System(webhook_signatures.new_secret())
        found["down"].host = f"127.0.0.1:{free_port()}"
        hosts = [system.host for system in found.values()]
        # For this process by its settings, for worker processes by their environment. The secrets are the register's.
        given = {
            "OUTGOING_PRIVATE_HOSTS": hosts,
            "OUTBOX_WEBHOOK_SECRETS": {host: [] for host in hosts},
            "OUTBOX_FIRST_WAIT_SECONDS": 0,
            # However long the slow ones take: meanwhile nobody gives the one up that is down.
            "OUTBOX_WEBHOOK_ATTEMPTS": 10_000,
        }
        for name, value in given.items():
            text = ",".join(value) if isinstance(value, list) else json.dumps(value)
            monkeypatch.setenv(name, text)
            setattr(settings, name, value)
        for name, turns in TROUBLE.items():
            found[name].turns += turns
        yield found


def wait_until_taken(systems: dict[str, System], names: list[str]) -> None:
    end = time.monotonic() + LIMIT
    left = Message.objects.filter(destination__masked__in=[f"{systems[name].host}/…" for name in names])
    while time.monotonic() < end and left.exclude(state=MessageState.SENT).exists():
        app.signature("portal.outbox.tasks.sweep").apply_async()
        time.sleep(0.3)
    assert set(left.values_list("state", flat=True)) == {MessageState.SENT}


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    asked = urllib.request.Request(url, body, {**headers, "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def test_a_withdrawal_reaches_every_recipient_in_whatever_state_it_is(
    systems: dict[str, System], live_server: Any, request: Any
) -> None:
    law_is_loaded()
    published_notice()
    for name, system in systems.items():
        registered_recipient(f"dialer-{name}", url=system.url, secret=system.secret)
    asha = person()
    request.getfixturevalue("workers")
    said(asha, "given")
    done = withdraw(subject_ref=asha.subject.ref, purpose="marketing", channel="sms", way="page", actor=actor.SYSTEM)
    about = f"consent.receipt:{done.receipt.reference}"
    assert Instruction.objects.filter(about=about).count() == len(EVERY)
    # Whatever is wrong with one, the others hear of it.
    up = [name for name in EVERY if name != "down"]
    wait_until_taken(systems, up)
    assert systems["down"].taken == []
    with recipients.running(systems["down"].secret, system=systems["down"]):
        wait_until_taken(systems, ["down"])
    for system in systems.values():
        assert [word["type"] for word in system.taken] == ["consent.given", "consent.withdrawn"]
        assert [word["data"]["sequence"] for word in system.taken] == [1, 2]
        assert system.taken[-1]["data"]["address"]["known_by"] == [{"kind": "phone", "value": "+919876543210"}]
    # Taken, and the answer lost: told again under the same number.
    numbers = [headers["webhook-id"] for headers, _body in systems["forgetful"].asked]
    assert len(numbers) > len(set(numbers)) == 2
    # A redirect into a network is an answer like any other.
    assert Delivery.objects.filter(code="HTTP_302").count() == 2

    def path(name: str) -> str:
        return f"{live_server.url}/api/v1/recipients/dialer-{name}/acknowledgements"

    for name in EVERY[:-1]:
        body, headers = systems[name].says()
        assert post(path(name), body, headers)[1] == {"new": 1, "known": 0, "unknown": 0, "replayed": False}
        # A replay, to its own address and to another's, changes nothing.
        assert post(path(name), body, headers)[1]["replayed"] is True
        assert post(path("silent"), body, headers)[0] == 401
    progress = recipient_selectors.progress_of(about)
    assert (progress.confirmed, progress.total) == (len(EVERY) - 1, len(EVERY))
    # Who is silent is late at the rule's time, and not a moment before.
    instruction = Instruction.objects.get(about=about, recipient__code="dialer-silent")
    due = Clock.objects.get(owner=instruction.owner).due_at
    assert deadline_sweep.sweep(now=due).late == 0
    assert deadline_sweep.sweep(now=due + timedelta(seconds=1)).late == 1
    escalated = AuditEvent.objects.filter(kind="registers.instruction.escalated")
    assert [event.about for event in escalated] == [instruction.owner]
    kinds = list(instruction.facts.values_list("kind", flat=True))
    assert kinds == ["delivered"]
