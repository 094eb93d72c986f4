"""How old the second factor of a staff session may be at an act: one table, asked by the services that act.

A service knows no session. The page around it (``portal.fronts.signin.factor_prompt``) says for one request when its session has
shown a factor. A task or a command has no session and is not asked: whoever started it was.
"""

from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Final

from portal.kernel.people import signin_limits

#: Our own rules that say how long a factor counts (``portal/kernel/law/data/house_rules.toml``), with what holds until they are loaded.
RECENT: Final = "signin.staff_factor_recent"
OF_THE_DAY: Final = "signin.staff_factor"
DEFAULTS: Final = {RECENT: timedelta(minutes=5), OF_THE_DAY: timedelta(hours=8)}

OWN_FACTORS: Final = "signin.factor.change"
LOOKUP_KEYS: Final = "ledger.lookups.renew"
#: Acts that give power, open keys, let data leave in full or erase it. Each other act of two people, a review, and a
#: number that is shown ask for a factor of ``OF_THE_DAY``.
GREATEST: Final = {
    "people.role.change": RECENT,
    "people.mfa.reset": RECENT,
    "people.api_key.issue": RECENT,
    "ledger.key.rotate": RECENT,
    LOOKUP_KEYS: RECENT,
    "jobs.list.unmask": RECENT,
    "retention.run.carry_out": RECENT,
    "retention.rule.change": RECENT,
    OWN_FACTORS: RECENT,
}

#: Gives the time (POSIX seconds) at which the staff session of the present request showed a factor, None where the request has
#: no such session. None itself outside of requests.
shown: ContextVar[Callable[[], float | None] | None] = ContextVar("factor_shown", default=None)


class FactorTooOld(Exception):
    """The session must show its factor again before the act. Nothing was changed; the page asks and does the act then."""


def greatest(act: str, *, now: datetime) -> timedelta:
    """How old the factor may be at an act, by the rule in force at ``now``."""
    rule = GREATEST.get(act, OF_THE_DAY)
    return signin_limits.length(rule, now=now, otherwise=DEFAULTS[rule])


def require(act: str, *, now: datetime) -> None:
    """Raises FactorTooOld in a request of a staff session, at whatever address, that showed no factor within ``greatest`` of the
    act.
    """
    ask = shown.get()
    at = None if ask is None else ask()
    if at is not None and now.timestamp() - at >= greatest(act, now=now).total_seconds():
        raise FactorTooOld(act)
