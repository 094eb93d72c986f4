"""A file of customers: tried, read through on a small telephone, taken in, and the rows at fault mended and brought again."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from portal.kernel.core import clock
from portal.kernel.jobs.models import ListImport
from portal.kernel.jobs.services import runner
from portal.kernel.people.models import Customer
from tests.grievances.conftest import house
from tests.journeys.browsing import shows_an_error
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

__all__ = ["house"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("house")]
CONTENT = (
    "name,kind,owner_email,language\n"
    "Acme Traders,organisation,asha@acme.example,hi\n"
    "Ravi Kumar,person,,\n"
    "Meera Rao,individual,,mr\n"
)


def at_work() -> None:
    runner.run(ListImport.objects.latest("pk").job_id, now=clock.now())


def uploads(person: Any, name: str, content: bytes) -> None:
    person.page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": content})
    person.page.get_by_role("button", name="Try the file").click()


def takes_in(person: Any, path: str) -> None:
    page = person.page
    page.get_by_role("link", name="Import valid rows").click()
    person.looks()
    expect(page.get_by_text("their first owners invited")).to_be_visible()
    page.locator("input[name=answer]").click()
    expect(page.get_by_text("The rows are being imported")).to_be_visible()
    at_work()
    person.goes_to(path)


def test_a_file_is_tried_taken_in_and_mended(window: Any) -> None:
    boss = window(narrow=True)
    boss.signs_in_with(staff_client(StaffFactory(roles=["administrator"])))
    page = boss.goes_to("/admin/people/customer/")
    page.get_by_role("link", name="Import from a file").click()
    boss.looks()
    uploads(boss, "customers.csv", b"name\nAcme\n")
    shows_an_error(page)
    boss.looks()
    expect(page.get_by_text("The first line must name the columns").first).to_be_visible()
    uploads(boss, "customers.csv", CONTENT.encode())
    expect(page.get_by_text("The file is being tried")).to_be_visible()
    path = f"/admin/jobs/listimport/{ListImport.objects.get().pk}/change/"
    boss.looks()
    at_work()
    boss.goes_to(path)
    expect(page.get_by_text("3 rows were tried: 2 new, 0 changed, 0 the same, 1 at fault")).to_be_visible()
    expect(page.get_by_text("Line 3, kind: Write one of these: individual, organisation.")).to_be_visible()
    expect(page.get_by_role("cell", name="Meera Rao")).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("link", name="Fetch the rows at fault as a file").click()
    rows = list(csv.DictReader(io.StringIO(Path(taken.value.path()).read_text("utf-8-sig"))))
    takes_in(boss, path)
    expect(page.get_by_text("All 3 rows are behind us: 2 new, 0 changed, 0 the same, 1 at fault")).to_be_visible()
    assert Customer.objects.count() == 2

    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows({**row, "kind": "individual"} for row in rows)
    boss.goes_to("/admin/jobs/listimport/add/?list=people.Customer")
    uploads(boss, "mended.csv", text.getvalue().encode())
    at_work()
    path = f"/admin/jobs/listimport/{ListImport.objects.latest('pk').pk}/change/"
    boss.goes_to(path)
    takes_in(boss, path)
    assert sorted(customer.name for customer in Customer.objects.all()) == ["Acme Traders", "Meera Rao", "Ravi Kumar"]
    boss.goes_to("/admin/jobs/listimport/")
