"""Tries at addresses that no staff login has: they lock as real ones do, or the lock would tell which are real.

Kept in the cache under a keyed hash of the address, for as long as the lock lasts.
"""

from datetime import datetime, timedelta

from django.core.cache import cache

from portal.core import ciphers
from portal.people import promises, rules
from portal.people.services import codes, devices


def _key(address: str) -> str:
    return f"signin.unknown:{ciphers.blind_index(address.lower(), domain='signin.unknown').hex()}"


def _window(now: datetime) -> timedelta:
    return promises.length("signin.lock", now=now, otherwise=devices.DEFAULT_WINDOW)


def note(address: str, *, now: datetime) -> None:
    """Count one wrong try."""
    window = _window(now)
    fresh = [at for at in cache.get(_key(address), []) if at > now - window]
    cache.set(_key(address), [*fresh, now], window.total_seconds())


def is_locked(address: str, *, now: datetime) -> bool:
    """Whether tries at the address are refused for now, by the rule that holds for real logins."""
    limit = promises.number("signin.attempts", now=now, otherwise=codes.DEFAULT_TRIES)
    return rules.is_locked(cache.get(_key(address), []), now=now, window=_window(now), limit=limit)
