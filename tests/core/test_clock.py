"""The one place that reads the clock: the day of an instant is India's."""

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.kernel.core import clock


def test_the_day_of_an_instant_is_that_of_india() -> None:
    midnight = datetime(2026, 11, 25, 18, 30, tzinfo=UTC)
    assert clock.day(midnight) == date(2026, 11, 26)
    assert clock.day(midnight - timedelta(milliseconds=1)) == date(2026, 11, 25)
    with pytest.raises(ValueError, match="zone"):
        clock.day(datetime(2026, 11, 25))
