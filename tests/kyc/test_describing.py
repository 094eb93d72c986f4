import pytest

from kyc.cases.outstanding_items import needs_of
from kyc.models import Case, TypeProposal
from kyc.review.services import type_changes
from kyc.review.services.customer_types import say_type
from kyc.review.services.document_uploads import open_case
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from tests.kyc.factories import CUSTOMER, NOW, checked, firm, reclassified, rest_approved
from tests.people.factories import CustomerFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.usefixtures("house", "same_process")


def changed(case, who, **changes):
    given = {"relation": "vendor", "customer_type": "individual", "reason": "He sells us paper.", **changes}
    return type_changes.propose(case, **given, actor=actor.staff(who.pk), now=NOW)


def test_a_person_is_known_to_be_one_and_may_be_a_proprietor_and_no_company(individual):
    case = open_case(customer=individual, actor=CUSTOMER, now=NOW)
    assert case.customer_type == "individual"
    with pytest.raises(Refused):
        say_type(case, customer_type="company", actor=CUSTOMER, now=NOW)
    say_type(case, customer_type="proprietor", actor=CUSTOMER, now=NOW)
    assert case.customer_type == "proprietor"


def test_an_organisation_says_what_it_is_until_it_has_sent_something():
    customer = CustomerFactory(kind="organisation")
    case = open_case(customer=customer, actor=CUSTOMER, now=NOW)
    assert case.customer_type == ""
    for said in ("company", "partnership"):
        say_type(case, customer_type=said, actor=CUSTOMER, now=NOW)
    checked(customer)
    with pytest.raises(IllegalMove):
        say_type(case, customer_type="company", actor=CUSTOMER, now=NOW)


def test_two_of_staff_change_relation_and_type_with_a_reason_that_no_fact_names(individual):
    checked(individual)
    case = reclassified(individual.kyc)
    assert (case.relation, case.customer_type) == ("vendor", "individual")
    event = AuditEvent.objects.get(kind="kyc.case.changed")
    assert (event.facts["from"], event.facts["to"]) == ("customer/individual", "vendor/individual")
    assert "paper" not in str(event.facts)


def test_a_changed_type_settles_the_case_by_the_new_list():
    customer = firm()
    rest_approved(customer, but=())
    case = customer.kyc
    reclassified(case, relation="developer", customer_type="partnership")
    assert case.state == "open"
    reclassified(case, relation="customer", customer_type="partnership")
    assert case.state == "approved"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": " "}, "REASON"),
        ({"reason": "Ravi, 98450 12345, asked for it."}, "NUMBER_IN_WORDS"),
        ({"reason": "ravi@acme.example asked for it."}, "NUMBER_IN_WORDS"),
        ({"relation": "applicant", "customer_type": "company"}, "TYPE"),
    ],
)
def test_no_reason_a_person_in_it_and_no_list_are_refused(individual, maker, changes, code):
    case = open_case(customer=individual, actor=CUSTOMER, now=NOW)
    with pytest.raises(Refused) as caught:
        changed(case, maker, **changes)
    assert caught.value.code == code


def test_who_may_not_decide_may_not_change_what_somebody_is(individual):
    case = open_case(customer=individual, actor=CUSTOMER, now=NOW)
    with pytest.raises(NotAllowed):
        changed(case, StaffFactory(roles=["auditor"]))


def test_nobody_changes_alone_what_papers_are_asked_for(maker, checker):
    customer = firm()
    rest_approved(customer, but=("gst_certificate",))
    case = customer.kyc
    asked = len(needs_of(case, now=NOW).tasks)
    desk = staff_client(maker)
    page = f"/admin/kyc/case/{case.pk}/change/"
    desk.post(page, {"open_record": "1", "purpose": "kyc_review", "ticket": case.reference})
    typed = {"relation": "vendor", "customer_type": "partnership", "reason": "It sells us paper."}
    act = f"/admin/kyc/case/{case.pk}/do/reclassify/"
    desk.post(act, {"_selected_action": case.pk, "answer": "1", **typed})
    made = TypeProposal.objects.get()
    case.refresh_from_db()
    assert (case.relation, len(needs_of(case, now=NOW).tasks)) == ("customer", asked)
    with pytest.raises(IllegalMove):
        changed(case, maker, relation="developer", customer_type="partnership")
    with pytest.raises(NotAllowed):
        type_changes.answer(made, approve=True, actor=actor.staff(maker.pk), now=NOW)
    type_changes.answer(made, approve=True, actor=actor.staff(checker.pk), now=NOW)
    case.refresh_from_db()
    assert case.relation == "vendor"


@pytest.mark.parametrize("role", ["data_protection_officer", "kyc_checker"])
def test_whoever_is_told_to_answer_a_change_can_answer_it_on_its_page(individual, maker, role):
    made = changed(open_case(customer=individual, actor=CUSTOMER, now=NOW), maker)
    browser = staff_client(StaffFactory(roles=[role]))
    page = f"/admin/kyc/typeproposal/{made.pk}/"
    assert page in browser.get("/admin/approvals/").text
    act = f"/admin/approvals/kyc.TypeProposal/{made.pk}/"
    assert act in browser.get(f"{page}change/").text
    browser.post(act, {"decision": "approve", "answer": "1"})
    made.refresh_from_db()
    assert (made.answer, made.case.relation) == ("approved", "vendor")


def test_a_change_that_meets_another_type_than_was_shown_is_not_agreed_to(individual, maker, checker):
    case = open_case(customer=individual, actor=CUSTOMER, now=NOW)
    made = changed(case, maker)
    say_type(case, customer_type="proprietor", actor=CUSTOMER, now=NOW)
    with pytest.raises(Refused) as refused:
        type_changes.answer(made, approve=True, actor=actor.staff(checker.pk), now=NOW)
    assert refused.value.code == "SHOWN_CHANGED"
    type_changes.answer(made, approve=False, reason="It is a proprietor.", actor=actor.staff(checker.pk), now=NOW)
    case.refresh_from_db()
    assert case.customer_type == "proprietor"


def test_what_a_frozen_customer_counts_as_stays_as_it_is(individual, maker, checker):
    case = open_case(customer=individual, actor=CUSTOMER, now=NOW)
    made = changed(case, maker)
    Case.objects.update(frozen_at=NOW)
    case.refresh_from_db()
    with pytest.raises(Refused) as asked:
        changed(case, maker, relation="developer")
    with pytest.raises(Refused) as agreed:
        type_changes.answer(made, approve=True, actor=actor.staff(checker.pk), now=NOW)
    assert (asked.value.code, agreed.value.code) == ("FROZEN", "FROZEN")
    case.refresh_from_db()
    assert case.relation == "customer"
    type_changes.answer(made, approve=False, reason="A child.", actor=actor.staff(checker.pk), now=NOW)
    made.refresh_from_db()
    assert made.answer == "refused"
