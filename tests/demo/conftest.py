"""The demonstration's story in small, for whoever needs rows of everything."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from portal.demo.story import builder, consent_events, customers, documents, grievances

#: The day on which the story is told: a later one would have more months than its few people fill.
DAY = datetime(2026, 11, 30, 9, tzinfo=UTC)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    """Nine customers who answer in each month, six documents and one ticket of each fate."""
    settings.LEDGER_ORIGIN = builder.ORIGIN
    monkeypatch.setattr(customers, "CUSTOMERS", 9)
    monkeypatch.setattr(customers, "PRINCIPALS", 40)
    monkeypatch.setattr(consent_events, "CHUNK", 4)
    monkeypatch.setattr(documents, "INDIVIDUALS", 2)
    monkeypatch.setattr(documents, "ORGANISATIONS", 2)
    fates = {fate.ends: fate for fate in grievances.FATES}
    monkeypatch.setattr(grievances, "FATES", tuple(fates.values()))
    monkeypatch.setattr(grievances, "TICKETS", len(fates))
    with time_machine.travel(DAY, tick=True):
        yield
