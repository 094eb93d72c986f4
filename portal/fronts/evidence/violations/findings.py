"""What a search for violations of a promise is asked, and what it finds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from django.db.models import Max, QuerySet

from portal.kernel.core import clock
from portal.kernel.registers.senders.selectors.senders import in_force

#: How many of the rows found are linked.
LINKED = 100


@dataclass(frozen=True)
class Window:
    """From ``start`` until before ``end``: what happened in it, or what there was at its end."""

    start: datetime
    end: datetime

    @property
    def on(self) -> date:
        return clock.day(self.end)


@dataclass(frozen=True)
class Found:
    """How many were looked at, and how many of them break the promise. ``rows`` are labels of models and keys of the first of
    those; ``names`` what has no row. ``last`` is the newest that was looked at. ``left_out`` are sentences about what was not
    looked at though it is near, each with its number.
    """

    population: int
    broken: int
    rows: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    names: tuple[str, ...] = field(default=(), repr=False)
    last: datetime | None = None
    left_out: tuple[str, ...] = ()

    def __add__(self, other: "Found") -> "Found":
        last = max((at for at in (self.last, other.last) if at is not None), default=None)
        return Found(
            self.population + other.population,
            self.broken + other.broken,
            self.rows + other.rows,
            self.names + other.names,
            last,
            self.left_out + other.left_out,
        )


NOTHING = Found(0, 0)
Ask = Callable[[Sequence[str], Window], Found]


def instant(found: Any) -> datetime | None:
    """A day as its beginning in India; an instant as it is."""
    if isinstance(found, date) and not isinstance(found, datetime):
        return datetime.combine(found, time(), tzinfo=clock.IST)
    return found if isinstance(found, datetime) else None


def within(rows: QuerySet[Any], moment: str, window: Window) -> QuerySet[Any]:
    """Those of the rows whose ``moment`` is in the window."""
    return rows.filter(**{f"{moment}__gte": window.start, f"{moment}__lt": window.end})


def among(population: QuerySet[Any], broken: QuerySet[Any], moment: str) -> Found:
    """The broken ones among the population, both as queries; dated by the newest ``moment`` of the population."""
    last = population.order_by().aggregate(last=Max(moment))["last"]
    keys = broken.order_by("pk").values_list("pk", flat=True)[:LINKED]
    label = broken.model._meta.label
    return Found(
        population.order_by().count(),
        broken.order_by().count(),
        tuple((label, str(key)) for key in keys),
        last=instant(last),
    )


def of_rows(rows: Iterable[Any], is_broken: Callable[[Any], bool], moment: str = "checked_at") -> Found:
    """The same of rows that are here already, each asked in Python."""
    known = list(rows)
    broken = [row for row in known if is_broken(row)]
    dates = [at for row in known if (at := instant(getattr(row, moment))) is not None]
    linked = tuple((row._meta.label, str(row.pk)) for row in broken[:LINKED])
    return Found(len(known), len(broken), linked, last=max(dates, default=None))


def of_names(names: Iterable[str], broken: Iterable[str], last: datetime | None) -> Found:
    """The same of what has no row of its own: codes, days, columns."""
    wrong = tuple(sorted(set(broken)))
    return Found(len(set(names)), len(wrong), names=wrong[:LINKED], last=last)


def held(model: type[Any], window: Window, **filters: Any) -> list[Any]:
    """The entries of a register that were valid at the end of the window."""
    return list(in_force(model._default_manager.filter(**filters), at=window.end).order_by("pk"))
