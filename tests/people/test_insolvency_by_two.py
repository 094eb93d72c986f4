"""What two people agreed to about an insolvent organisation: it ends as it began, and one person undoes none of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.people import erasure, labels
from portal.kernel.people.choices import CustomerState, InsolvencyStep, MemberRole
from portal.kernel.people.models import Customer, Insolvency, Invitation, Membership, Principal
from portal.kernel.people.services import customers, insolvency, logins
from tests.consent.test_turns import while_in_flight
from tests.grievances.factories import STRANGER
from tests.people.factories import CustomerFactory, FiduciaryFactory, MembershipFactory, PrincipalFactory, StaffFactory
from tests.people.insolvencies import OTHER, PROFESSIONAL, agreed, comes, proposed, role_of
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def asha(db: None) -> Principal:
    found: Principal = PrincipalFactory()
    return found


@pytest.fixture
def firm(asha: Principal) -> Customer:
    every_rule()  # the letters about its people need a purpose
    FiduciaryFactory(code="onesetu")
    customer: Customer = CustomerFactory()
    MembershipFactory(customer=customer, principal=asha)
    return customer


@pytest.fixture
def maker(db: None) -> Any:
    return actor.staff(StaffFactory(roles=["grievance_officer"]).pk)


@pytest.fixture
def checker(db: None) -> Any:
    return actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)


def test_a_member_who_acted_as_the_professional_is_a_member_again_when_it_ends(
    firm: Customer, asha: Principal, maker: Any, checker: Any
) -> None:
    manager = MembershipFactory(customer=firm, role=MemberRole.MEMBER, principal=PrincipalFactory(email=PROFESSIONAL))
    agreed(firm, maker, checker)
    assert role_of(firm, manager.principal) == MemberRole.OWNER
    agreed(firm, maker, checker, InsolvencyStep.ENDED)
    assert role_of(firm, manager.principal) == MemberRole.MEMBER
    assert role_of(firm, asha) == MemberRole.OWNER


def test_a_professional_who_was_replaced_owns_nothing_when_it_ends(
    firm: Customer, asha: Principal, maker: Any, checker: Any
) -> None:
    manager = MembershipFactory(customer=firm, role=MemberRole.MEMBER, principal=PrincipalFactory(email=PROFESSIONAL))
    agreed(firm, maker, checker)
    second = agreed(firm, maker, checker, **OTHER)
    assert role_of(firm, manager.principal) == MemberRole.MEMBER
    assert second.suspended == [Membership.objects.get(customer=firm, principal=asha).pk]
    agreed(firm, maker, checker, InsolvencyStep.ENDED)
    assert role_of(firm, manager.principal) == MemberRole.MEMBER


def test_a_professional_with_a_new_address_leaves_all_the_same(firm: Customer, maker: Any, checker: Any) -> None:
    professional = comes(agreed(firm, maker, checker))
    logins.change_email(user=professional, new_address="irina@home.example", actor=STRANGER, now=clock.now())
    agreed(firm, maker, checker, InsolvencyStep.ENDED)
    assert not Membership.objects.filter(principal=professional.principal, ended_at=None).exists()


def test_the_same_professional_whom_a_later_order_names_goes_on_and_leaves_when_it_ends(
    firm: Customer, maker: Any, checker: Any
) -> None:
    professional = comes(agreed(firm, maker, checker))
    assert professional.principal is not None
    agreed(firm, maker, checker, order_number="CP(IB) 13/MB/2026")
    assert role_of(firm, professional.principal) == MemberRole.OWNER
    assert not Invitation.objects.filter(customer=firm, accepted_at=None).exists(), "no letter to who acts already"
    agreed(firm, maker, checker, InsolvencyStep.ENDED)
    assert not Membership.objects.filter(principal=professional.principal, ended_at=None).exists()


def test_whom_the_professional_let_in_owns_nothing_and_opens_nothing_when_it_ends(
    firm: Customer, maker: Any, checker: Any
) -> None:
    professional = comes(agreed(firm, maker, checker))
    colleague = MembershipFactory(customer=firm, role=MemberRole.OWNER)
    by = actor.customer(professional.pk)
    link = customers.invite(customer=firm, address="new@resolve.example", role=MemberRole.MEMBER, actor=by)
    agreed(firm, maker, checker, InsolvencyStep.ENDED)
    assert role_of(firm, colleague.principal) == MemberRole.MEMBER
    link.refresh_from_db()
    assert link.cancelled_at is not None


def test_nobody_is_invited_but_by_the_professional_and_nobody_else_becomes_an_owner(
    firm: Customer, asha: Principal, maker: Any, checker: Any
) -> None:
    professional = comes(agreed(firm, maker, checker))
    one_person, irina = actor.staff(StaffFactory(roles=["support"]).pk), actor.customer(professional.pk)
    refused = [(one_person, MemberRole.OWNER), (one_person, MemberRole.MEMBER), (irina, MemberRole.OWNER)]
    for by, role in refused:
        with pytest.raises(Refused) as told:
            customers.invite(customer=firm, address="ravi@acme.example", role=role, actor=by)
        assert told.value.code == "INSOLVENT"
    director = Membership.objects.get(customer=firm, principal=asha)
    with pytest.raises(Refused) as told:
        customers.change_role(membership=director, role=MemberRole.OWNER, actor=irina)
    assert told.value.code == "INSOLVENT"
    assert customers.invite(customer=firm, address="ravi@acme.example", role=MemberRole.MEMBER, actor=irina).pk
    agreed(firm, maker, checker, InsolvencyStep.ENDED)
    assert customers.invite(customer=firm, address="ravi@acme.example", actor=one_person).pk


def test_one_person_neither_closes_it_nor_opens_it_again_once_it_was_dissolved(
    firm: Customer, maker: Any, checker: Any
) -> None:
    agreed(firm, maker, checker)
    support = StaffFactory(roles=["support"])
    staff_client(support).post(reverse("admin:people_customer_do_one", args=[firm.pk, "close"]), {"answer": "1"})
    with pytest.raises(Refused) as refused:
        customers.close(customer=firm, actor=actor.staff(support.pk))
    assert (refused.value.code, firm.state) == ("INSOLVENT", CustomerState.ACTIVE)
    agreed(firm, maker, checker, InsolvencyStep.DISSOLVED)
    staff_client(support).post(reverse("admin:people_customer_do_one", args=[firm.pk, "reopen"]), {"answer": "1"})
    with pytest.raises(Refused) as refused:
        customers.reopen(customer=firm, actor=actor.staff(support.pk))
    assert (refused.value.code, firm.state) == ("INSOLVENT", CustomerState.CLOSED)


def test_what_freezes_a_child_closes_it_whatever_order_holds(firm: Customer, maker: Any, checker: Any) -> None:
    agreed(firm, maker, checker)
    with pytest.raises(Refused):
        customers.close(customer=firm, actor=maker)
    customers.close_at_once(customer=firm, actor=maker, now=clock.now())
    firm.refresh_from_db()
    assert firm.state == CustomerState.CLOSED


def test_nobody_owns_what_was_dissolved_and_two_people_set_that_aside(
    firm: Customer, asha: Principal, maker: Any, checker: Any
) -> None:
    agreed(firm, maker, checker)
    agreed(firm, maker, checker, InsolvencyStep.DISSOLVED)
    assert "was dissolved" in labels.insolvency_line(firm)
    assert not Membership.objects.filter(customer=firm, role=MemberRole.OWNER, ended_at=None).exists()
    with pytest.raises(Refused) as refused:
        proposed(firm, maker, InsolvencyStep.DISSOLVED)
    assert refused.value.code == "DISSOLVED"
    agreed(firm, maker, checker, InsolvencyStep.ENDED)
    assert (firm.state, role_of(firm, asha)) == (CustomerState.ACTIVE, MemberRole.OWNER)


def test_a_dissolution_that_is_set_aside_may_go_back_to_a_professional(
    firm: Customer, asha: Principal, maker: Any, checker: Any
) -> None:
    first = comes(agreed(firm, maker, checker))
    agreed(firm, maker, checker, InsolvencyStep.DISSOLVED)
    second = comes(agreed(firm, maker, checker, **OTHER))
    assert not Membership.objects.filter(principal=first.principal, ended_at=None).exists()
    assert second.principal is not None
    assert (firm.state, role_of(firm, second.principal)) == (CustomerState.ACTIVE, MemberRole.OWNER)
    agreed(firm, maker, checker, InsolvencyStep.ENDED)
    assert role_of(firm, asha) == MemberRole.OWNER


def test_nothing_follows_for_an_organisation_that_was_erased(firm: Customer, maker: Any, checker: Any) -> None:
    agreed(firm, maker, checker)
    agreed(firm, maker, checker, InsolvencyStep.DISSOLVED)
    erasure.Accounts().erase(subject_ref=firm.subject.ref, before=None)
    with pytest.raises(Refused) as refused:
        proposed(firm, maker, InsolvencyStep.ENDED)
    assert refused.value.code == "NOT_AN_ORGANISATION"


def test_a_dissolved_organisation_is_erased_after_its_time_with_every_address_of_a_professional(
    firm: Customer, maker: Any, checker: Any
) -> None:
    step = agreed(firm, maker, checker)
    agreed(firm, maker, checker, InsolvencyStep.DISSOLVED)
    over = clock.now() + timedelta(days=1)
    assert erasure.Accounts().erase(subject_ref=firm.subject.ref, before=over) == 1
    step.refresh_from_db()
    assert step.invitation is None
    assert not Invitation.objects.filter(customer=firm).exists()


def test_a_proposal_that_nobody_answered_keeps_no_address_of_an_erased_organisation(firm: Customer, maker: Any) -> None:
    waiting = proposed(firm, maker)
    assert erasure.Accounts().erase(subject_ref=firm.subject.ref, before=None) == 1
    waiting.refresh_from_db()
    assert waiting.email == ""


def begins(waiting: Insolvency, checker: Any) -> None:
    insolvency.answer(proposal=waiting, approve=True, reason="", actor=checker, now=clock.now())


@pytest.mark.django_db(transaction=True)
def test_an_owner_who_is_invited_at_the_moment_at_which_it_begins_comes_in_no_more(
    firm: Customer, maker: Any, checker: Any
) -> None:
    waiting = proposed(firm, maker)
    while_in_flight(
        lambda: customers.invite(customer=firm, address="ravi@acme.example", actor=maker),
        lambda: begins(waiting, checker),
    )
    left = Invitation.objects.filter(customer=firm, cancelled_at=None)
    assert [invitation.address for invitation in left] == [PROFESSIONAL]


@pytest.mark.django_db(transaction=True)
def test_an_owner_who_joins_at_the_moment_at_which_it_begins_owns_it_no_more(
    firm: Customer, maker: Any, checker: Any
) -> None:
    link = customers.invite(customer=firm, address="ravi@acme.example", actor=maker)
    waiting = proposed(firm, maker)
    while_in_flight(
        lambda: logins.accept(invitation=link, full_name="Ravi Kumar", actor=STRANGER, now=clock.now()),
        lambda: begins(waiting, checker),
    )
    assert not Membership.objects.filter(customer=firm, ended_at=None, role=MemberRole.OWNER).exists()
