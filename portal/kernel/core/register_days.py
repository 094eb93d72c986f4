"""When a row of a register is in force: declared once beside its model, asked by packs, samples, scopes and reports.

A period is from an instant, which is a midnight in India, up to another, not included. A row that was in force at any
time of it belongs to it, and so does one that was entered, changed or ended in it; each is marked with what is so.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, Final, TypeVar, cast

from django.db.models import BooleanField, ExpressionWrapper, F, Model, Q, QuerySet
from django.db.models.functions import TruncDate

from portal.kernel.core import clock

RowT = TypeVar("RowT", bound=Model)

ENTERED: Final = "entered"
CHANGED: Final = "changed"
IN_FORCE: Final = "in_force"
ENDED: Final = "ended"

_NO_INSTANT = timedelta(microseconds=1)
_ALWAYS, _FOR_EVER = date.min.toordinal(), date.max.toordinal()


@dataclass(frozen=True)
class RegisterDays:
    """The look-up paths of a model that say when its rows were entered, changed, in force and ended.

    ``since`` and ``until`` are instants, the second one not included; ``last`` is a day, included. Without ``since`` a row
    is an act or a stay without force: it is entered, changed and ended only. Only rows ``among`` are ever in force.

    With ``one_per`` the days are days: ``since`` the first (none: always), ``last`` the last (none: further notice), and of
    rows with equal values of ``one_per`` the highest by ``rank`` among those whose days hold is in force on a day. Such
    tables are read as a whole; they are small.
    """

    entered: str
    changed: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    last: str = ""
    among: Q = field(default_factory=Q)
    one_per: tuple[str, ...] | None = None
    rank: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The marks that a row may carry."""
        ends = bool(self.until or self.last or self.one_per is not None)
        there = {ENTERED: True, CHANGED: bool(self.changed), IN_FORCE: bool(self.since), ENDED: ends}
        return tuple(name for name, is_so in there.items() if is_so)

    def marks(self, model: type[Model], start: datetime, end: datetime) -> dict[str, Q]:
        """By mark the condition for it, in a period."""
        found = {ENTERED: _within(self.entered, start, end)}
        if self.changed:
            found[CHANGED] = reduce(or_, (_within(path, start, end) for path in self.changed))
        if self.one_per is not None:
            in_force, ended = self._by_rank(model, start, end)
            return {**found, IN_FORCE: Q(pk__in=in_force), ENDED: Q(pk__in=ended)}
        if self.since:
            found[IN_FORCE] = self._in_force(start, end)
        if ENDED in self.names:
            found[ENDED] = self._ended(start, end)
        return found

    def in_period(self, rows: "QuerySet[RowT]", start: datetime, end: datetime) -> "QuerySet[RowT]":
        """Those of the rows that belong to the period, each annotated with ``period_MARK`` for every mark."""
        marks = self.marks(rows.model, start, end)
        wrapped = {f"period_{name}": ExpressionWrapper(q, output_field=BooleanField()) for name, q in marks.items()}
        return cast("QuerySet[RowT]", rows.filter(reduce(or_, marks.values())).annotate(**wrapped))

    def belonging(self, rows: "QuerySet[RowT]", start: datetime, end: datetime) -> "QuerySet[RowT]":
        """The same rows without the marks."""
        return rows.filter(reduce(or_, self.marks(rows.model, start, end).values()))

    def in_force_in(self, rows: "QuerySet[RowT]", start: datetime, end: datetime) -> "QuerySet[RowT]":
        """Those of the rows that were in force at any time of a period."""
        return rows.filter(self.marks(rows.model, start, end)[IN_FORCE])

    def in_force_at(self, rows: "QuerySet[RowT]", at: datetime) -> "QuerySet[RowT]":
        """Those of the rows that are in force at an instant."""
        return self.in_force_in(rows, at, at + _NO_INSTANT)

    def _in_force(self, start: datetime, end: datetime) -> Q:
        """An overlap: each beginning lies before each end. A row that ended as it began was never in force."""
        found = self.among & Q(**{f"{self.since}__lt": end})
        if self.until:
            later = Q(**{f"{self.until}__gt": start}) & Q(**{f"{self.until}__gt": F(self.since)})
            found &= Q(**{f"{self.until}__isnull": True}) | later
        if self.last:
            begun = TruncDate(F(self.since), tzinfo=clock.IST)
            later = Q(**{f"{self.last}__gte": clock.day(start)}) & Q(**{f"{self.last}__gte": begun})
            found &= Q(**{f"{self.last}__isnull": True}) | later
        return found

    def _ended(self, start: datetime, end: datetime) -> Q:
        found = Q(pk__in=())
        if self.until:
            found |= _within(self.until, start, end)
        if self.last:
            first, over = _days_over(start, end)
            found |= Q(**{f"{self.last}__gte": first, f"{self.last}__lte": over})
        return self.among & found

    def _by_rank(self, model: type[Model], start: datetime, end: datetime) -> tuple[list[Any], list[Any]]:
        """The numbers of the rows in force at some time, and of those whose last day lies in the period and is over."""
        first, over = (day.toordinal() for day in _days_over(start, end))
        final = clock.day(end - _NO_INSTANT).toordinal()
        in_force, ended = [], []
        for number, pieces in self._pieces(model):
            if any(a <= final and first <= b for a, b in pieces):
                in_force.append(number)
            if any(first <= b <= over for _a, b in pieces):
                ended.append(number)
        return in_force, ended

    def _pieces(self, model: type[Model]) -> "Iterator[tuple[Any, list[tuple[int, int]]]]":
        """For each row the stretches of days, as ordinals, on which no row of higher rank holds."""
        highest = [F(path).desc() for path in self.rank]
        paths = ["pk", self.since, *([self.last] if self.last else []), *(self.one_per or ())]
        covered: dict[tuple[Any, ...], list[tuple[int, int]]] = defaultdict(list)
        for number, since, *rest in model._default_manager.filter(self.among).order_by(*highest).values_list(*paths):
            last = rest.pop(0) if self.last else None
            days = (
                since.toordinal() if since is not None else _ALWAYS,
                last.toordinal() if last is not None else _FOR_EVER,
            )
            higher = covered[tuple(rest)]
            yield number, _without(days, higher)
            higher.append(days)


def _within(path: str, start: datetime, end: datetime) -> Q:
    return Q(**{f"{path}__gte": start, f"{path}__lt": end})


def _days_over(start: datetime, end: datetime) -> tuple[date, date]:
    """The first day of the period, and the last one that is over at its end."""
    return clock.day(start), clock.day(end) - timedelta(days=1)


def _without(days: tuple[int, int], others: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What is left of a stretch of days when others are taken out of it."""
    left = [days]
    for a, b in others:
        left = [
            piece
            for first, last in left
            for piece in ((first, min(last, a - 1)), (max(first, b + 1), last))
            if piece[0] <= piece[1]
        ]
    return left
