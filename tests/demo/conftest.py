"""The demonstration's story in small, for whoever needs rows of everything."""

import pytest

from portal.demo.story import answers, customers, documents, grievances


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine customers who answer in each month, six documents and one ticket of each fate."""
    monkeypatch.setattr(customers, "CUSTOMERS", 9)
    monkeypatch.setattr(customers, "PRINCIPALS", 40)
    monkeypatch.setattr(answers, "CHUNK", 4)
    monkeypatch.setattr(documents, "INDIVIDUALS", 2)
    monkeypatch.setattr(documents, "ORGANISATIONS", 2)
    fates = {fate.ends: fate for fate in grievances.FATES}
    monkeypatch.setattr(grievances, "FATES", tuple(fates.values()))
    monkeypatch.setattr(grievances, "TICKETS", len(fates))
