"""Domains that refuse us for what we are: after some refusals in a row they are left alone for a while.

Otherwise every letter of a list would ask again, and each refusal makes the next one likelier. Counted in the cache, which
all workers share: one that forgets costs some more refusals.
"""

from datetime import timedelta
from hashlib import blake2b
from typing import Final

import structlog
from django.core.cache import cache

log = structlog.get_logger(__name__)
#: So many refusals within so long, with no letter taken in between; then nothing is tried for as long.
MOST: Final = 5
WINDOW: Final = timedelta(minutes=10)
PAUSE: Final = timedelta(minutes=15)


def pause_of(domain: str) -> timedelta | None:
    """For how long a domain is to be left alone; None where it may be asked."""
    return PAUSE if _asked("paused", domain) else None


def refused(domain: str) -> None:
    """The domain refused us by its policy, or for our number of messages."""
    counted = _key("refused", domain)
    try:
        cache.add(counted, 0, timeout=WINDOW.total_seconds())
        if cache.incr(counted) >= MOST:
            cache.delete(counted)
            cache.set(_key("paused", domain), 1, timeout=PAUSE.total_seconds())
            log.warning("mail.domain_paused")
    except Exception as error:  # noqa: BLE001 - a count that cannot be kept stops no letter
        log.warning("mail.domain_not_counted", error=type(error).__name__)


def took(domain: str) -> None:
    """The domain took a letter: what it refused before does not count."""
    if _asked("refused", domain):
        cache.delete(_key("refused", domain))


def _asked(what: str, domain: str) -> bool:
    try:
        return bool(cache.get(_key(what, domain)))
    except Exception as error:  # noqa: BLE001 - as above
        log.warning("mail.domain_not_asked", error=type(error).__name__)
        return False


def _key(what: str, domain: str) -> str:
    """Some domains are people's names: hashed."""
    return f"mail.{what}:{blake2b(domain.lower().encode(), digest_size=16).hexdigest()}"
