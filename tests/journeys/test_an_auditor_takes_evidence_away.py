"""An auditor takes a list and an evidence pack away and checks the pack without the portal: with scripts and without."""

import io
import subprocess
import sys
import zipfile
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.ledger import services as ledger
from tests.grievances.conftest import house
from tests.grievances.factories import ticket
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

__all__ = ["house"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def yesterday(house):
    """A grievance of yesterday, sealed yesterday: the period of the pack has ended."""
    cache.clear()
    moment = clock.now() - timedelta(days=1)
    with time_machine.travel(moment, tick=True):
        filed = ticket(at=clock.now(), email="asha@people.example")
        ledger.seal_now()
    return clock.day(moment), filed


def downloaded(person, click) -> bytes:
    with person.page.expect_download() as waiting:
        click()
    return waiting.value.path().read_bytes()


def takes_the_list(person, filed) -> None:
    page = person.goes_to("/admin/grievances/ticket/")
    page.get_by_role("link", name="Export", exact=True).click()
    person.looks()
    page.get_by_label("CSV, for any program").check()
    page.get_by_label("Reason").fill("The audit of this year")
    rows = downloaded(person, page.get_by_role("button", name="Make the file").click).decode()
    assert filed.reference in rows
    assert "asha@people.example" not in rows


def makes_the_pack(person, day) -> str:
    page = person.goes_to("/admin/evidence/")
    page.get_by_label("First day").fill(day.isoformat())
    page.get_by_label("Last day").fill((day + timedelta(days=2)).isoformat())
    page.get_by_role("button", name="Make the pack").click()
    person.looks()
    page.get_by_text("Of today the pack contains").first.wait_for()
    page.get_by_label("Last day").fill(day.isoformat())
    page.get_by_role("button", name="Make the pack").click()
    person.looks()
    for _ in range(240):
        if page.get_by_role("link", name="Pack of").count():
            return str(page.locator("pre").inner_text()).rpartition(" ")[2]
        page.wait_for_timeout(250)
        page.goto("/admin/evidence/")
    raise AssertionError(f"the pack was not made: {page.locator('table').first.inner_text()}")


def test_an_auditor_exports_a_list_and_a_pack_that_checks_itself(window, workers, yesterday, tmp_path) -> None:
    day, filed = yesterday
    person = window()
    person.signs_in_with(staff_client(StaffFactory(roles=["auditor"])))
    takes_the_list(person, filed)
    vkey = makes_the_pack(person, day)
    pack = downloaded(person, person.page.get_by_role("link", name="Pack of").click)
    place = tmp_path / "pack.zip"
    place.write_bytes(pack)
    program = tmp_path / "verify.py"
    program.write_bytes(zipfile.ZipFile(io.BytesIO(pack)).read("verify.py"))
    done = subprocess.run(
        [sys.executable, "-I", str(program), str(place), "--vkey", vkey], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    kinds = set(AuditEvent.objects.filter(actor_kind="staff").values_list("kind", flat=True))
    assert {"evidence.pack.downloaded"} <= kinds
    assert any("export" in kind for kind in kinds)
