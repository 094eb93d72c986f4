"""Customers from a file: all or nothing, each fault with its line."""

import hashlib
import io
import re

import openpyxl
import pytest
import tablib
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.errors import Refused
from portal.people.models import Customer, Invitation
from portal.people.services import imports
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db
URL = "/admin/people/customer/import/"
GOOD = "name,kind,owner_email,language\nAcme Traders,organisation,asha@acme.example,hi\nRavi Kumar,Individual,,\n"
BAD = (
    "name,kind,owner_email,language\n"
    "Acme Traders,organisation,asha@acme.example,\n"
    ",organisation,,\n"
    "Ravi,person,,\n"
    "Meera,individual,meera at home,\n"
    "Twice,individual,ASHA@acme.example,\n"
    "Tamil,individual,,ta\n"
)


def upload(client, content, name="customers.csv"):
    data = content if isinstance(content, bytes) else content.encode()
    return client.post(URL, {"file": SimpleUploadedFile(name, data)})


def run(content, *, is_trial=False):
    rows = imports.read("customers.csv", content.encode())
    return imports.run(rows=rows, actor=SYSTEM, now=clock.now(), is_trial=is_trial)


def test_a_trial_changes_nothing_and_the_same_file_then_goes_in():
    client = staff_client(StaffFactory(roles=["administrator"]))
    before = AuditEvent.objects.count()
    tried = upload(client, GOOD)
    assert "2 lines were tried" in tried.content.decode()
    assert not Customer.objects.exists()
    assert AuditEvent.objects.count() == before
    done = client.post(URL, {"tried": tried.context["tried"]})
    assert "2 customers were created" in done.content.decode()
    assert sorted(Customer.objects.values_list("kind", flat=True)) == ["individual", "organisation"]
    assert Invitation.objects.get().language == "hi"
    event = AuditEvent.objects.get(kind="people.customer.imported")
    assert event.facts == {"rows": 2, "count": 2, "errors": 0}


def test_a_second_press_does_not_make_the_customers_again():
    client = staff_client(StaffFactory(roles=["administrator"]))
    tried = {"tried": upload(client, GOOD).context["tried"]}
    client.post(URL, tried)
    again = client.post(URL, tried)
    assert "These customers were created already" in again.content.decode()
    assert Customer.objects.count() == 2
    assert Invitation.objects.count() == 1


def test_each_fault_is_named_with_its_line_and_no_line_goes_in():
    report = run(BAD)
    assert [(fault.line, fault.message.split(".")[0]) for fault in report.faults] == [
        (3, "Enter the customer's name"),
        (4, "Write individual or organisation in the column kind"),
        (5, "Enter an e-mail address in full, like name@example"),
        (6, "The same e-mail address stands on line 2"),
        (7, "We write en, hi or mr"),
    ]
    assert report.created == 0
    assert not Customer.objects.exists()
    assert not Invitation.objects.exists()


def test_lines_whose_hash_holds_a_long_number_go_in_too():
    tried = next(
        text for text in map(str, range(10_000)) if re.search(r"\d{10}", hashlib.sha256(text.encode()).hexdigest()[:16])
    )
    rows = imports.read("customers.csv", GOOD.encode())
    assert imports.run(rows=rows, actor=SYSTEM, now=clock.now(), is_trial=False, tried=tried).created == 2
    with pytest.raises(Refused, match="created already"):
        imports.run(rows=rows, actor=SYSTEM, now=clock.now(), is_trial=False, tried=tried)


def test_the_page_lists_the_faults_and_offers_no_import():
    client = staff_client(StaffFactory(roles=["administrator"]))
    answer = upload(client, BAD)
    assert answer.status_code == 422
    assert "Line 4: Write individual" in answer.content.decode()
    assert "Create these customers" not in answer.content.decode()


def test_an_xlsx_file_goes_in():
    book = openpyxl.Workbook()
    book.active.append(["Name", "Kind"])
    book.active.append(["Acme Traders", "organisation"])
    stream = io.BytesIO()
    book.save(stream)
    rows = imports.read("customers.xlsx", stream.getvalue())
    assert imports.run(rows=rows, actor=SYSTEM, now=clock.now(), is_trial=False).created == 1


def test_a_staff_address_is_named_as_a_fault():
    StaffFactory(email="meera@onesetu.example")
    report = run("name,kind,owner_email\nMeera,individual,meera@onesetu.example\n")
    assert "staff login" in report.faults[0].message


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("customers.pdf", b"%PDF", "TYPE"),
        ("customers.csv", b"", "COLUMNS"),
        ("customers.csv", b"name,kind\n", "EMPTY"),
        ("customers.csv", b"name,colour\nA,red\n", "COLUMNS"),
        ("customers.csv", b"\xff\xfe\x00", "UNREADABLE"),
        ("customers.xlsx", b"not a workbook", "UNREADABLE"),
        ("customers.csv", b"name,kind\n" + b"A,individual\n" * 2001, "TOO_MANY_ROWS"),
        ("customers.csv", b"x" * (4 * 1024 * 1024 + 1), "TOO_LARGE"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(name, content, code):
    with pytest.raises(Refused) as refused:
        imports.read(name, content)
    assert refused.value.code == code


def test_a_bad_file_is_said_on_the_page():
    client = staff_client(StaffFactory(roles=["administrator"]))
    answer = upload(client, b"%PDF", "customers.pdf")
    assert answer.status_code == 422
    assert "Choose a CSV or an XLSX file." in answer.content.decode()


@pytest.mark.parametrize("role", ["support", "auditor", "data_protection_officer", "kyc_maker"])
def test_only_an_administrator_imports(role):
    client = staff_client(StaffFactory(roles=[role]))
    assert client.get(URL).status_code == 403
    assert upload(client, GOOD).status_code == 403
    sealed = imports.seal([{"name": "A", "kind": "individual"}], user_id=1)
    assert client.post(URL, {"tried": sealed}).status_code == 403
    assert not Customer.objects.exists()


def test_the_tried_file_comes_back_unchanged_from_the_same_person_only():
    boss = StaffFactory(roles=["administrator"])
    client = staff_client(boss)
    for tried in ("nonsense", imports.seal([{"name": "A", "kind": "individual"}], user_id=boss.pk + 1)):
        assert client.post(URL, {"tried": tried}).status_code == 400
    assert not Customer.objects.exists()


def test_the_list_offers_the_import_to_who_may():
    url = reverse("admin:people_customer_changelist")
    pages = [
        staff_client(StaffFactory(roles=[role])).get(url).content.decode() for role in ("administrator", "support")
    ]
    assert [URL in page for page in pages] == [True, False]


def test_a_workbook_that_unpacks_to_too_much_is_refused_unread(monkeypatch):
    book = tablib.Dataset(["Asha", "individual"], headers=["name", "kind"]).export("xlsx")
    assert len(imports.read("customers.xlsx", book)) == 1
    monkeypatch.setattr(imports, "MOST_UNPACKED", 10)
    with pytest.raises(Refused) as refusal:
        imports.read("customers.xlsx", book)
    assert refusal.value.code == "UNREADABLE"
