"""Mail in all its moods: every letter comes to an end that is true, and what the server took is not lost or sent again."""

import random
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.cache import cache

from portal.kernel.core import clock
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import post, scheduler
from tests.campaigns import mail_server
from tests.campaigns.counts import conclude
from tests.outbox.conftest import gate, notice  # noqa: F401 - fixtures
from tests.outbox.factories import KIND

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("notice", "gate")]
#: What a message may end as. Of one that is unknown the person's mailbox alone knows.
ENDS = {MessageState.SENT, MessageState.DEAD, MessageState.UNKNOWN, MessageState.CLOSED}


@pytest.fixture
def server(settings):
    with mail_server.running() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", running.port, 0.5
        cache.clear()
        yield running


def letter(number: int) -> Message:
    return post(
        kind=KIND,
        subject_ref=uuid4(),
        channel=Channel.EMAIL,
        address=f"p{number}@domain{number}.example",
        language="en",
        purpose="marketing" if number % 2 else "support",
        about=f"tests.thing:{number}",
        context={"reference": "x"},
    )


def fault_of(message: Message, server: mail_server.MailServer, address: str) -> str:
    """What is not true of the end of a letter; empty where all of it is."""
    taken, told = server.taken[address], server.told[address]
    if message.state not in ENDS:
        return f"still {message.state}"
    if (message.state == MessageState.SENT) != bool(told):
        return f"{message.state}, and the server said so {told} times"
    if message.state == MessageState.DEAD and taken and not message.outcome_is_unknown:
        return "failed, and it was taken"
    if message.category == "promotional" and taken > 1:
        return "promotional, and taken twice"
    return "" if len(server.message_ids[address]) <= 1 else "another Message-ID"


@pytest.mark.parametrize("letters", [len(mail_server.MOODS), pytest.param(400, marks=pytest.mark.full)])
def test_in_every_mood_of_the_mail_server_a_letter_ends_as_it_went(server, letters):
    """Each attempt meets one of the moods; the short form takes some seconds, for two of them are silence."""
    messages = [letter(number) for number in range(letters)]
    server.moods = [random.choice(mail_server.MOODS) for _ in range(3 * letters)] + list(mail_server.MOODS)
    start = clock.now()
    for day in range(20):
        cache.clear()  # the pauses of a day before are over, whatever clock the cache goes by
        with time_machine.travel(start + timedelta(days=day), tick=True):
            for _again in range(10):
                scheduler.sweep(now=clock.now(), limit=letters)
                if not scheduler.due(now=clock.now(), limit=1):
                    break
    assert set(server.met) >= set(mail_server.MOODS)
    found = {each.reference: each for each in Message.objects.all()}
    lost = []
    for number, message in enumerate(messages):
        fault = fault_of(found[message.reference], server, f"p{number}@domain{number}.example")
        lost += [f"{message.reference}: {fault}"] if fault else []
    sent = sum(message.state == MessageState.SENT for message in found.values())
    conclude("Mail in all its moods", attempts=letters, refused=letters - sent, acknowledged=sent, lost=lost)
