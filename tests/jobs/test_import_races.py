"""Two workers on one file at once: each row goes in once, and whoever came too late says so."""

import io
from typing import Any, ClassVar

import pytest

from portal.kernel.core import actor, clock
from portal.kernel.core.errors import LostRace
from portal.kernel.jobs.models import ListImport
from portal.kernel.jobs.services import imports, runner
from portal.kernel.jobs.services.imports import ingestion
from portal.kernel.people.models import Customer
from tests.grievances.test_races import at_once
from tests.people.factories import StaffFactory
from tests.shipped import every_rule

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 12


class Handle:
    """A worker that nobody cancels and that keeps no file."""

    reference = ""
    parameters: ClassVar[dict[str, Any]] = {}

    def progress(self, done: int, total: int | None = None) -> None:
        """Nobody looks."""

    def raise_if_cancelled(self) -> None:
        """Nobody asked."""

    def result(self, stream: Any, file_name: str) -> None:
        """Every row is in order."""


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> ListImport:
    every_rule()
    monkeypatch.setattr(ingestion, "TURN", 2)
    who = actor.staff(StaffFactory(roles=["administrator"]).pk)
    content = "name,kind\n" + "".join(f"Customer {chr(97 + n)},individual\n" for n in range(ROWS))
    row = imports.bring(
        kind="people.Customer", name="rows.csv", content=io.BytesIO(content.encode()), actor=who, now=clock.now()
    )
    runner.run(row.job_id, now=clock.now())
    row.refresh_from_db()
    imports.take_in(brought=row, actor=who, now=clock.now())
    return row


def test_two_workers_at_once_take_each_row_in_once(begun: ListImport) -> None:
    found = at_once(*(lambda: ingestion.take_in(reference=begun.reference, handle=Handle()),) * 2)
    assert all(one is None or isinstance(one, LostRace) for one in found)
    runner.run(begun.job_id, now=clock.now())
    begun.refresh_from_db()
    assert (begun.state, begun.done, begun.did_new) == ("done", ROWS, ROWS)
    assert len({customer.name for customer in Customer.objects.all()}) == Customer.objects.count() == ROWS
