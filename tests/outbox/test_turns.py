"""Words to one system about one address arrive in order; none is told after a newer one."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from portal.kernel.core import clock, webhook_signatures
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import post_webhook
from tests.outbox.test_delivery import deliver
from tests.servers.recipient import System, Turn, running

pytestmark = pytest.mark.django_db
LATER = timedelta(hours=1)


@pytest.fixture
def system(settings: Any) -> Iterator[System]:
    secret = webhook_signatures.new_secret()
    with running(secret) as found:
        settings.OUTGOING_PRIVATE_HOSTS, settings.OUTBOX_WEBHOOK_SECRETS = [found.host], {found.host: [secret]}
        yield found


def line(system: System, length: int, *, ref: UUID | None = None) -> list[Message]:
    """Messages that stand one behind another."""
    ref, found = ref or uuid4(), []
    for number in range(length):
        found.append(
            post_webhook(
                kind="tests.word",
                subject_ref=ref,
                url=system.url,
                purpose="marketing",
                about=f"tests.word:{number}",
                data={"number": number},
                after=found[-1] if found else None,
            )
        )
    return found


def numbers(system: System) -> list[int]:
    return [word["data"]["number"] for word in system.taken]


def test_the_second_waits_while_the_first_is_tried_and_goes_when_it_has_left(system):
    first, second = line(system, 2)
    system.turns.append(Turn(503))
    assert deliver(first) == MessageState.DUE
    attempts = second.attempts_allowed - second.attempts
    assert deliver(second) == MessageState.DUE
    assert second.reason == "WAITS_ITS_TURN"
    assert second.next_attempt_at > first.next_attempt_at
    assert second.attempts_allowed - second.attempts == attempts
    assert len(system.asked) == 1
    assert deliver(first, now=clock.now() + LATER) == MessageState.SENT
    second.refresh_from_db()
    assert second.next_attempt_at <= clock.now()
    assert deliver(second) == MessageState.SENT
    assert numbers(system) == [0, 1]


def test_the_second_waits_while_nobody_knows_what_became_of_the_first(system):
    first, second = line(system, 2)
    system.turns.append(Turn(hangs_up=True))
    assert deliver(first) == MessageState.DUE
    assert deliver(second) == MessageState.DUE
    assert deliver(first, now=clock.now() + LATER) == MessageState.SENT
    assert deliver(second, now=clock.now() + LATER) == MessageState.SENT
    assert numbers(system) == [0, 1]


def test_one_that_failed_for_good_holds_up_nobody_and_is_not_told_afterwards(system):
    first, second, third = line(system, 3)
    system.turns.append(Turn(410))
    assert deliver(first) == MessageState.DEAD
    system.turns.append(Turn(410))
    assert deliver(second) == MessageState.DEAD
    assert deliver(third) == MessageState.SENT
    for dead in (first, second):
        Message.objects.filter(pk=dead.pk).update(state=MessageState.DUE, next_attempt_at=clock.now())
        assert deliver(dead) == MessageState.CLOSED
        assert dead.reason == "OVERTAKEN"
    assert numbers(system) == [2]


def test_other_lines_do_not_wait(system):
    (held,), (free,) = line(system, 1), line(system, 1)
    system.turns.append(Turn(503))
    assert deliver(held) == MessageState.DUE
    assert deliver(free) == MessageState.SENT
