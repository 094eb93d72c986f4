"""The bodies outside the house, as they stand in ``grievances/data/outside_bodies.toml``. Which are named: ``selectors``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from portal.kernel.core.data_files import data_of

BOOK = data_of("grievances") / "outside_bodies.toml"


@dataclass(frozen=True)
class Body:
    """One body: for whom, under which rule, since when, and the sentence about it in each language."""

    code: str
    regime: str
    source: str
    confidence: str
    texts: Mapping[str, str]
    rule: str = ""
    kinds: frozenset[str] = frozenset()
    effective_from: date | None = None
    effective_to: date | None = None
    #: The days that its rule of law gives the person, where a sentence names them as ``{days}``.
    days: int | None = None
    #: Its page or its telephone number, as a link; empty for none.
    url: str = ""

    def holds(self, on: date) -> bool:
        """Whether the row itself is of that day; its rule of law is asked by the caller."""
        began = self.effective_from is None or self.effective_from <= on
        return began and (self.effective_to is None or on <= self.effective_to)

    def is_for(self, *, regimes: frozenset[str], kind: str) -> bool:
        """Whether it helps a person under these laws with a grievance of this kind (empty: any)."""
        return self.regime in regimes and (not self.kinds or kind in self.kinds)

    def said(self, language: str) -> str:
        """The sentence in a language; in English where there is none."""
        return self.texts.get(language[:2], self.texts["en"]).format(days=self.days)


@cache
def bodies() -> tuple[Body, ...]:
    """Every row, in the order in which people read them. Raises KeyError for a row without its English sentence."""
    rows = tomllib.loads(BOOK.read_text(encoding="utf-8"))["body"]
    return tuple(_body(row) for row in rows)


def _body(row: Mapping[str, Any]) -> Body:
    return Body(
        code=row["code"],
        regime=row["regime"],
        source=row["source"],
        confidence=row["confidence"],
        texts={language: row[language] for language in ("en", "hi", "mr")},
        rule=row.get("rule", ""),
        kinds=frozenset(row.get("kinds", ())),
        effective_from=row.get("effective_from"),
        effective_to=row.get("effective_to"),
        url=row.get("url", ""),
    )
