"""An answer is a proposal; the person settles a grievance, we do not."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grievances import scheduled_checks
from grievances.base import selectors
from grievances.base.choices import Answer, ClosedBecause, EntryKind, TicketState
from grievances.base.request_choices import OutsideState, Right
from grievances.base.rules import PersonAction, Situation
from grievances.models import Ticket
from grievances.tickets import grievance_status
from grievances.tickets.services import (
    conversation,
    external_tasks,
    resolutions,
    thread_access,
    work_allocation,
)
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.law.choices import Ended
from portal.kernel.law.models import Clock
from portal.kernel.outbox.models import Message
from tests.grievances.factories import RECEIVED, STRANGER, ticket
from tests.grievances.requests import shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
ANSWERED = RECEIVED + timedelta(days=2)


@pytest.fixture
def answered(officer):
    found = ticket()
    resolutions.propose(ticket=found, text="We stopped it.", by=officer, actor=actor.staff(officer.pk), at=ANSWERED)
    return found


def test_an_answer_stops_the_clocks_and_asks_the_person(answered) -> None:
    assert answered.state == TicketState.ANSWERED
    assert answered.due_at is None
    assert all(clock.stopped_at == ANSWERED for clock in selectors.answer_clocks(answered))
    assert Message.objects.filter(kind="grievances.answered").exists()


def test_an_answered_grievance_stays_in_time_however_long_the_person_thinks(answered) -> None:
    stands = grievance_status.standing_of(answered, now=ANSWERED + timedelta(days=400))
    assert stands.situation == Situation.ANSWERED
    assert not selectors.overdue(type(answered).objects.all(), now=ANSWERED + timedelta(days=400)).exists()


def test_a_yes_closes_it_as_settled(answered) -> None:
    resolutions.accept(ticket=answered, actor=STRANGER, at=ANSWERED + timedelta(days=1))
    assert answered.state == TicketState.CLOSED
    assert answered.closed_because == ClosedBecause.SETTLED
    assert answered.resolutions.get().answer == Answer.ACCEPTED


def test_a_no_opens_it_again_with_clocks_of_its_own_and_keeps_the_old_ones(answered) -> None:
    at = ANSWERED + timedelta(days=1)
    resolutions.decline(ticket=answered, why="It went on.", actor=STRANGER, at=at)
    assert (answered.state, answered.round) == (TicketState.WITH_US, 2)
    fresh = selectors.answer_clocks(answered)
    assert {clock.started_at for clock in fresh} == {at}
    assert all(clock.stopped_at is None for clock in fresh)
    assert Clock.objects.filter(owner=answered.about).exclude(stopped_at=None).count() == 3
    assert answered.due_at == fresh[0].due_at
    assert thread_access.thread(answered, internal=False)[-1].texts["text"] == "It went on."


def test_the_person_answers_once(answered) -> None:
    resolutions.accept(ticket=answered, actor=STRANGER, at=ANSWERED)
    for act in (resolutions.accept, lambda **kw: resolutions.decline(why="No", **kw)):
        with pytest.raises(Refused) as caught:
            act(ticket=answered, actor=STRANGER, at=ANSWERED)
        assert caught.value.code == "NOT_ANSWERED"


@pytest.mark.parametrize("late", [resolutions.accept, partial(resolutions.decline, why="No"), resolutions.withdraw])
def test_a_page_that_was_loaded_before_the_answer_hears_that_it_was_given(answered, late) -> None:
    of_before = Ticket.objects.get(pk=answered.pk)
    resolutions.decline(ticket=answered, why="It went on.", actor=STRANGER, at=ANSWERED)
    lines = answered.entries.count()
    with pytest.raises(Refused) as caught:
        late(ticket=of_before, actor=STRANGER, at=ANSWERED)
    assert caught.value.code == "ANSWERED_ALREADY"
    answered.refresh_from_db()
    assert (answered.state, answered.entries.count()) == (TicketState.WITH_US, lines)


def test_a_corrected_answer_waits_from_its_own_time_on_in_the_place_of_the_first(answered, officer) -> None:
    later = ANSWERED + timedelta(days=1)
    resolutions.correct(ticket=answered, text="Since May.", by=officer, actor=actor.staff(officer.pk), at=later)
    both = answered.resolutions.order_by("pk").values_list("answer", "proposed_at")
    assert list(both) == [(Answer.CORRECTED, ANSWERED), (Answer.WAITING, later)]


def test_the_same_page_sent_twice_corrects_an_answer_once(answered, officer) -> None:
    correct = partial(resolutions.correct, ticket=answered, by=officer, actor=actor.staff(officer.pk), once_key=uuid4())
    assert correct(text="Since May.", at=ANSWERED + timedelta(minutes=1)) is not None
    assert correct(text="Since May.", at=ANSWERED + timedelta(minutes=2)) is None
    assert answered.resolutions.count() == answered.entries.filter(kind=EntryKind.CORRECTION).count() + 1 == 2


def test_a_request_taken_back_leaves_no_task_open_in_a_system_outside(officer) -> None:
    found, by = shown(right=Right.OBJECTION), {"by": officer, "actor": actor.staff(officer.pk), "at": clock.now()}
    task = external_tasks.give(request=found, system="Billing of Acme", work="erase", what="The row of Asha.", **by)
    resolutions.withdraw(ticket=found.ticket, actor=STRANGER, at=clock.now())
    task.refresh_from_db()
    assert task.state == OutsideState.LEFT


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_grievance_that_goes_on_in_another_one_is_closed_without_a_word_on_our_answer(is_answered, request) -> None:
    found, other = request.getfixturevalue("answered") if is_answered else ticket(), ticket()
    resolutions.close_merged(ticket=found, into=other, actor=STRANGER, at=ANSWERED)
    assert (found.closed_because, found.merged_into) == (ClosedBecause.MERGED, other)
    words = found.resolutions.values_list("answer", flat=True)
    assert list(words) == [Answer.WITHDRAWN] * is_answered


def test_support_proposes_nothing(supporter) -> None:
    with pytest.raises(NotAllowed):
        resolutions.propose(ticket=ticket(), text="Done", by=supporter, actor=actor.staff(supporter.pk), at=ANSWERED)


def test_staff_cannot_write_into_an_answered_grievance(answered, officer) -> None:
    with pytest.raises(Refused):
        conversation.reply(ticket=answered, text="Well?", by=officer, actor=actor.staff(officer.pk), at=ANSWERED)
    with pytest.raises(Refused):
        resolutions.propose(ticket=answered, text="Again", by=officer, actor=actor.staff(officer.pk), at=ANSWERED)


def test_a_withdrawn_grievance_is_frozen_and_can_be_opened_again_for_a_while() -> None:
    found = ticket()
    resolutions.withdraw(ticket=found, actor=STRANGER, at=ANSWERED)
    assert found.closed_because == ClosedBecause.WITHDRAWN
    assert grievance_status.standing_of(found, now=ANSWERED).person == PersonAction.REOPEN
    resolutions.reopen(ticket=found, why="I changed my mind.", actor=STRANGER, at=ANSWERED + timedelta(days=29))
    assert (found.state, found.round) == (TicketState.WITH_US, 2)


def test_withdrawing_an_answered_grievance_says_nothing_about_the_answer(answered) -> None:
    resolutions.withdraw(ticket=answered, actor=STRANGER, at=ANSWERED + timedelta(days=1))
    resolution = answered.resolutions.get()
    assert (resolution.answer, resolution.get_answer_display()) == (Answer.WITHDRAWN, "Withdrawn without an answer")
    assert answered.closed_because == ClosedBecause.WITHDRAWN
    assert not answered.entries.filter(kind=EntryKind.ACCEPTED).exists()


def test_after_the_promised_time_a_closed_grievance_stays_closed() -> None:
    found = ticket()
    resolutions.withdraw(ticket=found, actor=STRANGER, at=ANSWERED)
    with pytest.raises(Refused):
        resolutions.reopen(ticket=found, why="Late", actor=STRANGER, at=ANSWERED + timedelta(days=30))
    assert found.state == TicketState.CLOSED


def test_silence_sends_two_notices_and_then_closes_with_a_way_back(answered) -> None:
    for day in range(16):
        scheduled_checks.sweep(now=ANSWERED + timedelta(days=day))
        scheduled_checks.sweep(now=ANSWERED + timedelta(days=day, minutes=10))
    answered.refresh_from_db()
    assert answered.closed_because == ClosedBecause.SILENCE
    kinds = list(answered.entries.values_list("kind", flat=True))
    assert kinds.count(EntryKind.NOTICE) == 2
    assert Message.objects.filter(kind="grievances.silence_notice").count() == 2
    assert Message.objects.filter(kind="grievances.closed").count() == 1
    assert answered.resolutions.get().answer == Answer.SILENT
    assert answered.reopen_until is not None


def test_answers_that_wait_in_front_hold_none_back_behind_them(answered, officer) -> None:
    for _each in range(2):
        resolutions.propose(ticket=ticket(), text="Done.", by=officer, actor=actor.staff(officer.pk), at=ANSWERED)
    day = ANSWERED + selectors.silence_terms(at=ANSWERED).first_notice
    assert scheduled_checks.sweep(now=day, at_once=1).notices == 3


def test_a_sweep_reads_the_promises_of_a_day_once_for_all_its_answers(answered, officer) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            scheduled_checks.sweep(now=ANSWERED)
        return len(captured)

    alone = asked()
    for _each in range(2):
        resolutions.propose(ticket=ticket(), text="Done.", by=officer, actor=actor.staff(officer.pk), at=ANSWERED)
    assert asked() == alone


def test_a_sweep_after_the_person_spoke_does_nothing(answered) -> None:
    resolutions.accept(ticket=answered, actor=STRANGER, at=ANSWERED)
    swept = scheduled_checks.sweep(now=ANSWERED + timedelta(days=60))
    assert (swept.notices, swept.closed) == (0, 0)


def test_no_letter_carries_a_word_of_the_matter(answered) -> None:
    assert mail.outbox == []
    for message in Message.objects.all():
        assert "night" not in str(message)


def test_an_answer_marks_when_the_turn_went_to_the_person(answered) -> None:
    answered.refresh_from_db()
    assert (answered.turn_at, answered.answered_at) == (ANSWERED, ANSWERED)


def test_what_an_officer_was_handed_is_theirs_once_they_answer_it(officer) -> None:
    ticket()
    found = work_allocation.take_next(actor=actor.staff(officer.pk), now=ANSWERED)
    assert found is not None
    assert found.assigned_to is None
    resolutions.propose(ticket=found, text="Done.", by=officer, actor=actor.staff(officer.pk), at=ANSWERED)
    found.refresh_from_db()
    assert found.assigned_to == officer


def test_the_word_of_the_person_is_kept_with_its_time(answered) -> None:
    at = ANSWERED + timedelta(days=1)
    resolutions.accept(ticket=answered, actor=STRANGER, at=at)
    assert answered.resolutions.get().answered_at == at


def test_taking_back_a_grievance_stops_its_clocks_as_taken_back() -> None:
    found = ticket()
    resolutions.withdraw(ticket=found, actor=STRANGER, at=ANSWERED)
    ended = {(clock.stopped_at, clock.ended) for clock in selectors.answer_clocks(found)}
    assert ended == {(ANSWERED, Ended.WITHDRAWN)}


def test_a_grievance_that_is_closed_already_is_not_taken_back_once_more() -> None:
    found = ticket()
    resolutions.withdraw(ticket=found, actor=STRANGER, at=ANSWERED)
    with pytest.raises(Refused) as caught:
        resolutions.withdraw(ticket=found, actor=STRANGER, at=ANSWERED)
    assert caught.value.code == "CLOSED"


def test_opening_a_grievance_again_leaves_an_audit_event(answered) -> None:
    at = ANSWERED + timedelta(days=1)
    resolutions.decline(ticket=answered, why="It went on.", actor=STRANGER, at=at)
    event = AuditEvent.objects.get(kind="grievances.ticket.reopened")
    assert (event.about, event.at, event.subject_ref) == (answered.about, at, answered.subject_ref)
    assert event.facts == {"reference": answered.reference, "state": TicketState.WITH_US}
