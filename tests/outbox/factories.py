from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from factory import LazyAttribute, LazyFunction, Sequence, SubFactory
from factory.django import DjangoModelFactory

from portal.kernel.core import addresses, answers, clock
from portal.kernel.law.choices import Channel
from portal.kernel.outbox import templates
from portal.kernel.outbox.channels import registry
from portal.kernel.outbox.channels.protocol import Accepted, Outgoing
from portal.kernel.outbox.models import AddressFault, Message
from portal.kernel.outbox.services import post
from tests.law.factories import PurposeFactory

KIND = "tests.notice"
SOURCE = "Subject: A notice\nOpens: nothing\n\nYour reference number is {{ reference }}.\n"


@dataclass(frozen=True)
class Decision:
    """An answer of the send gate."""

    allowed: bool
    reason: str = "ALLOWED_ESSENTIAL"
    retry_at: datetime | None = None


class RecordingChannel:
    """A channel that keeps what it was given; ``behaviour`` may raise instead of accepting."""

    def __init__(self, *, name: str = "email", takes_idempotency_key: bool = False) -> None:
        self.name = name
        self.takes_idempotency_key = takes_idempotency_key
        self.most_at_once = 1
        self.taken: list[Outgoing] = []
        self.behaviour: Callable[[Outgoing], None] = lambda outgoing: None

    def send(self, outgoing: Outgoing) -> Accepted:
        self.behaviour(outgoing)
        self.taken.append(outgoing)
        return Accepted("provider-1")


class Gate:
    """A send gate that answers what the test says, and remembers what it was asked."""

    def __init__(self) -> None:
        self.decision: Decision | None = Decision(allowed=True)
        self.asked: list[dict[str, object]] = []

    def __call__(self, **question: object) -> Decision | None:
        self.asked.append(question)
        return self.decision

    def of_many(self, *, asked: list[tuple[str, UUID]], **question: object) -> list[Decision]:
        """Each as alone; nobody's answer is a no."""
        return [self(address=address, subject_ref=ref, **question) or Decision(allowed=False) for address, ref in asked]


def add_purposes() -> None:
    """``support`` (transactional) and ``marketing`` (promotional), in force for years."""
    for code, category in (("support", "transactional"), ("marketing", "promotional")):
        PurposeFactory(code=code, message_category=category, retention_class="message")


def posted(*, purpose: str = "support", about: str = "tests.thing:1", subject_ref: UUID | None = None) -> Message:
    """A message posted through the service."""
    return post(
        kind=KIND,
        subject_ref=subject_ref or uuid4(),
        channel=Channel.EMAIL,
        address="Asha@Example.com",
        language="en",
        purpose=purpose,
        about=about,
        context={"reference": "OS-GR-7K4M-9QX2"},
    )


@contextmanager
def answering_gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    with monkeypatch.context() as patch:
        patch.setattr(answers.send_gate, "_answer", gate)
        patch.setattr(answers.send_gate_of_many, "_answer", gate.of_many)
        yield gate


def use_template(monkeypatch: pytest.MonkeyPatch, source: str = SOURCE, *, language: str = "en") -> None:
    """Let ``tests.notice`` be this text."""
    monkeypatch.setattr(templates, "load", lambda kind, wanted: templates.parse(kind, language, source))


def use_channel(monkeypatch: pytest.MonkeyPatch, channel: RecordingChannel) -> RecordingChannel:
    """Let every message go to this channel."""
    monkeypatch.setattr(registry, "channel", lambda name: channel)
    return channel


class MessageFactory(DjangoModelFactory[Message]):
    class Meta:
        model = Message

    reference = Sequence(lambda number: f"OS-MS-{number:08}")
    kind = KIND
    subject_ref = LazyFunction(uuid4)
    fiduciary = "onesetu"
    channel = Channel.EMAIL
    language = "en"
    purpose = "support"
    category = "transactional"
    about = Sequence(lambda number: f"tests.thing:{number}")
    template_sha256 = ""
    template_language = "en"
    message_id = Sequence(lambda number: f"<{number}@tests>")
    attempts_allowed = 8
    created_at = LazyFunction(clock.now)


class AddressFaultFactory(DjangoModelFactory[AddressFault]):
    class Meta:
        model = AddressFault

    class Params:
        address = "asha@example.com"

    subject_ref = LazyFunction(uuid4)
    address_key = LazyAttribute(lambda fault: addresses.address_key(fault.address))
    channel = Channel.EMAIL
    reason = "bounced"
    message = SubFactory(MessageFactory)
    noted_at = LazyFunction(clock.now)
