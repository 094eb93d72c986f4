"""How the law counts: from an event and a rule to the dates to keep. Plain Python, no clock, no database.

Deadlines round early and take the earliest local date of the event; minimum periods and bans on asking again round
late and take the latest local date (portal/docs/law.md). Holidays and weekends move the outer limit only.
"""

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.kernel.law.calendars import WEEKDAYS_ONLY, Calendar
from portal.kernel.law.terms import CannotCount, Counting, Deadline, Roll, RuleTerms, Unit, UnknownZone

INDIA = "Asia/Kolkata"
MONTHS_A_YEAR = 12
LAST_SECOND = time(23, 59, 59)
LATE = frozenset({Counting.MINIMUM, Counting.MINIMUM_THEN_NEXT_DAY, Counting.UNTIL_AGE})


def deadline(start: datetime | date, rule: RuleTerms, zone: str = INDIA) -> Deadline:
    """The due date, the date to work to and the latest reading of `rule` for an event at `start`.

    `start` is an aware datetime, or a bare date: then that date is the local one, and a rule that counts hours runs
    from its first instant. `zone` is the person's zone; days end at 23:59:59 there. Raises CannotCount where the rule
    holds no period, UnknownZone for a zone nobody knows, ValueError for a naive datetime.
    """
    place = zone_named(zone)
    if isinstance(start, datetime) and start.tzinfo is None:
        raise ValueError("The start of a clock needs a time zone.")
    count = _COUNTERS.get(rule.counting)
    if count is None or (rule.amount is None and rule.counting is not Counting.EACH_YEAR_ON):
        raise CannotCount(rule.key)
    return count(start, rule, place)


def zone_named(name: str) -> ZoneInfo:
    """The zone, or UnknownZone: the database of zones answers a bad name in several ways."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise UnknownZone(name) from error


def local_date(start: datetime | date, place: ZoneInfo, *, late: bool = False) -> date:
    """The date of an event: the earliest among India's and the person's, or the latest where that is the safe side."""
    if not isinstance(start, datetime):
        return start
    dates = (start.astimezone(ZoneInfo(INDIA)).date(), start.astimezone(place).date())
    return max(dates) if late else min(dates)


def add_months(day: date, months: int, *, late: bool = False) -> date:
    """The same date that many months away. A date that does not exist there becomes the month's last day, or with
    `late` the first day of the month after it.
    """
    index = day.year * MONTHS_A_YEAR + day.month - 1 + months
    year, month = divmod(index, MONTHS_A_YEAR)
    length = monthrange(year, month + 1)[1]
    if day.day <= length:
        return date(year, month + 1, day.day)
    last = date(year, month + 1, length)
    return last + timedelta(days=1) if late else last


def add_business_days(day: date, amount: int, calendar: Calendar) -> tuple[date, tuple[date, ...]]:
    """The day that many working days later, the first day not counted, and the holidays that were stepped over."""
    skipped = []
    while amount:
        day += timedelta(days=1)
        if calendar.is_working_day(day):
            amount -= 1
        elif calendar.is_holiday(day):
            skipped.append(day)
    return day, tuple(skipped)


def end_of_day(day: date, place: ZoneInfo) -> datetime:
    return datetime.combine(day, LAST_SECOND, place).astimezone(UTC)


def start_of_day(day: date, place: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, place).astimezone(UTC)


def shift(found: Deadline, paused: timedelta) -> Deadline:
    """The same deadline after a pause. Days end at the end of a day still, so a part of a day counts as a whole one."""
    if not paused:
        return found
    place = ZoneInfo(found.zone)
    if found.counts_time:
        due, target, outer = found.due + paused, found.target + paused, found.outer_limit + paused
        return _instants(due, target, outer, found.started_on, place)
    days = timedelta(days=-(-paused // timedelta(days=1)))
    return _dates(
        due_on=found.due_on + days,
        target_on=found.target_on + days,
        outer_on=found.outer_on + days,
        started_on=found.started_on,
        place=place,
    )


def _elapsed(start: datetime | date, rule: RuleTerms, place: ZoneInfo) -> Deadline:
    """C8: elapsed time in UTC; daylight saving, weekends and holidays change nothing."""
    began = start if isinstance(start, datetime) else start_of_day(start, place)
    step = _duration(rule)
    if rule.counting is Counting.ELAPSED_BACKWARDS:
        step = -step
    due = began.astimezone(UTC) + step
    return _instants(due, due, due, began.astimezone(place).date(), place)


def _days(start: datetime | date, rule: RuleTerms, place: ZoneInfo) -> Deadline:
    """C2, C4, C12: the first day is not counted, the last one is, from the earliest local date."""
    began = local_date(start, place)
    due_on = _step(began, rule)
    if rule.counting is Counting.CALENDAR_DAYS_SAME_TIME:
        return _same_clock_time(start, began, due_on, place)
    early = timedelta(days=1 if rule.counting is Counting.CALENDAR_DAYS_DAY_EARLY else 0)
    outer_on = due_on
    if rule.roll is Roll.NEXT_WORKING_OUTER:
        outer_on = (rule.calendar or WEEKDAYS_ONLY).roll_forward(due_on)
    return _dates(due_on=due_on, target_on=due_on - early, outer_on=outer_on, started_on=began, place=place)


def _same_clock_time(start: datetime | date, began: date, due_on: date, place: ZoneInfo) -> Deadline:
    """The law gives a date; the house works to the clock time of receipt, since one reading counts hours."""
    received = start if isinstance(start, datetime) else start_of_day(start, place)
    found = _dates(due_on=due_on, target_on=due_on, outer_on=due_on, started_on=began, place=place)
    target = min(received.astimezone(UTC) + (due_on - began), found.due)
    return Deadline(
        due=found.due,
        target=target,
        outer_limit=found.outer_limit,
        due_on=due_on,
        target_on=target.astimezone(place).date(),
        outer_on=due_on,
        started_on=began,
        zone=place.key,
        target_has_time=True,
    )


def _business_days(start: datetime | date, rule: RuleTerms, place: ZoneInfo) -> Deadline:
    """C10: Monday to Friday without holidays gives the safe date; the calendar's holidays give the outer limit."""
    began = local_date(start, place)
    amount = _amount(rule)
    due_on, _ = add_business_days(began, amount, WEEKDAYS_ONLY)
    outer_on, skipped = add_business_days(began, amount, rule.calendar or WEEKDAYS_ONLY)
    return _dates(due_on=due_on, target_on=due_on, outer_on=outer_on, started_on=began, place=place, skipped=skipped)


def _backwards(start: datetime | date, rule: RuleTerms, place: ZoneInfo) -> Deadline:
    began = local_date(start, place)
    found = _step(began, rule, sign=-1)
    return _dates(due_on=found, target_on=found, outer_on=found, started_on=began, place=place)


def _minimum(start: datetime | date, rule: RuleTerms, place: ZoneInfo) -> Deadline:
    """C13: what must be kept is kept through the last day, from the latest local date, rounded late."""
    began = local_date(start, place, late=True)
    last = _step(began, rule, late=True)
    return _dates(due_on=last, target_on=last, outer_on=last, started_on=began, place=place, late=True)


def _first_allowed(start: datetime | date, rule: RuleTerms, place: ZoneInfo) -> Deadline:
    """The first day on which one may: the day after the period's last day, or the birthday itself."""
    began = local_date(start, place, late=True)
    first = _step(began, rule, late=True)
    if rule.counting is Counting.MINIMUM_THEN_NEXT_DAY:
        first += timedelta(days=1)
    instant = max(start_of_day(first, place), start_of_day(first, ZoneInfo(INDIA)))
    return Deadline(instant, instant, instant, first, first, first, began, place.key)


def _each_year_on(start: datetime | date, rule: RuleTerms, place: ZoneInfo) -> Deadline:
    began = local_date(start, place)
    month, day = (int(part) for part in rule.values[0].split("-"))
    found = date(began.year, month, day)
    if found < began:
        found = date(began.year + 1, month, day)
    return _dates(due_on=found, target_on=found, outer_on=found, started_on=began, place=place)


def _step(day: date, rule: RuleTerms, *, late: bool = False, sign: int = 1) -> date:
    amount = _amount(rule) * sign
    if rule.unit is Unit.CALENDAR_DAY:
        return day + timedelta(days=amount)
    if rule.unit is Unit.MONTH:
        return add_months(day, amount, late=late)
    if rule.unit is Unit.YEAR:
        return add_months(day, amount * MONTHS_A_YEAR, late=late)
    raise CannotCount(rule.key)


def _duration(rule: RuleTerms) -> timedelta:
    if rule.unit is Unit.MINUTE:
        return timedelta(minutes=_amount(rule))
    if rule.unit is Unit.HOUR:
        return timedelta(hours=_amount(rule))
    raise CannotCount(rule.key)


def _amount(rule: RuleTerms) -> int:
    if rule.amount is None:
        raise CannotCount(rule.key)
    return rule.amount


def _instants(due: datetime, target: datetime, outer: datetime, started_on: date, place: ZoneInfo) -> Deadline:
    return Deadline(
        due=due,
        target=target,
        outer_limit=outer,
        due_on=due.astimezone(place).date(),
        target_on=target.astimezone(place).date(),
        outer_on=outer.astimezone(place).date(),
        started_on=started_on,
        zone=place.key,
        counts_time=True,
        target_has_time=True,
    )


def _dates(
    *,
    due_on: date,
    target_on: date,
    outer_on: date,
    started_on: date,
    place: ZoneInfo,
    late: bool = False,
    skipped: tuple[date, ...] = (),
) -> Deadline:
    def end(day: date) -> datetime:
        here = end_of_day(day, place)
        return max(here, end_of_day(day, ZoneInfo(INDIA))) if late else here

    return Deadline(
        due=end(due_on),
        target=end(target_on),
        outer_limit=end(outer_on),
        due_on=due_on,
        target_on=target_on,
        outer_on=outer_on,
        started_on=started_on,
        zone=place.key,
        skipped=skipped,
    )


Counter = Callable[[datetime | date, RuleTerms, ZoneInfo], Deadline]
_COUNTERS: dict[Counting, Counter] = {
    Counting.ELAPSED: _elapsed,
    Counting.ELAPSED_BACKWARDS: _elapsed,
    Counting.CALENDAR_DAYS: _days,
    Counting.CALENDAR_DAYS_SAME_TIME: _days,
    Counting.CALENDAR_DAYS_DAY_EARLY: _days,
    Counting.BUSINESS_DAYS: _business_days,
    Counting.CALENDAR_MONTHS: _days,
    Counting.BACKWARDS: _backwards,
    Counting.MINIMUM: _minimum,
    Counting.MINIMUM_THEN_NEXT_DAY: _first_allowed,
    Counting.MAXIMUM: _days,
    Counting.INTERVAL: _days,
    Counting.EACH_YEAR_ON: _each_year_on,
    Counting.UNTIL_AGE: _first_allowed,
}
