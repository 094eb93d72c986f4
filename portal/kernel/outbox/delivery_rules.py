"""Pure decisions of the outbox: how long to wait, which messages are essential, what an unknown outcome allows."""

from collections.abc import Iterable
from datetime import timedelta

from portal.kernel.law.category_order import PROMOTIONAL, STRICTEST_FIRST


def is_essential(category: str) -> bool:
    """Essential messages reach a person who wants no promotion (policy 9.7): alerts, service, security, policy."""
    return category in STRICTEST_FIRST and category != PROMOTIONAL


def wait_before(attempt: int, *, first: timedelta, longest: timedelta, jitter: float) -> timedelta:
    """How long to wait after failed attempt number ``attempt`` (from 1): doubled each time, at most ``longest``.

    ``jitter`` in 0..1 is drawn by the caller. Half of the wait is fixed and half is drawn, so that a thousand messages
    refused together do not come back together, and none comes back at once.
    """
    factor: int = 2 ** min(max(attempt, 1) - 1, 30)
    doubled = min(first * factor, longest)
    return doubled / 2 + doubled / 2 * jitter


def may_try_after_unknown(category: str, *, unknown_outcomes: int) -> bool:
    """Whether a message may go out again although an earlier attempt may have arrived.

    ``unknown_outcomes`` counts attempts of unknown outcome, this one included. An essential message is tried once more:
    a notice missed is worse than a notice read twice. Promotion is never tried again: unwanted once is enough.
    """
    return is_essential(category) and unknown_outcomes <= 1


#: What reports say of a message and the state it makes, the word that counts most first. A bounce may come after a mail
#: server took the letter.
_TOLD = (
    ("read", "read"),
    ("bounced", "undelivered"),
    ("complained", "delivered"),
    ("delivered", "delivered"),
    ("undelivered", "undelivered"),
)


def reported_state(outcomes: Iterable[str]) -> str | None:
    """Where a message stands by all that was reported of it, in whatever order it came; None when nothing was."""
    found = {str(outcome) for outcome in outcomes}
    return next((state for outcome, state in _TOLD if outcome in found), None)
