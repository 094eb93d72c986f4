"""Pure decisions of retention: since when must something have been kept for its period to be over."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.law.counting import add_months

INDIA = ZoneInfo("Asia/Kolkata")
DAY_UNITS = frozenset({"day", "calendar_day"})
MONTHS_IN = {"month": 1, "year": 12}


@dataclass(frozen=True)
class Period:
    """How long something is kept, from the event its class counts from."""

    amount: int
    unit: str


def kept_through(began: date, period: Period) -> date:
    """The last day on which it is kept. Minimum periods round late: from 29 February a year ends on 1 March.

    Raises ValueError for a unit that is no length of keeping.
    """
    if period.unit in DAY_UNITS:
        return began + timedelta(days=period.amount)
    if period.unit in MONTHS_IN:
        return add_months(began, period.amount * MONTHS_IN[period.unit], late=True)
    raise ValueError(f"Nothing is kept for a number of {period.unit}.")


def over_before(today: date, periods: Iterable[Period]) -> datetime:
    """What began before this instant has been kept for all of the periods, wherever the person lives.

    The last day counts to its end, and the day of the event may be a day later in the person's zone than in India:
    hence the whole day more. Erasing a day late is never wrong, a day early may be.
    """
    began = today
    wanted = list(periods)
    while any(kept_through(began, period) >= today for period in wanted):
        step = max((kept_through(began, period) - today).days for period in wanted)
        began -= timedelta(days=max(step, 1))
    return datetime.combine(began, time.min, INDIA)
