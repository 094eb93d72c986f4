"""The days of a financial year from which some laws count, whatever day within it something ended on."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from portal.kernel.core.data_files import data_of

FILE = data_of("portal.kernel.retention") / "financial_year.toml"


@cache
def _days() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def events_of(financial_year: int) -> dict[str, date]:
    """The days of a financial year from which laws count, by the code of the event."""
    found = {}
    for event, said in _days().items():
        month, day = (int(part) for part in said["day"].split("-"))
        found[event] = date(financial_year + said["after"], month, day)
    return found


def events_after(on: date) -> dict[str, date]:
    """The same of the financial year in which a day lies: papers of a relation that ended then are vouchers of that year."""
    began_before = events_of(on.year - 1)
    return began_before if on <= began_before["financial_year_end"] else events_of(on.year)
