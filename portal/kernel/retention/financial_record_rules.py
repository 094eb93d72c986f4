"""Until when the books of a financial year are kept: by the same verdict as a person's records."""

from datetime import date, datetime

from portal.kernel.core import clock
from portal.kernel.law.request_cache import once
from portal.kernel.retention import retention_decisions, rules, selectors
from portal.kernel.retention.financial_years import events_of
from portal.kernel.retention.models import BooksRow
from portal.kernel.retention.rules import Facts, Term, Verdict


def verdict_of(row: BooksRow, *, now: datetime) -> Verdict | None:
    """Keep or destroy, today. None: no rule of its class is in force."""
    today, named = clock.day(now), row.retention_class
    terms = once("terms of financial records", named, today, lambda: _terms_of(named, today))
    if terms is None:
        return None
    events = {**events_of(row.financial_year), "annual_return_due": row.annual_return_due_on}
    facts = Facts(events["financial_year_end"], events=events)
    return rules.verdict(facts, terms, today=today)


def _terms_of(retention_class: str, on: date) -> list[Term] | None:
    rule = selectors.rule_for(retention_class, on=on)
    return retention_decisions.terms_of(rule, on=on) if rule is not None else None
