"""By which of its channels a broadcast goes to each person, asked of the send gate for a batch at once.

The outbox asks the gate again for each message at the moment at which it leaves: that answer counts. Asked here, nobody
gets a row in the outbox who must not get the message, and the pace is spent on those who may.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from consent.models import Broadcast
from consent.rules.broadcasts import NO_WAY, TOLD_ALREADY, left_to_try
from consent.rules.contact import Reason
from consent.selectors.addressees import Addressee
from consent.services.addresses import KIND_OF_CHANNEL, SUBJECT
from consent.services.batches import Answered, Question, decide_all
from portal.core import addresses, clock
from portal.law.selectors import house_rule
from portal.law.strictness import PROMOTIONAL
from portal.outbox.models import DeliveryAddress

_HOURS: Final = frozenset({Reason.OUTSIDE_HOURS, Reason.DND_HOURS, Reason.QUIET_HOURS})
#: The rule that says for how long a person's hour is waited for. Whose hour comes later is counted as blocked: a broadcast
#: has an end.
LONGEST_WAIT: Final = "broadcasts.longest_wait"


@dataclass(frozen=True, slots=True)
class Go:
    """It goes by the channel at ``place``, now or from ``wait_until`` on."""

    place: int
    channel: str
    address: str = field(default="", repr=False)
    wait_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """It goes by none: the first reason that was found."""

    reason: str


def choose(
    row: Broadcast, people: Sequence[Addressee], *, starts: Mapping[UUID, int], at: datetime
) -> dict[UUID, Go | Stay]:
    """The way to each person, by subject. ``starts`` says from which channel on to look, the first where it says nothing.

    Reads only, some statements for each channel.
    """
    chosen: dict[UUID, Go | Stay] = {}
    first_no: dict[UUID, str] = {}
    longest = house_rule(LONGEST_WAIT, on=clock.day(at)).duration
    for place, channel in left_to_try(row.channels, start=min(starts.values(), default=0)):
        asked = [
            (person, address)
            for person in people
            if starts.get(person.ref, 0) <= place and person.ref not in chosen
            for address in person.addresses_on(channel)
        ]
        told = _told_at(row, channel, [address for _person, address in asked])
        for (person, address), answer in zip(asked, _answers(row, channel, asked, at), strict=True):
            ref = person.ref
            if ref in chosen:  # another address of theirs on this channel
                continue
            way = _way(answer, Go(place, channel, address), at, longest)
            if isinstance(way, Go) and address and told.taken(address):
                # Two people at one address: it is written there once.
                way = Stay(TOLD_ALREADY)
                if row.category == PROMOTIONAL:
                    chosen[ref] = way
            if isinstance(way, Go):
                chosen[ref] = way
            else:
                first_no.setdefault(ref, way.reason)
    for person in people:
        ref = person.ref
        chosen.setdefault(ref, Stay(first_no.get(ref, NO_WAY)))
    return chosen


def _answers(row: Broadcast, channel: str, asked: Sequence[tuple[Addressee, str]], at: datetime) -> Iterable[Answered]:
    is_person = KIND_OF_CHANNEL[channel] == SUBJECT  # type: ignore[index]
    places = [str(person.ref) if is_person else address for person, address in asked]
    return list(decide_all(Question(row.purpose, channel, at), places))


def _way(answer: Answered, way: Go, at: datetime, longest: timedelta) -> Go | Stay:
    if answer.allowed:
        return way
    until = answer.valid_until
    if answer.reason in _HOURS and until is not None and until - at <= longest:
        return replace(way, wait_until=until)
    return Stay(str(answer.reason))


class _Told:
    """Addresses at which the broadcast was told on a channel, those of this batch included."""

    def __init__(self, keys: Collection[bytes]) -> None:
        self._keys = set(keys)

    def taken(self, address: str) -> bool:
        """Whether it was told there; from now on it was."""
        key = addresses.address_key(address)
        if key in self._keys:
            return True
        self._keys.add(key)
        return False


def _told_at(row: Broadcast, channel: str, texts: Sequence[str]) -> _Told:
    keys = {addresses.address_key(text) for text in texts if text}
    if not keys:
        return _Told(())
    found = DeliveryAddress.objects.filter(
        address_key__in=keys, message__about=row.about, message__channel=channel
    ).values_list("address_key", flat=True)
    return _Told({bytes(key) for key in found})
