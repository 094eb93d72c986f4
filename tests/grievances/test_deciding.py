"""An answer that is late, given again or given on appeal: two people, and on appeal two others than before."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from grievances.base import selectors
from grievances.base.choices import AppealOutcome, TicketState
from grievances.base.request_choices import BundleState, Outcome, RefusalGround, RequestState, Right
from grievances.models import Bundle, RequestProposal, RightsRequest
from grievances.requests.services import data_copies, identity_verification, request_decisions
from grievances.tickets.services import appeals, resolutions
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.law.models import Clock
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.models import User
from tests.grievances.factories import STRANGER, ticket
from tests.grievances.requests import asked, code_for, shown
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
PROPOSALS = "/admin/grievances/requestproposal/"


@pytest.fixture
def second(house: None) -> User:
    return StaffFactory(roles=["data_protection_officer"])


@pytest.fixture
def others(house: None) -> tuple[User, User]:
    return StaffFactory(roles=["grievance_officer"]), StaffFactory(roles=["data_protection_officer"])


def by(user: User) -> actor.Actor:
    return actor.staff(user.pk)


def propose(request: RightsRequest, maker: User, outcome: str = Outcome.GRANT, **given: Any) -> RequestProposal:
    at = given.pop("at", None) or clock.now()
    text = given.pop("words_to_person", "We have done it.")
    return request_decisions.propose(
        request=request, outcome=outcome, words_to_person=text, actor=by(maker), at=at, **given
    )


def answered(request: RightsRequest, maker: User, checker: User, outcome: str = Outcome.GRANT, **given: Any) -> None:
    made = propose(request, maker, outcome, **given)
    request_decisions.answer(proposal=made, approve=True, actor=by(checker), at=clock.now())
    request.refresh_from_db()
    request.ticket.refresh_from_db()


def refused_unproved(officer: User, second: User) -> RightsRequest:
    request = asked(at=clock.now()).request
    answered(request, officer, second, Outcome.REFUSE, ground=RefusalGround.NOT_PROVED)
    return request


def test_a_request_refused_because_nobody_showed_who_asks_still_waits_for_that_when_it_is_opened_again(
    officer: User, second: User
) -> None:
    request = refused_unproved(officer, second)
    resolutions.decline(ticket=request.ticket, why="It was me.", actor=STRANGER, at=clock.now())
    request.refresh_from_db()
    assert (request.state, request.shown_at, request.decided_at) == (RequestState.ASKED, None, None)
    with pytest.raises(Refused) as refused:
        propose(request, officer)
    assert refused.value.code == "NOT_SHOWN"
    identity_verification.send_code(request=request, at=clock.now())
    identity_verification.enter_code(request=request, typed=code_for(request), actor=STRANGER, at=clock.now())
    request.refresh_from_db()
    assert request.state == RequestState.SHOWN


def appealed(request: RightsRequest, *, at: datetime | None = None) -> None:
    appeals.appeal(ticket=request.ticket, why="Nobody looked.", actor=STRANGER, at=at or clock.now())
    request.refresh_from_db()


def test_an_appeal_puts_the_request_to_work_again(officer: User, second: User) -> None:
    for request, before in (
        (shown(right=Right.OBJECTION, at=clock.now()), RequestState.SHOWN),
        (asked(email="ravi@example.in", at=clock.now()).request, RequestState.ASKED),
    ):
        answered(request, officer, second, Outcome.REFUSE, ground=RefusalGround.NOT_PROVED)
        appealed(request)
        assert (request.state, request.decided_at) == (before, None)
        assert request.ticket.state == TicketState.WITH_US


def test_two_others_answer_the_appeal_and_say_what_becomes_of_the_first_answer(
    officer: User, second: User, others: tuple[User, User]
) -> None:
    request = shown(right=Right.OBJECTION, at=clock.now())
    answered(request, officer, second, Outcome.REFUSE, ground=RefusalGround.CLAIM)
    appealed(request)
    url = f"/admin/grievances/rightsrequest/{request.pk}/change/"
    for before in (officer, second):
        with pytest.raises(NotAllowed):
            propose(request, before)
        assert "Propose an answer" not in opened(staff_client(before), url, request.ticket.reference)
    assert "Propose an answer" in opened(staff_client(others[0]), url, request.ticket.reference)
    made = propose(request, others[0])
    common: dict[str, Any] = {"proposal": made, "approve": True, "at": clock.now()}
    with pytest.raises(NotAllowed):
        request_decisions.answer(**common, on_appeal=AppealOutcome.CHANGED, actor=by(second))
    with pytest.raises(Refused) as refused:
        request_decisions.answer(**common, actor=by(others[1]))
    assert refused.value.code == "NO_OUTCOME"
    made.refresh_from_db()
    request_decisions.answer(**common, on_appeal=AppealOutcome.CHANGED, actor=by(others[1]))
    request.refresh_from_db()
    assert request.state == RequestState.GRANTED
    assert request.ticket.appeals.get().outcome == AppealOutcome.CHANGED


def test_what_was_proposed_before_the_appeal_does_not_answer_it(officer: User, others: tuple[User, User]) -> None:
    request = shown(right=Right.OBJECTION)
    late = clock.now() + timedelta(days=60)
    made = propose(request, officer, at=late - timedelta(minutes=1))
    appealed(request, at=late)
    with pytest.raises(Refused) as refused:
        request_decisions.answer(
            proposal=made,
            approve=True,
            late_because="many",
            on_appeal=AppealOutcome.CHANGED,
            actor=by(others[1]),
            at=late + timedelta(minutes=1),
        )
    assert refused.value.code == "OWN_APPEAL"
    again = late + timedelta(minutes=2)
    request_decisions.answer(proposal=made, approve=False, reason="On appeal.", actor=by(others[1]), at=again)
    assert selectors.is_kept_out(request.ticket, officer.pk)
    assert not selectors.is_kept_out(request.ticket, others[1].pk)


def test_on_appeal_a_copy_that_was_given_out_ends_when_a_new_one_is_put_together(
    officer: User, second: User, others: tuple[User, User], django_capture_on_commit_callbacks: Any
) -> None:
    request = shown(at=clock.now())
    bundle = data_copies.collect(request=request, by=officer, actor=by(officer), at=clock.now())
    data_copies.run(bundle, progress=lambda done, total: None)
    answered(request, officer, second)
    first = Bundle.objects.get().file
    appealed(request)
    with django_capture_on_commit_callbacks(execute=True):
        bundle = data_copies.collect(request=request, by=others[0], actor=by(others[0]), at=clock.now())
    data_copies.run(bundle, progress=lambda done, total: None)
    bundle.refresh_from_db()
    assert bundle.state == BundleState.READY
    assert first is not None
    first.refresh_from_db()
    assert first.shredded_at is not None
    made = propose(request, others[0])
    request_decisions.answer(
        proposal=made, approve=True, on_appeal=AppealOutcome.CHANGED, actor=by(others[1]), at=clock.now()
    )
    bundle.refresh_from_db()
    assert (bundle.state, bundle.downloads) == (BundleState.RELEASED, 0)


def test_a_late_answer_says_why_and_goes_out(officer: User, second: User) -> None:
    request, late = shown(right=Right.OBJECTION), clock.now() + timedelta(days=60)
    made = propose(request, officer, at=late)
    with pytest.raises(Refused) as refused:
        request_decisions.answer(proposal=made, approve=True, actor=by(second), at=late)
    assert refused.value.code == "LATE_REASON"
    made.refresh_from_db()
    request_decisions.answer(proposal=made, approve=True, late_because="many", actor=by(second), at=late)
    request.refresh_from_db()
    assert request.state == RequestState.GRANTED
    assert set(Clock.objects.filter(owner=request.ticket.about).values_list("late_because", flat=True)) == {"many"}


def opened(client: Any, url: str, reference: str) -> str:
    """Say why the record is opened; its page."""
    client.post(url, {"open_record": "1", "purpose": "rights_request", "ticket": reference})
    return str(client.get(url).text)


def asks(client: Any, made: RequestProposal) -> str:
    """The page that asks the second person."""
    opened(client, f"{PROPOSALS}{made.pk}/change/", made.request.ticket.reference)
    return str(client.get(f"{PROPOSALS}{made.pk}/do/approve/").text)


def do(client: Any, made: RequestProposal, **given: str) -> Any:
    asked_of = {"answer": "1", "_selected_action": str(made.pk), **given}
    return client.post(f"{PROPOSALS}do/approve/", asked_of)


def test_a_second_person_answers_no_proposal_that_their_login_has_not_opened(officer: User, second: User) -> None:
    """Not in bulk, not alone: what nobody else has read is left out, and named with the reason."""
    read = propose(shown(right=Right.OBJECTION, at=clock.now()), officer)
    unread = propose(shown(right=Right.RESTRICTION, email="ravi@example.in", at=clock.now()), officer)
    client = staff_client(second)
    assert "You have not opened it" in client.get(f"{PROPOSALS}{unread.pk}/do/approve/").text
    do(client, unread)
    asks(client, read)
    both = {"answer": "1", "_selected_action": [str(read.pk), str(unread.pk)]}
    page = client.post(f"{PROPOSALS}do/approve/", {"_selected_action": both["_selected_action"]}).text
    assert "This concerns 1" in page
    assert "Left out: 1" in page
    assert f'href="{PROPOSALS}{unread.pk}/change/"' in page
    client.post(f"{PROPOSALS}do/approve/", both)
    client.post(f"{PROPOSALS}do/refuse/", {**both, "reason": "Not so."})
    read.refresh_from_db()
    unread.refresh_from_db()
    assert (read.answer, unread.answer) == ("approved", "pending")
    asks(client, unread)
    do(client, unread)
    unread.refresh_from_db()
    assert unread.answer == "approved"


def test_the_page_of_the_second_person_asks_why_only_of_what_is_late(officer: User, second: User) -> None:
    in_time = propose(shown(right=Right.OBJECTION, at=clock.now()), officer)
    client = staff_client(second)
    assert "Why is the answer late" not in asks(client, in_time)
    request = shown(right=Right.RESTRICTION, email="ravi@example.in", at=clock.now() - timedelta(days=60))
    made = propose(request, officer)
    page = asks(client, made)
    assert "Why is the answer late" in page
    assert "What becomes of the first answer" not in page
    assert "Choose why it is late" in do(client, made).text
    do(client, made, late_because="many")
    request.refresh_from_db()
    assert request.state == RequestState.GRANTED


def test_the_page_of_the_second_person_asks_on_appeal_what_becomes_of_the_first_answer(
    officer: User, second: User, others: tuple[User, User]
) -> None:
    request = shown(right=Right.OBJECTION, at=clock.now())
    answered(request, officer, second, Outcome.REFUSE, ground=RefusalGround.CLAIM)
    appealed(request)
    made = propose(request, others[0])
    client = staff_client(others[1])
    assert "What becomes of the first answer" in asks(client, made)
    do(client, made, on_appeal="stays")
    assert request.ticket.appeals.get().outcome == AppealOutcome.STAYS


def test_one_person_answers_no_request_from_the_page_of_its_ticket(officer: User, second: User) -> None:
    request = shown(right=Right.OBJECTION, at=clock.now())
    common: dict[str, Any] = {"ticket": request.ticket, "text": "Done.", "by": officer, "actor": by(officer)}
    with pytest.raises(Refused) as refused:
        resolutions.propose(**common, at=clock.now())
    assert refused.value.code == "TWO_PEOPLE"
    answered(request, officer, second)
    with pytest.raises(Refused) as refused:
        resolutions.correct(**common, at=clock.now())
    assert refused.value.code == "TWO_PEOPLE"


def page_of(client: Any, found: Any) -> str:
    return opened(client, f"/admin/grievances/ticket/{found.pk}/change/", found.reference)


def test_the_page_of_a_requests_ticket_leads_to_the_request_and_has_no_button_to_answer_or_correct(
    officer: User, second: User
) -> None:
    request, client = shown(right=Right.OBJECTION, at=clock.now()), staff_client(officer)
    page = page_of(client, request.ticket)
    assert f'href="/admin/grievances/rightsrequest/{request.pk}/change/"' in page
    assert 'value="propose"' not in page
    assert 'value="ask"' in page
    assert 'value="propose"' in page_of(client, ticket(at=clock.now()))
    answered(request, officer, second)
    assert 'value="correct"' not in page_of(client, request.ticket)
    late = shown(right=Right.RESTRICTION, email="ravi@example.in", at=clock.now() - timedelta(days=60)).ticket
    page = page_of(client, late)
    assert "Next step: Propose an answer now, which a second person reads" in page
    assert "Why is the answer late" not in page


def test_a_number_is_cut_from_the_letter_by_the_words_around_it_too(officer: User) -> None:
    made = propose(shown(right=Right.OBJECTION), officer, words_to_person="Your Aadhaar 2341, 2341, 2346 is deleted.")
    assert "2341" not in request_decisions.letter_text(made)


def test_the_second_person_reads_what_is_wrong_how_it_should_be_and_what_will_be_written(
    officer: User, second: User
) -> None:
    made = propose(shown(right=Right.CORRECTION, field="name", should_be="Asha Rao", at=clock.now()), officer)
    client = staff_client(second)
    page = asks(client, made)
    assert page.count("Asha Rao") == 2
    assert "What is wrong or missing: My name" in page
    again = shown(right=Right.CORRECTION, field="name", should_be="A. Rao", email="ravi@example.in", at=clock.now())
    partly = propose(again, officer, Outcome.PARTLY, written="Asha R. Rao")
    page = asks(client, partly)
    assert "A. Rao" in page
    assert page.count("Asha R. Rao") == 2, "in the letter and as what is written"


def test_whom_an_appeal_keeps_out_is_told_before_they_approve(
    officer: User, second: User, others: tuple[User, User]
) -> None:
    request = shown(right=Right.OBJECTION, at=clock.now())
    answered(request, officer, second, Outcome.REFUSE, ground=RefusalGround.CLAIM)
    appealed(request)
    made = propose(request, others[0])
    assert "It is on appeal against your answer." in asks(staff_client(second), made)
    assert "It is on appeal against your answer." not in asks(staff_client(others[1]), made)


def test_an_appeal_that_too_few_are_left_to_answer_says_so_to_who_assigns(officer: User, second: User) -> None:
    request = shown(right=Right.OBJECTION, at=clock.now())
    answered(request, officer, second, Outcome.REFUSE, ground=RefusalGround.CLAIM)
    appealed(request)
    letter = Message.objects.get(kind="grievances.staff_appealed", subject_ref=officer.subject.ref)
    assert "2 more with the right to answer it must get the role" in message_content.text_of(letter).body
    page = opened(
        staff_client(officer), f"/admin/grievances/ticket/{request.ticket.pk}/change/", request.ticket.reference
    )
    assert "2 more people with the right to answer it" in page
    for _ in range(2):
        StaffFactory(roles=["grievance_officer"])
    assert selectors.lacking_for_appeal(request.ticket, now=clock.now()) == 0
