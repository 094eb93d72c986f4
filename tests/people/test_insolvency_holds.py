"""What one person, or the professional alone, cannot undo while an insolvency order holds; and what the pages offer then."""

from typing import Any

import pytest
from django.urls import reverse

from portal.core import actor, clock
from portal.core.errors import Refused
from portal.people.models import Customer, Insolvency, Invitation, Membership, User
from portal.people.services import customers, insolvency, invitations
from portal.people.states import Answer, InsolvencyStep, MemberRole
from tests.people.factories import ContactPointFactory, CustomerFactory, CustomerUserFactory, StaffFactory
from tests.people.insolvencies import PROFESSIONAL, agreed, comes, proposed, role_of
from tests.signin.people_who_sign_in import customer_client, staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm(db: None) -> Customer:
    customer: Customer = CustomerFactory()
    return customer


@pytest.fixture
def asha(firm: Customer) -> User:
    """Who owned it until the order."""
    owner: User = CustomerUserFactory(email="asha@acme.example", member_of=firm)
    return owner


@pytest.fixture
def maker(db: None) -> Any:
    return actor.staff(StaffFactory(roles=["grievance_officer"]).pk)


@pytest.fixture
def checker(db: None) -> Any:
    return actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)


def of(asha: User) -> Membership:
    return Membership.objects.get(principal=asha.principal)


def test_one_person_does_not_cancel_the_invitation_that_two_agreed_to(
    firm: Customer, asha: User, maker: Any, checker: Any
) -> None:
    link = agreed(firm, maker, checker).invitation
    assert link is not None
    desk = staff_client(StaffFactory(roles=["support"]))
    url = reverse("admin:people_invitation_do_one", args=[link.pk, "cancel"])
    assert "It ends with another step" in desk.post(url, {"answer": "1"}).text
    with pytest.raises(Refused) as refused:
        invitations.cancel(invitation=link, actor=maker, now=clock.now())
    assert refused.value.code == "TWO_PEOPLE"
    link.refresh_from_db()
    assert link.cancelled_at is None
    agreed(firm, maker, checker, InsolvencyStep.ENDED)
    link.refresh_from_db()
    assert link.cancelled_at is not None


def test_an_invitation_of_no_order_is_cancelled_by_one_person(firm: Customer, asha: User) -> None:
    link = customers.invite(customer=firm, address="ravi@acme.example", actor=actor.customer(asha.pk))
    desk = staff_client(StaffFactory(roles=["support"]))
    desk.post(reverse("admin:people_invitation_do_one", args=[link.pk, "cancel"]), {"answer": "1"})
    link.refresh_from_db()
    assert link.cancelled_at is not None


def test_the_professional_removes_nobody_who_owned_it_and_they_own_it_again(
    firm: Customer, asha: User, maker: Any, checker: Any
) -> None:
    irina = comes(agreed(firm, maker, checker))
    with pytest.raises(Refused) as refused:
        customers.remove_member(membership=of(asha), actor=actor.customer(irina.pk))
    assert refused.value.code == "INSOLVENT"
    browser = customer_client(irina)
    answer = browser.post(
        reverse("privacy:change-member", args=[firm.reference, of(asha).pk]),
        {"act": "remove", "sure": "1"},
        follow=True,
    )
    assert "owned the organisation before the order" in answer.text
    assert of(asha).ended_at is None
    agreed(firm, maker, checker, InsolvencyStep.ENDED)
    assert asha.principal is not None
    assert role_of(firm, asha.principal) == MemberRole.OWNER


def test_the_professional_removes_who_was_a_member(firm: Customer, asha: User, maker: Any, checker: Any) -> None:
    manager = CustomerUserFactory(member_of=firm, member_of__role=MemberRole.MEMBER)
    irina = comes(agreed(firm, maker, checker))
    customers.remove_member(membership=of(manager), actor=actor.customer(irina.pk))
    assert of(manager).ended_at is not None


def test_a_login_of_staff_is_no_professional(firm: Customer, asha: User, maker: Any) -> None:
    StaffFactory(email="desk@onesetu.example")
    with pytest.raises(Refused) as refused:
        proposed(firm, maker, email="Desk@onesetu.example")
    assert refused.value.code == "EMAIL_TAKEN"
    assert not Insolvency.objects.exists()


def test_whoever_loses_the_powers_is_no_professional(firm: Customer, asha: User, maker: Any, checker: Any) -> None:
    ContactPointFactory(principal=asha.principal, address="asha@home.example")
    for address in ("asha@acme.example", "Asha@home.example"):
        with pytest.raises(Refused) as refused:
            proposed(firm, maker, email=address)
        assert refused.value.code == "OWN_ADDRESS"
    agreed(firm, maker, checker)
    with pytest.raises(Refused) as refused:
        proposed(firm, maker, email="asha@home.example")
    assert refused.value.code == "OWN_ADDRESS", "nor later, while they are a member"


def test_an_address_that_became_an_owners_before_the_answer_is_refused_then(
    firm: Customer, asha: User, maker: Any, checker: Any
) -> None:
    step = proposed(firm, maker)
    ContactPointFactory(principal=asha.principal, address=PROFESSIONAL)
    with pytest.raises(Refused) as refused:
        insolvency.answer(proposal=step, approve=True, reason="", actor=checker, now=clock.now())
    assert refused.value.code == "OWN_ADDRESS"
    step.refresh_from_db()
    assert step.answer == Answer.PENDING
    insolvency.answer(proposal=step, approve=False, reason="Their own.", actor=checker, now=clock.now())


def test_the_pages_offer_the_professional_nothing_that_is_always_refused(
    firm: Customer, asha: User, maker: Any, checker: Any
) -> None:
    CustomerUserFactory(member_of=firm, member_of__role=MemberRole.MEMBER)
    irina = comes(agreed(firm, maker, checker))
    people = reverse("privacy:members", args=[firm.reference])
    browser = customer_client(irina)
    page = browser.get(people).text
    assert "Make a" not in page
    assert page.count('value="remove"') == 1, "only of who was a member: not of the suspended owner, nor of oneself"
    assert 'value="owner"' not in page
    assert browser.post(people, {"email": "new@resolve.example", "role": "member"}).status_code == 302
    assert browser.post(people, {"email": "two@resolve.example", "role": "owner"}).status_code != 302


def test_a_suspended_owner_reads_on_their_pages_that_they_are(
    firm: Customer, asha: User, maker: Any, checker: Any
) -> None:
    agreed(firm, maker, checker)
    browser = customer_client(asha)
    for url in (reverse("privacy:account"), reverse("privacy:members", args=[firm.reference])):
        assert "By an order you cannot act for this organisation now." in browser.get(url).text, url


def test_the_pages_say_that_an_organisation_is_dissolved(firm: Customer, asha: User, maker: Any, checker: Any) -> None:
    agreed(firm, maker, checker)
    agreed(firm, maker, checker, InsolvencyStep.DISSOLVED)
    browser = customer_client(asha)
    urls = (reverse("privacy:account"), reverse("privacy:members", args=[firm.reference]), reverse("privacy:kyc"))
    for url in urls:
        assert "This organisation was dissolved by an order" in browser.get(url).text, url


def test_a_closed_organisation_offers_no_invitation(firm: Customer, asha: User) -> None:
    people = reverse("privacy:members", args=[firm.reference])
    browser = customer_client(asha)
    assert "Send the invitation" in browser.get(people).text
    customers.close(customer=firm, actor=actor.SYSTEM)
    page = browser.get(people).text
    assert "Send the invitation" not in page
    assert "This account is closed" in page
    assert not Invitation.objects.exists()
