"""The database's clock, by which the ledger is dated, and how far this process's clock is from it.

One process a day ahead and one a day behind wrote entries that no check could bring into an order. So an entry is dated by
the one clock that all processes share, and a process that is more than ``MOST_APART`` from it writes nothing.

PostgreSQL is asked, at most once a second in each process. SQLite has no clock of its own: there the wall clock must not
jump against the one that counts since the machine was started, unless NTP keeps it right, and must not be before the
ledger's last entry. ``portal/docs/decisions/ledger-clock.md``
"""

import ctypes
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import answers, clock
from portal.kernel.core.errors import Unavailable
from portal.kernel.core.spool import AWAY

log = structlog.get_logger(__name__)

MOST_APART: Final = timedelta(seconds=60)
#: Seconds for which a reading counts; what the wall clock jumps meanwhile is added to it.
READ_EVERY: Final = 1.0
NOTHING: Final = timedelta(0)
#: Goes on while the machine is suspended, where the system has such a clock (Linux): waking up is no jump then.
_COUNTS_ON: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
#: adjtimex(2): the state of a clock that nobody keeps right.
_TIME_ERROR: Final = 5
#: Bytes of ``struct timex``, with room to spare; with ``modes`` 0 it only reads.
_TIMEX: Final = 512


class ClocksApart(Unavailable):
    """Our clock is not the database's: nothing may be dated by it."""

    code = "CLOCKS_APART"


@dataclass(frozen=True)
class _Reading:
    """``ahead``: our clock minus the database's, when ours showed ``ours`` and the machine had counted ``counted`` seconds."""

    ahead: timedelta
    ours: datetime
    counted: float

    def jumped(self, ours: datetime, counted: float) -> timedelta:
        """By how much our clock has gone another way since then than the machine has counted."""
        return ours - self.ours - timedelta(seconds=counted - self.counted)


class _State:
    """What this process knows. ``exempt``: the demonstration builds its past."""

    reading: _Reading | None = None
    exempt = False
    was_apart = False


_state: Final = _State()


def apart() -> timedelta:
    """How far this machine's clock is ahead of the database's (negative: behind). Zero where nobody compares.

    At most one statement a second. Raises what the database raises when it is away.
    """
    if not _is_compared():
        return NOTHING
    ours, counted, known = clock.system_time(), _counted(), _state.reading
    if known is None or not 0 <= counted - known.counted < READ_EVERY:
        known = _state.reading = _of_server() if connection.vendor == "postgresql" else _of_machine(known)
    found = known.ahead + known.jumped(ours, counted)
    if (is_apart := abs(found) > MOST_APART) != _state.was_apart:
        _state.was_apart = is_apart
        log.error("clock.apart" if is_apart else "clock.agrees", seconds=round(found.total_seconds(), 1))
    return found


def is_apart() -> bool:
    """Whether nothing may be written by the clock that this thread goes by. False while the database is away."""
    try:
        return abs(apart() + clock.correction()) > MOST_APART
    except AWAY:
        return False


def dated(instant: datetime) -> datetime:
    """What the database's clock showed when ours showed ``instant``, in whole milliseconds. Raises ClocksApart."""
    ahead = apart() + clock.correction()
    if abs(ahead) > MOST_APART:
        raise ClocksApart(
            _("The clock of this machine is wrong: nothing can be recorded here. Try again in some minutes.")
        )
    if not ahead:
        return instant
    moved = instant - ahead
    return moved.replace(microsecond=moved.microsecond // 1000 * 1000)


def compare(theirs: datetime, *, before: datetime) -> None:
    """Compare with what a statement that wrote has said of the database's clock, at no cost of its own; sent at ``before``.

    A machine that slept between the last reading and the statement is found by this. Raises ClocksApart: the transaction of
    the caller is undone.
    """
    if not _is_compared():
        return
    ours = clock.system_time()
    _state.reading = _Reading(_beyond(before, ours, theirs), ours, _counted())
    dated(ours)


@contextmanager
def used() -> Iterator[None]:
    """For the length of the block this thread goes by the database's clock: for what must not wait until ours is right."""
    with clock.corrected(-apart()):
        yield


@contextmanager
def exempt() -> Iterator[None]:
    """Nobody compares: for the demonstration, which sets the clock of its past (``portal.demo.shifted_clock``)."""
    before, _state.exempt = _state.exempt, True
    try:
        yield
    finally:
        _state.exempt = before


def is_kept_by_ntp() -> bool | None:
    """Whether the kernel says that its clock is kept right (NTP); None where it cannot be asked (adjtimex, Linux only)."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _TIME_ERROR


def _is_compared() -> bool:
    """Always, but while the demonstration builds its past, and in tests, which travel in time (``tests/settings.py``)."""
    return not _state.exempt and getattr(settings, "CLOCKS_MUST_AGREE", True)


def _counted() -> float:
    return time.clock_gettime(_COUNTS_ON)


def _of_server() -> _Reading:
    before = clock.system_time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (theirs,) = cursor.fetchone()
    after = clock.system_time()
    return _Reading(_beyond(before, after, theirs), after, _counted())


def _beyond(before: datetime, after: datetime, theirs: datetime) -> timedelta:
    """How far the time between ``before`` and ``after`` is ahead of theirs: the way to the server counts for nobody."""
    return max(before - theirs, NOTHING) - max(theirs - after, NOTHING)


def _of_machine(known: _Reading | None) -> _Reading:
    """SQLite. A jump is believed where NTP keeps the clock; else it stays a jump until the process is started again."""
    ours, counted = clock.system_time(), _counted()
    jumped = NOTHING if known is None else known.ahead + known.jumped(ours, counted)
    if abs(jumped) <= MOST_APART or is_kept_by_ntp():
        jumped = NOTHING
    last: datetime | None = answers.last_recorded_at.ask()
    if last is not None and last - ours > max(MOST_APART, -jumped):
        jumped = ours - last
    return _Reading(jumped, ours, counted)
