"""What is granted is done: withdrawal, opting out, restriction and objection end the use of data in the act that says so."""

from io import BytesIO

import pytest

from consent.base.selectors import contact_rulebook
from consent.decisions.services.contact_decisions import may_contact, may_process
from consent.models import Preference
from grievances.base.request_choices import Capacity, Outcome, RequestState, Right
from grievances.models import ProofPaper, RightsRequest
from grievances.requests.services import identity_verification, request_decisions
from grievances.tickets.services.conversation import Upload
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.people.models import Principal, User
from tests.consent.factories import ASHA, person, published_notice, said
from tests.grievances.factories import STRANGER
from tests.grievances.pictures import png
from tests.grievances.requests import looked_at, shown
from tests.people.factories import StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
FOR_OTHER = {"capacity": Capacity.AGENT, "person_name": "Asha Rao", "person_address": ASHA, "email": "agent@example.in"}


@pytest.fixture
def asha(house: None) -> Principal:
    contact_rulebook.forget()
    published_notice()
    found = person()
    said(found, "given", purpose="marketing", channel="email")
    said(found, "given", purpose="analytics", channel="none")
    return found


def asked_for(right: Right, officer: User, **answers: str) -> RightsRequest:
    """A request that is to be answered; the papers of one for somebody else were found to prove it."""
    request = shown(right=right, at=clock.now(), **{"email": ASHA, **answers})
    if request.capacity != Capacity.SELF:
        identity_verification.add_paper(
            request=request, upload=Upload(BytesIO(png()), "paper.png"), actor=STRANGER, at=clock.now()
        )
        paper = ProofPaper.objects.get(request=request)
        looked_at(paper, officer, at=clock.now())
        request.refresh_from_db()
    return request


def grant(request: RightsRequest, officer: User) -> str:
    made = request_decisions.propose(
        request=request,
        outcome=Outcome.GRANT,
        words_to_person="We have done it.",
        actor=actor.staff(officer.pk),
        at=clock.now(),
    )
    second = StaffFactory(roles=["data_protection_officer"])
    request_decisions.answer(proposal=made, approve=True, actor=actor.staff(second.pk), at=clock.now())
    return request_decisions.letter_text(made)


def uses(who: Principal) -> tuple[bool, bool]:
    """Whether the data may be counted, and promotion sent; at an hour at which it may."""
    noon = clock.now().replace(hour=6, minute=30)
    mail = may_contact(address=ASHA, purpose="marketing", channel="email", at=noon)
    counted = may_process(subject=who.subject.ref, purpose="analytics", at=clock.now())
    return counted.allowed, mail.allowed or bool(mail.retry_at and mail.reason != "PAUSED")


@pytest.mark.parametrize("other", [{}, FOR_OTHER])
@pytest.mark.parametrize("right", [Right.WITHDRAWAL, Right.RESTRICTION, Right.OBJECTION])
def test_what_two_people_grant_ends_every_use_that_waits_for_a_consent(
    asha: Principal, officer: User, right: Right, other: dict[str, str]
) -> None:
    request = asked_for(right, officer, **other)
    assert uses(asha) == (True, True)
    letter = grant(request, officer)
    assert uses(asha) == (False, False)
    assert "again at any time" in letter


def test_a_restriction_is_noted_with_the_person_and_says_no_to_what_was_never_answered(
    asha: Principal, officer: User
) -> None:
    grant(asked_for(Right.RESTRICTION, officer), officer)
    assert Preference.objects.get(subject_ref=asha.subject.ref).paused_until is not None
    assert may_process(subject=asha.subject.ref, purpose="ai_tools", at=clock.now()).reason == "CONSENT_DENIED"
    owed = may_contact(address=ASHA, purpose="account_service", channel="email", at=clock.now())
    assert owed.allowed


def test_a_withdrawal_asked_in_a_flood_is_not_lost_in_another_request(asha: Principal, officer: User) -> None:
    for right in (Right.ACCESS, Right.ERASURE, Right.RECIPIENTS, Right.PORTABILITY, Right.COMPLETION):
        shown(right=right, email=ASHA, should_be="Asha Rao", at=clock.now())
    request = asked_for(Right.WITHDRAWAL, officer)
    assert (request.state, request.joined_to) == (RequestState.SHOWN, None)
    grant(request, officer)
    assert uses(asha) == (False, False)


def test_a_withdrawal_of_a_second_person_at_one_address_counts_for_that_person(asha: Principal, officer: User) -> None:
    ravi = person(email=ASHA, phone="+919100000077")
    said(ravi, "given", purpose="analytics", channel="none")
    first = asked_for(Right.WITHDRAWAL, officer, principal=asha)
    second = asked_for(Right.WITHDRAWAL, officer, principal=ravi)
    assert (second.state, second.joined_to) == (RequestState.SHOWN, None)
    grant(first, officer)
    now = clock.now()
    assert not may_process(subject=asha.subject.ref, purpose="analytics", at=now).allowed
    assert may_process(subject=ravi.subject.ref, purpose="analytics", at=now).allowed
    grant(second, officer)
    assert not may_process(subject=ravi.subject.ref, purpose="analytics", at=clock.now()).allowed


@pytest.mark.parametrize("right", [Right.OPT_OUT, Right.LIMIT])
def test_an_opt_out_by_an_agent_holds_once_the_paper_proves_it(asha: Principal, officer: User, right: Right) -> None:
    request = asked_for(right, officer, **FOR_OTHER)
    assert uses(asha) == (False, True)
    grant(request, officer)


def test_nothing_is_granted_that_would_stop_nothing(asha: Principal, officer: User) -> None:
    request = asked_for(Right.OBJECTION, officer, **{**FOR_OTHER, "person_address": "nobody@example.in"})
    with pytest.raises(Refused) as refused:
        grant(request, officer)
    assert refused.value.code == "WHOSE"


def test_a_stranger_whom_nobody_knows_is_heard_at_the_address_they_showed(officer: User) -> None:
    contact_rulebook.forget()
    published_notice()
    grant(asked_for(Right.OBJECTION, officer, email="new@example.in"), officer)
    said_no = may_contact(address="new@example.in", purpose="marketing", channel="email", at=clock.now())
    assert said_no.reason == "SUPPRESSED"
