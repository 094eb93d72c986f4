"""The data inventory against the columns that the databases really have."""

import csv
import io

import pytest
from django.core.checks import run_checks
from django.db import connection, connections
from django.urls import reverse

from portal.kernel.core.data_categories import DataCategory
from portal.kernel.law.models import Purpose
from portal.kernel.registers.entries.selectors import inventory
from portal.kernel.registers.models import Recipient
from tests.people.factories import StaffFactory
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def test_the_inventory_and_the_databases_differ_in_nothing():
    assert inventory.difference() == inventory.Difference()
    assert not [each for each in run_checks(databases=list(connections)) if each.id == "registers.W030"]


def test_every_column_has_a_category_and_every_personal_one_says_what_for():
    rows = inventory.columns()
    assert len(rows) > 500
    assert [row for row in rows if row.category not in set(DataCategory)] == []
    held = inventory.categories_held()
    assert {"name", "contact", "identity_document", "financial"} <= set(held)
    documents = {row.table: row for row in held["identity_document"]}
    assert any(row.ended_by and row.retention_class for row in documents.values())


def test_a_column_that_nobody_declared_and_one_that_is_not_there_are_named(monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE registers_recipient ADD COLUMN shoe_size integer")
        cursor.execute("CREATE TABLE forgotten (id integer)")
    monkeypatch.setitem(Recipient.data_categories, "contact", inventory.UNDECLARED)
    found = inventory.difference(["default"])
    assert found.only_in_database == ("forgotten.id", "registers_recipient.shoe_size")
    assert (found.only_in_code, found.undeclared, found.count) == ((), ("registers_recipient.contact",), 3)
    told = [each for each in run_checks(databases=["default"]) if each.id == "registers.W030"]
    assert "registers_recipient.shoe_size" in str(told)
    assert "registers_recipient.contact is declared nowhere" in str(told)


def test_a_column_of_the_code_that_the_database_lacks_is_named(monkeypatch):
    real = inventory.in_database("default")
    monkeypatch.setattr(inventory, "in_database", lambda alias: real - {("registers_recipient", "contact")})
    assert inventory.difference(["default"]).only_in_code == ("registers_recipient.contact",)


def test_each_personal_column_has_purposes_of_its_own_and_each_of_them_exists():
    assert inventory.purpose_faults(inventory.known_purposes()) == inventory.PurposeFaults()
    assert not [each for each in run_checks() if each.id == "registers.E031"]
    rows = {f"{row.table}.{row.column}": row for row in inventory.columns()}
    assert not [name for name, row in rows.items() if row.is_personal != bool(row.purposes)]
    # Of one kind of data, and for other purposes.
    address, code = rows["people_contactpoint.address"], rows["people_onetimecode.address"]
    assert address.category == code.category == "contact"
    assert "marketing" in address.purposes
    assert "marketing" not in code.purposes


def test_a_column_without_a_purpose_one_that_is_none_and_an_unknown_purpose_are_named(monkeypatch):
    declared = inventory._purposes_by_table()
    changed = {
        **declared,
        "people.ContactPoint": {"address": ("marketing", "world_peace")},
        "people.Customer": {**declared["people.Customer"], "reference": ("billing",)},
    }
    monkeypatch.setattr(inventory, "_purposes_by_table", lambda: changed)
    assert inventory.purpose_faults(inventory.known_purposes()) == inventory.PurposeFaults(
        missing=("people.ContactPoint.address_key",),
        needless=("people.Customer.reference",),
        unknown=("world_peace",),
    )
    told = [str(each) for each in run_checks() if each.id == "registers.E031"]
    assert len(told) == 2
    warned = [str(each) for each in run_checks(databases=["default"]) if each.id == "registers.W030"]
    assert any("world_peace is a purpose that is not known" in each for each in warned)
    assert inventory.difference(["default"]).without_purpose == ("people_contactpoint.address_key",)


def test_a_purpose_that_has_ended_is_none_and_its_columns_are_named():
    every_rule()
    codes = inventory.known_purposes() - {"fraud_prevention"}
    assert inventory.difference(["default"]).without_purpose == ()
    Purpose.objects.exclude(code__in=codes).delete()
    columns = {f"{row.table}.{row.column}": row for row in inventory.columns()}
    assert columns["people_signin.browser"].purposes == ("account_service",)
    left = inventory.difference(["default"]).without_purpose
    assert "people_wrongcode.address" in left
    assert not any(name.startswith("people_signin.") for name in left)


def test_page_and_export_show_the_purposes_of_each_column():
    every_rule()
    auditor = staff_client(StaffFactory(roles=["auditor"]))
    page = auditor.get(reverse("evidence:inventory")).text.replace("<wbr>", "")
    row = page.partition("people_wrongcode.address<")[2].partition("</tr>")[0]
    assert "fraud_prevention" in row
    assert "marketing" not in row
    taken = auditor.post(reverse("evidence:inventory"))
    lines = {
        (line["table"], line["column"]): line for line in csv.DictReader(io.StringIO(taken.content.decode("utf-8-sig")))
    }
    assert lines["people_wrongcode", "address"]["purposes"] == "fraud_prevention"
    assert lines["people_wrongcode", "id"]["purposes"] == ""
