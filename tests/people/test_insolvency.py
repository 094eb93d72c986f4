"""An organisation under insolvency: two people and an order, the professional acts, promotion stops, nothing else is lost."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.urls import reverse

from consent.base.selectors import contact_rulebook
from consent.decisions.services.contact_decisions import may_contact
from grievances.base.choices import ForWhom
from grievances.models import Ticket
from grievances.tickets.services import thread_access
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.people import labels, selectors
from portal.kernel.people.choices import CustomerState, InsolvencyStep, MemberRole
from portal.kernel.people.models import Customer, Fiduciary, Insolvency, Membership, Principal
from portal.kernel.people.services import insolvency
from tests.consent.factories import ASHA, ASHA_PHONE, person, published_notice, said
from tests.consent.worlds import at_hour
from tests.grievances.factories import filed
from tests.people.factories import CustomerFactory, MembershipFactory, StaffFactory
from tests.people.insolvencies import ORDER, OTHER, PAPER, PROFESSIONAL, agreed, comes, proposed, role_of
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def asha(db: None) -> Principal:
    every_rule()
    Fiduciary.objects.get_or_create(
        code="onesetu", defaults={"name": "Onesetu", "is_self": True, "created_at": clock.now()}
    )
    contact_rulebook.forget()
    published_notice()
    found = person()
    said(found, "given")
    return found


@pytest.fixture
def firm(asha: Principal) -> Customer:
    customer: Customer = CustomerFactory()
    MembershipFactory(customer=customer, principal=asha)
    return customer


@pytest.fixture
def maker(db: None) -> Any:
    return actor.staff(StaffFactory(roles=["grievance_officer"]).pk)


@pytest.fixture
def checker(db: None) -> Any:
    return actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)


def may_promote(address: str = ASHA_PHONE) -> bool:
    return bool(may_contact(address=address, purpose="marketing", channel="sms", at=at_hour(12)).allowed)


def test_nothing_changes_before_a_second_person_agrees(firm: Customer, asha: Principal, maker: Any) -> None:
    waiting = proposed(firm, maker)
    with pytest.raises(NotAllowed):
        insolvency.answer(proposal=waiting, approve=True, reason="", actor=maker, now=clock.now())
    assert selectors.insolvency_of(firm) is None
    assert role_of(firm, asha) == MemberRole.OWNER
    assert may_promote()


def test_the_professional_acts_and_whoever_owned_it_is_a_member(
    firm: Customer, asha: Principal, maker: Any, checker: Any
) -> None:
    step = agreed(firm, maker, checker)
    assert role_of(firm, asha) == MemberRole.MEMBER
    assert step.email == ""
    professional = comes(step)
    assert professional.principal is not None
    assert role_of(firm, professional.principal) == MemberRole.OWNER
    assert firm.state == CustomerState.ACTIVE, "the account goes on, and no time of keeping begins"
    assert firm.closed_at is None
    assert "IBBI/IPA-001/IP-P00001/2026 acts for it" in labels.order_line(firm)
    kinds = set(AuditEvent.objects.filter(about=f"people.customer:{firm.reference}").values_list("kind", flat=True))
    assert {"people.insolvency.proposed", "people.insolvency.answered", "people.member.role_changed"} <= kinds


def test_promotion_stops_and_what_is_owed_goes_on(firm: Customer, asha: Principal, maker: Any, checker: Any) -> None:
    assert may_promote()
    agreed(firm, maker, checker)
    assert not may_promote()
    owed = may_contact(address=ASHA, purpose="account_service", channel="email", at=clock.now())
    assert owed.allowed
    agreed(firm, maker, checker, InsolvencyStep.ENDED)
    assert may_promote(), "no answer of theirs ended by it"


def test_promotion_to_somebody_who_is_a_customer_in_another_way_is_not_its_matter(
    firm: Customer, asha: Principal, maker: Any, checker: Any
) -> None:
    MembershipFactory(principal=asha, customer=CustomerFactory(kind="individual"))
    agreed(firm, maker, checker)
    assert may_promote()


def test_open_grievances_say_who_acts_now_and_their_clocks_run_on(
    firm: Customer, asha: Principal, maker: Any, checker: Any
) -> None:
    ticket = filed(principal=asha, at=clock.now() - timedelta(hours=1)).ticket
    due = ticket.due_at
    agreed(firm, maker, checker)
    ticket.refresh_from_db()
    notes = [line for line in thread_access.thread(ticket, internal=True) if line.is_internal]
    assert "acts for it" in notes[-1].texts["text"]
    assert ticket.due_at == due
    agreed(firm, maker, checker, InsolvencyStep.ENDED)
    notes = [line for line in thread_access.thread(ticket, internal=True) if line.is_internal]
    assert f"The insolvency of {firm.reference} has ended." in notes[-1].texts["text"]


def notes_on(ticket: Ticket) -> list[str]:
    return [line.texts["text"] for line in thread_access.thread(ticket, internal=True) if line.is_internal]


def test_nothing_of_the_order_stands_on_the_own_grievance_of_somebody_who_is_a_customer_in_another_way(
    firm: Customer, asha: Principal, maker: Any, checker: Any
) -> None:
    MembershipFactory(principal=asha, customer=CustomerFactory(kind="individual"))
    own = filed(principal=asha, at=clock.now() - timedelta(hours=1)).ticket
    of_the_firm = filed(
        principal=asha,
        at=clock.now() - timedelta(hours=1),
        for_whom=ForWhom.ORGANISATION,
        organisation=firm.name,
        organisation_reference=firm.reference,
    ).ticket
    agreed(firm, maker, checker)
    assert notes_on(own) == []
    assert "acts for it" in notes_on(of_the_firm)[-1]


def test_a_grievance_says_that_the_organisation_was_dissolved(
    firm: Customer, asha: Principal, maker: Any, checker: Any
) -> None:
    ticket = filed(principal=asha, at=clock.now() - timedelta(hours=1)).ticket
    agreed(firm, maker, checker)
    agreed(firm, maker, checker, InsolvencyStep.DISSOLVED)
    assert f"{firm.reference} was dissolved" in notes_on(ticket)[-1]


def test_when_it_ends_the_owners_are_owners_again_and_the_professional_leaves(
    firm: Customer, asha: Principal, maker: Any, checker: Any
) -> None:
    professional = comes(agreed(firm, maker, checker))
    agreed(firm, maker, checker, InsolvencyStep.ENDED)
    assert role_of(firm, asha) == MemberRole.OWNER
    assert not Membership.objects.filter(principal=professional.principal, ended_at=None).exists()
    assert selectors.insolvency_of(firm) is None
    assert labels.insolvency_line(firm) == ""


def test_another_professional_takes_the_place_of_the_first(
    firm: Customer, asha: Principal, maker: Any, checker: Any
) -> None:
    first = comes(agreed(firm, maker, checker))
    second = comes(agreed(firm, maker, checker, **OTHER))
    live = Membership.objects.filter(customer=firm, ended_at=None)
    assert not live.filter(principal=first.principal).exists()
    assert live.get(role=MemberRole.OWNER).principal == second.principal
    agreed(firm, maker, checker, InsolvencyStep.ENDED)
    assert role_of(firm, asha) == MemberRole.OWNER


def test_an_invitation_that_is_open_when_it_ends_lets_nobody_in(firm: Customer, maker: Any, checker: Any) -> None:
    step = agreed(firm, maker, checker)
    agreed(firm, maker, checker, InsolvencyStep.ENDED)
    step.refresh_from_db()
    assert step.invitation is not None
    assert step.invitation.cancelled_at is not None


def test_a_dissolved_organisation_is_closed_from_which_day_the_law_counts(
    firm: Customer, maker: Any, checker: Any
) -> None:
    agreed(firm, maker, checker)
    agreed(firm, maker, checker, InsolvencyStep.DISSOLVED)
    assert firm.state == CustomerState.CLOSED
    assert firm.closed_at is not None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"paper_sha256": ""}, "NO_ORDER"),
        ({"order_number": " "}, "NO_ORDER"),
        ({"registration": ""}, "NO_PROFESSIONAL"),
        ({"email": ""}, "NO_PROFESSIONAL"),
        ({"step": InsolvencyStep.ENDED}, "NOT_INSOLVENT"),
        ({"step": InsolvencyStep.DISSOLVED}, "NOT_INSOLVENT"),
    ],
)
def test_no_step_goes_through_without_its_papers(
    firm: Customer, maker: Any, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        proposed(firm, maker, **changes)
    assert refused.value.code == code


def test_only_an_open_organisation_can_be_insolvent_and_one_step_waits_at_a_time(
    firm: Customer, asha: Principal, maker: Any
) -> None:
    with pytest.raises(Refused) as refused:
        proposed(CustomerFactory(kind="individual"), maker)
    assert refused.value.code == "NOT_AN_ORGANISATION"
    proposed(firm, maker)
    with pytest.raises(Refused) as refused:
        proposed(firm, maker)
    assert refused.value.code == "WAITS_ALREADY"


def test_a_refusal_changes_nothing_and_makes_room(firm: Customer, asha: Principal, maker: Any, checker: Any) -> None:
    waiting = proposed(firm, maker)
    insolvency.answer(
        proposal=waiting, approve=False, reason="The order is of another firm.", actor=checker, now=clock.now()
    )
    assert selectors.insolvency_of(firm) is None
    assert waiting.email == ""
    assert role_of(firm, asha) == MemberRole.OWNER
    proposed(firm, maker)


def test_it_is_proposed_and_answered_on_staffs_pages(firm: Customer, asha: Principal) -> None:
    desk = staff_client(StaffFactory(roles=["kyc_checker"]))
    page = reverse("admin:people_customer_do_one", args=[firm.pk, "propose-insolvency"])
    asked = {
        **ORDER,
        "answer": "1",
        "step": "begun",
        "ordered_on": (clock.day(clock.now()) - timedelta(days=1)).isoformat(),
        "paper": BytesIO(b"order"),
        "registration": "IBBI/IPA-001/IP-P00001/2026",
        "email": PROFESSIONAL,
    }
    desk.post(page, asked)
    step = Insolvency.objects.get()
    assert step.paper_sha256 == PAPER
    other = staff_client(StaffFactory(roles=["data_protection_officer"]))
    answer = reverse("admin:people_insolvency_do_one", args=[step.pk, "answer-insolvency"])
    other.post(answer, {"answer": "1", "decision": "approve", "reason": ""})
    assert selectors.insolvency_of(firm) == step
    assert role_of(firm, asha) == MemberRole.MEMBER
