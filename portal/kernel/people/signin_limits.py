"""Our own dated promises about sign-in (HouseRule rows), with what holds before any rule is loaded."""

from datetime import datetime, timedelta

from portal.kernel.core import clock
from portal.kernel.core.errors import NotFound
from portal.kernel.law import selectors as law
from portal.kernel.law.labels import period
from portal.kernel.law.selectors import NotInForce
from portal.kernel.law.terms import Unit

_LENGTHS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "calendar_day": timedelta(days=1),
}


def _amount(key: str, now: datetime) -> tuple[int, str] | None:
    """None on a first start, before ``sync_rules``: the first administrator is made then."""
    try:
        rule = law.house_rule(key, on=clock.day(now))
    except (NotFound, NotInForce):
        return None
    return (rule.amount, rule.unit) if rule.amount is not None else None


def length(key: str, *, now: datetime, otherwise: timedelta) -> timedelta:
    """How long something of ours lasts, by the rule in force at ``now``; ``otherwise`` until rules are loaded."""
    found = _amount(key, now)
    return otherwise if found is None else found[0] * _LENGTHS[found[1]]


def in_words(length: timedelta) -> str:
    """A length in whole hours, or in minutes where it has no whole ones; in the active language."""
    hours, rest = divmod(length, timedelta(hours=1))
    return period(hours, Unit.HOUR) if not rest else period(length // timedelta(minutes=1), Unit.MINUTE)


def number(key: str, *, now: datetime, otherwise: int) -> int:
    """A plain number of ours, by the rule in force at ``now``; ``otherwise`` until rules are loaded."""
    found = _amount(key, now)
    return otherwise if found is None else found[0]
