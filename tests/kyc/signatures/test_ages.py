from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.signatures.ages import age


@pytest.mark.parametrize(
    ("birth", "at", "years", "is_minor"),
    [
        ("2008-11-25", "2026-11-25T12:00:00+05:30", 18, False),
        ("2008-11-26", "2026-11-25T12:00:00+05:30", 17, True),
        ("2008-11-26", "2026-11-25T18:29:59+00:00", 17, True),
        ("2008-11-26", "2026-11-25T18:30:00+00:00", 18, False),
        ("2008-02-29", "2026-02-28T12:00:00+05:30", 17, True),
        ("2008-02-29", "2026-03-01T00:00:00+05:30", 18, False),
        ("2008", "2026-11-25T12:00:00+05:30", None, None),
        ("2009", "2026-11-25T12:00:00+05:30", None, True),
        ("2007", "2026-11-25T12:00:00+05:30", None, False),
    ],
)
def test_eighteen_begins_at_midnight_in_india_on_the_birthday(birth, at, years, is_minor):
    found = age(birth, at=datetime.fromisoformat(at))
    assert (found.years, found.is_under(18)) == (years, is_minor)


@pytest.mark.parametrize("birth", ["", "2026-11-26", "2027"])
def test_without_a_past_birth_there_is_no_age(birth):
    assert age(birth, at=datetime(2026, 11, 25, tzinfo=UTC)) is None


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)))
def test_a_year_alone_leaves_the_exact_age_open_and_never_excludes_it(born):
    at = datetime(2026, 11, 25, tzinfo=UTC)
    exact, by_year = age(born.isoformat(), at=at), age(str(born.year), at=at)
    assert by_year.youngest <= exact.years <= by_year.oldest
