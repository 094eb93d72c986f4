"""How many tasks were lost by the hour: too late to be worked on, or no task at all. For the system page and ``/metrics``.

Counted in the cache, which all processes share; a flushed cache forgets them, and each is in the log.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.core.cache import cache

from portal.kernel.core import clock

log = structlog.get_logger(__name__)
EXPIRED: Final = "expired"
SET_ASIDE: Final = "set-aside"
HOURS: Final = 24


def note(kind: str) -> None:
    """One more of a kind in this hour. A cache that is away costs the count and nothing else."""
    key = _key(kind, clock.now())
    try:
        cache.add(key, 0, timeout=(HOURS + 1) * 3_600)
        cache.incr(key)
    except Exception as error:  # noqa: BLE001 - a worker must not end because a count could not be kept
        log.warning("tasks.not_counted", kind=kind, error=type(error).__name__)


def counted(kind: str, *, now: datetime) -> int:
    """How many there were in this hour and the ``HOURS`` before it."""
    keys = [_key(kind, now - timedelta(hours=hour)) for hour in range(HOURS + 1)]
    return sum(cache.get_many(keys).values())


def _key(kind: str, at: datetime) -> str:
    return f"tasks:{kind}:{int(at.timestamp()) // 3_600}"
