"""Holidays as dated data: a fixed day of the year, or the n-th weekday of a month. Plain Python."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self

SATURDAY = 5
DAYS_A_WEEK = 7


@dataclass(frozen=True)
class Holiday:
    """One public holiday. Either `day`, or `week` and `weekday` (Monday is 0), fixes it in its month."""

    name: str
    month: int
    day: int | None = None
    week: int | None = None
    weekday: int | None = None
    valid_from: date = date.min
    valid_to: date = date.max

    def on(self, year: int) -> date | None:
        """The date in that year; None outside the holiday's own dates."""
        if self.day is not None:
            falls_on = date(year, self.month, self.day)
        else:
            falls_on = _nth_weekday(year, self.month, self.weekday or 0, self.week or 1)
        return falls_on if self.valid_from <= falls_on <= self.valid_to else None


@dataclass(frozen=True)
class Calendar:
    """The holidays of one territory. They move an outer limit; they never lengthen a deadline."""

    code: str
    holidays: tuple[Holiday, ...] = ()

    @classmethod
    def from_rows(cls, code: str, rows: Iterable[Mapping[str, Any]]) -> Self:
        return cls(code, tuple(Holiday(**row) for row in rows))

    def is_holiday(self, day: date) -> bool:
        return any(holiday.month == day.month and holiday.on(day.year) == day for holiday in self.holidays)

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < SATURDAY and not self.is_holiday(day)

    def roll_forward(self, day: date) -> date:
        """The day itself, or the next one that is neither a weekend day nor a holiday."""
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day


WEEKDAYS_ONLY = Calendar("WEEKDAYS")


def _nth_weekday(year: int, month: int, weekday: int, week: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % DAYS_A_WEEK + DAYS_A_WEEK * (week - 1))
