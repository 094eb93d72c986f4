"""What a law wants a text to say, and the tricks it may not play. Plain values in; the words to look for are data."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consent.base.rules.policy_parser import Clause, Code, Defect

#: What is missing is missing from the whole.
WHOLE = "whole text"


@dataclass(frozen=True)
class Wanted:
    """One field of a field rule: ``value`` is its name in the rule, ``said`` what a text that states it contains."""

    rule: str
    value: str
    said: re.Pattern[str]
    kinds: frozenset[str]
    #: Only where the notice asks for one of these purposes; empty: always.
    purposes: frozenset[str]


@dataclass(frozen=True)
class Trick:
    """One of the named dark patterns, as far as words show it."""

    code: str
    name: str
    words: re.Pattern[str]


def compile_wanted(data: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[Wanted, ...]:
    """From ``consent/data/notice_fields.toml``. Raises KeyError or re.error for a file that is not whole."""
    return tuple(
        Wanted(
            rule=row["rule"],
            value=value,
            said=re.compile(pattern, re.IGNORECASE),
            kinds=frozenset(row["kinds"]),
            purposes=frozenset(row.get("purposes", ())),
        )
        for row in data["rule"]
        for value, pattern in row["fields"].items()
    )


def compile_tricks(data: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[Trick, ...]:
    """From ``consent/data/dark_patterns.toml``: those of the named patterns that words can show."""
    return tuple(
        Trick(row["code"], row["name"], re.compile("|".join(row["words"]), re.IGNORECASE))
        for row in data["pattern"]
        if row.get("words")
    )


def missing(
    text: str, wanted: Iterable[Wanted], *, kind: str, purposes: Sequence[str], in_force: Mapping[str, str]
) -> list[Defect]:
    """The fields that a text of this kind lacks. ``in_force`` gives the provision of each field rule that holds."""
    found: dict[tuple[str, str], bool] = {}
    for field in wanted:
        if field.rule not in in_force or kind not in field.kinds:
            continue
        if field.purposes and not field.purposes.intersection(purposes):
            continue
        place = (field.rule, field.value)
        found[place] = found.get(place, False) or bool(field.said.search(text))
    return [
        Defect(Code.MISSING_FIELD, WHOLE, f"{rule} ({in_force[rule]}) wants: {value}.")
        for (rule, value), is_there in found.items()
        if not is_there
    ]


def tricks(clauses: Sequence[Clause], known: Iterable[Trick]) -> list[Defect]:
    """The dark patterns that a clause's words show."""
    listed = tuple(known)
    return [
        Defect(Code.DARK_PATTERN, clause.number, f"{trick.name}: “{match.group(0)[:80]}”")
        for clause in clauses
        for trick in listed
        if (match := trick.words.search(f"{clause.title}\n{clause.body}"))
    ]
