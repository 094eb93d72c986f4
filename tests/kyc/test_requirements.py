from datetime import date
from decimal import Decimal

import pytest

from kyc import requirements
from kyc.requirements import NOTHING, requirements_for
from kyc.states import CustomerType, DocumentKind, PartyRole, Relation
from kyc.words import NEEDS
from portal.law.selectors import house_rule

DAY = date(2026, 11, 25)
PAIRS = [(relation, one) for relation in Relation.values for one in requirements.types_of(relation)]


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
    assert set(requirements.types_of("customer")) == set(CustomerType.values)
    assert requirements.types_of("applicant") == ("individual",)


def test_a_list_counts_from_its_day_on_and_no_list_is_no_approval():
    assert requirements_for("customer", "company", on=date(2025, 12, 14)) == NOTHING
    assert requirements_for("customer", "company", on=date(2025, 12, 15)) != NOTHING
    assert requirements_for("customer", "", on=DAY) == NOTHING


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
