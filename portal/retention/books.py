"""Until when the books of a financial year are kept: by the same verdict as a person's records."""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from portal.core import clock
from portal.law.memory import once
from portal.retention import deciding, rules, selectors
from portal.retention.models import BooksRow
from portal.retention.rules import Facts, Term, Verdict

FILE = Path(__file__).resolve().parent / "data" / "financial_year.toml"


@cache
def _days() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def events_of(financial_year: int) -> dict[str, date]:
    """The days of a financial year from which laws count, by the code of the event."""
    found = {}
    for event, said in _days().items():
        month, day = (int(part) for part in said["day"].split("-"))
        found[event] = date(financial_year + said["after"], month, day)
    return found


def verdict_of(row: BooksRow, *, now: datetime) -> Verdict | None:
    """Keep or destroy, today. None: no rule of its class is in force."""
    today, named = clock.day(now), row.retention_class
    terms = once("terms of books", named, today, lambda: _terms_of(named, today))
    if terms is None:
        return None
    events = {**events_of(row.financial_year), "annual_return_due": row.annual_return_due_on}
    facts = Facts(events["financial_year_end"], events=events)
    return rules.verdict(facts, terms, today=today)


def _terms_of(retention_class: str, on: date) -> list[Term] | None:
    rule = selectors.rule_for(retention_class, on=on)
    return deciding.terms_of(rule, on=on) if rule is not None else None
