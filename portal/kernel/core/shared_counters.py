"""Counting for all processes together, in the cache. With the cache away each process counts by itself: nobody is turned away
because we cannot count, least of all who withdraws.
"""

import threading
import time
from typing import Final

import structlog
from django.core.cache import cache
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

#: A cache that did not answer is left alone for so long: where it takes its time to fail, not every request waits for that.
LEFT_ALONE_SECONDS: Final = 5.0
#: What this process counts while the shared counters are away.
_own: Final = LocMemCache("portal.kernel.core.shared_counters", {"OPTIONS": {"MAX_ENTRIES": 100_000}})
_lock = threading.Lock()
#: By ``time.monotonic``: until when the cache is left alone. None: it answered when it was last asked.
_away_until: float | None = None


def counted(name: str, by: int = 1, *, seconds: int) -> int:
    """The counter after ``by`` more. It begins with the first of them and lives for ``seconds`` from then on.

    With the cache away the count of this process alone, from nothing; the log says so once, and once when it is back.
    """
    until = _away_until
    if until is None or time.monotonic() >= until:
        try:
            found = _counted(cache, name, by, seconds)
        except (RedisError, OSError) as error:
            _gone(error)
        else:
            _back()
            return found
    return _counted(_own, name, by, seconds)


def _counted(where: BaseCache, name: str, by: int, seconds: int) -> int:
    if where.add(name, by, seconds):
        return by
    try:
        return int(where.incr(name, by))
    except ValueError:  # it ran out between the two lines
        where.add(name, by, seconds)
        return by


def _gone(error: Exception) -> None:
    global _away_until  # noqa: PLW0603 - one state of the process
    with _lock:
        if _away_until is None:
            log.warning("counting.alone", error=type(error).__name__)
        _away_until = time.monotonic() + LEFT_ALONE_SECONDS


def _back() -> None:
    global _away_until  # noqa: PLW0603 - one state of the process
    if _away_until is None:
        return
    with _lock:
        if _away_until is not None:
            _away_until = None
            log.info("counting.together")
