"""The data inventory against the columns that the databases really have."""

import pytest
from django.core.checks import run_checks
from django.db import connection, connections

from portal.core.data_categories import DataCategory
from portal.registers.models import Recipient
from portal.registers.selectors import inventory

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
