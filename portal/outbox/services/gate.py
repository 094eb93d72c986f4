"""The send gate: what a message asks it, and the turns at which its answer holds until the message is on its way."""

from typing import Any

from portal.core import addresses, clock, hooks, turns
from portal.outbox.models import Message
from portal.people import selectors as people


def take_turns(message: Message, address: str) -> None:
    """Those at which a no to this message would be recorded: at its address, and of its person. For the caller's transaction."""
    keys = addresses.address_keys(address) if address else []
    turns.take(*turns.of_address(keys), *people.own_turns_of(people.refs_of(message.subject_ref)))


def ask(message: Message, address: str) -> Any:
    """The answer of ``hooks.send_gate`` as it is now; None where nobody fills it, which means no."""
    return hooks.send_gate.ask(
        address=address,
        purpose=message.purpose,
        channel=message.channel,
        at=clock.now(),
        fiduciary=message.fiduciary,
        subject_ref=message.subject_ref,
    )
