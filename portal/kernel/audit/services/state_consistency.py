"""Check V11: the fields of domain rows that audit events state are what the last of those events says.

An event names its row by ``about``; each room registers which facts of which kinds state which columns of its rows. V9 holds
the events against their leaves, so that a row is held against its leaf. An event of an older release may have changed a
column without the fact that says to what: then nothing states the column until the next event that does.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef
from django.db.models.functions import Substr

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.ledger.services import chunks_of

Row = Mapping[str, Any]
Facts = Mapping[str, Any]


#: As the name of a fact: the person whom the event is about, which its leaf states beside the facts.
SUBJECT = "event.subject"


class _Unstated:
    """An event that says nothing of a column."""


UNSTATED = _Unstated()


@dataclass(frozen=True)
class StatedRows:
    """Rows of one model, registered in ``ports.ledger_followers``.

    ``fields`` say by column what an event states of it: by kind the name of a fact that each such event carries, ``SUBJECT``
    or a callable that gets the facts and gives the value, a frozenset of those it may be, or ``UNSTATED`` where such an event
    may leave the column as it was. ``about`` is the label before ``key``, the column by which events name a row; empty where
    that column has the whole label. ``of`` tells whether an event is about this row, where several rows share a label.
    """

    model: type[models.Model]
    about: str
    fields: Mapping[str, Mapping[AuditKind, str | Callable[[Facts], Any]]]
    key: str = "reference"
    #: The kind with which each row begins; its row has to be there under its key, for rows are never deleted.
    begins: AuditKind | None = None
    #: What a column says before any event states it.
    at_first: Mapping[str, Any] = field(default_factory=dict)
    of: Callable[[Row, Facts], bool] = field(default=lambda row, facts: True)
    check: str = "V11"

    @property
    def compared(self) -> frozenset[str]:
        """The columns that events state."""
        return frozenset(self.fields) | ({self.key} if self.begins or not self.about else set())

    def differences(self, *, sample: int | None) -> Iterator[str]:
        """Rows that say something else than the last event that states a column; a few statements for each set of rows."""
        rows = self.model._default_manager.values("pk", self.key, *self.fields)
        for chunk in chunks_of(rows, sample=sample):
            for row in self._differing(chunk):
                if other := self._differing_still(row):
                    yield f"Row {row['pk']} of {self.model._meta.label} is not what its events say: {', '.join(other)}."
        if self.begins is not None:
            yield from self._lost(self.begins, sample=sample)

    def _lost(self, begins: AuditKind, *, sample: int | None) -> Iterator[str]:
        """Events with which a row begins that is not there under its key."""
        key = Substr(OuterRef("about"), len(self.about) + 2)
        rows = self.model._default_manager.filter(**{self.key: key})
        begun = AuditEvent.objects.filter(kind=str(begins), about__startswith=f"{self.about}:")
        parts = [begun]
        if sample is not None:
            chunks = chunks_of(begun.values("pk"), sample=sample)
            parts = [begun.filter(pk__in=[row["pk"] for row in chunk]) for chunk in chunks]
        for part in parts:
            for pk in part.filter(~Exists(rows)).order_by("pk").values_list("pk", flat=True).iterator():
                yield f"The row of {self.model._meta.label} with which audit event {pk} began is not there."

    def _differing(self, rows: Sequence[Row]) -> list[Row]:
        events = self._events(rows)
        found: list[Row] = []
        for row in rows:
            own = events.get(self._label(row), ())
            if len(own) == 1 and self._is_as(row, *own[0]):
                continue
            if self._other(row, own):
                found.append(row)
        return found

    def _differing_still(self, row: Row) -> list[str]:
        """The columns that differ, read anew until nobody wrote the row meanwhile: work beside a check is no failure."""
        rows = self.model._default_manager.filter(pk=row["pk"]).values("pk", self.key, *self.fields)
        seen = rows.first()
        while seen is not None:
            other = self._other(seen, self._events([seen]).get(self._label(seen), ()))
            again = rows.first()
            if not other or again == seen:
                return other
            seen = again
        return []

    def _events(self, rows: Sequence[Row]) -> dict[str, list[tuple[str, Facts]]]:
        kinds = {str(kind) for stated in self.fields.values() for kind in stated}
        labels = frozenset(map(self._label, rows))
        found: dict[str, list[tuple[str, Facts]]] = {}
        events = AuditEvent.objects.filter(about__among=labels, kind__in=kinds).order_by("pk")
        for about, kind, facts, ref in events.values_list("about", "kind", "facts", "subject_ref"):
            found.setdefault(about, []).append((kind, facts if ref is None else {**facts, SUBJECT: str(ref)}))
        return found

    def _label(self, row: Row) -> str:
        return f"{self.about}:{row[self.key]}" if self.about else str(row[self.key])

    def _other(self, row: Row, events: Sequence[tuple[str, Facts]]) -> list[str]:
        own = [(kind, facts) for kind, facts in events if self.of(row, facts)]
        return sorted(
            column
            for column, stated in self.fields.items()
            if _differs(row[column], stated, own, self.at_first.get(column, UNSTATED))
        )

    @functools.cached_property
    def _plainly(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """By kind each column with its fact, for kinds that state every column by the name of a fact."""
        found: dict[str, list[tuple[str, str]]] = {}
        for kind in {kind for stated in self.fields.values() for kind in stated}:
            names = [(column, stated.get(kind)) for column, stated in self.fields.items()]
            if all(isinstance(name, str) for _column, name in names):
                found[str(kind)] = [(column, str(name)) for column, name in names]
        return found

    def _is_as(self, row: Row, kind: str, facts: Facts) -> bool:
        """Whether the only event there is states every column in the plainest way, and as it is: most rows are so."""
        names = self._plainly.get(kind)
        if names is None or not self.of(row, facts):
            return False
        for column, name in names:
            value = row[column]
            if value.__class__ is not str:
                value = plain(value)
            if facts.get(name, UNSTATED) != value:
                return False
        return True


def _differs(value: Any, stated: Mapping[Any, Any], events: Sequence[tuple[str, Facts]], at_first: Any) -> bool:
    """Whether the last event that states the column states another value."""
    is_stated = False
    for kind, facts in reversed(events):
        if (name := stated.get(kind)) is None:
            continue
        is_stated = True
        if not callable(name) and name not in facts:
            return False  # what earlier events state held before this one
        said = name(facts) if callable(name) else facts[name]
        if said is not UNSTATED:
            found = plain(value)
            return found not in said if isinstance(said, frozenset) else bool(found != said)
    return at_first is not UNSTATED and not is_stated and bool(plain(value) != at_first)


def plain(value: Any) -> Any:
    """A column's value as a fact states it: instants as the ledger writes them, lists as words."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return clock.stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return " ".join(str(each) for each in value)
    return value if isinstance(value, int) else str(value)
