from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from portal.kernel.core import clock
from portal.kernel.people.models import Fiduciary, User
from tests.grievances.factories import RECEIVED
from tests.people.factories import StaffFactory
from tests.shipped import every_rule


@pytest.fixture(autouse=True)
def day_of_the_grievances() -> Iterator[None]:
    """Grievances of the tests come at ``RECEIVED``, and their pages read the clock: it is some hours later, and runs."""
    with time_machine.travel(RECEIVED + timedelta(hours=8), tick=True):
        yield


@pytest.fixture
def house(db: None) -> None:
    """The rules of law, our promises and ourselves: what every service here stands on."""
    every_rule()
    Fiduciary.objects.get_or_create(
        code="onesetu", defaults={"name": "Onesetu", "is_self": True, "created_at": clock.now()}
    )


@pytest.fixture
def officer(house: None) -> User:
    return StaffFactory(roles=["grievance_officer"], full_name="Meera Rao")


@pytest.fixture
def supporter(house: None) -> User:
    return StaffFactory(roles=["support"])
