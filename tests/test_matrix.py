"""The days on which the tests are run besides today."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.matrix import days_of_the_calendar

INDIA = timedelta(hours=5, minutes=30)


@pytest.mark.parametrize("today", [datetime(2026, 11, 30, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC)])
def test_the_calendar_has_the_turns_of_month_year_and_law_and_five_days_by_chance(today):
    days = days_of_the_calendar(today, seed=7)
    assert len(days) == 16
    assert days == days_of_the_calendar(today, seed=7) != days_of_the_calendar(today, seed=8)
    assert any((day.month, day.day) == (2, 29) for day in days)
    for at in (days, [day + INDIA for day in days]):
        assert {(12, 31), (1, 1)} <= {(day.month, day.day) for day in at}
    assert {(2027, 5, day) for day in (12, 13, 14)} <= {(day.year, day.month, day.day) for day in days}
    assert any((day + INDIA).hour == 23 and (day + INDIA + timedelta(hours=1)).day != (day + INDIA).day for day in days)
