"""Staff are shown by name and customers by reference, on pages of staff and nowhere else."""

import pytest

from portal.kernel.people import labels
from portal.kernel.people.services import roles
from tests.people.factories import CustomerUserFactory, MembershipFactory, StaffFactory

pytestmark = pytest.mark.django_db


def test_staff_are_said_by_name_and_by_work_address_where_there_is_none():
    named, nameless = StaffFactory(full_name="Asha Rao"), StaffFactory(full_name="")
    say = labels.LoginNames()
    assert (say(named.pk), say(nameless.pk)) == ("Asha Rao", nameless.email)


def test_a_customer_is_said_by_the_reference_and_never_by_name_or_address():
    login, alone = CustomerUserFactory(full_name="Ravi Kumar"), CustomerUserFactory(full_name="Mina Das")
    member = MembershipFactory(principal=login.principal)
    assert labels.LoginNames()(login.pk) == member.customer.reference
    assert labels.LoginNames()(alone.pk) == f"Person {alone.principal_id}"


def test_an_actor_is_said_by_name_beside_the_reference_and_a_task_as_it_is():
    member = StaffFactory(full_name="Asha Rao")
    say = labels.ActorNames()
    assert say(f"user:{member.pk}") == say(f"staff:user:{member.pk}") == f"Asha Rao (user:{member.pk})"
    assert say("consent.expiry") == "consent.expiry"
    assert say("user:999999") == "login 999999 (user:999999)"


def test_a_whole_list_of_people_costs_two_statements_at_most(django_assert_max_num_queries):
    members = [StaffFactory() for _each in range(5)]
    say = labels.LoginNames()
    with django_assert_max_num_queries(2):
        say.prime([member.pk for member in members])
        assert [say(member.pk) for member in members] == [member.full_name for member in members]


def test_every_act_of_two_people_has_words():
    assert set(roles.shipped()["four_eyes"]) == set(labels.ACTS)


def test_a_login_as_text_names_nobody():
    member = StaffFactory(full_name="Asha Rao")
    assert str(member) == f"login {member.pk}"
