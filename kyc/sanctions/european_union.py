"""The consolidated list of persons under financial sanctions of the European Union, in the two forms that it is published in.

XML (version 1.1): one ``sanctionEntity`` for each entry, with attributes. CSV (version 1.1): semicolons, columns by name, one
line for each name, address, birth or citizenship of an entry. Both say on which day they were made.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from kyc.sanctions import births as stated
from kyc.sanctions import tables, trees
from kyc.sanctions.entries import BadListError, Listed, distinct

_SPACE: Final = "{http://eu.europa.ec/fpi/fsd/export}"
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_BIRTH: Final = "BirthDate_"
#: What a birth that is one day or one year has in these, if it has them.
_PRECISE: Final = {
    "circa": {"", "false", "0", "n", "no"},
    "yearrangefrom": {""},
    "yearrangeto": {""},
    "calendartype": {"", "gregorian"},
}
_PERSON: Final = frozenset({"p", "person"})
_NAME: Final = "NameAlias_WholeName"
_NEEDED: Final = frozenset({"fileGenerationDate", "Entity_LogicalId", "Entity_SubjectType", _NAME})
_PARTS: Final = ("NameAlias_FirstName", "NameAlias_MiddleName", "NameAlias_LastName")


def read(data: bytes) -> tuple[str, list[Listed]]:
    """The day of the list and its entries. Raises BadListError for what is neither form, or not whole."""
    day, entries = _read_xml(data) if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") else _read_csv(data)
    if not entries:
        raise BadListError("The list is empty.")
    return day, entries


def _read_xml(data: bytes) -> tuple[str, list[Listed]]:
    root = trees.root_of(data)
    made = root.get("generationDate", "")
    if root.tag != f"{_SPACE}export" or not _DAY.match(made):
        raise BadListError("The file is not the consolidated list of the European Union.")
    return made[:10], [_of_xml(row, made=made) for row in root.iterfind(f"{_SPACE}sanctionEntity")]


def _of_xml(row: Any, *, made: str) -> Listed:
    subject = row.find(f"{_SPACE}subjectType")
    codes = {subject.get(name, "").lower() for name in ("code", "classificationCode")} if subject is not None else set()
    named = [
        one.get("wholeName", "") or " ".join(one.get(part, "") for part in ("firstName", "middleName", "lastName"))
        for one in row.iterfind(f"{_SPACE}nameAlias")
    ]
    births = [{name.lower(): value for name, value in one.items()} for one in row.iterfind(f"{_SPACE}birthdate")]
    places = (one for kind in ("citizenship", "address") for one in row.iterfind(f"{_SPACE}{kind}"))
    countries = [one.get("countryDescription", "") for one in places]
    uid = row.get("euReferenceNumber", "") or row.get("logicalId", "")
    return _entry(uid, is_person=bool(codes & _PERSON), names=named, births=births, countries=countries, made=made)


def _read_csv(data: bytes) -> tuple[str, list[Listed]]:
    """The lines of an entry have one logical id. Its day is written DD/MM/YYYY."""
    lines: dict[str, list[dict[str, str]]] = defaultdict(list)
    made = ""
    for row in tables.rows(data, delimiter=";", needed=_NEEDED):
        lines[row["Entity_LogicalId"]].append(row)
        made = made or row["fileGenerationDate"]
    try:
        day = datetime.strptime(made, "%d/%m/%Y").date().isoformat()  # noqa: DTZ007 - a day has no zone
    except ValueError as error:
        raise BadListError("The file does not say on which day it was made.") from error
    return day, [_of_csv(uid, rows, made=day) for uid, rows in lines.items()]


def _of_csv(uid: str, rows: list[dict[str, str]], *, made: str) -> Listed:
    births = [
        {name.removeprefix(_BIRTH).lower(): value for name, value in row.items() if name.startswith(_BIRTH)}
        for row in rows
    ]
    kinds = {_value(rows, "Entity_SubjectType_ClassificationCode"), _value(rows, "Entity_SubjectType")}
    return _entry(
        _value(rows, "Entity_EU_ReferenceNumber") or uid,
        is_person=bool({kind.lower() for kind in kinds} & _PERSON),
        names=[row[_NAME] or " ".join(row.get(part, "") for part in _PARTS) for row in rows],
        births=[birth for birth in births if any(birth.values())],
        countries=[
            row.get(name, "")
            for name in ("Citizenship_CountryDescription", "Address_CountryDescription")
            for row in rows
        ],
        made=made,
    )


def _value(rows: list[dict[str, str]], column: str) -> str:
    return next((row[column] for row in rows if row.get(column)), "")


def _entry(
    uid: str,
    *,
    is_person: bool,
    names: Iterable[str],
    births: Iterable[dict[str, str]],
    countries: Iterable[str],
    made: str,
) -> Listed:
    if not uid:
        raise BadListError("An entry has no number.")
    known = distinct(list(names))
    if not known:
        raise BadListError(f"The entry {uid} has no name.")
    return Listed(
        uid,
        "person" if is_person else "organisation",
        known,
        stated.whole([_born(birth, latest=int(made[:4])) for birth in births]),
        distinct([country for country in countries if country.strip().upper() != "UNKNOWN"]),
    )


def _born(birth: dict[str, str], *, latest: int) -> list[str]:
    """The day or the year of a birth, from its values by name; none for a birth in any other form, and for no possible year."""
    if any(birth.get(name, "").lower() not in precise for name, precise in _PRECISE.items()):
        return []
    day = birth.get("birthdate", "").strip()
    found = stated.day_of(day, latest=latest) if day else stated.year_of(birth.get("year", ""), latest=latest)
    return [found] if found else []
