import pytest
from django.core.cache import cache

from tests.grievances.conftest import house, officer

__all__ = ["house", "officer"]


@pytest.fixture(autouse=True)
def no_tries_counted() -> None:
    """Each test begins with fresh rate limits."""
    cache.clear()
