"""What a grievance's state and clocks mean: one answer for the page, the letter and the queue."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grievances.base import rules
from grievances.base.choices import MOVES, OPEN_STATES, ClosedBecause, TicketState
from grievances.base.rules import Due, Facts, PersonAction, SilenceStep, SilenceTerms, Situation, StaffAction, Turn

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
TERMS = SilenceTerms(
    first_notice=timedelta(days=5),
    second_notice=timedelta(days=10),
    close=timedelta(days=15),
    between=timedelta(days=2),
)


def due(days: float = 7, **kwargs: bool) -> Due:
    return Due(due_at=NOW + timedelta(days=days), is_late=kwargs.pop("is_late", False), **kwargs)


def stand(state: TicketState, clock: Due | None = None, *, assigned: bool = True, **kwargs: object) -> rules.Standing:
    facts = Facts(state=state, due=clock, is_assigned=assigned, **kwargs)
    return rules.standing(facts, now=NOW, days_left=None if clock is None else (clock.due_at - NOW).days)


@given(
    state=st.sampled_from(TicketState),
    clock=st.none() | st.builds(due, st.integers(-30, 90), is_late=st.booleans(), is_paused=st.booleans()),
    assigned=st.booleans(),
    because=st.none() | st.sampled_from(ClosedBecause),
    reopen=st.none() | st.builds(lambda d: NOW + timedelta(days=d), st.integers(-9, 9)),
)
def test_every_grievance_has_one_situation_and_one_action_on_each_side(state, clock, assigned, because, reopen) -> None:
    stands = stand(state, clock, assigned=assigned, closed_because=because, reopen_until=reopen)
    assert stands.person in PersonAction
    assert stands.staff in StaffAction
    closed = state == TicketState.CLOSED
    assert (stands.turn == Turn.NOBODY) is closed
    assert ("late" in stands.situation) is (state in OPEN_STATES and clock is not None and clock.is_late)


@pytest.mark.parametrize("state", [TicketState.ANSWERED, TicketState.CLOSED])
def test_an_answered_or_closed_grievance_is_frozen_and_never_late(state: TicketState) -> None:
    stands = stand(state, due(-3, is_late=True))
    assert stands.situation in {Situation.ANSWERED, Situation.SETTLED}
    assert stands.due_at is None


def test_only_the_law_says_late_not_the_date() -> None:
    assert stand(TicketState.WITH_US, due(-1, is_late=False)).situation == Situation.WITH_US
    assert stand(TicketState.WITH_US, due(1, is_late=True)).situation == Situation.LATE


def test_the_due_date_stays_when_the_person_owes_an_answer_unless_the_clock_pauses() -> None:
    assert stand(TicketState.WITH_YOU, due(3)).situation == Situation.WITH_YOU
    assert stand(TicketState.WITH_YOU, due(3, is_paused=True)).situation == Situation.WITH_YOU_PAUSED
    assert stand(TicketState.WITH_YOU, due(-3, is_late=True)).situation == Situation.WITH_YOU_LATE


def test_a_late_grievance_can_be_reminded_of_and_tells_staff_to_answer_now() -> None:
    stands = stand(TicketState.WITH_US, due(-1, is_late=True))
    assert (stands.person, stands.staff) == (PersonAction.REMIND, StaffAction.ANSWER_NOW)


def test_a_grievance_nobody_owns_is_first_assigned() -> None:
    assert stand(TicketState.RECEIVED, due(), assigned=False).staff == StaffAction.ASSIGN
    assert stand(TicketState.RECEIVED, due(), assigned=True).staff == StaffAction.ANSWER


def test_a_closed_grievance_can_be_reopened_only_while_the_house_allows() -> None:
    until = NOW + timedelta(seconds=1)
    assert stand(TicketState.CLOSED, reopen_until=until).person == PersonAction.REOPEN
    assert stand(TicketState.CLOSED, reopen_until=NOW).person == PersonAction.FILE_NEW
    assert (
        stand(TicketState.CLOSED, reopen_until=until, closed_because=ClosedBecause.ERASED).person
        == PersonAction.FILE_NEW
    )


def test_the_strictest_clock_is_the_first_to_run_out_and_a_late_one_is_never_hidden() -> None:
    soon, later, late, paused = due(1), due(9), due(30, is_late=True), due(0.5, is_paused=True)
    assert rules.strictest([later, soon]) == soon
    assert rules.strictest([later, soon, late]) == late
    assert rules.strictest([paused, later]) == later
    assert rules.strictest([]) is None
    first_late = due(20, is_late=True, is_paused=True)
    assert rules.strictest([late, first_late]) == first_late


def test_every_state_can_be_left_and_a_closed_grievance_only_goes_back_to_us() -> None:
    assert set(MOVES) == set(TicketState)
    assert MOVES[TicketState.CLOSED] == {TicketState.WITH_US}
    assert all(TicketState.CLOSED in MOVES[state] for state in OPEN_STATES)


def silence(days: float, notices: int, last: float | None) -> SilenceStep | None:
    return rules.silence_step(
        answered_at=NOW,
        notices=notices,
        last_notice_at=None if last is None else NOW + timedelta(days=last),
        terms=TERMS,
        now=NOW + timedelta(days=days),
    )


def test_silence_leads_to_two_notices_and_then_to_closing() -> None:
    assert silence(4.9, 0, None) is None
    assert silence(5, 0, None) == SilenceStep.FIRST_NOTICE
    assert silence(9.9, 1, 5) is None
    assert silence(10, 1, 5) == SilenceStep.SECOND_NOTICE
    assert silence(14.9, 2, 10) is None
    assert silence(15, 2, 10) == SilenceStep.CLOSE


def test_a_sweep_that_was_down_for_weeks_still_sends_both_notices_before_it_closes() -> None:
    assert silence(60, 0, None) == SilenceStep.FIRST_NOTICE
    assert silence(60.5, 1, 60) is None
    assert silence(62, 1, 60) == SilenceStep.SECOND_NOTICE
    assert silence(64, 2, 62) == SilenceStep.CLOSE


@given(steps=st.lists(st.floats(0.01, 20), max_size=40))
def test_closing_never_comes_before_two_notices_whatever_the_sweep_misses(steps: list[float]) -> None:
    at, notices, last = 0.0, 0, None
    for step in steps:
        at += step
        match silence(at, notices, last):
            case SilenceStep.CLOSE:
                assert notices == 2
                assert last is not None
                assert at - last >= 2 - 1e-6
                return
            case SilenceStep():
                notices, last = notices + 1, at
