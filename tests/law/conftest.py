"""Tests of the law room work on the rulebook that ships."""

from datetime import UTC, datetime

import pytest

from portal.core.actor import system
from portal.law.services import rulebook

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def actor():
    return system("tests")


@pytest.fixture
def rules(db, actor, now):
    """Every rule, promise and purpose that ships, loaded as an operator loads them."""
    return rulebook.sync(actor=actor, now=now)
