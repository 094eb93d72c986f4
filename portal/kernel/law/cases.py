"""The cases of a rule in a period: the clocks that ran in it, and what had become of each by its end.

A clock that ran in the period and ended in it in time is a case that was met. One that ended in it late, or whose date had
passed by its end while the work was not done, is a case that was missed. One whose date had not passed is running, and is no
case yet. A clock whose start was wrong, and one that ended in time because nothing was owed any more, is no case at all.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self

from django.db.models import Q, QuerySet

from portal.kernel.core import clock
from portal.kernel.law import selectors
from portal.kernel.law.choices import Ended
from portal.kernel.law.models import Clock

MET, MISSED, RUNNING = "met", "missed", "running"
_BETWEEN = "_"


@dataclass(frozen=True)
class Cases:
    """The three kinds; no clock is of two of them."""

    met: QuerySet[Clock]
    missed: QuerySet[Clock]
    running: QuerySet[Clock]


def cases_of(clocks: QuerySet[Clock], *, start: datetime, end: datetime) -> Cases:
    """Those of ``clocks`` that ran from ``start`` until before ``end``. Asks the database when its rows are read."""
    ran = clocks.filter(Q(stopped_at=None) | Q(stopped_at__gte=start), started_at__lt=end).exclude(
        ended=Ended.CORRECTED
    )
    ended = ran.filter(stopped_at__lt=end)
    late = selectors.overdue(ran, at=end).order_by().values("pk")
    missed = ran.filter(Q(pk__in=selectors.missed(ended).order_by().values("pk")) | Q(pk__in=late))
    is_open = Q(stopped_at=None) | Q(stopped_at__gte=end)
    return Cases(selectors.kept(ended), missed, ran.filter(is_open).exclude(pk__in=late))


def under_rule(clocks: QuerySet[Clock], key: str) -> QuerySet[Clock]:
    """The clocks that count under a rule: begun under it, or extended under it."""
    return clocks.filter(Q(rule_key=key) | Q(extended_by__key=key))


@dataclass(frozen=True)
class CasesAsked:
    """Which cases of a rule an address asks for: the days are whole days in India, both included."""

    kind: str
    rule: str
    first_day: date
    last_day: date

    @property
    def value(self) -> str:
        """As one value of an address."""
        return _BETWEEN.join([self.kind, self.rule, self.first_day.isoformat(), self.last_day.isoformat()])

    @classmethod
    def of(cls, value: str) -> Self:
        """What ``value`` asks for. Raises ValueError for one that this class never wrote."""
        kind, rule, first_day, last_day = value.split(_BETWEEN)
        if kind not in {MET, MISSED, RUNNING}:
            raise ValueError(f"{kind} is no kind of case.")
        return cls(kind, rule, date.fromisoformat(first_day), date.fromisoformat(last_day))

    def rows(self, clocks: QuerySet[Clock], *, now: datetime) -> QuerySet[Clock]:
        """Those of ``clocks``; of a period that has not ended, as of ``now``."""
        start = datetime.combine(self.first_day, time.min, tzinfo=clock.IST)
        end = min(now, datetime.combine(self.last_day + timedelta(days=1), time.min, tzinfo=clock.IST))
        found = cases_of(under_rule(clocks, self.rule), start=start, end=end)
        rows: QuerySet[Clock] = getattr(found, self.kind)
        return rows
