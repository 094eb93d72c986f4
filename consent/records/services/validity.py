"""How long a yes holds."""

from datetime import datetime

from portal.kernel.core import clock
from portal.kernel.law import selectors as law
from portal.kernel.law.date_arithmetic import deadline
from portal.kernel.law.request_cache import once


def ends(purpose: str, *, start: datetime, recorded_at: datetime) -> datetime | None:
    """When a yes that was given at ``start`` ends by itself; None where the purpose sets no time.

    The time is the dated house rule that the purpose names, as both are on the day of recording; it is counted early,
    for it is a promise to the person.
    """
    on = clock.day(recorded_at)
    rule = law.purpose(purpose, on=on).validity_rule
    if not rule:
        return None
    terms = once("validity", rule, on, law.house_rule(rule, on=on).terms)
    return deadline(start, terms).due
