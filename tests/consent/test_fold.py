"""What an address says now: the laws of the fold."""

import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from consent.base.choices import Answer
from consent.base.rules.status_fold import NO, UNANSWERED, YES, Said, deciding, standing

START = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
ASHA, RAVI, ASHA_TOO = (uuid.UUID(int=n) for n in (1, 2, 3))


def said(number, who, answer, minute=None):
    return Said(number, who, answer, START + timedelta(minutes=number if minute is None else minute))


events = st.lists(
    st.builds(
        said,
        st.integers(0, 40),
        st.sampled_from([ASHA, RAVI, ASHA_TOO]),
        st.sampled_from(list(Answer.values)),
        st.integers(0, 5),
    ),
    max_size=12,
    unique_by=lambda event: event.number,
)


def test_every_answer_is_a_yes_a_no_or_an_end():
    assert YES | NO | {Answer.EXPIRED} == set(Answer.values)
    assert not YES & NO


def test_silence_decides_nothing():
    assert deciding([]) is None


def test_a_no_by_anybody_at_an_address_beats_a_later_yes_by_another():
    no = said(1, ASHA, Answer.WITHDRAWN)
    assert deciding([no, said(2, RAVI, Answer.GIVEN)]) == no


def test_the_same_person_may_change_a_no_into_a_yes():
    yes = said(2, ASHA, Answer.GIVEN)
    assert deciding([said(1, ASHA, Answer.WITHDRAWN), yes]) == yes


def test_a_person_known_by_two_references_may_change_a_no_into_a_yes():
    yes = said(2, ASHA_TOO, Answer.GIVEN)
    assert deciding([said(1, ASHA, Answer.WITHDRAWN), yes], {ASHA: ASHA_TOO}) == yes


def test_an_old_yes_that_arrives_late_does_not_undo_a_withdrawal():
    no = said(1, ASHA, Answer.WITHDRAWN, minute=50)
    assert deciding([no, said(2, ASHA, Answer.GIVEN, minute=10)]) == no


def test_at_the_same_instant_the_no_wins():
    no = said(1, ASHA, Answer.DENIED, minute=3)
    assert deciding([no, said(2, ASHA, Answer.GIVEN, minute=3)]) == no


def test_an_ended_no_no_longer_blocks_the_other_person():
    yes = said(2, RAVI, Answer.GIVEN)
    assert deciding([said(1, ASHA, Answer.WITHDRAWN), yes, said(3, ASHA, Answer.EXPIRED)]) == yes


def test_a_no_that_ended_leaves_no_answer_and_a_yes_that_ended_an_end():
    end = said(3, ASHA, Answer.EXPIRED)
    assert deciding([said(1, ASHA, Answer.DENIED), end]).answer == UNANSWERED
    assert deciding([said(1, ASHA, Answer.GIVEN), said(2, ASHA, Answer.WITHDRAWN), end]) == end
    assert deciding([said(1, RAVI, Answer.GIVEN), said(2, RAVI, Answer.EXPIRED), end]).answer == UNANSWERED
    assert deciding([said(1, ASHA_TOO, Answer.GIVEN), end], {ASHA: ASHA_TOO}) == end


@given(events, st.randoms(use_true_random=False))
def test_the_order_in_which_events_are_read_does_not_matter(found, random):
    shuffled = list(found)
    random.shuffle(shuffled)
    assert deciding(shuffled) == deciding(found)


@given(events)
def test_a_withdrawal_that_is_the_latest_of_all_always_decides_for_no(found):
    last = said(99, ASHA, Answer.WITHDRAWN, minute=99)
    assert deciding([*found, last]) == last


@given(events)
def test_a_yes_decides_only_when_nobodys_latest_word_is_no(found):
    verdict = deciding(found)
    if verdict is not None and verdict.answer in YES:
        for person in (ASHA, RAVI, ASHA_TOO):
            own = deciding([event for event in found if event.subject == person])
            assert own is None or own.answer not in NO


@given(st.sampled_from(list(Answer.values)), st.none() | st.integers(-5, 5))
def test_only_a_yes_whose_agreed_time_is_over_has_expired(answer, minutes_left):
    expires_at = None if minutes_left is None else START + timedelta(minutes=minutes_left)
    is_over = minutes_left is not None and minutes_left <= 0
    assert standing(answer, expires_at, at=START) == ("expired" if answer in YES and is_over else answer)
