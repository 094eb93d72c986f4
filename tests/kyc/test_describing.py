import pytest

from kyc.services import open_case, reclassify, say_type
from portal.audit.models import AuditEvent
from portal.core import actor
from portal.core.errors import IllegalMove, NotAllowed, Refused
from tests.kyc.factories import CUSTOMER, NOW, checked, firm, rest_approved
from tests.people.factories import CustomerFactory, StaffFactory

pytestmark = pytest.mark.usefixtures("house", "same_process")


def changed(case, who, **changes):
    given = {"relation": "vendor", "customer_type": "individual", "reason": "He sells us paper.", **changes}
    reclassify(case, **given, actor=actor.staff(who.pk), now=NOW)


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


def test_staff_change_relation_and_type_with_a_reason_that_can_be_erased(individual, maker):
    checked(individual)
    case = individual.kyc
    changed(case, maker)
    assert (case.relation, case.customer_type) == ("vendor", "individual")
    event = AuditEvent.objects.get(kind="kyc.case.changed")
    assert (event.facts["from"], event.facts["to"]) == ("customer/individual", "vendor/individual")
    assert "paper" not in str(event.facts)


def test_a_changed_type_settles_the_case_by_the_new_list(maker):
    customer = firm()
    rest_approved(customer, but=())
    case = customer.kyc
    changed(case, maker, relation="developer", customer_type="partnership")
    assert case.state == "open"
    changed(case, maker, relation="customer", customer_type="partnership")
    assert case.state == "approved"


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"reason": " "}, "REASON"), ({"relation": "applicant", "customer_type": "company"}, "TYPE")],
)
def test_no_reason_and_no_list_are_refused(individual, maker, changes, code):
    case = open_case(customer=individual, actor=CUSTOMER, now=NOW)
    with pytest.raises(Refused) as caught:
        changed(case, maker, **changes)
    assert caught.value.code == code


def test_who_may_not_decide_may_not_change_what_somebody_is(individual):
    case = open_case(customer=individual, actor=CUSTOMER, now=NOW)
    with pytest.raises(NotAllowed):
        changed(case, StaffFactory(roles=["auditor"]))
