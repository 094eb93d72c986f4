"""Age from a date of birth that was verified. A day counts in India; a document that knows the year only may not be enough."""

from dataclasses import dataclass
from datetime import date, datetime

from kyc.signatures.timestamps import IST, day


@dataclass(frozen=True)
class Age:
    """``years`` is None where only the year of birth is known; ``youngest`` and ``oldest`` are what it leaves open."""

    years: int | None
    youngest: int
    oldest: int

    def is_under(self, adult: int) -> bool | None:
        """Whether the person is under this age; None when the year alone does not tell."""
        if self.oldest < adult:
            return True
        return False if self.youngest >= adult else None


def age(birth: str, *, at: datetime) -> Age | None:
    """The age at an instant, from an ISO date or a year alone; None without either, or for a birth still to come.

    A person is a year older from the first moment of the birthday in India; who was born on 29 February, from 1 March in a
    common year.
    """
    if not birth:
        return None
    today = at.astimezone(IST).date()
    born = day(birth)
    if born is None:
        oldest = today.year - int(birth)
        return Age(None, max(oldest - 1, 0), oldest) if oldest >= 0 else None
    years = today.year - born.year - (_anniversary(today) < _anniversary(born))
    return Age(years, years, years) if born <= today else None


def _anniversary(on: date) -> tuple[int, int]:
    return on.month, on.day
