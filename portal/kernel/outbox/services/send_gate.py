"""The send gate: what a message asks it, and the turns at which its answer holds until the message is on its way."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from portal.kernel.core import addresses, advisory_locks, answers, clock, ports
from portal.kernel.outbox.models import Message
from portal.kernel.people import selectors as people

#: A message, and the address that it goes to.
Asked = tuple[Message, str]


def take_turns(message: Message, address: str) -> None:
    """Those at which a no to this message would be recorded: at its address, and of its person. For the caller's transaction."""
    keys = addresses.address_keys(address) if address else []
    advisory_locks.take(*advisory_locks.of_address(keys), *people.own_turns_of(people.refs_of(message.subject_ref)))


def take_turns_of_all(asked: Sequence[Asked]) -> None:
    """``take_turns`` for many messages, in one go and so in one order."""
    keys_of = addresses.hasher()
    names = advisory_locks.of_address(key for _message, address in asked if address for key in keys_of(address))
    advisory_locks.take(
        *names, *people.own_turns_of(people.every_ref(message.subject_ref for message, _address in asked))
    )


def ask(message: Message, address: str) -> Any:
    """The answer of ``answers.send_gate`` as it is now; None where nobody fills it, which means no."""
    return answers.send_gate.ask(
        address=address,
        purpose=message.purpose,
        channel=message.channel,
        at=clock.now(),
        fiduciary=message.fiduciary,
        subject_ref=message.subject_ref,
    )


def allowed(asked: Sequence[Asked]) -> set[int]:
    """To which of the messages the gate says yes now; the others are asked about one by one, for its reasons."""
    alike: dict[tuple[str, str, str], list[Asked]] = {}
    for message, address in asked:
        alike.setdefault((message.purpose, message.channel, message.fiduciary), []).append((message, address))
    found: set[int] = set()
    at = clock.now()
    for (purpose, channel, fiduciary), those in alike.items():
        places = [(address, message.subject_ref) for message, address in those]
        said_to_all = answers.send_gate_of_many.ask(
            asked=places, purpose=purpose, channel=channel, at=at, fiduciary=fiduciary
        )
        found |= {message.pk for (message, _address), said in zip(those, said_to_all, strict=False) if said.allowed}
    return found


def held(messages: Sequence[Message]) -> dict[int, tuple[str, datetime | None]]:
    """The messages that whoever posted them does not want to leave now, or any more: why, and when to ask again."""
    found: dict[int, tuple[str, datetime | None]] = {}
    for asked in ports.leaving:
        found = {**asked(messages=messages, at=clock.now()), **found}
    return found
