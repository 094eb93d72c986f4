from collections.abc import Iterator

import pytest
import time_machine
from django.core.cache import cache

from portal.kernel.core import clock
from tests.consent.conftest import rules_are_read_afresh
from tests.grievances.conftest import house, officer

__all__ = ["house", "officer", "rules_are_read_afresh"]


@pytest.fixture(autouse=True)
def no_tries_counted() -> None:
    """Each test begins with fresh rate limits."""
    cache.clear()


@pytest.fixture
def still() -> Iterator[time_machine.Traveller]:
    """The clock stands still but for where the test moves it: of two acts at one instant neither comes after the other."""
    with time_machine.travel(clock.now(), tick=False) as moment:
        yield moment
