"""What each new answer follows: the last one about its place, and the lookup key under which both are kept."""

from collections.abc import Sequence
from typing import Protocol

from consent.records.models.events import ConsentEvent
from consent.records.selectors import event_chains
from consent.records.services.addresses import Address
from portal.kernel.people.models import Fiduciary


class Placed(Protocol):
    """An answer with its place."""

    @property
    def address(self) -> Address: ...
    @property
    def purpose(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def sender(self) -> str: ...


def of(fiduciary: Fiduciary, choices: Sequence[Placed]) -> tuple[list[ConsentEvent | None], list[bytes]]:
    """The last event about the place of each choice, under any lookup key, None where nothing was said; and the lookup key
    under which the answer is kept: that of its chain, else that of the chains about other senders there, which are compared
    with it, else the present one.
    """
    last = event_chains.ends(fiduciary, frozenset(key for choice in choices for key in choice.address.keys))
    heads = {(bytes(e.address_key), e.purpose, e.channel, e.sender): e for e in last.select_related("entry")}
    before = [
        max(
            (
                heads[at]
                for key in choice.address.keys
                if (at := (key, choice.purpose, choice.channel, choice.sender)) in heads
            ),
            key=lambda event: event.pk,
            default=None,
        )
        for choice in choices
    ]
    beside = {(key, purpose, channel) for key, purpose, channel, _sender in heads}
    kept_under = [
        bytes(head.address_key)
        if head
        else next(
            (key for key in choice.address.keys if (key, choice.purpose, choice.channel) in beside), choice.address.key
        )
        for choice, head in zip(choices, before, strict=True)
    ]
    return before, kept_under
