"""Births as the lists state them: a day, a year, or each year of a span.

What is known of a birth excludes people. So one birth of an entry that is not read whole, or that the list itself calls
inexact, leaves all births of the entry unknown: half of them would hide somebody, and of an entry without one nobody is
excluded.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

#: No living person is older; an earlier year is not meant as one.
EARLIEST: Final = 1850
#: A longer span narrows nothing and is not meant as one.
_MOST_YEARS: Final = 100
_DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(T.*|Z|[+-]\d{2}:\d{2})?", re.ASCII)
_YEAR: Final = re.compile(r"\d{4}", re.ASCII)
_NO_END: Final = 9999


def day_of(text: str, *, latest: int = _NO_END) -> str:
    """The ISO day, of a time too; empty for what is none, and for a year before ``EARLIEST`` or after ``latest``."""
    found = _DAY.fullmatch(text.strip())
    try:
        day = date.fromisoformat(found[1]) if found else None
    except ValueError:
        return ""
    return day.isoformat() if day is not None and EARLIEST <= day.year <= latest else ""


def year_of(text: str, *, latest: int = _NO_END) -> str:
    """The year; empty for what is none, and for one before ``EARLIEST`` or after ``latest``."""
    found = _YEAR.fullmatch(text.strip())
    return found[0] if found and EARLIEST <= int(found[0]) <= latest else ""


def years_of(first: str, last: str, *, latest: int = _NO_END) -> list[str]:
    """Each year from the first to the last; none where either is none or they are no span."""
    begins, ends = year_of(first, latest=latest), year_of(last, latest=latest)
    if not begins or not ends or not int(begins) <= int(ends) <= int(begins) + _MOST_YEARS:
        return []
    return [str(year) for year in range(int(begins), int(ends) + 1)]


def whole(births: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Every birth of an entry, each given as its days or years, without repetitions; none where one of them is empty."""
    return tuple(dict.fromkeys(one for birth in births for one in birth)) if all(births) else ()
