"""Risk in points that add up: ``kyc/data/risk.toml``. Facts in, points with their reasons and a level out. Pure."""

import tomllib
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kyc.states import Risk

FILE = Path(__file__).resolve().parent / "data" / "risk.toml"


@dataclass(frozen=True)
class Points:
    """One true fact, what it adds, and why, as staff read it."""

    fact: str
    points: int
    says: str


@dataclass(frozen=True)
class Rating:
    """All that adds up, in the order of the file, and the level that follows."""

    lines: tuple[Points, ...]
    version: str

    @property
    def points(self) -> int:
        """The sum."""
        return sum(line.points for line in self.lines)

    @property
    def level(self) -> Risk:
        """By the sum alone."""
        levels = _read()["levels"]
        if self.points >= levels["high"]:
            return Risk.HIGH
        return Risk.MEDIUM if self.points >= levels["medium"] else Risk.LOW


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@cache
def table() -> tuple[Points, ...]:
    """Every row of the file."""
    return tuple(Points(row["fact"], row["points"], row["says"]) for row in _read()["points"])


def rate(facts: AbstractSet[str]) -> Rating:
    """What of the table is true. A fact that it does not know adds nothing."""
    return Rating(tuple(row for row in table() if row.fact in facts), str(_read()["version"]))
