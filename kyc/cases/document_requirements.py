"""The lists of ``kyc/data/requirements.toml``: what each relation and type of customer shows, and who stands behind it.

Lists, and the tables of papers that meet a need, count from their day on.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from kyc.cases import check_plans
from portal.kernel.core.data_files import data_of

FILE = data_of("kyc") / "requirements.toml"


@dataclass(frozen=True)
class Need:
    """One thing to show; any of ``kinds`` will do. ``is_optional``: taken, not asked for."""

    name: str
    kinds: tuple[str, ...]
    is_optional: bool = False


@dataclass(frozen=True)
class Beneficial:
    """From which share on an owner counts: a house rule, and whether the share itself counts or only more than it."""

    rule: str
    at_least: bool


@dataclass(frozen=True)
class Requirements:
    """One list. ``people``: what each person shows, by capacity; ``least``: how many of each there must be."""

    own: tuple[Need, ...]
    people: Mapping[str, tuple[Need, ...]] = field(default_factory=dict)
    least: Mapping[str, int] = field(default_factory=dict)
    beneficial: Beneficial | None = None
    source: str = ""
    confidence: str = "unconfirmed"

    @property
    def roles(self) -> tuple[str, ...]:
        """The capacities in which people are asked for."""
        return tuple(self.people)

    @property
    def every_need(self) -> tuple[Need, ...]:
        """The customer's own needs, then those of its people."""
        return (*self.own, *(need for needs in self.people.values() for need in needs))


#: Nobody has said yet what this is: nothing can be asked for.
NOTHING = Requirements(own=())


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def types_of(relation: str) -> tuple[str, ...]:
    """The types that have a list under this relation, in the order in which they are first named."""
    rows = (row for row in _read()["list"] if relation in row["relations"])
    return tuple(dict.fromkeys(one for row in rows for one in row["types"]))


@cache
def requirements_for(relation: str, customer_type: str, *, on: date) -> Requirements:
    """The list in force on that day; ``NOTHING`` where there is none, which no case can be approved by."""
    rows = [
        row
        for row in _read()["list"]
        if relation in row["relations"] and customer_type in row["types"] and row["effective_from"] <= on
    ]
    kinds = _kinds_of_needs(on)
    if not rows or kinds is None:
        return NOTHING
    row = max(rows, key=lambda one: one["effective_from"])
    beneficial = row.get("beneficial")
    return Requirements(
        own=(*_needs(row["own"], kinds), *_needs(row.get("may", []), kinds, is_optional=True)),
        people={role: _needs(names, kinds) for role, names in row.get("people", {}).items()},
        least=row.get("least", {}),
        beneficial=Beneficial(beneficial["rule"], beneficial.get("at_least", False)) if beneficial else None,
        source=row["source"],
        confidence=row["confidence"],
    )


def _kinds_of_needs(on: date) -> Mapping[str, list[str]] | None:
    """Which papers meet each need, by the table in force on that day; None before the first."""
    begun = [table for table in _read()["needs"] if table["effective_from"] <= on]
    return max(begun, key=lambda one: one["effective_from"])["kinds"] if begun else None


def _needs(names: list[str], kinds: Mapping[str, list[str]], *, is_optional: bool = False) -> tuple[Need, ...]:
    """What a machine cannot judge yet is not asked for: a copy of an Aadhaar card proves nothing by itself."""
    judged = ((name, tuple(filter(check_plans.can_judge, kinds[name]))) for name in names)
    return tuple(Need(name, those, is_optional) for name, those in judged if those)
