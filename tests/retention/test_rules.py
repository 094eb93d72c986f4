from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.retention.rules import INDIA, Ground, Period, Says, Why, kept_through, over_before

days = st.dates(date(2015, 1, 1), date(2045, 12, 31))
periods = st.builds(Period, st.integers(1, 60), st.sampled_from(["day", "calendar_day", "month", "year"])).filter(
    lambda period: period.unit != "year" or period.amount <= 20
)


@pytest.mark.parametrize(
    ("began", "period", "last"),
    [
        (date(2026, 11, 24), Period(180, "calendar_day"), date(2027, 5, 23)),
        (date(2024, 2, 29), Period(1, "year"), date(2025, 3, 1)),
        (date(2026, 11, 24), Period(24, "month"), date(2028, 11, 24)),
        (date(2026, 8, 31), Period(6, "month"), date(2027, 3, 1)),
    ],
)
def test_minimum_periods_round_late(began: date, period: Period, last: date) -> None:
    assert kept_through(began, period) == last


@given(days, st.lists(periods, min_size=1, max_size=3))
def test_what_ends_today_has_been_kept_through_yesterday_at_least(today: date, wanted: list[Period]) -> None:
    latest = over_before(today, wanted).astimezone(INDIA).date()
    # What began just before the cutoff began on the day before it, in India; elsewhere perhaps a day later.
    for period in wanted:
        assert kept_through(latest, period) < today


@given(days, periods)
def test_nothing_is_kept_more_than_a_few_days_too_long(today: date, period: Period) -> None:
    began = over_before(today, [period]).astimezone(INDIA).date()
    assert kept_through(began + timedelta(days=4), period) >= today


def test_the_longest_period_wins() -> None:
    today = date(2026, 11, 25)
    assert over_before(today, [Period(1, "year"), Period(5, "year")]) == over_before(today, [Period(5, "year")])


def test_a_year_is_over_on_the_second_day_after_it() -> None:
    cutoff = over_before(date(2026, 11, 26), [Period(1, "year")])
    assert cutoff == datetime(2025, 11, 24, 18, 30, tzinfo=UTC)  # midnight in India


def test_a_unit_that_is_no_length_of_keeping_is_an_error() -> None:
    with pytest.raises(ValueError, match="number of time_of_day"):
        kept_through(date(2026, 1, 1), Period(1, "time_of_day"))


def test_a_source_that_nobody_has_confirmed_is_not_stated_to_staff_as_law() -> None:
    known = Ground(Says.KEEP, Why.LAW, "CLOUD-5Y", "Cloud Directions, (v)", None, date(2031, 1, 5), is_confirmed=True)
    assert known.in_words == "Cloud Directions, (v): 05-01-2031"
    assert replace(known, is_confirmed=False).in_words == "Cloud Directions, (v) (unconfirmed): 05-01-2031"
