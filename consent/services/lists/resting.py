"""A yes of a list that comes soon after a no: nobody may have asked the person in that time, so it is not taken in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.db.models import Exists, OuterRef, Q

from consent.models import ConsentEvent, ConsentEvidence, ConsentList, Suppression
from consent.rules.fold import NO, YES
from consent.selectors.asking import may_be_asked_from
from consent.services.bringing import ASKED
from consent.services.lists.lines import Line
from consent.services.lists.people import known_at
from portal.core import addresses, clock
from portal.law import selectors as law
from portal.people import selectors as people

#: The evidence that an answer came with a list.
LIST: Final = "list"
#: Where somebody spoke: an address by its present lookup hash, or one person under any reference.
Speaker = bytes | frozenset[UUID]


@dataclass
class _Said:
    """The latest word about each purpose and channel by speaker, and the stops of addresses."""

    last: dict[tuple[Speaker, str, str], tuple[datetime, str]] = field(default_factory=dict)
    stops: dict[bytes, list[tuple[str, str, datetime]]] = field(default_factory=dict)

    def add(self, speaker: Speaker, purpose: str, channel: str, said: tuple[datetime, str]) -> None:
        """A later word of theirs replaces an earlier one."""
        place = (speaker, purpose, channel)
        self.last[place] = max(self.last.get(place, said), said, key=lambda word: (word[0], word[1] in NO))


def too_soon(row: ConsentList, lines: Sequence[Line | None]) -> set[int]:
    """The places of the lines whose yes was said after a no and before anybody might ask again (IN-TRAI-90D, CA-12M).

    The no of the address or of the person who speaks for it, while it is their last word; for promotion also a stop of the
    address. A yes from before the no is no such: it never counts. What the same list brought is one history with it. A few
    statements for a set of lines, more only for those that come after a no.
    """
    yeses = {place: line for place, line in enumerate(lines) if line is not None and line.answer in YES}
    if not yeses:
        return set()
    keys_of = {line.address: tuple(addresses.address_keys(line.address)) for line in yeses.values()}
    present = {key: keys[0] for keys in keys_of.values() for key in keys}
    known = known_at(row.fiduciary, [(line.kind, line.address, keys_of[line.address]) for line in yeses.values()])
    same = people.joined(known.values())
    persons = {ref: same.get(ref, frozenset((ref,))) for ref in known.values()}
    said = _said(row, present, persons)
    promotional = {p.code for p in law.purposes_in_force(on=clock.day(clock.now())) if p.is_promotional}
    found = set()
    for place, line in yeses.items():
        key = keys_of[line.address][0]
        ref = known.get(key)
        words = [said.last.get((key, line.purpose, line.channel))]
        words += [said.last.get((persons[ref], line.purpose, line.channel))] if ref is not None else []
        last = max((w for w in words if w is not None), key=lambda word: (word[0], word[1] in NO), default=None)
        noes = [last[0]] if last is not None and last[1] in NO else []
        if line.purpose in promotional:
            noes += [
                at
                for purpose, channel, at in said.stops.get(key, ())
                if purpose in {"", line.purpose} and channel in {"", line.channel}
            ]
        before = [at for at in noes if at <= line.occurred_at]
        if before and line.occurred_at < may_be_asked_from(max(before), subject_ref=ref or uuid4()):
            found.add(place)
    return found


def _said(row: ConsentList, present: dict[bytes, bytes], persons: dict[UUID, frozenset[UUID]]) -> _Said:
    """What was said at the addresses and by the people, this list apart."""
    found = _Said()
    group_of = {ref: group for group in persons.values() for ref in group}
    own = Exists(ConsentEvidence.objects.filter(event=OuterRef("pk"), kind=LIST, sha256=row.sha256))
    columns = ("pk", "address_key", "subject_ref", "purpose", "channel", "occurred_at", "answer")
    rows = [
        *_rows(row, "address_key", present, own, columns),
        *_rows(row, "subject_ref", group_of, own, columns),
    ]
    for _pk, key, ref, purpose, channel, at, answer in rows:
        if bytes(key) in present:
            found.add(present[bytes(key)], purpose, channel, (at, answer))
        if ref in group_of:
            found.add(group_of[ref], purpose, channel, (at, answer))
    for some in _parts(present):
        stopped = Suppression.objects.filter(fiduciary=row.fiduciary, address_key__among=some, header="", lift=None)
        for stop in stopped.values_list("address_key", "purpose", "channel", "suppressed_at"):
            found.stops.setdefault(present[bytes(stop[0])], []).append(stop[1:])
    return found


def _rows(
    row: ConsentList, column: str, values: Iterable[bytes | UUID], own: Exists, columns: Sequence[str]
) -> list[tuple[int, bytes, UUID, str, str, datetime, str]]:
    found: list[tuple[int, bytes, UUID, str, str, datetime, str]] = []
    for some in _parts(values):
        said = ConsentEvent.objects.filter(~Q(own), fiduciary=row.fiduciary, **{f"{column}__among": some})
        found += said.values_list(*columns)
    return found


def _parts(values: Iterable[bytes | UUID]) -> list[frozenset[bytes | UUID]]:
    listed = list(values)
    return [frozenset(listed[first : first + ASKED]) for first in range(0, len(listed), ASKED)]
