"""How long a session may rest, and last, by our own rules; read once a minute in each process."""

import time
from datetime import datetime, timedelta

from portal.kernel.people import signin_limits

READ_EVERY = 60.0
_DEFAULTS = {
    "signin.customer_session": timedelta(hours=1),
    "signin.customer_session_longest": timedelta(days=14),
    "signin.staff_session": timedelta(minutes=30),
    "signin.staff_session_longest": timedelta(hours=12),
}
_kept: dict[str, tuple[float, float]] = {}


def of(is_staff: bool, *, now: datetime) -> tuple[float, float]:  # noqa: FBT001 - a question with two answers
    """Seconds without a request, and seconds since sign-in, after which a session ends."""
    name = "signin.staff_session" if is_staff else "signin.customer_session"
    return _seconds(name, now), _seconds(f"{name}_longest", now)


def _seconds(key: str, now: datetime) -> float:
    read_at, seconds = _kept.get(key, (-READ_EVERY, 0.0))
    if time.monotonic() - read_at >= READ_EVERY:
        seconds = signin_limits.length(key, now=now, otherwise=_DEFAULTS[key]).total_seconds()
        _kept[key] = (time.monotonic(), seconds)
    return seconds
