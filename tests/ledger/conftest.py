import pytest


@pytest.fixture(autouse=True)
def only_the_ledger(ledger_alone):
    """The room is tested by itself; ``tests/audit`` and ``tests/consent`` test check V9 with their rows."""
