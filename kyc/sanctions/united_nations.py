"""The consolidated list of the United Nations Security Council, as the XML file that it publishes."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from lxml import etree

from kyc.sanctions import births, trees
from kyc.sanctions.entries import BadListError, Listed, distinct

ROOT: Final = "CONSOLIDATED_LIST"
_PERSON_NAMES: Final = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
#: How a birth is said to be known. One that is only about right ("APPROXIMATELY") is not exact enough to exclude by.
_EXACT: Final = frozenset({"", "EXACT"})
_SPAN: Final = frozenset({"", "BETWEEN"})


def read(data: bytes) -> tuple[str, list[Listed]]:
    """The day of the list and its entries. Raises BadListError for what is no whole list; a document type is refused."""
    root = trees.root_of(data)
    made = root.get("dateGenerated", "")
    if root.tag != ROOT or not _DAY.match(made):
        raise BadListError("The file is not the consolidated list.")
    entries = [*_persons(root, latest=int(made[:4])), *_organisations(root)]
    if not entries:
        raise BadListError("The list is empty.")
    return made[:10], entries


def _persons(root: etree._Element, *, latest: int) -> Iterator[Listed]:
    for row in root.iterfind("INDIVIDUALS/INDIVIDUAL"):
        full = " ".join(_text(row, name) for name in _PERSON_NAMES)
        aliases = [_text(alias, "ALIAS_NAME") for alias in row.iterfind("INDIVIDUAL_ALIAS")]
        # The list has the element without a word in it where nothing is known.
        said = [each for each in row.iterfind("INDIVIDUAL_DATE_OF_BIRTH") if "".join(map(str, each.itertext())).strip()]
        countries = [
            *(value.text or "" for value in row.iterfind("NATIONALITY/VALUE")),
            *(_text(address, "COUNTRY") for address in row.iterfind("INDIVIDUAL_ADDRESS")),
        ]
        names = distinct([full, _text(row, "NAME_ORIGINAL_SCRIPT"), *aliases])
        yield Listed(_uid(row), "person", names, _births(said, latest=latest), distinct(countries))


def _organisations(root: etree._Element) -> Iterator[Listed]:
    for row in root.iterfind("ENTITIES/ENTITY"):
        aliases = [_text(alias, "ALIAS_NAME") for alias in row.iterfind("ENTITY_ALIAS")]
        countries = [_text(address, "COUNTRY") for address in row.iterfind("ENTITY_ADDRESS")]
        names = distinct([_text(row, "FIRST_NAME"), _text(row, "NAME_ORIGINAL_SCRIPT"), *aliases])
        yield Listed(_uid(row), "organisation", names, countries=distinct(countries))


def _uid(row: etree._Element) -> str:
    uid = _text(row, "REFERENCE_NUMBER") or _text(row, "DATAID")
    if not uid:
        raise BadListError("An entry has no reference number.")
    return uid


def _births(rows: Iterable[etree._Element], *, latest: int) -> tuple[str, ...]:
    return births.whole([_birth(row, latest=latest) for row in rows])


def _birth(row: etree._Element, *, latest: int) -> list[str]:
    """A day, a year or the years of a span; none for a birth that is not exact, that words are added to, or in another form."""
    kind = _text(row, "TYPE_OF_DATE").upper()
    given = {str(part.tag) for part in row if (part.text or "").strip()}
    if given & {"FROM_YEAR", "TO_YEAR"}:
        is_span = kind in _SPAN and given <= {"TYPE_OF_DATE", "FROM_YEAR", "TO_YEAR"}
        return births.years_of(_text(row, "FROM_YEAR"), _text(row, "TO_YEAR"), latest=latest) if is_span else []
    if kind not in _EXACT or not given <= {"TYPE_OF_DATE", "DATE", "YEAR", "MONTH", "DAY"}:
        return []
    day, year = _text(row, "DATE"), _text(row, "YEAR")
    found = births.day_of(day, latest=latest) if day else births.year_of(year, latest=latest)
    return [found] if found and (not year or found[:4] == year) else []


def _text(row: etree._Element, name: str) -> str:
    return (row.findtext(name) or "").strip()
