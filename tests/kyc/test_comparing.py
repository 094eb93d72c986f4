"""What the plan says of a customer's numbers against its type and against each other."""

import pytest

from kyc.numbers.tax import gstin_check_character
from kyc.selectors import latest_checks
from tests.kyc import documents
from tests.kyc.factories import checked, company_pan, firm, gst, uploaded

pytestmark = pytest.mark.usefixtures("house", "same_process")

CIN = "U72200KA2013PTC097389"


def outcome(document, name: str) -> tuple[str, str]:
    return {check.name: (check.outcome, check.reason) for check in latest_checks(document)}[name]


def certificate(customer, **changes):
    given = {"kind": "incorporation_certificate", "number": CIN, "data": documents.pdf(CIN), **changes}
    return uploaded(customer, **given)


def company_gst(state: str) -> str:
    first = f"{state}AAPCU0939F1Z"
    return first + gstin_check_character(first)


def test_the_pan_of_a_firm_is_pointed_out_at_a_company_and_not_at_a_firm():
    assert outcome(checked(firm("company"), make=company_pan), "holder") == ("WARN", "HOLDER_DIFFERS")
    assert outcome(checked(firm("partnership"), make=company_pan), "holder") == ("PASS", "")


def test_a_gst_number_over_the_pan_of_another_kind_of_holder_is_pointed_out():
    assert outcome(checked(firm("company"), make=gst), "fits_type") == ("WARN", "HOLDER_DIFFERS")
    assert outcome(checked(firm("partnership"), make=gst), "fits_type") == ("PASS", "")


def test_states_are_compared_when_the_second_number_comes_and_both_documents_say_so():
    company = firm("company")
    first = checked(company, make=certificate)
    assert outcome(first, "states_agree") == ("NOT_APPLICABLE", "NOTHING_TO_COMPARE")
    second = checked(company, make=gst, number=company_gst("27"))
    assert outcome(second, "states_agree") == ("WARN", "STATES_DIFFER")
    assert outcome(first, "states_agree") == ("WARN", "STATES_DIFFER")
    assert (first.state, second.state) == ("checked", "checked")


def test_numbers_of_one_state_agree():
    company = firm("company")
    first, second = checked(company, make=certificate), checked(company, make=gst, number=company_gst("29"))
    assert {outcome(document, "states_agree") for document in (first, second)} == {("PASS", "")}
