"""The rules as they ship, for tests that need no database."""

from functools import cache

from portal.kernel.law.services.rule_loader import calendar, read
from portal.kernel.law.terms import Counting, Roll, RuleKind, RuleTerms, Unit


@cache
def shipped_rows():
    return {row["key"]: row for row in read("legal_rules.toml")["rule"]}


def shipped_terms(key):
    row = shipped_rows()[key]
    return RuleTerms(
        key=key,
        kind=RuleKind(row["kind"]),
        amount=row.get("amount"),
        unit=Unit(row["unit"]),
        counting=Counting(row["counting"]),
        roll=Roll(row["roll"]),
        calendar=calendar(row.get("calendar", "")),
        values=tuple(row.get("values", ())),
    )
