"""The one place that reads the clock. Everything below the edge is handed ``now``."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

IST = ZoneInfo("Asia/Kolkata")
#: The shortest time between two instants that are told apart.
TICK = timedelta(milliseconds=1)
_correction: ContextVar[timedelta] = ContextVar("clock_correction", default=timedelta(0))


def system_time() -> datetime:
    """What this machine's clock shows, in UTC. Only the demonstration replaces it, while it builds its past."""
    return datetime.now(tz=UTC)


def now() -> datetime:
    """The present instant in UTC, cut to whole milliseconds: what the ledger writes is what the row holds."""
    instant = system_time() + correction()
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def correction() -> timedelta:
    """What ``now`` adds to this machine's clock in this thread; nothing but in a block of ``corrected``."""
    return _correction.get()


@contextmanager
def corrected(by: timedelta) -> Iterator[None]:
    """For the length of the block ``now`` in this thread is so much later than this machine's clock."""
    token = _correction.set(by)
    try:
        yield
    finally:
        _correction.reset(token)


def day(at: datetime) -> date:
    """The day of an instant in India: rules, purposes and texts are in force by it. Raises ValueError without a zone."""
    if at.tzinfo is None:
        raise ValueError("A time needs a zone before it has a day.")
    return at.astimezone(IST).date()


def stamp(instant: datetime) -> str:
    """``YYYY-MM-DDTHH:MM:SS.mmmZ``, the form of every time in a ledger payload.

    Raises ValueError for a time without a zone.
    """
    if instant.tzinfo is None:
        raise ValueError("A time needs a zone before it can be written down.")
    instant = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    return instant.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
