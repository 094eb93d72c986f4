"""Counting against a counter that knows nothing but how to go one day further: slow, and hard to get wrong."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.law.date_arithmetic import INDIA, deadline, shift
from portal.kernel.law.services.rule_loader import calendar
from portal.kernel.law.terms import Counting, Roll, RuleKind, RuleTerms, Unit

A_DAY = timedelta(days=1)
DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2060, 12, 31))
INSTANTS = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2060, 1, 1), timezones=st.just(UTC))
ZONES = st.sampled_from([INDIA, "Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati", "Pacific/Pago_Pago"])


def terms(counting, unit, amount, *, roll=Roll.NONE, territory=""):
    return RuleTerms("T", RuleKind.DEADLINE, amount, unit, counting, roll, calendar(territory))


def is_european_holiday(day):
    return (day.month, day.day) in {(1, 1), (5, 1), (12, 25), (12, 26)}


def is_californian_holiday(day):
    """The fourth Thursday of November is the only Thursday from the 22nd to the 28th."""
    thanksgiving = day.month == 11 and 22 <= day.day <= 28 and f"{day:%a}" == "Thu"
    return (day.month, day.day) in {(1, 1), (12, 25)} or thanksgiving


def is_weekend(day):
    return f"{day:%a}" in {"Sat", "Sun"}


def count_days(day, amount):
    """The first day is not counted, the last one is."""
    counted = 0
    while counted < amount:
        day += A_DAY
        counted += 1
    return day


def count_months(day, amount):
    """Day by day into the month that is meant; there to the same number, or to the last day it has."""
    wanted, months = day.day, 0
    while months < amount:
        day += A_DAY
        months += day.day == 1
    while day.day != wanted and (day + A_DAY).day != 1:
        day += A_DAY
    return day


def count_working_days(day, amount, *, is_holiday):
    while amount:
        day += A_DAY
        if not is_weekend(day) and not is_holiday(day):
            amount -= 1
    return day


def earliest_date(instant, zone):
    return min(f"{instant.astimezone(ZoneInfo(name)):%Y-%m-%d}" for name in (INDIA, zone))


@given(DAYS, st.integers(1, 400))
def test_days(day, amount):
    found = deadline(day, terms(Counting.CALENDAR_DAYS, Unit.CALENDAR_DAY, amount))
    assert found.due_on == found.target_on == found.outer_on == count_days(day, amount)


@given(DAYS, st.integers(1, 400))
def test_days_worked_to_a_day_early(day, amount):
    found = deadline(day, terms(Counting.CALENDAR_DAYS_DAY_EARLY, Unit.CALENDAR_DAY, amount))
    assert (found.due_on, found.target_on) == (count_days(day, amount), count_days(day, amount - 1))


@given(DAYS, st.integers(1, 40))
def test_months_and_the_european_roll_of_their_outer_limit(day, amount):
    rule = terms(Counting.CALENDAR_MONTHS, Unit.MONTH, amount, roll=Roll.NEXT_WORKING_OUTER, territory="EU")
    found = deadline(day, rule)
    due = rolled = count_months(day, amount)
    while is_weekend(rolled) or is_european_holiday(rolled):
        rolled += A_DAY
    assert (found.due_on, found.target_on, found.outer_on) == (due, due, rolled)


@given(DAYS, st.integers(1, 80))
def test_business_days_and_the_holidays_of_california(day, amount):
    found = deadline(day, terms(Counting.BUSINESS_DAYS, Unit.BUSINESS_DAY, amount, territory="US-CA"))
    assert found.due_on == found.target_on == count_working_days(day, amount, is_holiday=lambda day: False)
    assert found.outer_on == count_working_days(day, amount, is_holiday=is_californian_holiday)


@given(INSTANTS, ZONES, st.integers(1, 200))
def test_the_day_of_receipt_is_the_earlier_of_indias_and_the_persons(instant, zone, amount):
    found = deadline(instant, terms(Counting.CALENDAR_DAYS, Unit.CALENDAR_DAY, amount), zone)
    assert found.due_on == count_days(date.fromisoformat(earliest_date(instant, zone)), amount)
    second_after = (found.due + timedelta(seconds=1)).astimezone(ZoneInfo(zone))
    assert f"{second_after:%Y-%m-%d %H:%M}" == f"{count_days(found.due_on, 1)} 00:00"


@given(INSTANTS, ZONES, st.integers(1, 100))
def test_hours_are_counted_one_by_one_on_a_clock_without_summer_time(instant, zone, amount):
    moment = instant
    for _hour in range(amount):
        moment += timedelta(hours=1)
    assert deadline(instant, terms(Counting.ELAPSED, Unit.HOUR, amount), zone).due == moment


@given(DAYS, st.integers(1, 60), st.lists(st.integers(1, 300_000), max_size=6))
def test_every_pause_counts_and_a_begun_day_counts_whole(day, amount, pauses):
    due, left = count_days(day, amount), sum(pauses)
    while left > 0:
        due += A_DAY
        left -= 86_400
    found = deadline(day, terms(Counting.CALENDAR_DAYS, Unit.CALENDAR_DAY, amount))
    assert shift(found, timedelta(seconds=sum(pauses))).due_on == due


@given(st.sampled_from([date(2024, 2, 29), date(2028, 2, 29)]) | DAYS, st.integers(1, 12))
def test_what_must_be_kept_is_kept_through_the_same_date_or_the_first_of_march(day, years):
    keep = day
    while keep.year < day.year + years or (keep.month, keep.day) < (day.month, day.day):
        keep += A_DAY
    assert deadline(day, terms(Counting.MINIMUM, Unit.YEAR, years)).due_on == keep
