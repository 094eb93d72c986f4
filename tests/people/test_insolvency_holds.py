"""What one person, or the professional alone, cannot undo while an insolvency order holds; and what the pages offer then."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from portal.fronts.signin import notifications
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.outbox import templates
from portal.kernel.outbox.models import Message
from portal.kernel.people import labels
from portal.kernel.people.choices import Answer, InsolvencyStep, MemberRole
from portal.kernel.people.models import Customer, Insolvency, Invitation, Membership, User
from portal.kernel.people.services import customers, insolvency, invitations
from tests.people.factories import (
    ContactPointFactory,
    CustomerFactory,
    CustomerUserFactory,
    FiduciaryFactory,
    StaffFactory,
)
from tests.people.insolvencies import ORDER, PROFESSIONAL, agreed, comes, proposed, role_of
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import confirmed, customer_client, staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm(db: None) -> Customer:
    every_rule()  # the letters about its people need a purpose
    FiduciaryFactory(code="onesetu")
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
    answer = confirmed(
        browser,
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
    assert confirmed(browser, people, {"email": "new@resolve.example", "role": "member"}).status_code == 302
    assert confirmed(browser, people, {"email": "two@resolve.example", "role": "owner"}).status_code != 302


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


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_the_professionals_letter_says_that_an_order_asks_them_in_their_language(
    firm: Customer, asha: User, maker: Any, checker: Any, language: str
) -> None:
    every_rule()
    link = agreed(firm, maker, checker, language=language).invitation
    assert link is not None
    notifications.invitation(link)
    letter = Message.objects.get(about=f"people.invitation:{link.pk}")
    assert (letter.kind, letter.template_language) == ("signin.order_invitation", language)
    assert "Somebody" not in templates.load(letter.kind, "en").body


def test_staff_choose_that_language_where_they_propose_the_step(firm: Customer, asha: User) -> None:
    desk = staff_client(StaffFactory(roles=["grievance_officer"]))
    given = {
        "answer": "1",
        "step": "begun",
        **ORDER,
        "ordered_on": (clock.day(clock.now()) - timedelta(days=1)).isoformat(),
        "paper": BytesIO(b"order"),
        "registration": "IBBI/IPA-001/IP-P00001/2026",
        "email": PROFESSIONAL,
        "language": "mr",
    }
    desk.post(reverse("admin:people_customer_do_one", args=[firm.pk, "propose-insolvency"]), given)
    assert Insolvency.objects.get().language == "mr"


def test_a_member_of_an_organisation_is_invited_by_its_owner_as_before(firm: Customer, asha: User) -> None:
    every_rule()
    notifications.invitation(
        customers.invite(customer=firm, address="ravi@acme.example", actor=actor.customer(asha.pk))
    )
    assert Message.objects.filter(kind="signin.member_invitation").count() == 1


def test_the_customers_page_says_who_acts_and_since_when_nobody_does(
    firm: Customer, asha: User, maker: Any, checker: Any
) -> None:
    step = proposed(firm, maker)
    assert labels.insolvency_line(firm) == "A step of its insolvency is proposed and waits for a second person."
    insolvency.answer(proposal=step, approve=True, reason="", actor=checker, now=clock.now())
    assert "is invited to act for it and has not come yet" in labels.insolvency_line(firm)
    with time_machine.travel(clock.now() + timedelta(days=30), tick=False):
        assert "No one acts for it" in labels.insolvency_line(firm)
    comes(step)
    assert "IBBI/IPA-001/IP-P00001/2026 acts for it" in labels.insolvency_line(firm)
    proposed(firm, maker, InsolvencyStep.ENDED)
    assert "waits for a second person" in labels.insolvency_line(firm)


def test_a_proposal_that_was_answered_says_so_and_nothing_of_addresses(
    firm: Customer, asha: User, maker: Any, checker: Any
) -> None:
    step = agreed(firm, maker, checker)
    with pytest.raises(IllegalMove):
        insolvency.answer(proposal=step, approve=True, reason="", actor=checker, now=clock.now())
