"""Risk in points that add up: ``kyc/data/risk.toml``. Facts in, points with their reasons and a level out."""

import tomllib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from functools import cache

from kyc.base.choices import Risk
from portal.kernel.core.data_files import data_of
from portal.kernel.law.selectors import NotInForce

FILE = data_of("kyc") / "risk.toml"


@dataclass(frozen=True)
class Points:
    """One true fact, what it adds, and why, as staff read it."""

    fact: str
    points: int
    says: str


@dataclass(frozen=True)
class Table:
    """What is in force from its day until the next one's. ``levels``: from how many points on a risk is medium, or high."""

    version: str
    effective_from: date
    levels: Mapping[str, int]
    points: tuple[Points, ...]


@dataclass(frozen=True)
class Rating:
    """All that adds up, in the order of the table, and the level that follows."""

    lines: tuple[Points, ...]
    table: Table

    @property
    def points(self) -> int:
        """The sum."""
        return sum(line.points for line in self.lines)

    @property
    def level(self) -> Risk:
        """By the sum alone."""
        if self.points >= self.table.levels["high"]:
            return Risk.HIGH
        return Risk.MEDIUM if self.points >= self.table.levels["medium"] else Risk.LOW


@cache
def tables() -> tuple[Table, ...]:
    """Every table of the file, the earliest first."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["table"]
    found = (
        Table(
            row["version"],
            row["effective_from"],
            row["levels"],
            tuple(Points(one["fact"], one["points"], one["says"]) for one in row["points"]),
        )
        for row in rows
    )
    return tuple(sorted(found, key=lambda table: table.effective_from))


def rate(facts: AbstractSet[str], *, on: date) -> Rating:
    """What of the table in force on that day is true. A fact that it does not know adds nothing.

    Raises NotInForce before the first table's day.
    """
    begun = [table for table in tables() if table.effective_from <= on]
    if not begun:
        raise NotInForce(f"No points of risk are in force on {on}.")
    return Rating(tuple(row for row in begun[-1].points if row.fact in facts), begun[-1])
