"""One style of date and time for staff, with the zone."""

from datetime import UTC, date, datetime

from django.utils import translation

from portal.kernel.core import clock, date_format
from portal.kernel.core.templatetags.moments import short_day, short_moment

EVENING = datetime(2026, 11, 25, 20, 35, tzinfo=UTC)


def test_a_moment_is_said_in_indian_time_with_the_zone():
    assert date_format.moment(EVENING) == "26 Nov 2026, 02:05 IST"


def test_a_moment_for_authorities_is_said_in_indian_time_and_in_utc():
    assert date_format.in_both(EVENING) == "26 Nov 2026, 02:05 IST (2026-11-25 20:35 UTC)"
    assert date_format.in_both(EVENING.astimezone(clock.IST)) == date_format.in_both(EVENING)
    assert date_format.in_both(None) == "–"


def test_the_day_of_a_moment_is_its_day_in_india():
    assert date_format.day(EVENING) == "26 Nov 2026"
    assert date_format.day(date(2026, 11, 5)) == "5 Nov 2026"


def test_no_date_is_a_dash():
    assert date_format.moment(None) == date_format.day(None) == date_format.days(None, None) == "–"


def test_a_span_says_what_is_known_of_its_ends():
    first, last = date(2020, 1, 1), date(2025, 12, 31)
    assert date_format.days(first, last) == "from 1 Jan 2020 to 31 Dec 2025"
    assert date_format.days(first, None) == "from 1 Jan 2020"
    assert date_format.days(None, last) == "to 31 Dec 2025"


def test_the_filters_of_templates_say_the_same_with_a_machine_readable_time():
    assert short_moment(EVENING) == '<time datetime="2026-11-26T02:05:00+05:30">26 Nov 2026, 02:05 IST</time>'
    assert short_day(EVENING) == '<time datetime="2026-11-26">26 Nov 2026</time>'
    assert short_moment(None) == short_day(None) == ""


def test_the_zone_is_said_in_every_language():
    for language in ("en", "hi", "mr"):
        with translation.override(language):
            assert date_format.moment(EVENING).endswith(" IST")
