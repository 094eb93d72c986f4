"""From a customer's reference to the person whose answers are meant."""

import pytest

from consent.records.selectors.subjects import subject_ref_of
from portal.kernel.core import clock
from portal.kernel.core.errors import NotFound
from tests.people.factories import CustomerFactory, CustomerUserFactory

pytestmark = pytest.mark.django_db


def person_of(customer):
    return CustomerUserFactory(member_of=customer).principal


def test_a_customers_reference_stands_for_the_one_person_who_acts_for_it():
    acme = CustomerFactory()
    asha = person_of(acme)
    assert subject_ref_of(acme.reference) == subject_ref_of(str(asha.subject.ref)) == asha.subject.ref


def test_a_customer_for_whom_nobody_acts_stands_for_itself():
    acme = CustomerFactory()
    assert subject_ref_of(acme.reference) == acme.subject.ref


def test_of_several_people_one_has_to_be_chosen_and_who_left_is_none_of_them():
    acme = CustomerFactory()
    first, second = person_of(acme), person_of(acme)
    with pytest.raises(NotFound, match="Several people") as error:
        subject_ref_of(acme.reference)
    assert {str(first.subject.ref), str(second.subject.ref)} <= set(str(error.value).replace(",", "").split())
    second.memberships.update(ended_at=clock.now())
    assert subject_ref_of(acme.reference) == first.subject.ref


@pytest.mark.parametrize("text", ["", "OS-CU-0000-0000", "asha@acme.example", "7a1c8f0e-5c0e-4d5e-9c1c-2f1f9f3f0a11"])
def test_what_is_no_reference_or_nobodys_is_not_found(text):
    with pytest.raises(NotFound):
        subject_ref_of(text)
