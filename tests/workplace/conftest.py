"""Staff in their browsers, signed in with both factors."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from portal.kernel.core import clock
from portal.kernel.people.models import Fiduciary
from tests.people.factories import StaffFactory
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client


@pytest.fixture
def house(db: None) -> None:
    """The rules of law, our promises and ourselves: what grievances stand on."""
    every_rule()
    Fiduciary.objects.get_or_create(
        code="onesetu", defaults={"name": "Onesetu", "is_self": True, "created_at": clock.now()}
    )


@pytest.fixture
def staff(db: None) -> Callable[..., Any]:
    """``staff("auditor")`` is a browser of a new staff member with that role; the member is its ``member``."""

    def enter(*roles: str) -> Client:
        member = StaffFactory(roles=list(roles))
        client = staff_client(member)
        client.member = member
        return client

    return enter
