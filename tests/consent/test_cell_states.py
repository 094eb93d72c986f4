"""The word of each cell of the preferences, folded from what was said about it."""

from datetime import timedelta

import pytest

from consent.base.choices import Way
from consent.preferences.choices import CellState
from consent.preferences.rules import State, Word, combined, state_of
from consent.preferences.services import preference_options
from consent.suppressions.services.undos import undo_stop
from consent.suppressions.services.withdrawals import stop_all_promotional
from portal.kernel.core import actor, clock
from tests.consent.factories import person, published_notice, said

YES, AGAIN, NO, BACK, END = (Word(answer) for answer in ("given", "renewed", "denied", "withdrawn", "expired"))
OVER = Word("given", is_over=True)
NO_YES_BEFORE, YES_BEFORE = Word("expired", is_undo=True), Word("given", is_undo=True)

ORDERS = {
    "never answered": ((), "Not answered"),
    "a first no": ((NO,), "No"),
    "no, and no again": ((NO, NO), "No"),
    "a first no whose time ended": ((NO, END), "Not answered"),
    "a yes": ((YES,), "Yes"),
    "a no, then a yes": ((NO, YES), "Yes"),
    "a yes that was renewed": ((YES, AGAIN), "Yes"),
    "a yes, taken back": ((YES, BACK), "Withdrawn"),
    "a yes, then a no by another way": ((YES, NO), "Withdrawn"),
    "a yes, taken back and refused again": ((YES, BACK, NO), "Withdrawn"),
    "a yes, taken back, given anew": ((YES, BACK, YES), "Yes"),
    "a yes whose time is over, not recorded yet": ((OVER,), "Expired"),
    "a yes whose end is recorded": ((YES, END), "Expired"),
    "a yes that ended, then a no": ((YES, END, NO), "No"),
    "a stop of what was never answered, undone": ((NO, NO_YES_BEFORE), "Not answered"),
    "a stop of a yes, undone": ((YES, BACK, YES_BEFORE), "Yes"),
    "a stop of what had ended, undone": ((YES, END, NO, NO_YES_BEFORE), "Expired"),
    "told as withdrawn by a system that knew the yes": ((BACK,), "Withdrawn"),
}


@pytest.mark.parametrize("order", ORDERS)
def test_each_order_of_answers_has_its_word(order):
    words, said_of_it = ORDERS[order]
    assert str(CellState(state_of(words)).label) == said_of_it


def test_who_refused_from_the_beginning_never_withdrew():
    assert {state_of([NO] * number) for number in range(1, 5)} == {State.DENIED}


def test_of_several_addresses_the_one_that_lets_messages_through_speaks():
    assert combined([]) is State.NO_CHOICE
    assert combined([State.NO_CHOICE, State.DENIED]) is State.DENIED
    assert combined([State.DENIED, State.WITHDRAWN]) is State.WITHDRAWN
    assert combined([State.WITHDRAWN, State.GIVEN]) is State.GIVEN


def test_every_state_has_a_word():
    assert {state.value for state in CellState} == {state.value for state in State}


@pytest.fixture
def asha(law):
    published_notice()
    return person()


def cells(who):
    offered = preference_options.offer(who.subject.ref, at=clock.now())
    return {box.value: box.word for group in offered.groups for box in group.boxes}


@pytest.mark.django_db
def test_a_stop_of_everything_and_its_undo_leave_each_cell_as_it_was(asha):
    said(asha, "given"), said(asha, "denied", channel="email")
    said(asha, "given", channel="voice", occurred_at=clock.now() - timedelta(minutes=3))
    said(asha, "withdrawn", channel="voice")
    before = cells(asha)
    words = {channel: before[f"marketing:{channel}"] for channel in ("sms", "email", "voice", "rcs")}
    assert words == {"sms": "Yes", "email": "No", "voice": "Withdrawn", "rcs": "Not answered"}
    receipt = stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM, way=Way.STOP_ALL).receipt
    stopped = cells(asha)
    words = {channel: stopped[f"marketing:{channel}"] for channel in ("sms", "email", "voice", "rcs")}
    assert words == {"sms": "Withdrawn", "email": "No", "voice": "Withdrawn", "rcs": "No"}
    undo_stop(receipt=receipt, actor=actor.SYSTEM)
    assert cells(asha) == before
