"""Sanctions lists as they are published, with people who do not exist."""

import csv
import io
from typing import Any
from xml.sax.saxutils import escape


def united_nations(
    persons: list[dict[str, Any]] | None = None, *, organisations: list[str] | None = None, made: str = "2026-11-20"
) -> bytes:
    rows = "".join(_person(number, **person) for number, person in enumerate(persons or [], start=1))
    firms = "".join(
        f"<ENTITY><DATAID>{900 + number}</DATAID><FIRST_NAME>{escape(name)}</FIRST_NAME>"
        f"<REFERENCE_NUMBER>QDe.{number:03}</REFERENCE_NUMBER><ENTITY_ADDRESS><COUNTRY>Nowhere</COUNTRY></ENTITY_ADDRESS>"
        "</ENTITY>"
        for number, name in enumerate(organisations or [], start=1)
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><CONSOLIDATED_LIST dateGenerated="{made}T00:00:00.000Z">'
        f"<INDIVIDUALS>{rows}</INDIVIDUALS><ENTITIES>{firms}</ENTITIES></CONSOLIDATED_LIST>"
    ).encode()


def _person(number: int, *, name: str, aliases: tuple[str, ...] = (), birth: str = "", country: str = "") -> str:
    first, *rest = name.split()
    parts = "".join(
        f"<{tag}>{escape(part)}</{tag}>" for tag, part in zip(("SECOND_NAME", "THIRD_NAME"), rest, strict=False)
    )
    others = "".join(
        f"<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>{escape(alias)}</ALIAS_NAME></INDIVIDUAL_ALIAS>"
        for alias in aliases
    )
    return (
        f"<INDIVIDUAL><DATAID>{number}</DATAID><FIRST_NAME>{escape(first)}</FIRST_NAME>{parts}"
        f"<REFERENCE_NUMBER>QDi.{number:03}</REFERENCE_NUMBER>"
        f"<NATIONALITY><VALUE>{escape(country)}</VALUE></NATIONALITY>{others}{_birth(birth)}</INDIVIDUAL>"
    )


def _birth(birth: str) -> str:
    if len(birth) == 9:
        first, last = birth.split("-")
        said = f"<TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>{first}</FROM_YEAR><TO_YEAR>{last}</TO_YEAR>"
    elif len(birth) == 4:
        said = f"<TYPE_OF_DATE>EXACT</TYPE_OF_DATE><YEAR>{birth}</YEAR>"
    else:
        said = f"<TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>{birth}</DATE>" if birth else ""
    return birth_element(said)


def birth_element(said: str) -> str:
    """A birth as the list of the United Nations writes it, around the elements that say what is known."""
    return f"<INDIVIDUAL_DATE_OF_BIRTH>{said}</INDIVIDUAL_DATE_OF_BIRTH>"


def ofac(*rows: tuple[str, str, str, str]) -> bytes:
    """Number, name, kind and remarks of each entry, ending as the published file does."""
    return _csv([[uid, name, kind, "TEST", *["-0- "] * 7, remarks] for uid, name, kind, remarks in rows]) + b"\x1a"


def names(*rows: tuple[str, str]) -> bytes:
    return _csv([[uid, str(place), "aka", name, "-0- "] for place, (uid, name) in enumerate(rows, start=1)])


def _csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


#: Number, kind (P or E), names, births and countries of an entry.
Entry = tuple[str, str, list[str], list[str], list[str]]


def european_union_xml(*rows: Entry) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><export xmlns="http://eu.europa.ec/fpi/fsd/export" '
        f'generationDate="2026-11-20T10:00:00.000+01:00">{"".join(map(_entity, rows))}</export>'
    ).encode()


def _entity(row: Entry) -> str:
    uid, kind, names, births, countries = row
    parts = [f'<subjectType code="{"person" if kind == "P" else "enterprise"}" classificationCode="{kind}"/>']
    parts += [f'<nameAlias firstName="" lastName="" wholeName="{escape(name)}"/>' for name in names]
    parts += [f'<birthdate {"birthdate" if "-" in birth else "year"}="{birth}"/>' for birth in births]
    parts += [f'<citizenship countryDescription="{country}"/>' for country in countries]
    return f'<sanctionEntity euReferenceNumber="{uid}" logicalId="{uid[3:]}">{"".join(parts)}</sanctionEntity>'


def european_union_csv(*rows: Entry) -> bytes:
    """As published: a line for each name, and more for births and citizenships."""
    columns = (
        *("fileGenerationDate", "Entity_LogicalId", "Entity_EU_ReferenceNumber", "Entity_SubjectType"),
        *("Entity_SubjectType_ClassificationCode", "NameAlias_WholeName", "BirthDate_BirthDate", "BirthDate_Year"),
        "Citizenship_CountryDescription",
    )
    lines = [list(columns)]
    for uid, kind, names, births, countries in rows:
        same = ["20/11/2026", uid[3:], uid, "person" if kind == "P" else "enterprise", kind]
        lines += [[*same, name, "", "", ""] for name in names]
        lines += [[*same, "", birth if "-" in birth else "", birth if "-" not in birth else "", ""] for birth in births]
        lines += [[*same, "", "", "", country] for country in countries]
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(lines)
    return out.getvalue().encode("utf-8-sig")
