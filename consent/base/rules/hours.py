"""Hours of the day, over midnight too, and when they begin and end. Plain values, no clock."""

import functools
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of the day in one zone. ``opens`` belongs to them, ``closes`` does not; they may run over midnight."""

    opens: time
    closes: time
    zone: tzinfo

    def hold(self, at: datetime) -> bool:
        """Whether ``at`` lies within. Equal ends mean the whole day."""
        local = at.astimezone(self.zone).time().replace(tzinfo=None)
        if self.opens == self.closes:
            return True
        if self.opens < self.closes:
            return self.opens <= local < self.closes
        return local >= self.opens or local < self.closes

    def next_edge(self, at: datetime) -> datetime:
        """The first instant after ``at`` at which the hours open or close."""
        edges = _edges(self, at.astimezone(self.zone).date())
        return next(edge for edge in edges if edge > at).astimezone(at.tzinfo)


@functools.lru_cache(maxsize=256)
def _edges(hours: Hours, day: date) -> list[datetime]:
    """When the hours open and close on a day and the next, in order. The same few for every decision of a day."""
    days = (day, day + timedelta(days=1))
    return sorted(
        datetime.combine(each, edge, hours.zone).astimezone(UTC)
        for each in days
        for edge in (hours.opens, hours.closes)
    )
