"""What the outbox asks of a channel. E-mail, dashboard and webhook are channels; so is anything that comes later."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class SenderIdentity:
    """Under whose name a message goes: what Indian operators ask for with each one (TRAI direction of 18 November 2025)."""

    entity_id: str = ""
    header: str = ""
    template_id: str = ""


@dataclass(frozen=True)
class Outgoing:
    """A message ready to leave. ``address`` and the texts are personal data: a channel keeps and logs none of them."""

    reference: str
    channel: str
    category: str
    language: str
    address: str = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)
    # Which event it tells of, for whom, and the values in its template by name, for providers that fill templates.
    kind: str = ""
    subject_ref: UUID | None = None
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    sender: SenderIdentity = SenderIdentity()
    # The same for every attempt at this message: a channel that takes the key delivers once however often it is asked.
    idempotency_key: str = ""
    message_id: str = ""
    # Where the person stops such messages at one press; empty for what is owed. A secret of the message.
    one_click: str = field(default="", repr=False)


@dataclass(frozen=True)
class Accepted:
    """The channel took the message. ``provider_reference`` is its own opaque name for it, where it gives one."""

    provider_reference: str = ""


class ChannelFailure(Exception):
    """A message did not go out. ``code`` is a short upper-case word for the record; never a text of the other side."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TemporaryFailure(ChannelFailure):
    """Not accepted, and trying later makes sense: nobody answers, a full mailbox, too many at once.

    ``retry_after`` is how long the other side asked us to wait, where it did. ``is_untried``: nobody was asked, so that it
    costs none of the attempts.
    """

    def __init__(self, code: str, *, retry_after: timedelta | None = None, is_untried: bool = False) -> None:
        super().__init__(code)
        self.retry_after = retry_after
        self.is_untried = is_untried


class PermanentFailure(ChannelFailure):
    """Not accepted, and never will be: no such address, a malformed message.

    ``no_such_address`` says that the address itself is wrong, for every message to it on this channel.
    """

    def __init__(self, code: str, *, no_such_address: bool = False) -> None:
        super().__init__(code)
        self.no_such_address = no_such_address


class OutcomeUnknown(ChannelFailure):
    """The connection broke after the message was handed over and before the answer came."""


class Channel(Protocol):
    """One way to reach people. ``send`` blocks for less than the outbox's lease, and has no effect but sending.

    A channel with ``most_at_once`` takes so many at the same time: ``send`` is then called from threads and asks no
    database. Without it one message goes after another.
    """

    takes_idempotency_key: bool

    def send(self, outgoing: Outgoing) -> Accepted:
        """Hand the message over once. Raises TemporaryFailure, PermanentFailure or OutcomeUnknown."""
        ...
