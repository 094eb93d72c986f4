"""The clock of the demonstration while it builds its past: every row is written on the day it tells of."""

import contextlib
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings

from portal.core import clock


@contextlib.contextmanager
def set_to(instant: datetime) -> Iterator[None]:
    """For the length of the block ``clock.now()`` is ``instant``, in every thread of this process.

    Raises RuntimeError in production, where nothing may be dated but by the clock.
    """
    if settings.PRODUCTION:
        raise RuntimeError("the clock of a production system is never set")
    before = clock.system_time
    setattr(clock, "system_time", lambda: instant)  # noqa: B010 - a function of a module is replaced
    try:
        yield
    finally:
        setattr(clock, "system_time", before)  # noqa: B010
