"""The list of specially designated nationals of the United States Treasury (OFAC), as the CSV files that it publishes.

``sdn.csv`` has one line for each entry and no heading; other names stand in ``alt.csv``. ``-0-`` means nothing.
"""

import csv
import io
import re
from datetime import date, datetime
from typing import Final

from kyc.sanctions import births
from kyc.sanctions.entries import BadListError, Listed, distinct

_COLUMNS: Final = 12
_ALIAS_COLUMNS: Final = 5
_NOTHING: Final = "-0-"
#: Ships and aircraft are no customers.
_KINDS: Final = {"individual": "person", "": "organisation"}
#: What is said of a birth ends at the next semicolon.
_BIRTH: Final = re.compile(r"\bDOB\b([^;]*)")
#: A birth "circa" a day or a year is not exact enough to exclude by, and so not read.
_DATE: Final = r"((?:(?:\d{1,2} )?[A-Z][a-z]{2} )?\d{4})"
_SPAN: Final = re.compile(rf"{_DATE}(?:(?: to | ?- ?){_DATE})?")
#: The column holds no more; what is cut off stands in a file that we do not read (``sdn_comments.csv``).
_LONGEST_REMARKS: Final = 1_000
_COUNTRY: Final = re.compile(r"\b(?:nationality|citizen) ([A-Z][A-Za-z .'-]+)")


def read(data: bytes, aliases: bytes = b"") -> list[Listed]:
    """The persons and organisations of the list, with the names of ``alt.csv``. Raises BadListError for what is no list."""
    others: dict[str, list[str]] = {}
    for row in _rows(aliases, _ALIAS_COLUMNS):
        others.setdefault(_value(row[0]), []).append(_value(row[3]))
    entries, seen = [], set()
    for row in _rows(data, _COLUMNS):
        uid, name, kind, remarks = _value(row[0]), _value(row[1]), _value(row[2]).casefold(), _value(row[11])
        if uid in seen:
            raise BadListError("An entry appears in the list twice.")
        seen.add(uid)
        if kind not in _KINDS:
            continue
        countries = [found[1].rstrip(". ") for found in _COUNTRY.finditer(remarks)]
        entries.append(
            Listed(
                uid,
                _KINDS[kind],  # type: ignore[arg-type]
                distinct([name, *others.get(uid, [])]),
                _births(remarks, is_cut=len(row[11]) >= _LONGEST_REMARKS),
                distinct(countries),
            )
        )
    if not entries:
        raise BadListError("The list is empty.")
    if unknown := set(others) - seen:
        raise BadListError(f"{len(unknown)} entries of the names file are not in the list: the files are of two days.")
    return entries


def _rows(data: bytes, columns: int) -> list[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    rows = []
    try:
        for row in csv.reader(io.StringIO(text.rstrip("\x1a\r\n")), strict=True):
            if len(row) != columns or not row[0].strip().isdigit():
                raise BadListError(f"A line is not of the list: {columns} columns and a number in front are expected.")
            rows.append(row)
    except csv.Error as error:
        raise BadListError("The file is no whole CSV.") from error
    return rows


def _value(text: str) -> str:
    found = text.strip()
    return "" if found == _NOTHING else found


def _births(remarks: str, *, is_cut: bool) -> tuple[str, ...]:
    """Every day and year of birth of an entry; none where one of them is not read whole, or more may have been cut off."""
    said = [_span(found[1].strip().removesuffix(".")) for found in _BIRTH.finditer(remarks)]
    return () if is_cut else births.whole(said)


def _span(text: str) -> list[str]:
    """A day, or each year from the first to the last; empty for what is neither."""
    found = _SPAN.fullmatch(text)
    if found is None:
        return []
    try:
        first, last = (_first_day(each) for each in (found[1], found[2] or found[1]))
    except ValueError:
        return []
    if not found[2] and found[1].count(" ") == 2:
        return [day] if (day := births.day_of(first.isoformat())) else []
    return births.years_of(f"{first:%Y}", f"{last:%Y}") if first <= last else []


def _first_day(text: str) -> date:
    """Of a day, a month or a year. Raises ValueError for one that the calendar does not have."""
    return datetime.strptime(text, ("%Y", "%b %Y", "%d %b %Y")[text.count(" ")]).date()  # noqa: DTZ007 - a day has no zone
