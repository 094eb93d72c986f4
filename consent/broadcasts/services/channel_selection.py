"""By which of its channels a broadcast goes to each person, asked of the send gate for a batch at once.

The outbox asks the gate again for each message at the moment at which it leaves: that answer counts. Asked here, nobody
gets a row in the outbox who must not get the message, and the pace is spent on those who may.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from consent.base.rules.broadcasts import NO_WAY, TOLD_ALREADY, left_to_try
from consent.base.rules.contact import Reason
from consent.base.selectors.contact_routes import Addressee
from consent.broadcasts.models import Broadcast
from consent.broadcasts.selectors.broadcasts import places_told
from consent.broadcasts.services import content
from consent.decisions.services.bulk_decisions import Answered, Question, decide_all
from consent.records.services.addresses import KIND_OF_CHANNEL, SUBJECT
from portal.kernel.core import addresses, clock
from portal.kernel.law.category_order import PROMOTIONAL
from portal.kernel.law.selectors import house_rule

_HOURS: Final = frozenset({Reason.OUTSIDE_HOURS, Reason.DND_HOURS, Reason.QUIET_HOURS})
#: The rule that says for how long a person's hour is waited for. Whose hour comes later is counted as blocked: a broadcast
#: has an end.
LONGEST_WAIT: Final = "broadcasts.longest_wait"
#: After how long it is asked again whether the message of somebody else at the same address left.
LOOK_AGAIN: Final = timedelta(minutes=1)


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

    Two people at one address: it is written there once. While the first one's message is on its way the second waits, for
    it may be stopped. Reads only, some statements for each channel.
    """
    chosen: dict[UUID, Go | Stay] = {}
    waits: dict[UUID, Go] = {}
    first_no: dict[UUID, str] = {}
    longest = house_rule(LONGEST_WAIT, on=clock.day(at)).duration
    for place, channel in left_to_try(row.channels, start=min(starts.values(), default=0)):
        asked = [
            (person, address)
            for person in people
            if starts.get(person.ref, 0) <= place and person.ref not in chosen
            for address in person.addresses_on(channel)
        ]
        told = _Told(row, channel, [address for _person, address in asked])
        for (person, address), answer in zip(asked, _answers(row, channel, asked, at), strict=True):
            ref = person.ref
            if ref in chosen:  # another address of theirs on this channel
                continue
            way = _way(answer, Go(place, channel, address), at, longest)
            if isinstance(way, Go) and address and told.is_taken(address):
                # What is owed goes on to their own next channel.
                waiting = told.wait(way, at)
                way = waiting or Stay(TOLD_ALREADY)
                if row.category == PROMOTIONAL:
                    chosen[ref] = way
                elif waiting is not None:
                    waits.setdefault(ref, waiting)
                    continue
            elif isinstance(way, Go):
                told.goes(way)
                chosen[ref] = way
            if isinstance(way, Stay):
                first_no.setdefault(ref, way.reason)
    for person in people:
        ref = person.ref
        chosen.setdefault(ref, waits.get(ref) or Stay(first_no.get(ref, NO_WAY)))
    return chosen


def _answers(row: Broadcast, channel: str, asked: Sequence[tuple[Addressee, str]], at: datetime) -> Iterable[Answered]:
    """The decisions in the order of ``asked``, each about the registered template that the person would get."""
    is_person = KIND_OF_CHANNEL[channel] == SUBJECT
    texts = content.templates_on(channel, row.templates.all()) if channel in content.OF_TEMPLATES else {}
    places: dict[str, list[int]] = {}
    for place, (person, _address) in enumerate(asked):
        text = content.in_language(texts, person.principal.language)
        places.setdefault(text.template_id if text is not None else "", []).append(place)
    found: dict[int, Answered] = {}
    for template, those in places.items():
        named = [str(asked[place][0].ref) if is_person else asked[place][1] for place in those]
        question = Question(row.purpose, channel, at, template=template or None)
        found.update(zip(those, decide_all(question, named), strict=True))
    return [found[place] for place in range(len(asked))]


def _way(answer: Answered, way: Go, at: datetime, longest: timedelta) -> Go | Stay:
    if answer.allowed:
        return way
    until = answer.valid_until
    if answer.reason in _HOURS and until is not None and until - at <= longest:
        return replace(way, wait_until=until)
    return Stay(str(answer.reason))


class _Told:
    """Addresses to which the broadcast went on a channel or goes, those of this batch included."""

    def __init__(self, row: Broadcast, channel: str, texts: Sequence[str]) -> None:
        keys = {addresses.address_key(text) for text in texts if text}
        self._places = places_told(row, channel, keys)
        #: By the address: when the message goes to somebody of this batch, None for now.
        self._here: dict[bytes, datetime | None] = {}

    def is_taken(self, address: str) -> bool:
        key = addresses.address_key(address)
        return key in self._places.told or key in self._places.on_the_way or key in self._here

    def goes(self, way: Go) -> None:
        """From now on the address is taken."""
        if way.address:
            self._here[addresses.address_key(way.address)] = way.wait_until

    def wait(self, way: Go, at: datetime) -> Go | None:
        """The same way after the other message left or was stopped; None where it left, or may have."""
        key = addresses.address_key(way.address)
        if key in self._places.told:
            return None
        times = [at + LOOK_AGAIN, self._here.get(key), way.wait_until]
        return replace(way, wait_until=max(time for time in times if time is not None))
