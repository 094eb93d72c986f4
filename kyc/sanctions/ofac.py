"""The list of specially designated nationals of the United States Treasury (OFAC), as the CSV files that it publishes.

``sdn.csv`` has one line for each entry and no heading; other names stand in ``alt.csv``. ``-0-`` means nothing.
"""

import csv
import io
import re
from datetime import datetime
from typing import Final

from kyc.sanctions.entries import BadListError, Listed, distinct

_COLUMNS: Final = 12
_ALIAS_COLUMNS: Final = 5
_NOTHING: Final = "-0-"
#: Ships and aircraft are no customers.
_KINDS: Final = {"individual": "person", "": "organisation"}
_BIRTH: Final = re.compile(r"\bDOB (?:circa )?(\d{1,2} [A-Z][a-z]{2} \d{4}|[A-Z][a-z]{2} \d{4}|\d{4})(?: to (\d{4}))?")
_COUNTRY: Final = re.compile(r"\b(?:nationality|citizen) ([A-Z][A-Za-z .'-]+)")


def read(data: bytes, aliases: bytes = b"") -> list[Listed]:
    """The persons and organisations of the list, with the names of ``alt.csv``. Raises BadListError for what is no list."""
    others: dict[str, list[str]] = {}
    for row in _rows(aliases, _ALIAS_COLUMNS):
        others.setdefault(row[0], []).append(row[3])
    entries, seen = [], set()
    for row in _rows(data, _COLUMNS):
        uid, name, kind, remarks = row[0], row[1], row[2].casefold(), row[11]
        if uid in seen:
            raise BadListError("An entry stands in the list twice.")
        seen.add(uid)
        if kind not in _KINDS:
            continue
        births = [birth for found in _BIRTH.finditer(remarks) for birth in _births(found)]
        countries = [found[1].rstrip(". ") for found in _COUNTRY.finditer(remarks)]
        entries.append(
            Listed(
                uid,
                _KINDS[kind],  # type: ignore[arg-type]
                distinct([name, *others.get(uid, [])]),
                distinct(births),
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
            rows.append(["" if value.strip() == _NOTHING else value.strip() for value in row])
    except csv.Error as error:
        raise BadListError("The file is no whole CSV.") from error
    return rows


def _births(found: re.Match[str]) -> list[str]:
    said, until = found[1], found[2]
    if len(said) > 8:
        try:
            return [datetime.strptime(said, "%d %b %Y").date().isoformat()]  # noqa: DTZ007 - a day has no zone
        except ValueError:
            return []
    first = int(said[-4:])
    last = int(until) if until else first
    return [str(year) for year in range(first, min(last, first + 100) + 1)]
