"""The words of a rule that counts: what is counted, how, and which way it rounds. Plain Python."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from portal.kernel.law.calendars import Calendar


class RuleKind(StrEnum):
    DEADLINE = "deadline"
    WINDOW = "window"
    MIN_RETENTION = "min_retention"
    MAX_RETENTION = "max_retention"
    NO_REASK = "no_reask"
    REVIEW_INTERVAL = "review_interval"
    THRESHOLD = "threshold"
    DUTY = "duty"
    FIELD_LIST = "field_list"
    LANGUAGE_LIST = "language_list"
    PROMISE = "promise"


class Unit(StrEnum):
    MINUTE = "minute"
    HOUR = "hour"
    CALENDAR_DAY = "calendar_day"
    BUSINESS_DAY = "business_day"
    MONTH = "month"
    YEAR = "year"
    TIME_OF_DAY = "time_of_day"
    PERCENT = "percent"
    NONE = "none"


class Counting(StrEnum):
    """How a period runs. The long form of each is in `COUNTING_WORDS`."""

    ELAPSED = "elapsed"
    ELAPSED_BACKWARDS = "elapsed_backwards"
    CALENDAR_DAYS = "calendar_days"
    CALENDAR_DAYS_SAME_TIME = "calendar_days_same_time"
    CALENDAR_DAYS_DAY_EARLY = "calendar_days_day_early"
    BUSINESS_DAYS = "business_days"
    CALENDAR_MONTHS = "calendar_months"
    BACKWARDS = "backwards"
    MINIMUM = "minimum"
    MINIMUM_THEN_NEXT_DAY = "minimum_then_next_day"
    MAXIMUM = "maximum"
    INTERVAL = "interval"
    EACH_YEAR_ON = "each_year_on"
    UNTIL_AGE = "until_age"
    LOCAL_TIME = "local_time"
    NO_NUMBER = "no_number"
    BY_ORDER = "by_order"
    NONE = "none"


class Roll(StrEnum):
    NONE = "none"
    NEXT_WORKING_OUTER = "next_working_outer"


COUNTING_WORDS: Mapping[Counting, str] = {
    Counting.ELAPSED: "elapsed hours in UTC; no pause for weekend or holiday; DST ignored",
    Counting.ELAPSED_BACKWARDS: "elapsed hours in UTC, counted backwards from the event",
    Counting.CALENDAR_DAYS: "exclude first day, include last; calendar days",
    Counting.CALENDAR_DAYS_SAME_TIME: "exclude first day, include last; calendar days; target at the same clock time",
    Counting.CALENDAR_DAYS_DAY_EARLY: "exclude first day, include last; calendar days; target one day earlier",
    Counting.BUSINESS_DAYS: "Mon-Fri; no holiday skipped for due and target; holidays skipped only for the outer limit",
    Counting.CALENDAR_MONTHS: "exclude day of event; same date in the later month; last day if no such date; ends with the last hour of that date",
    Counting.BACKWARDS: "counted backwards from the event",
    Counting.MINIMUM: "minimum: rounds late; keep through the last day; 1 March if 29 February does not exist",
    Counting.MINIMUM_THEN_NEXT_DAY: "minimum: rounds late; allowed from the day after the last day",
    Counting.MAXIMUM: "maximum: rounds early; 28 February if 29 February does not exist",
    Counting.INTERVAL: "at least once in each interval",
    Counting.EACH_YEAR_ON: "by this month and day each year",
    Counting.UNTIL_AGE: "until the birthday of this age; 1 March if 29 February does not exist",
    Counting.LOCAL_TIME: "local time Asia/Kolkata",
    Counting.NO_NUMBER: "no number in law: own published period",
    Counting.BY_ORDER: "deadline stated in the order",
    Counting.NONE: "none",
}


@dataclass(frozen=True)
class RuleTerms:
    """What counting needs of a rule, and nothing else.

    `calendar` serves the outer limit only. `values` carries a month and day (`MM-DD`) where the rule names one.
    """

    key: str
    kind: RuleKind
    amount: int | None
    unit: Unit
    counting: Counting
    roll: Roll = Roll.NONE
    calendar: Calendar | None = None
    pauses: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Deadline:
    """The dates a rule gives. Instants are aware and in UTC; dates are in `zone`.

    `due` is what the law gives, unrolled. `target` is what to work to, never later. `outer_limit` is the latest
    reading. For a period that forbids something until it ends, `due` is the first instant at which it is allowed.
    """

    due: datetime
    target: datetime
    outer_limit: datetime
    due_on: date
    target_on: date
    outer_on: date
    started_on: date
    zone: str
    counts_time: bool = False
    target_has_time: bool = False
    skipped: tuple[date, ...] = field(default=())

    @property
    def rolled(self) -> bool:
        """The outer limit lies later than the date of the law."""
        return self.outer_limit > self.due


class CannotCount(ValueError):
    """The rule gives no date: it holds a list, a threshold or a duty without a number."""


class UnknownZone(ValueError):
    """The name is not in the time zone database."""
