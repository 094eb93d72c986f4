"""What the rooms' own tests stand on: the desk of KYC without its child, and rules that are read anew in each test."""

import pytest
from django.core.cache import cache

from consent.base.selectors import contact_rulebook
from tests.kyc.conftest import house, individual, same_process

__all__ = ["house", "individual", "same_process"]


@pytest.fixture(autouse=True)
def read_afresh() -> None:
    contact_rulebook.forget()
    cache.clear()
