"""One person's ledger entries up to an instant: page by page, or all of them in the order in which they were recorded."""

import base64
import binascii
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import ports
from portal.kernel.core.timeline_api import Stands, Strand, Told, owner_of
from portal.kernel.ledger.models import Entry
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import CustomerKind, MemberRole
from portal.kernel.people.models import Customer

#: Events on a page, and in one statement when all are read.
PAGE, CHUNK = 50, 500
#: Within a minute the two times of an event are one to whoever reads it.
LATE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Happening:
    """One entry of the ledger about the person, in words: codes, references and times, nothing personal.

    ``at`` is when it happened, ``known_at`` when it was recorded; ``state`` is how its thing stood afterwards, if it says.
    """

    number: int
    entry: UUID
    leaf: int | None
    leaf_hash: str
    strand: str
    act: str
    words: str
    at: datetime
    known_at: datetime
    who: str
    about: str
    thing: str
    state: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_late(self) -> bool:
        """Whether it was recorded a while after it happened: taken from paper, brought from another system."""
        return self.known_at - self.at > LATE


def _place_of(entry: Entry) -> str:
    """Where the next page begins: behind this entry."""
    micros = (entry.recorded_at - _EPOCH) // _MICROSECOND
    return base64.urlsafe_b64encode(f"{micros}.{entry.pk}".encode()).decode().rstrip("=")


def _behind(place: str) -> Q:
    """The entries that stand behind a place. Raises ValueError for what is none."""
    try:
        text = base64.urlsafe_b64decode(place + "=" * (-len(place) % 4)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError) as damage:
        raise ValueError("This is no place in the file.") from damage
    micros, _dot, number = text.partition(".")
    at = _EPOCH + int(micros) * _MICROSECOND
    return Q(recorded_at__lt=at) | Q(recorded_at=at, pk__lt=int(number))


def refs_then(subject_ref: UUID, at: datetime) -> frozenset[UUID]:
    """Every reference that was known by then to be the person's: joined ones, and the account that is theirs alone."""
    refs = people.every_ref({subject_ref}, by=at)
    own = Customer.objects.filter(
        kind=CustomerKind.INDIVIDUAL,
        memberships__role=MemberRole.OWNER,
        memberships__joined_at__lte=at,
        memberships__principal__subject__ref__in=refs,
    )
    return frozenset(people.every_ref({*refs, *own.values_list("subject__ref", flat=True)}, by=at))


@dataclass(frozen=True)
class Timeline:
    """What had happened to a person, and was known, at an instant; of the strands that the reader may see.

    ``since``: nothing that was recorded before, for a reader who is shown certain days only.
    """

    subject_ref: UUID
    at: datetime
    strands: tuple[Strand, ...]
    since: datetime | None = None

    @cached_property
    def refs(self) -> frozenset[UUID]:
        """Whose entries these are."""
        return refs_then(self.subject_ref, self.at)

    def entries(self, strands: Collection[Strand] | None = None) -> QuerySet[Entry]:
        """The entries of the strands, or of all of the file's; without an order."""
        wanted = [one for one in self.strands if strands is None or one in strands]
        acts: list[str] = [str(kind) for kind in AuditKind if owner_of(kind) in wanted]
        other = [one.ledger_kind for one in wanted if one.ledger_kind]
        told = Q(auditevent__kind__in=acts) | Q(kind__in=other)
        whose = Q(subject_ref__in=self.refs) | Q(pk__in=self._concerning(wanted))
        rows = Entry.objects.filter(told, whose, recorded_at__lte=self.at)
        return rows if self.since is None else rows.filter(recorded_at__gte=self.since)

    def page(
        self, *, strands: Collection[Strand] | None = None, behind: str = "", most: int = PAGE
    ) -> tuple[list[Happening], str]:
        """The newest events behind a place, and the place of the next page; empty for the last. Three statements.

        Raises ValueError for what is no place.
        """
        rows = self.entries(strands)
        if behind:
            rows = rows.filter(_behind(behind))
        found = list(rows.select_related("leaf").order_by("-recorded_at", "-pk")[: most + 1])
        return self._told(found[:most]), _place_of(found[most - 1]) if len(found) > most else ""

    def everything(self) -> Iterator[Happening]:
        """All events, in the order in which they were recorded, a chunk at a time."""
        rows = self.entries().select_related("leaf").order_by("recorded_at", "pk")
        found = rows.iterator(chunk_size=CHUNK)
        while chunk := list(islice(found, CHUNK)):
            yield from self._told(chunk)

    def standing(self) -> list[Stands]:
        """How everything stood: what each room says of it, else the last word of its events."""
        asked = [strand for strand in self.strands if strand.standing is not None]
        said = [row for strand in asked if strand.standing for row in strand.standing(self.refs, self.at)]
        folded = replay(event for event in self.everything() if event.strand not in {one.code for one in asked})
        return sorted([*said, *folded], key=lambda row: (row.strand, row.thing, row.about))

    def _concerning(self, strands: Iterable[Strand]) -> list[int]:
        """The entries that concern the person and name nobody."""
        found: list[int] = []
        for strand in strands:
            if strand.also is not None and (abouts := list(strand.also(self.refs, self.at))):
                acts = [str(kind) for kind in AuditKind if owner_of(kind) == strand]
                events = AuditEvent.objects.filter(about__in=abouts, kind__in=acts, subject_ref=None)
                found.extend(events.values_list("entry_id", flat=True))
        return found

    def _told(self, entries: Sequence[Entry]) -> list[Happening]:
        numbers = [entry.pk for entry in entries]
        told = dict(_told_by_audit(numbers))
        for strand in self.strands:
            if strand.tells is not None and (mine := [e.pk for e in entries if e.kind == strand.ledger_kind]):
                told.update({number: (strand, said) for number, said in strand.tells(mine).items()})
        return [_happening(entry, *told[entry.pk]) for entry in entries]


def _told_by_audit(entries: Collection[int]) -> Iterator[tuple[int, tuple[Strand, Told]]]:
    for event in AuditEvent.objects.filter(entry__in=entries):
        said = Told(
            act=event.kind,
            words=act_in_words(event.kind),
            at=event.at,
            who=f"{event.actor_kind}:{event.actor_ref}",
            about=event.about,
            facts=event.facts,
        )
        yield event.entry_id, (owner_of(event.kind), said)


def _happening(entry: Entry, strand: Strand, said: Told) -> Happening:
    thing, state = strand.state_after(said.act, said.facts) or ("", "")
    return Happening(
        number=entry.pk,
        entry=entry.event_id,
        leaf=entry.index,
        leaf_hash=bytes(entry.leaf_hash).hex(),
        strand=strand.code,
        act=said.act,
        words=said.words,
        at=said.at,
        known_at=entry.recorded_at,
        who=said.who,
        about=said.about,
        thing=thing,
        state=state,
        facts={name: value for name, value in said.facts.items() if value not in (None, "")},
    )


def act_in_words(act: str) -> str:
    """``kyc.document.uploaded`` as "Document uploaded": the kinds of audit events are words of the trade already."""
    return " ".join(act.split(".")[1:]).replace("_", " ").capitalize()


def replay(events: Iterable[Happening]) -> list[Stands]:
    """How each thing stands after these events, which come in the order in which they were recorded."""
    last: dict[tuple[str, str, str], Stands] = {}
    for event in events:
        if not event.state:
            continue
        key = (event.strand, event.thing, event.about)
        before = last.get(key)
        since = before.since if before is not None and before.state == event.state else event.at
        last[key] = Stands(*key, event.state, since)
    return list(last.values())


def timeline_of(
    subject_ref: UUID, *, at: datetime, since: datetime | None = None, may_read: Callable[[str], bool] | None = None
) -> Timeline:
    """The file at an instant, of every strand, or of those whose permission ``may_read`` grants."""
    chosen = tuple(strand for strand in ports.strands if may_read is None or may_read(strand.needs))
    return Timeline(subject_ref, at, chosen, since)
