"""A process that posts and sends until it is killed: ``python -m tests.outbox.victim``.

It writes the reference of each message to standard output once the message is committed: that is the acknowledgement.
"""

import itertools
import sys
import time
from uuid import uuid4

import django

django.setup()

from django.conf import settings  # noqa: E402

from portal.demo import server  # noqa: E402
from portal.kernel.core import answers  # noqa: E402
from portal.kernel.core.enqueue import enqueue  # noqa: E402
from portal.kernel.outbox import templates  # noqa: E402
from portal.kernel.outbox.services import post  # noqa: E402
from tests.outbox.factories import KIND, SOURCE, Decision  # noqa: E402

CHANNELS = {"sms": "tests.servers.channels.KeyedChannel", "email": "tests.servers.channels.PlainChannel"}
TURNS = [("sms", "support"), ("email", "support"), ("email", "marketing")]
ADDRESS = {"sms": "+919876543210", "email": "asha@example.com"}


def arrange() -> None:
    """The channels of the test's gateway, a template, and a gate that says yes."""
    settings.OUTBOX_CHANNELS = CHANNELS
    templates.load = lambda kind, language: templates.parse(kind, "en", SOURCE)  # type: ignore[assignment]
    answers.send_gate._answer = lambda **question: Decision(allowed=True)
    answers.send_gate_of_many._answer = lambda asked, **question: [Decision(allowed=True)] * len(asked)


def work() -> None:
    """Post one message after another; the worker in this process sends them."""
    with server.working(timetable=False):
        for number in itertools.count():
            channel, purpose = TURNS[number % len(TURNS)]
            message = post(
                kind=KIND,
                subject_ref=uuid4(),
                channel=channel,
                address=ADDRESS[channel],
                language="en",
                purpose=purpose,
                about=f"tests.thing:{uuid4()}",
                context={"reference": "x"},
            )
            sys.stdout.write(f"{message.reference}\n")
            sys.stdout.flush()
            if number % 10 == 0:
                enqueue("portal.outbox.tasks.sweep")
            time.sleep(0.01)


if __name__ == "__main__":
    arrange()
    work()
