"""Pure decisions on clocks: where one stands at a moment, and when to look at it again. Plain values in, no database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

LATE = 100
#: A date ends with its last second, and that second is kept whole: the law counts no fractions of it.
LAST_SECOND_LASTS = timedelta(seconds=1)


class Stands(StrEnum):
    """What a clock comes to at a moment; the one vocabulary of pages, letters, the API and the admin."""

    RUNNING = "running"
    PAUSED = "paused"
    #: Running, and the date has passed.
    LATE = "late"
    #: Done in time.
    MET = "met"
    #: Done, or ended, after its date: it stays so, whatever happens later.
    MISSED = "missed"
    #: Ended without being done, before its date: taken back, or counted from another day since.
    FROZEN = "frozen"


class Ended(StrEnum):
    """Why a clock stands still for good."""

    DONE = "done"
    #: The person took back what the clock ran for, or it was taken over by something else: nothing was owed any more.
    WITHDRAWN = "withdrawn"
    #: Its start was wrong: another clock counts in its place.
    CORRECTED = "corrected"


class ClockLike(Protocol):
    """What a clock's row holds. Instants are aware."""

    started_at: datetime
    due_at: datetime
    paused_at: datetime | None
    paused_seconds: int
    stopped_at: datetime | None
    ended: str
    zone: str
    told_percent: int


@dataclass(frozen=True)
class ClockState:
    """A clock at one moment. ``left`` is negative once late; ``percent`` is of the time that counts, without pauses.

    ``due_on`` is the date in the clock's own zone, the only one that any page names; ``days_left`` are days of that
    calendar, zero on the date itself.
    """

    stands: Stands
    due_at: datetime
    due_on: date
    days_left: int
    is_stopped: bool
    is_paused: bool
    is_late: bool
    percent: int
    left: timedelta


def clock_state(clock: ClockLike, now: datetime) -> ClockState:
    """Where the clock stands: stopped, it is frozen at its stop; paused, at the start of the pause.

    The one decision on state and due date: the page of the person, the API, letters, the queue and the admin ask it.
    """
    moment = clock.stopped_at or clock.paused_at or now
    place = ZoneInfo(clock.zone)
    due_on = clock.due_at.astimezone(place).date()
    late = is_late(clock.due_at, moment)
    return ClockState(
        stands=_stands(clock, late=late),
        due_at=clock.due_at,
        due_on=due_on,
        days_left=(due_on - moment.astimezone(place).date()).days,
        is_stopped=clock.stopped_at is not None,
        is_paused=clock.stopped_at is None and clock.paused_at is not None,
        is_late=late,
        percent=_percent(clock, moment),
        left=clock.due_at - moment,
    )


def is_late(due_at: datetime, moment: datetime) -> bool:
    """Whether the last second of the due date is over at ``moment``: a day's clock is late from the next day on."""
    return moment >= due_at + LAST_SECOND_LASTS


def latest_missed(now: datetime) -> datetime:
    """The latest ``due_at`` that is late at ``now``: for queries, so that a list and a page cannot disagree."""
    return now - LAST_SECOND_LASTS


def _stands(clock: ClockLike, *, late: bool) -> Stands:
    if clock.stopped_at is None:
        if late:
            return Stands.LATE
        return Stands.PAUSED if clock.paused_at is not None else Stands.RUNNING
    if clock.ended == Ended.CORRECTED:
        return Stands.FROZEN
    if late:
        return Stands.MISSED
    return Stands.FROZEN if clock.ended == Ended.WITHDRAWN else Stands.MET


def next_look(clock: ClockLike, reminders: Sequence[int]) -> datetime | None:
    """When the owner is told next; None while paused, once stopped, and once told that it is late."""
    if clock.stopped_at is not None or clock.paused_at is not None:
        return None
    for percent in sorted(reminders):
        if percent > clock.told_percent:
            return moment_of(clock, percent)
    return None


def moment_of(clock: ClockLike, percent: int) -> datetime:
    """The moment at which that share of the time is gone. At 100 the clock is late: its last second is over."""
    if percent >= LATE:
        return clock.due_at + LAST_SECOND_LASTS
    paused = timedelta(seconds=clock.paused_seconds)
    return clock.started_at + paused + (clock.due_at - clock.started_at - paused) * percent / LATE


def reached(clock: ClockLike, reminders: Sequence[int], now: datetime) -> int:
    """The highest reminder whose moment has come; 0 for none. A sweep that was late tells of the last one only."""
    return max((percent for percent in reminders if moment_of(clock, percent) <= now), default=0)


def told_at(values: Sequence[str], percent: int) -> list[str]:
    """Who is told once that share of the time is gone, of values such as ``80 deputy``: everybody named up to it."""
    pairs = (value.split(maxsplit=1) for value in values)
    return [who for share, who in pairs if int(share) <= percent]


def _percent(clock: ClockLike, moment: datetime) -> int:
    paused = timedelta(seconds=clock.paused_seconds)
    whole = clock.due_at - clock.started_at - paused
    if whole <= timedelta(0):
        return LATE
    return max(0, int((moment - clock.started_at - paused) / whole * LATE))
