"""The pages of imports: a file is brought, read through, taken in on a word, and stands in the register."""

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from portal.fronts.workplace import upload_limits
from portal.kernel.core import clock
from portal.kernel.jobs.models import ListImport
from portal.kernel.jobs.services import runner
from portal.kernel.jobs.services.imports import file_reader
from portal.kernel.people.models import Customer
from tests.people.factories import StaffFactory
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
ADD = "/admin/jobs/listimport/add/"
CUSTOMERS = f"{ADD}?list=people.Customer"
GOOD = "name,kind,owner_email,language\nAcme Traders,organisation,asha@acme.example,hi\nRavi Kumar,Individual,,\n"
BAD = f"{GOOD},organisation,,\nRavi,person,,\n"


@pytest.fixture
def rules() -> None:
    every_rule()


@pytest.fixture
def boss() -> Any:
    return staff_client(StaffFactory(roles=["administrator"]))


def upload(client: Any, content: str | bytes, name: str = "customers.csv") -> Any:
    data = content if isinstance(content, bytes) else content.encode()
    return client.post(CUSTOMERS, {"file": SimpleUploadedFile(name, data)})


def page(client: Any, row: ListImport) -> str:
    text: str = client.get(reverse("admin:jobs_listimport_change", args=[row.pk])).text
    return text


def act(client: Any, row: ListImport, name: str) -> Any:
    path = reverse("admin:jobs_listimport_do_one", args=[row.pk, name])
    assert client.get(path).status_code in {200, 403}
    return client.post(path, {"answer": "1"})


def at_work() -> ListImport:
    runner.run(ListImport.objects.get().job_id, now=clock.now())
    return ListImport.objects.get()


def test_a_file_is_tried_looked_at_and_taken_in(boss: Any) -> None:
    assert upload(boss, GOOD).status_code == 302
    row = ListImport.objects.get()
    answer = boss.get(reverse("admin:jobs_listimport_change", args=[row.pk]))
    assert "The file is being tried" in answer.text
    assert answer.headers["Refresh"] == "5"
    assert "Refresh" not in boss.get(f"{answer.request['PATH_INFO']}?still=1").headers
    row = at_work()
    shown = page(boss, row)
    assert "2 rows were tried: 2 new, 0 changed, 0 the same, 0 at fault. Nothing was changed yet." in shown
    assert "Ravi Kumar" in shown
    assert "their first owners invited" in shown
    assert not Customer.objects.exists()
    assert "The rows are being imported" in act(boss, row, "take-in").text
    assert "0 of 2 rows are behind us" in page(boss, row)
    row = at_work()
    shown = page(boss, row)
    assert "All 2 rows are behind us: 2 new, 0 changed, 0 the same, 0 at fault. The file is destroyed." in shown
    assert "Ravi Kumar" not in shown
    assert "take-in" not in shown
    assert Customer.objects.count() == 2
    register = boss.get("/admin/jobs/listimport/?kind=people.Customer").text
    assert row.reference in register
    assert "2 new, 0 changed, 0 the same, 0 at fault" in register


def test_faults_stand_on_the_page_and_in_a_file_for_whoever_brought_it(boss: Any) -> None:
    upload(boss, BAD)
    row = at_work()
    shown = page(boss, row)
    assert "Line 4, name: This field is required." in shown
    assert "Line 5, kind: Write one of these: individual, organisation." in shown
    url = reverse("admin:jobs_job_result", args=[row.trial_id])
    assert url in shown
    lines = list(csv.DictReader(io.StringIO(b"".join(boss.get(url).streaming_content).decode("utf-8-sig"))))
    assert [line["line"] for line in lines] == ["4", "5"]
    other = staff_client(StaffFactory(roles=["administrator"]))
    shown = page(other, row)
    assert "2 new, 0 changed, 0 the same, 2 at fault" in shown
    assert "Ravi" not in shown
    assert "Line 4" not in shown
    assert url not in shown
    assert "take-in" not in shown
    assert "The person who uploaded this file decides about it" in act(other, row, "take-in").text
    assert not Customer.objects.exists()


def test_one_that_stopped_is_gone_on_with_or_given_up_from_its_page(boss: Any) -> None:
    upload(boss, GOOD)
    row = ListImport.objects.get()
    assert "It stops at its next step" in act(boss, row, "stop").text
    shown = page(boss, row)
    assert "The job has stopped before its end" in shown
    assert "Has stopped before its end: resume it" in shown
    assert "Done" in act(boss, row, "carry-on").text
    row = at_work()
    assert row.state == "tried"
    assert "Done" in act(boss, row, "give-up").text
    assert "Discarded. Nothing was imported, and the file is destroyed." in page(boss, row)


def test_a_file_that_cannot_be_read_is_said_on_the_page_that_asks(boss: Any) -> None:
    for name, content, said in (
        ("customers.pdf", b"%PDF", "Choose a CSV or an XLSX file."),
        ("customers.csv", b"name\nA\n", "The first line must name the columns"),
        ("customers.csv", "name,kind\nमीरा,individual\n".encode("utf-16"), "This is no text in UTF-8"),
    ):
        answer = upload(boss, content, name)
        assert answer.status_code == 422
        assert said in answer.text
    assert not ListImport.objects.exists()


def test_an_unreadable_line_far_down_is_said_on_its_page(boss: Any) -> None:
    upload(boss, ("name,kind\nRavi,individual\nRené,individual\n").encode("latin-1"))
    shown = page(boss, at_work())
    assert "The file cannot be read. Nothing was changed" in shown
    assert "Line 3: This is no text in UTF-8" in shown


def test_the_page_says_what_each_column_takes(boss: Any) -> None:
    shown = boss.get(CUSTOMERS).text
    for word in ("owner_email", "reference", "individual, organisation", "en, hi, mr"):
        assert word in shown
    assert "Customers" in boss.get(ADD).text


def test_the_list_offers_the_import_to_who_may() -> None:
    url = reverse("admin:people_customer_changelist")
    pages = [staff_client(StaffFactory(roles=[role])).get(url).text for role in ("administrator", "support")]
    assert [f"{ADD}?list=people.Customer" in text for text in pages] == [True, False]


@pytest.mark.parametrize("role", ["support", "auditor", "kyc_maker"])
def test_who_may_bring_nothing_finds_the_page_shut(role: str) -> None:
    client = staff_client(StaffFactory(roles=[role]))
    assert client.get(ADD).status_code == 403
    assert upload(client, GOOD).status_code == 403
    assert not ListImport.objects.exists()


def test_a_role_brings_files_only_for_lists_of_its_own() -> None:
    client = staff_client(StaffFactory(roles=["data_protection_officer"]))
    assert "people.Customer" not in client.get(ADD).text
    upload(client, GOOD)
    assert not ListImport.objects.exists()


def test_the_register_asks_the_database_no_more_for_more_rows(boss: Any, django_assert_max_num_queries: Any) -> None:
    for number in range(5):
        upload(boss, f"name,kind\nCustomer {'abcde'[number]},individual\n")
    boss.get("/admin/jobs/listimport/")
    with django_assert_max_num_queries(15):
        assert boss.get("/admin/jobs/listimport/").status_code == 200


def test_the_largest_file_passes_the_door_and_nothing_larger() -> None:
    assert reverse("admin:jobs_listimport_add") == upload_limits.IMPORT
    assert max(file_reader.MOST_BYTES.values()) < upload_limits.LARGEST_IMPORT
