"""Tests of the law room work on the rulebook that ships."""

from datetime import UTC, datetime

import pytest

from portal.kernel.core.actor import system
from portal.kernel.law.services import rule_loader
from tests.copied_rows import CopiedRows
from tests.shipped import RULES

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
rules_of_that_day = CopiedRows(lambda: rule_loader.sync(actor=system("tests"), now=NOW), *RULES)


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def actor():
    return system("tests")


@pytest.fixture
def rules(db, actor, now):
    """Every rule, promise and purpose that ships, loaded as an operator loads them."""
    return rules_of_that_day()
