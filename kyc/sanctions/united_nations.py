"""The consolidated list of the United Nations Security Council, as the XML file that it publishes."""

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from kyc.sanctions import trees
from kyc.sanctions.entries import BadListError, Listed, distinct

ROOT: Final = "CONSOLIDATED_LIST"
_PERSON_NAMES: Final = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_YEAR: Final = re.compile(r"\d{4}")


def read(data: bytes) -> tuple[str, list[Listed]]:
    """The day of the list and its entries. Raises BadListError for what is no whole list; a document type is refused."""
    root = trees.root_of(data)
    made = root.get("dateGenerated", "")
    if root.tag != ROOT or not _DAY.match(made):
        raise BadListError("The file is not the consolidated list.")
    entries = [*_persons(root), *_organisations(root)]
    if not entries:
        raise BadListError("The list is empty.")
    return made[:10], entries


def _persons(root: etree._Element) -> Iterator[Listed]:
    for row in root.iterfind("INDIVIDUALS/INDIVIDUAL"):
        full = " ".join(_text(row, name) for name in _PERSON_NAMES)
        aliases = [_text(alias, "ALIAS_NAME") for alias in row.iterfind("INDIVIDUAL_ALIAS")]
        births = [birth for each in row.iterfind("INDIVIDUAL_DATE_OF_BIRTH") for birth in _births(each)]
        countries = [
            *(value.text or "" for value in row.iterfind("NATIONALITY/VALUE")),
            *(_text(address, "COUNTRY") for address in row.iterfind("INDIVIDUAL_ADDRESS")),
        ]
        names = distinct([full, _text(row, "NAME_ORIGINAL_SCRIPT"), *aliases])
        yield Listed(_uid(row), "person", names, distinct(births), distinct(countries))


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


def _births(row: etree._Element) -> Iterator[str]:
    if found := _DAY.match(_text(row, "DATE")):
        yield found[0]
        return
    if found := _YEAR.fullmatch(_text(row, "YEAR")):
        yield found[0]
        return
    first, last = (_YEAR.fullmatch(_text(row, name)) for name in ("FROM_YEAR", "TO_YEAR"))
    if first and last and int(first[0]) <= int(last[0]) <= int(first[0]) + 100:
        yield from (str(year) for year in range(int(first[0]), int(last[0]) + 1))


def _text(row: etree._Element, name: str) -> str:
    return (row.findtext(name) or "").strip()
