"""Pure decisions on clocks: where one stands at a moment, and when to look at it again. Plain values in, no database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

LATE = 100


class ClockLike(Protocol):
    """What a clock's row holds. Instants are aware."""

    started_at: datetime
    due_at: datetime
    paused_at: datetime | None
    paused_seconds: int
    stopped_at: datetime | None
    told_percent: int


@dataclass(frozen=True)
class ClockState:
    """A clock at one moment. ``left`` is negative once late; ``percent`` is of the time that counts, without pauses."""

    is_stopped: bool
    is_paused: bool
    is_late: bool
    percent: int
    left: timedelta


def clock_state(clock: ClockLike, now: datetime) -> ClockState:
    """Where the clock stands: stopped, it is frozen at its stop; paused, at the start of the pause."""
    moment = clock.stopped_at or clock.paused_at or now
    return ClockState(
        is_stopped=clock.stopped_at is not None,
        is_paused=clock.stopped_at is None and clock.paused_at is not None,
        is_late=moment > clock.due_at,
        percent=_percent(clock, moment),
        left=clock.due_at - moment,
    )


def next_look(clock: ClockLike, reminders: Sequence[int]) -> datetime | None:
    """When the owner is told next; None while paused, once stopped, and once told that it is late."""
    if clock.stopped_at is not None or clock.paused_at is not None:
        return None
    for percent in sorted(reminders):
        if percent > clock.told_percent:
            return moment_of(clock, percent)
    return None


def moment_of(clock: ClockLike, percent: int) -> datetime:
    """The moment at which that share of the time is gone. At 100 the clock is late: the first instant after due."""
    if percent >= LATE:
        return clock.due_at + timedelta(milliseconds=1)
    paused = timedelta(seconds=clock.paused_seconds)
    return clock.started_at + paused + (clock.due_at - clock.started_at - paused) * percent / LATE


def reached(clock: ClockLike, reminders: Sequence[int], now: datetime) -> int:
    """The highest reminder whose moment has come; 0 for none. A sweep that was late tells of the last one only."""
    return max((percent for percent in reminders if moment_of(clock, percent) <= now), default=0)


def _percent(clock: ClockLike, moment: datetime) -> int:
    paused = timedelta(seconds=clock.paused_seconds)
    whole = clock.due_at - clock.started_at - paused
    if whole <= timedelta(0):
        return LATE
    return max(0, int((moment - clock.started_at - paused) / whole * LATE))
