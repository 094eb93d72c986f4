"""What a person told us to block, as with an operator's "do not disturb" (TRAI TCCCPR 2018). Plain values, no database.

Categories, modes, bands of hours and kinds of days are each a no of their own: a message is stopped by any of them. No
yes to one sender lifts them: see ``portal/docs/decisions/do-not-disturb.md``.
"""

import functools
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from consent.base.rules.hours import Hours
from portal.kernel.core.clock import IST
from portal.kernel.law.channels import TO_A_NUMBER

#: The law covers voice and SMS; the others keep to it by policy.
CHANNELS: Final = TO_A_NUMBER
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY: Final = "holiday"


@dataclass(frozen=True, slots=True)
class Blocks:
    """Codes of what is blocked. A band reads like ``10:00-12:00``; the last of a day ends at ``24:00``."""

    categories: frozenset[str] = frozenset()
    modes: frozenset[str] = frozenset()
    bands: frozenset[str] = frozenset()
    days: frozenset[str] = frozenset()

    def stop(self, channel: str, subjects: AbstractSet[str]) -> bool:
        """Whether a message of this kind is stopped at any hour. Of unknown subject it is stopped by any category."""
        if channel not in CHANNELS:
            return False
        about = self.categories & subjects if subjects else self.categories
        return channel in self.modes or bool(about)

    def are_timed(self, channel: str) -> bool:
        """Whether hours or days are blocked on the channel."""
        return channel in CHANNELS and bool(self.bands or self.days)

    def hold(self, at: datetime, is_holiday: Callable[[date], bool]) -> bool:
        """Whether ``at`` lies in a blocked band, or on a blocked day of India."""
        today = at.astimezone(IST).date()
        if WEEKDAYS[today.weekday()] in self.days or (HOLIDAY in self.days and is_holiday(today)):
            return True
        return any(hours_of(band).hold(at) for band in self.bands)

    def next_edge(self, at: datetime) -> datetime:
        """The first instant after ``at`` at which a blocked band or a day begins or ends."""
        edges = [hours_of(band).next_edge(at) for band in self.bands]
        if self.days:
            tomorrow = at.astimezone(IST).date() + timedelta(days=1)
            edges.append(datetime.combine(tomorrow, time(), IST).astimezone(at.tzinfo or UTC))
        return min(edges)


NOTHING_BLOCKED: Final = Blocks()


@functools.lru_cache(maxsize=64)
def hours_of(band: str) -> Hours:
    """The hours of a band. Raises ValueError for what is none."""
    begins, _dash, ends = band.partition("-")
    return Hours(time.fromisoformat(begins), time.fromisoformat("00:00" if ends == "24:00" else ends), IST)


@functools.lru_cache(maxsize=4_096)
def from_codes(categories: str, modes: str, bands: str, days: str) -> Blocks:
    """From codes as they are kept, one space between them. The same few for many people."""
    if not (categories or modes or bands or days):
        return NOTHING_BLOCKED
    return Blocks(*(frozenset(codes.split()) for codes in (categories, modes, bands, days)))
