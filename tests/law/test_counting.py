"""The rows of the table of worked examples, each under the rule that ships, and laws that hold for every date."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.law.calendars import Calendar
from portal.kernel.law.date_arithmetic import INDIA, LAST_SECOND, add_months, deadline, shift
from portal.kernel.law.terms import CannotCount, Counting, Roll, RuleKind, RuleTerms, Unit, UnknownZone
from tests.law.shipped import shipped_terms

IST = ZoneInfo(INDIA)
BERLIN = "Europe/Berlin"
LOS_ANGELES = "America/Los_Angeles"


def dates(key, start, zone=INDIA):
    found = deadline(start, shipped_terms(key), zone)
    return found.due_on, found.target_on, found.outer_on


# Row 1
def test_one_gdpr_month_from_24_november_ends_on_24_december():
    assert dates("EU-12-1M", date(2026, 11, 24)) == (date(2026, 12, 24),) * 3
    assert dates("EU-12-EXT", date(2026, 11, 24))[0] == date(2027, 2, 24)


# Row 2
def test_a_gdpr_month_from_31_august_ends_on_30_september():
    assert dates("EU-12-1M", date(2026, 8, 31))[0] == date(2026, 9, 30)
    assert dates("EU-12-EXT", date(2026, 8, 31))[0] == date(2026, 11, 30)


# Row 3
def test_a_gdpr_month_from_31_january_rolls_only_in_its_outer_limit():
    assert dates("EU-12-1M", date(2027, 1, 31)) == (date(2027, 2, 28), date(2027, 2, 28), date(2027, 3, 1))
    assert dates("EU-12-EXT", date(2027, 1, 31))[0] == date(2027, 4, 30)


# Row 4
def test_a_gdpr_month_in_a_leap_year_ends_on_29_february():
    assert dates("EU-12-1M", date(2028, 1, 31))[0] == date(2028, 2, 29)
    assert dates("EU-12-EXT", date(2028, 1, 31)) == (date(2028, 4, 30), date(2028, 4, 30), date(2028, 5, 2))


# Row 5
def test_a_gdpr_month_from_leap_day_ends_on_29_march():
    assert dates("EU-12-1M", date(2028, 2, 29))[0] == date(2028, 3, 29)


# Row 6
def test_a_gdpr_month_that_ends_at_christmas_rolls_over_the_second_holiday_and_the_weekend():
    assert dates("EU-12-1M", date(2026, 11, 25)) == (date(2026, 12, 25), date(2026, 12, 25), date(2026, 12, 28))


# Row 7
def test_a_gdpr_month_that_ends_on_new_years_day_rolls_to_monday():
    assert dates("EU-12-1M", date(2026, 12, 1)) == (date(2027, 1, 1), date(2027, 1, 1), date(2027, 1, 4))


# Rows 8, 9, 10: the last one holds for the counting only, the rule has ended by then.
@pytest.mark.parametrize(
    ("start", "due"),
    [
        (date(2026, 11, 24), date(2026, 12, 24)),
        (date(2027, 1, 31), date(2027, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 29)),
    ],
)
def test_an_spdi_month_never_rolls(start, due):
    assert dates("IN-SPDI-GRV", start) == (due, due, due)


# Row 11
def test_it_rules_acknowledge_within_24_hours_and_settle_within_7_days():
    received = datetime(2026, 11, 28, 18, 5, tzinfo=IST)
    acknowledge = deadline(received, shipped_terms("IN-IT-ACK"), INDIA)
    settle = deadline(received, shipped_terms("IN-IT-RES"), INDIA)
    assert acknowledge.due == datetime(2026, 11, 29, 18, 5, tzinfo=IST)
    assert settle.due_on == date(2026, 12, 5)
    assert settle.target == datetime(2026, 12, 5, 18, 5, tzinfo=IST)
    assert settle.due == datetime(2026, 12, 5, 23, 59, 59, tzinfo=IST)


# Rows 12, 13
@pytest.mark.parametrize(
    ("start", "due"), [(date(2027, 5, 14), date(2027, 8, 12)), (date(2026, 11, 24), date(2027, 2, 22))]
)
def test_ninety_days_exclude_the_first_day(start, due):
    assert dates("IN-DPDP-GRV", start)[0] == due


# Row 14
def test_cert_in_hears_within_six_hours_over_midnight():
    noticed = datetime(2026, 11, 27, 23, 40, tzinfo=IST)
    assert deadline(noticed, shipped_terms("IN-CERT-6H"), INDIA).due == datetime(2026, 11, 28, 0, 10, tzinfo=UTC)


# Row 15
def test_72_hours_run_through_a_weekend():
    aware = datetime(2026, 11, 27, 23, 40, tzinfo=IST)
    assert deadline(aware, shipped_terms("EU-33"), INDIA).due == datetime(2026, 11, 30, 23, 40, tzinfo=IST)


# Row 16
def test_72_hours_over_the_change_to_summer_time_end_an_hour_later_on_the_clock():
    aware = datetime(2027, 3, 26, 22, 0, tzinfo=ZoneInfo(BERLIN))
    due = deadline(aware, shipped_terms("EU-33"), BERLIN).due
    assert due.astimezone(ZoneInfo(BERLIN)).isoformat() == "2027-03-29T23:00:00+02:00"


# Row 17
def test_ccpa_works_to_the_day_before_day_45_and_day_90():
    assert dates("CA-RESP", date(2026, 11, 24)) == (date(2027, 1, 8), date(2027, 1, 7), date(2027, 1, 8))
    assert dates("CA-EXT", date(2026, 11, 24))[:2] == (date(2027, 2, 22), date(2027, 2, 21))


# Row 18
def test_ccpa_days_do_not_roll_from_a_weekend():
    assert dates("CA-RESP", date(2027, 1, 31))[0] == date(2027, 3, 17)
    assert dates("CA-EXT", date(2027, 1, 31)) == (date(2027, 5, 1), date(2027, 4, 30), date(2027, 5, 1))


# Row 19
def test_ccpa_day_45_may_be_leap_day():
    assert dates("CA-RESP", date(2028, 1, 15))[0] == date(2028, 2, 29)


# Row 20
def test_ten_business_days_skip_thanksgiving_only_in_the_outer_limit():
    assert dates("CA-ACK", date(2026, 11, 24)) == (date(2026, 12, 8), date(2026, 12, 8), date(2026, 12, 9))
    assert deadline(date(2026, 11, 24), shipped_terms("CA-ACK")).skipped == (date(2026, 11, 26),)


# Row 21
def test_fifteen_business_days_skip_christmas_and_new_year_only_in_the_outer_limit():
    assert dates("CA-OPT", date(2026, 12, 18)) == (date(2027, 1, 8), date(2027, 1, 8), date(2027, 1, 12))


# Row 22
def test_a_gdpr_clock_counts_from_the_earliest_local_date():
    received = datetime(2026, 11, 30, 20, 30, tzinfo=UTC)
    assert dates("EU-12-1M", received, BERLIN)[0] == date(2026, 12, 30)


# Row 23
def test_a_ccpa_clock_counts_from_the_earliest_local_date():
    received = datetime(2026, 12, 1, 6, 30, tzinfo=UTC)
    found = deadline(received, shipped_terms("CA-RESP"), LOS_ANGELES)
    assert (found.started_on, found.due_on) == (date(2026, 11, 30), date(2027, 1, 14))


# Row 24
def test_a_warning_goes_out_48_hours_before_the_erasure():
    erasure = datetime(2027, 6, 30, 0, 0, tzinfo=IST)
    assert deadline(erasure, shipped_terms("IN-DPDP-48H"), INDIA).due == datetime(2027, 6, 28, 0, 0, tzinfo=IST)


# Rows 25, 26, 27, 28, 30
@pytest.mark.parametrize(
    ("key", "start", "keep_through"),
    [
        ("IN-DPDP-MIN1Y", date(2028, 2, 29), date(2029, 3, 1)),
        ("IN-CERT-180", date(2026, 11, 24), date(2027, 5, 23)),
        ("IN-GST", date(2027, 12, 31), date(2033, 12, 31)),
        ("IN-CO", date(2027, 3, 31), date(2035, 3, 31)),
        ("CA-REC", date(2026, 11, 24), date(2028, 11, 24)),
    ],
)
def test_what_must_be_kept_is_kept_through_the_last_day(key, start, keep_through):
    assert dates(key, start) == (keep_through,) * 3


# Row 29, a day later: the first day on which one may ask is the day after the period's last day.
@pytest.mark.parametrize(("key", "first"), [("IN-TRAI-90D", date(2027, 2, 23)), ("CA-12M", date(2027, 11, 25))])
def test_one_may_ask_again_only_the_day_after_the_period(key, first):
    assert dates(key, date(2026, 11, 24)) == (first,) * 3


def test_asking_again_counts_from_the_latest_local_date_and_waits_for_both_midnights():
    opted_out = datetime(2026, 11, 30, 20, 30, tzinfo=UTC)  # 1 December in India, 30 November in Los Angeles
    found = deadline(opted_out, shipped_terms("IN-TRAI-90D"), LOS_ANGELES)
    assert (found.started_on, found.due_on) == (date(2026, 12, 1), date(2027, 3, 2))
    assert found.due == datetime(2027, 3, 2, 0, 0, tzinfo=ZoneInfo(LOS_ANGELES))


def test_a_maximum_from_leap_day_rounds_early_and_a_minimum_late():
    assert dates("IN-DPDP-3Y", date(2028, 2, 29))[0] == date(2031, 2, 28)
    assert dates("IN-DPDP-LOG1Y", date(2028, 2, 29))[0] == date(2029, 3, 1)


def test_a_person_born_on_leap_day_comes_of_age_on_1_march():
    assert dates("IN-DPDP-CHILD", date(2008, 2, 29))[0] == date(2026, 3, 1)


def test_a_yearly_date_that_has_passed_is_next_years():
    assert dates("CA-METRIC-PUBLISH", date(2026, 7, 1))[0] == date(2026, 7, 1)
    assert dates("CA-METRIC-PUBLISH", date(2026, 7, 2))[0] == date(2027, 7, 1)


def test_looking_back_twelve_months_counts_backwards():
    assert dates("CA-LOOK", date(2028, 2, 29))[0] == date(2027, 2, 28)


def test_a_bare_date_under_a_rule_of_hours_runs_from_the_first_instant_of_that_day():
    assert deadline(date(2026, 11, 27), shipped_terms("IN-CERT-6H"), INDIA).due == datetime(
        2026, 11, 27, 6, 0, tzinfo=IST
    )


@pytest.mark.parametrize("key", ["IN-TRAI-HOURS", "IN-DPDP-NOTICE", "IN-DPDP-BR-B1", "IN-TRAI-TPL"])
def test_a_rule_without_a_period_gives_no_date(key):
    with pytest.raises(CannotCount):
        deadline(date(2026, 11, 24), shipped_terms(key), INDIA)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd"])
def test_a_zone_that_nobody_knows_is_named(zone):
    with pytest.raises(UnknownZone):
        deadline(date(2026, 11, 24), shipped_terms("EU-12-1M"), zone)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        deadline(datetime(2026, 11, 24, 9, 0), shipped_terms("EU-12-1M"), INDIA)


def test_a_pause_of_part_of_a_day_moves_a_day_clock_by_a_whole_day():
    found = deadline(date(2026, 11, 24), shipped_terms("IN-SPDI-GRV"), INDIA)
    assert shift(found, timedelta(hours=1)).due_on == date(2026, 12, 25)
    assert shift(found, timedelta(days=2)).due_on == date(2026, 12, 26)
    assert shift(found, timedelta(0)) == found


def test_a_pause_moves_an_hour_clock_by_its_seconds():
    found = deadline(datetime(2026, 11, 24, 9, 0, tzinfo=IST), shipped_terms("IN-IT-ACK"), INDIA)
    assert shift(found, timedelta(minutes=7)).due == found.due + timedelta(minutes=7)


DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2090, 12, 31))
INSTANTS = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC))
ZONES = st.sampled_from([INDIA, BERLIN, LOS_ANGELES, "Pacific/Kiritimati", "Pacific/Pago_Pago", "Australia/Lord_Howe"])
EU = Calendar.from_rows("EU", [{"name": "New Year", "month": 1, "day": 1}, {"name": "May", "month": 5, "day": 1}])


def terms(counting, unit, amount, *, roll=Roll.NONE):
    return RuleTerms("T", RuleKind.DEADLINE, amount, unit, counting, roll, EU)


@given(INSTANTS, ZONES, st.integers(1, 400))
def test_a_deadline_never_depends_on_the_later_local_date(start, zone, days):
    found = deadline(start, terms(Counting.CALENDAR_DAYS, Unit.CALENDAR_DAY, days), zone)
    both = {start.astimezone(IST).date(), start.astimezone(ZoneInfo(zone)).date()}
    assert found.due_on == min(both) + timedelta(days=days)
    assert found.due.astimezone(ZoneInfo(zone)).time() == LAST_SECOND


@given(INSTANTS, ZONES, st.integers(1, 60))
def test_target_due_and_outer_limit_stand_in_order(start, zone, months):
    rule = terms(Counting.CALENDAR_MONTHS, Unit.MONTH, months, roll=Roll.NEXT_WORKING_OUTER)
    found = deadline(start, rule, zone)
    assert found.target <= found.due <= found.outer_limit
    assert EU.is_working_day(found.outer_on)
    assert found.outer_on - found.due_on <= timedelta(days=4)


@given(DAYS, DAYS, st.integers(1, 60))
def test_a_later_receipt_is_never_due_earlier(one, other, months):
    first, second = sorted((one, other))
    rule = terms(Counting.CALENDAR_MONTHS, Unit.MONTH, months)
    assert deadline(first, rule).due <= deadline(second, rule).due


@given(INSTANTS, ZONES, ZONES, st.integers(1, 500))
def test_hours_are_the_same_everywhere(start, here, there, hours):
    rule = terms(Counting.ELAPSED, Unit.HOUR, hours)
    assert deadline(start, rule, here).due == deadline(start, rule, there).due == start + timedelta(hours=hours)


@given(DAYS, st.integers(-400, 400))
def test_the_same_date_months_away_is_in_that_month_and_never_later_in_it(day, months):
    found = add_months(day, months)
    assert (found.year * 12 + found.month) == (day.year * 12 + day.month + months)
    assert found.day <= day.day


@given(INSTANTS, ZONES, st.integers(1, 10))
def test_what_must_be_kept_is_never_erased_before_a_maximum_of_the_same_length(start, zone, years):
    keep = deadline(start, terms(Counting.MINIMUM, Unit.YEAR, years), zone)
    most = deadline(start, terms(Counting.MAXIMUM, Unit.YEAR, years), zone)
    assert most.due <= keep.due


@given(DAYS, st.integers(1, 60))
def test_business_days_are_that_many_weekdays_and_the_outer_limit_skips_holidays_too(day, amount):
    found = deadline(day, terms(Counting.BUSINESS_DAYS, Unit.BUSINESS_DAY, amount))
    between = [day + timedelta(days=n) for n in range(1, (found.due_on - day).days + 1)]
    assert sum(one.weekday() < 5 for one in between) == amount
    assert found.due_on.weekday() < 5
    outer = [day + timedelta(days=n) for n in range(1, (found.outer_on - day).days + 1)]
    assert sum(EU.is_working_day(one) for one in outer) == amount


@given(INSTANTS, st.integers(0, 10**7))
def test_a_pause_never_brings_a_date_forward(start, seconds):
    found = deadline(start, terms(Counting.CALENDAR_DAYS, Unit.CALENDAR_DAY, 7))
    moved = shift(found, timedelta(seconds=seconds))
    assert moved.due - found.due >= timedelta(seconds=seconds)
    assert moved.due - found.due < timedelta(seconds=seconds) + timedelta(days=1)
