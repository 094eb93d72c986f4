"""Pure decisions about broadcasts: what became of one person's message, and when the next channel takes over.

States of messages and outcomes of people are codes here (``portal.kernel.outbox.choices``, ``consent.broadcasts.choices``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from portal.kernel.law.category_order import PROMOTIONAL

#: Why a person got no message, where it was no answer of the send gate.
NO_WAY: Final = "NO_WAY"
#: There is no text for the channel.
NO_TEXT: Final = "NO_TEXT"
TOLD_ALREADY: Final = "TOLD_ALREADY"
CANCELLED: Final = "BROADCAST_CANCELLED"
#: Cancelled after an attempt of which nobody knows whether it reached the person.
MAY_HAVE_ARRIVED: Final = "MAY_HAVE_ARRIVED"
PAUSED: Final = "BROADCAST_PAUSED"
#: Another message of the same broadcast took over from this one.
TAKEN_OVER: Final = "BROADCAST_TAKEN_OVER"
#: The registered template of the message holds no more.
TEMPLATE_ENDED: Final = "TEMPLATE_ENDED"
UNDELIVERED: Final = "UNDELIVERED"
#: Why the system stops a broadcast until people decide: it is not what two of them agreed to.
SEGMENT_GREW: Final = "SEGMENT_GREW"
PURPOSE_CHANGED: Final = "PURPOSE_CHANGED"
TEXTS_CHANGED: Final = "TEXTS_CHANGED"
#: So many people more than were counted are no other segment, however few were counted.
SLACK: Final = 10

#: Nothing more is tried, and it did not arrive as far as anybody knows.
_GAVE_UP: Final = frozenset({"stopped", "dead", "closed", "undelivered"})
_OF_STATE: Final = {
    "due": "waiting",
    "sending": "waiting",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "dead": "failed",
    "stopped": "blocked",
}
#: What a message was closed for, where that is no failure.
_OF_CLOSED: Final = {CANCELLED: "cancelled", TEMPLATE_ENDED: "blocked", TOLD_ALREADY: "blocked"}


@dataclass(frozen=True, slots=True)
class Standing:
    """One person of a broadcast as the rows say it. ``state`` and ``said`` are state and reason of the message, if any."""

    is_open: bool
    reason: str
    state: str | None = None
    said: str = ""


def outcome_of(one: Standing) -> tuple[str, str]:
    """The one outcome of a person, and the code of its reason where there is one."""
    if one.state is None:
        if one.reason == CANCELLED:
            return "cancelled", CANCELLED
        # Somebody whose hour has not come waits.
        return ("waiting", "") if one.is_open else ("blocked", one.reason)
    if one.state == "closed":
        return _OF_CLOSED.get(one.said, "failed"), one.said
    if one.state == "unknown":
        return ("waiting", "") if one.is_open else ("failed", one.said)
    outcome = _OF_STATE[one.state]
    if outcome not in {"failed", "blocked"}:
        return outcome, ""
    return outcome, one.said or UNDELIVERED


def may_take_over(*, category: str, state: str, reason: str, may_have_arrived: bool) -> bool:
    """Whether the next channel may carry what this message did not bring.

    A message that its person must not get on this channel, or that never left, is tried on the next one. What left and
    is reported as not delivered goes on only where it is owed: a notice missed is worse than a notice read twice, but
    promotion that may have arrived is never sent again.
    """
    if reason in {CANCELLED, MAY_HAVE_ARRIVED} or state not in _GAVE_UP:
        return False
    if category != PROMOTIONAL:
        return True
    return not may_have_arrived and state != "undelivered"


def allowance(*, per_minute: int, posted: int) -> int:
    """How many may go now, when ``posted`` went in the last minute."""
    return max(per_minute - posted, 0)


def most_people(counted: int, *, percent: int) -> int:
    """How many people a segment may have when two people agreed to ``counted``: so many per cent more, or ``SLACK``. People
    come every day; a segment that grew further is another one than they saw.
    """
    return counted + max(counted * percent // 100, SLACK)


def left_to_try(channels: Sequence[str], *, start: int) -> list[tuple[int, str]]:
    """The channels from place ``start`` on, with their places: the rule of a broadcast is their order."""
    return list(enumerate(channels))[start:]
