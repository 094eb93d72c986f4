"""What the plan says of a customer's numbers against its type and against each other."""

import pytest

from kyc.cases.selectors import does_not_fit, latest_checks
from kyc.cases.services.declared_values import typed_beside
from kyc.models import Document
from kyc.numbers.tax import gstin_check_character
from kyc.outcomes.services.deletion_requests import ask_to_delete
from kyc.review.services.check_runs import run_plan
from kyc.review.services.document_uploads import send
from portal.kernel.core import clock
from portal.kernel.core.errors import Refused
from portal.kernel.outbox.models import Message
from tests.kyc import documents
from tests.kyc.factories import CUSTOMER, NOW, checked, company_pan, firm, gst, uploaded
from tests.people.factories import CustomerUserFactory

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


def unsent(customer, make, **changes) -> Document:
    """Uploaded and checked by the plan; its customer looks at it and has not sent it."""
    document = make(customer, **changes)
    run_plan(document.pk, now=clock.now())
    document.refresh_from_db()
    return document


def test_a_sent_document_is_not_held_against_a_file_that_was_only_uploaded():
    company = firm("company")
    CustomerUserFactory(email="asha@acme.example", member_of=company)
    pan = unsent(company, company_pan, number=documents.NEW_PAN)
    sent = checked(company, make=gst)
    assert outcome(sent, "gstin_contains_pan") == ("NOT_APPLICABLE", "OTHER_DOCUMENT_MISSING")
    assert outcome(pan, "gstin_contains_pan") == ("FAIL", "PAN_DIFFERS")  # its preview says so before it is sent
    assert not does_not_fit(sent)
    ask_to_delete(pan, actor=CUSTOMER, now=NOW)
    assert not Message.objects.filter(kind="kyc.documents_do_not_fit").exists()
    again = unsent(company, company_pan, number=documents.NEW_PAN)
    send(again, actor=CUSTOMER, now=NOW)
    assert {outcome(one, "gstin_contains_pan") for one in (sent, again)} == {("FAIL", "PAN_DIFFERS")}
    assert Message.objects.filter(kind="kyc.documents_do_not_fit").exists()


def test_states_and_registers_are_compared_among_what_was_sent():
    company = firm("company")
    unsent(company, company_pan)  # a firm's PAN: its fourth letter is F
    unsent(company, gst, number=company_gst("27"))
    certified = checked(company, make=certificate)
    assert {outcome(certified, name) for name in ("register_fits_pan", "states_agree")} == {
        ("NOT_APPLICABLE", "NOTHING_TO_COMPARE")
    }


@pytest.mark.parametrize("first_uploads_first", [True, False])
def test_of_two_customers_who_send_one_number_the_later_is_pointed_out_whoever_uploaded_first(first_uploads_first):
    customers = [firm("company"), firm("company")]
    order = customers if first_uploads_first else customers[::-1]
    files = {customer.pk: unsent(customer, company_pan) for customer in order}
    first, later = (files[customer.pk] for customer in customers)
    assert {outcome(one, "duplicate") for one in files.values()} == {("PASS", "")}
    for document in (first, later):
        send(document, actor=CUSTOMER, now=NOW)
    assert outcome(first, "duplicate") == ("PASS", "")
    assert outcome(later, "duplicate") == ("WARN", "USED_BY_ANOTHER_CUSTOMER")


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


def test_the_number_of_a_company_is_held_against_its_pan_when_either_comes():
    company = firm("company")
    certified = checked(company, make=certificate)
    assert outcome(certified, "register_fits_pan") == ("NOT_APPLICABLE", "NOTHING_TO_COMPARE")
    checked(company, make=company_pan)  # a firm's PAN: its fourth letter is F
    assert outcome(certified, "register_fits_pan") == ("WARN", "HOLDER_DIFFERS")
    assert certified.checks.get(name="register_fits_pan", attempt=2).severity == "info"


@pytest.mark.parametrize(
    ("ifsc", "said"),
    [("HDFC0000053", ("PASS", "")), ("HDFC0ZZZZZZ", ("WARN", "UNKNOWN_BRANCH")), ("", ("NOT_APPLICABLE", "NOT_GIVEN"))],
)
def test_the_branch_of_an_account_is_looked_up(ifsc, said):
    given = {"kind": "cancelled_cheque", "number": "50100012345678", "data": documents.pdf("50100012345678")}
    cheque = checked(firm("partnership"), declared={"ifsc": ifsc} if ifsc else {}, **given)
    assert outcome(cheque, "ifsc") == said


@pytest.mark.parametrize(
    ("tan", "said"),
    [
        ("MUMS12345B", ("PASS", "")),
        ("MUMX12345B", ("WARN", "INITIAL_DIFFERS")),
        ("", ("NOT_APPLICABLE", "NOT_GIVEN")),
    ],
)
def test_the_initial_of_a_tax_deduction_number_is_held_against_the_name(tan, said):
    company = firm("company", name="Sahyadri Textiles Private Limited")
    document = checked(company, make=certificate, declared={"tan": tan} if tan else {})
    assert outcome(document, "tan") == said


@pytest.mark.parametrize(
    ("kind", "number", "declared", "code"),
    [
        ("cancelled_cheque", "50100012345678", {"ifsc": "HDFC1"}, "IFSC"),
        ("incorporation_certificate", CIN, {"tan": "98765"}, "TAN"),
    ],
)
def test_a_number_typed_beside_that_cannot_be_right_is_refused_by_every_way_in(kind, number, declared, code):
    with pytest.raises(Refused) as refused:
        uploaded(firm("company"), kind=kind, number=number, declared=declared, data=documents.pdf(number))
    assert refused.value.code == code
    assert declared[code.lower()] not in str(refused.value)


def test_numbers_typed_beside_are_kept_in_their_normal_form():
    document = uploaded(
        firm("company"), kind="cancelled_cheque", number="50100012345678", declared={"ifsc": "hdfc0000053 "}
    )
    assert typed_beside(document) == {"ifsc": "HDFC0000053"}
