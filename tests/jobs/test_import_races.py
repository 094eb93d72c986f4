"""Two workers on one file at once: each row goes in once, and whoever came too late says so."""

import io
from typing import Any, ClassVar

import pytest

from portal.core import actor, clock
from portal.core.errors import LostRace
from portal.jobs.models import ListImport
from portal.jobs.services import imports, running
from portal.jobs.services.imports import taking
from portal.people.models import Customer
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
    monkeypatch.setattr(taking, "TURN", 2)
    who = actor.staff(StaffFactory(roles=["administrator"]).pk)
    content = "name,kind\n" + "".join(f"Customer {chr(97 + n)},individual\n" for n in range(ROWS))
    row = imports.bring(
        kind="people.Customer", name="rows.csv", content=io.BytesIO(content.encode()), actor=who, now=clock.now()
    )
    running.run(row.job_id, now=clock.now())
    row.refresh_from_db()
    imports.take_in(brought=row, actor=who, now=clock.now())
    return row


def test_two_workers_at_once_take_each_row_in_once(begun: ListImport) -> None:
    found = at_once(*(lambda: taking.take_in(reference=begun.reference, handle=Handle()),) * 2)
    assert all(one is None or isinstance(one, LostRace) for one in found)
    running.run(begun.job_id, now=clock.now())
    begun.refresh_from_db()
    assert (begun.state, begun.done, begun.did_new) == ("done", ROWS, ROWS)
    assert len({customer.name for customer in Customer.objects.all()}) == Customer.objects.count() == ROWS
