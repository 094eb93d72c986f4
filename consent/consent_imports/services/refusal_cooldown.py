"""A yes of a list that comes soon after a no: nobody may have asked the person in that time, so it is not taken in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.db.models import Exists, OuterRef, Q

from consent.base.choices import TOLD, Way
from consent.base.rules.status_fold import NO, YES
from consent.consent_imports.models import ConsentList
from consent.consent_imports.services.external_consents import ASKED
from consent.consent_imports.services.in_file_refusals import OwnNoes, Speaker
from consent.consent_imports.services.line_parser import Line
from consent.consent_imports.services.subject_match import known_at
from consent.prompts.selectors import may_be_asked_from
from consent.records.models.events import ConsentEvent
from consent.records.models.evidence import ConsentEvidence
from consent.records.models.suppressions import Suppression
from portal.kernel.core import addresses, clock
from portal.kernel.law import selectors as law
from portal.kernel.people import selectors as people

#: The evidence that an answer came with a list.
LIST: Final = "list"


@dataclass
class _Said:
    """The latest word about each purpose and channel by speaker, and the stops of addresses."""

    last: dict[tuple[Speaker, str, str], tuple[datetime, str]] = field(default_factory=dict)
    stops: dict[bytes, list[tuple[str, str, datetime]]] = field(default_factory=dict)
    #: When a person last said yes at an address themselves, not by the word of a system.
    yeses: dict[tuple[bytes, frozenset[UUID], str, str], datetime] = field(default_factory=dict)

    def add(self, speaker: Speaker, purpose: str, channel: str, said: tuple[datetime, str]) -> None:
        """A later word of theirs replaces an earlier one."""
        place = (speaker, purpose, channel)
        self.last[place] = max(self.last.get(place, said), said, key=lambda word: (word[0], word[1] in NO))

    def add_yes(self, key: bytes, person: frozenset[UUID], purpose: str, channel: str, at: datetime) -> None:
        """A yes of their own: a stop from before it is over."""
        place = (key, person, purpose, channel)
        self.yeses[place] = max(self.yeses.get(place, at), at)

    def stopped(self, key: bytes, person: frozenset[UUID] | None, purpose: str, channel: str) -> list[datetime]:
        """When promotion was stopped at the address, as far as the person has not said yes there since."""
        again = self.yeses.get((key, person, purpose, channel)) if person is not None else None
        return [
            at
            for stopped, on, at in self.stops.get(key, ())
            if stopped in {"", purpose} and on in {"", channel} and (again is None or at >= again)
        ]


def too_soon(row: ConsentList, lines: Sequence[Line | None], *, now: datetime, own: OwnNoes | None = None) -> set[int]:
    """The places of the lines whose yes was said after a no and before anybody might ask again (IN-TRAI-90D, CA-12M).

    The no of the address or of the person who speaks for it, while it is their last word; for promotion also a stop of the
    address, until the person themselves says yes there (``prompts.selectors.left_in_peace_until``). A yes from before the no is no
    such: it never counts. A no of the same list (``own``) counts as one that stands here, unless a yes that stands here came
    between. A few statements for a set of lines, more only for those that come after a no. What the list brought itself is
    left out: the check has held its lines against each other.
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
    promotional = {p.code for p in law.purposes_in_force(on=clock.day(now)) if p.is_promotional}
    found = set()
    for place, line in yeses.items():
        key = keys_of[line.address][0]
        ref = known.get(key)
        words = [said.last.get((key, line.purpose, line.channel))]
        words += [said.last.get((persons[ref], line.purpose, line.channel))] if ref is not None else []
        last = max((w for w in words if w is not None), key=lambda word: (word[0], word[1] in NO), default=None)
        noes = [last[0]] if last is not None and last[1] in NO else []
        if own is not None:
            speakers: list[Speaker] = [key, *([persons[ref]] if ref is not None else [])]
            noes += _of_list(own, speakers, line, last)
        if line.purpose in promotional:
            noes += said.stopped(key, persons[ref] if ref is not None else None, line.purpose, line.channel)
        before = [at for at in noes if at <= line.occurred_at]
        if before and line.occurred_at < may_be_asked_from(max(before), subject_ref=ref or uuid4()):
            found.add(place)
    return found


def _of_list(
    own: OwnNoes, speakers: Sequence[Speaker], line: Line, last: tuple[datetime, str] | None
) -> list[datetime]:
    """The noes of the list before a line, as far as no yes that stands here (``last``) came between them and the line."""
    found = [own.last(speaker, line.purpose, line.channel, until=line.occurred_at) for speaker in speakers]
    again = last[0] if last is not None and last[1] in YES and last[0] <= line.occurred_at else None
    return [at for at in found if at is not None and (again is None or at >= again)]


def _said(row: ConsentList, present: dict[bytes, bytes], persons: dict[UUID, frozenset[UUID]]) -> _Said:
    """What was said at the addresses and by the people, this list apart, and no end that came by itself."""
    found = _Said()
    group_of = {ref: group for group in persons.values() for ref in group}
    own = Exists(ConsentEvidence.objects.filter(event=OuterRef("pk"), kind=LIST, sha256=row.sha256))
    columns = ("pk", "address_key", "subject_ref", "purpose", "channel", "occurred_at", "answer", "way")
    rows = [
        *_rows(row, "address_key", present, own, columns),
        *_rows(row, "subject_ref", group_of, own, columns),
    ]
    for _pk, key, ref, purpose, channel, at, answer, way in rows:
        if bytes(key) in present:
            found.add(present[bytes(key)], purpose, channel, (at, answer))
        if ref in group_of:
            found.add(group_of[ref], purpose, channel, (at, answer))
        if bytes(key) in present and ref in group_of and answer in YES and way not in TOLD:
            found.add_yes(present[bytes(key)], group_of[ref], purpose, channel, at)
    for some in _parts(present):
        stopped = Suppression.objects.filter(fiduciary=row.fiduciary, address_key__among=some, header="", lift=None)
        for stop in stopped.values_list("address_key", "purpose", "channel", "suppressed_at"):
            found.stops.setdefault(present[bytes(stop[0])], []).append(stop[1:])
    return found


def _rows(
    row: ConsentList, column: str, values: Iterable[bytes | UUID], own: Exists, columns: Sequence[str]
) -> list[tuple[int, bytes, UUID, str, str, datetime, str, str]]:
    found: list[tuple[int, bytes, UUID, str, str, datetime, str, str]] = []
    for some in _parts(values):
        said = ConsentEvent.objects.filter(
            ~Q(own), ~Q(way=Way.EXPIRY), fiduciary=row.fiduciary, **{f"{column}__among": some}
        )
        found += said.values_list(*columns)
    return found


def _parts(values: Iterable[bytes | UUID]) -> list[frozenset[bytes | UUID]]:
    listed = list(values)
    return [frozenset(listed[first : first + ASKED]) for first in range(0, len(listed), ASKED)]
