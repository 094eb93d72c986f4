"""One style of date and time for staff, with the zone."""

from datetime import UTC, date, datetime

from django.utils import translation

from portal.core import clock, moments
from portal.core.templatetags.moments import short_day, short_moment

EVENING = datetime(2026, 11, 25, 20, 35, tzinfo=UTC)


def test_a_moment_is_said_in_indian_time_with_the_zone():
    assert moments.moment(EVENING) == "26 Nov 2026, 02:05 IST"


def test_a_moment_for_authorities_is_said_in_indian_time_and_in_utc():
    assert moments.in_both(EVENING) == "26 Nov 2026, 02:05 IST (2026-11-25 20:35 UTC)"
    assert moments.in_both(EVENING.astimezone(clock.IST)) == moments.in_both(EVENING)
    assert moments.in_both(None) == "–"


def test_the_day_of_a_moment_is_its_day_in_india():
    assert moments.day(EVENING) == "26 Nov 2026"
    assert moments.day(date(2026, 11, 5)) == "5 Nov 2026"


def test_no_date_is_a_dash():
    assert moments.moment(None) == moments.day(None) == moments.days(None, None) == "–"


def test_a_span_says_what_is_known_of_its_ends():
    first, last = date(2020, 1, 1), date(2025, 12, 31)
    assert moments.days(first, last) == "from 1 Jan 2020 to 31 Dec 2025"
    assert moments.days(first, None) == "from 1 Jan 2020"
    assert moments.days(None, last) == "to 31 Dec 2025"


def test_the_filters_of_templates_say_the_same_with_a_machine_readable_time():
    assert short_moment(EVENING) == '<time datetime="2026-11-26T02:05:00+05:30">26 Nov 2026, 02:05 IST</time>'
    assert short_day(EVENING) == '<time datetime="2026-11-26">26 Nov 2026</time>'
    assert short_moment(None) == short_day(None) == ""


def test_the_zone_is_said_in_every_language():
    for language in ("en", "hi", "mr"):
        with translation.override(language):
            assert moments.moment(EVENING).endswith(" IST")
