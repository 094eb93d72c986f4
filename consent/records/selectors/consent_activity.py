"""What a person told us in one list: answers, blocks ("do not disturb"), stops that changed no answer, standings that ended."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from django.db.models import CharField, F, Min, QuerySet, Value

from consent.base.choices import Way
from consent.records.models.events import ConsentEvent
from consent.records.models.guardians import StandingEnded
from consent.records.models.preferences import PreferenceChange
from consent.records.models.suppressions import Suppression
from consent.records.selectors import history
from portal.kernel.ledger.models import Entry

#: Stands where an answer has the code of its purpose. No purpose is called so: the codes of purposes have underscores.
DO_NOT_DISTURB: Final = "do-not-disturb"
#: Rows read at once while a whole list is written.
CHUNK: Final = 500


#: The same for a stop of everything promotional, and for answering for somebody else.
ALL_PROMOTION: Final = "all-promotion"
ANSWERING_FOR: Final = "answering-for"


@dataclass(frozen=True)
class Told:
    """One act, which is one of four. Each has a receipt and an entry in the ledger."""

    event: ConsentEvent | None = None
    change: PreferenceChange | None = None
    stop: Suppression | None = None
    standing: StandingEnded | None = None

    @property
    def row(self) -> Any:
        return self.event or self.change or self.stop or self.standing

    @property
    def at(self) -> datetime:
        at: datetime = getattr(self.row, _WHEN[type(self.row)])
        return at

    @property
    def recorded_at(self) -> datetime:
        return self.event.recorded_at if self.event is not None else self.entry.recorded_at

    @property
    def reference(self) -> str:
        return str(self.row.receipt.reference)

    @property
    def company(self) -> str:
        """Whose answer it is; empty for a block, which holds for whoever's messages we send, and for a standing."""
        said = self.event or self.stop
        return said.fiduciary.name if said is not None else ""

    @property
    def company_code(self) -> str:
        said = self.event or self.stop
        return said.fiduciary.code if said is not None else ""

    @property
    def purpose(self) -> str:
        """The code of the purpose, or what stands in its place."""
        if self.event is not None:
            return self.event.purpose
        return DO_NOT_DISTURB if self.change is not None else ALL_PROMOTION if self.stop is not None else ANSWERING_FOR

    @property
    def entry(self) -> Entry:
        found: Entry = self.row.entry
        return found

    @property
    def how(self) -> str:
        """The way, in the reader's language; of a standing, who ended it."""
        return str(self.standing.get_by_display() if self.standing is not None else Way(self.way).label)

    @property
    def way(self) -> str:
        """The code of the way; of a standing, of who ended it."""
        if self.change is not None:
            return str(self.entry.auditevent.facts["way"])
        return str(self.standing.by if self.standing is not None else self.row.way)


#: When each kind of act was, by the person's own time.
_WHEN: Final[dict[type, str]] = {
    ConsentEvent: "occurred_at",
    PreferenceChange: "changed_at",
    Suppression: "suppressed_at",
    StandingEnded: "ended_at",
}


def has_blocked(refs: Collection[UUID]) -> bool:
    """Whether the person, known by ``refs``, ever told us what to block."""
    return _changes(refs).exists()


class Acts:
    """The acts of a person, the latest first: counted and cut for pages, or read through in constant memory.

    ``refs`` are the references the person is known by (``people.selectors.refs_of``). ``wanted`` are lookups for answers
    (purpose, channel, answer); what is no answer has none of the three, so that any of them leaves it out but the purpose
    DO_NOT_DISTURB, which leaves out everything else.
    """

    def __init__(
        self,
        refs: Collection[UUID],
        *,
        wanted: Mapping[str, str] | None = None,
        since: datetime | None = None,
        before: datetime | None = None,
    ) -> None:
        self.refs = refs
        wanted = dict(wanted or {})
        kinds: dict[str, QuerySet[Any]] = {
            "event": history.events_by(refs),
            "change": _changes(refs),
            "stop": _stops(refs),
            "standing": _standings(refs),
        }
        if wanted == {"purpose": DO_NOT_DISTURB}:
            kinds = {"change": kinds["change"]}
        elif wanted:
            kinds = {"event": kinds["event"].filter(**wanted)}
        self._kinds = {kind: _between(rows, _WHEN[rows.model], since, before) for kind, rows in kinds.items()}

    def count(self) -> int:
        """How many there are, in one query."""
        return self._marks().count()

    __len__ = count

    def __getitem__(self, part: slice) -> list[Told]:
        """Some of them, a query more than there are kinds, however many."""
        marks = list(self._marks().order_by("-at", "-which", "-row")[part])
        found = {
            kind: rows.in_bulk([row for _at, which, row in marks if which == kind])
            for kind, rows in self._kinds.items()
        }
        return [Told(**{which: found[which][row]}) for _at, which, row in marks]

    def _marks(self) -> QuerySet[Any, Any]:
        """When, which kind, and the row, of all of them."""
        first, *others = [_marks(rows, _WHEN[rows.model], kind) for kind, rows in self._kinds.items()]
        return first.union(*others, all=True)

    def __iter__(self) -> Iterator[Told]:
        """All of them, read in chunks."""
        yield from merge(*(_each(kind, rows) for kind, rows in self._kinds.items()), key=attrgetter("at"), reverse=True)


def _each(kind: str, rows: QuerySet[Any]) -> Iterator[Told]:
    return (Told(**{kind: row}) for row in rows.iterator(chunk_size=CHUNK))


def _stops(refs: Collection[UUID]) -> QuerySet[Suppression]:
    """The stops of the person that changed no answer: of each the first address stands for all."""
    alone = Suppression.objects.filter(event=None, receipt__subject_ref__in=refs)
    firsts = alone.order_by().values("receipt").annotate(first=Min("pk")).values("first")
    return (
        Suppression.objects.filter(pk__in=firsts)
        .select_related("receipt", "fiduciary", "entry__leaf")
        .order_by("-suppressed_at", "-pk")
    )


def _standings(refs: Collection[UUID]) -> QuerySet[StandingEnded]:
    """That the person, a guardian, answers for somebody no more."""
    return (
        StandingEnded.objects.filter(guardian_ref__in=refs)
        .select_related("receipt", "entry__leaf")
        .order_by("-ended_at", "-pk")
    )


def _changes(refs: Collection[UUID]) -> QuerySet[PreferenceChange]:
    """The changes of wishes that were about blocking: those with a receipt."""
    return (
        PreferenceChange.objects.filter(subject_ref__in=refs, receipt__isnull=False)
        .select_related("receipt", "entry__leaf", "entry__auditevent")
        .order_by("-changed_at", "-pk")
    )


def _between(rows: QuerySet[Any], name: str, since: datetime | None, before: datetime | None) -> QuerySet[Any]:
    if since is not None:
        rows = rows.filter(**{f"{name}__gte": since})
    return rows if before is None else rows.filter(**{f"{name}__lt": before})


def _marks(rows: QuerySet[Any], name: str, which: str) -> QuerySet[Any, Any]:
    """When, which of the two, and the row: what a page of both is cut by."""
    marked = rows.order_by().annotate(at=F(name), which=Value(which, output_field=CharField()), row=F("pk"))
    cut: QuerySet[Any, Any] = marked.values_list("at", "which", "row")
    return cut
