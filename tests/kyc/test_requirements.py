from datetime import date, timedelta
from decimal import Decimal

import pytest

from kyc.base.choices import CustomerType, DocumentKind, PartyRole, Relation
from kyc.cases import document_requirements
from kyc.cases.document_requirements import NOTHING, requirements_for
from kyc.cases.labels import NEEDS
from portal.kernel.law.selectors import house_rule

DAY = date(2026, 11, 25)
PAIRS = [(relation, one) for relation in Relation.values for one in document_requirements.types_of(relation)]


@pytest.mark.parametrize(("relation", "customer_type"), PAIRS)
def test_every_list_asks_for_documents_that_exist_by_names_that_have_words(relation, customer_type):
    wanted = requirements_for(relation, customer_type, on=DAY)
    needs = [*wanted.own, *(need for needs in wanted.people.values() for need in needs)]
    assert any(not need.is_optional for need in wanted.own)
    assert {kind for need in needs for kind in need.kinds} <= set(DocumentKind.values)
    assert {need.name for need in needs if len(need.kinds) > 1} <= set(NEEDS)
    assert set(wanted.people) <= set(PartyRole.values)
    assert set(wanted.least) <= set(wanted.people)
    assert wanted.source
    assert wanted.confidence in {"confirmed", "unconfirmed"}


def test_each_type_of_customer_has_a_list_and_an_applicant_is_a_person():
    assert set(document_requirements.types_of("customer")) == set(CustomerType.values)
    assert document_requirements.types_of("applicant") == ("individual",)


def test_a_list_counts_from_its_day_on_and_no_list_is_no_approval():
    assert requirements_for("customer", "company", on=date(2025, 12, 14)) == NOTHING
    assert requirements_for("customer", "company", on=date(2025, 12, 15)) != NOTHING
    assert requirements_for("customer", "", on=DAY) == NOTHING


def test_a_newer_table_of_papers_counts_from_its_day_and_asks_nothing_else_before(monkeypatch):
    read, begins = document_requirements._read(), date(2027, 4, 1)
    first = read["needs"][0]
    newer = {"effective_from": begins, "kinds": {**first["kinds"], "bank": ["bank_statement"]}}
    monkeypatch.setattr(document_requirements, "_read", lambda: {**read, "needs": [newer, first]})
    asked = {}
    for day in (begins - timedelta(days=1), begins):
        wanted = requirements_for.__wrapped__("reseller", "individual", on=day)
        asked[day] = next(need.kinds for need in wanted.own if need.name == "bank")
    assert list(asked.values()) == [("cancelled_cheque", "bank_statement"), ("bank_statement",)]
    assert requirements_for.__wrapped__("reseller", "individual", on=date(2025, 12, 14)) == NOTHING


def test_every_need_of_a_list_has_its_papers_from_the_day_of_the_list_on():
    lists, tables = document_requirements._read()["list"], document_requirements._read()["needs"]
    for row in lists:
        names = {*row["own"], *row.get("may", []), *(one for names in row.get("people", {}).values() for one in names)}
        in_force = max(
            (one for one in tables if one["effective_from"] <= row["effective_from"]),
            key=lambda one: one["effective_from"],
        )
        for table in (in_force, *(one for one in tables if one["effective_from"] > row["effective_from"])):
            assert names <= set(table["kinds"]), row["source"]


@pytest.mark.usefixtures("house")
def test_every_share_from_which_an_owner_counts_is_a_rule_of_the_house():
    found = {
        wanted.beneficial.rule
        for relation, one in PAIRS
        if (wanted := requirements_for(relation, one, on=DAY)).beneficial is not None
    }
    assert {key: house_rule(key, on=DAY).amount for key in found} == {
        "kyc.beneficial_owner_association": Decimal(15),
        "kyc.beneficial_owner_company": Decimal(10),
        "kyc.beneficial_owner_partnership": Decimal(10),
        "kyc.beneficial_owner_trust": Decimal(10),
    }
