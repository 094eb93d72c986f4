"""The clock of the demonstration while it builds its past: every row is written on the day it tells of."""

import contextlib
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings

from portal.kernel.core import clock, database_clock


@contextlib.contextmanager
def set_to(instant: datetime) -> Iterator[None]:
    """For the length of the block ``clock.now()`` is ``instant``, in every thread of this process.

    Nobody compares it with the database's meanwhile. Raises RuntimeError in production, and for a ledger whose origin does
    not say that it is a demonstration: there nothing may be dated but by the clock.
    """
    if settings.PRODUCTION or "demonstration" not in settings.LEDGER_ORIGIN:
        raise RuntimeError("the clock is never set but by a demonstration")
    before = clock.system_time
    setattr(clock, "system_time", lambda: instant)  # noqa: B010 - a function of a module is replaced
    try:
        with database_clock.exempt():
            yield
    finally:
        setattr(clock, "system_time", before)  # noqa: B010
