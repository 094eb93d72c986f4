from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.law import choices
from portal.kernel.law.rules import Ended, Stands, clock_state, latest_missed, moment_of, next_look, reached

START = datetime(2026, 11, 1, tzinfo=UTC)
SHARES = (50, 80, 100)
IST = ZoneInfo("Asia/Kolkata")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")


@dataclass
class Row:
    started_at: datetime = START
    due_at: datetime = START + timedelta(days=10)
    paused_at: datetime | None = None
    paused_seconds: int = 0
    stopped_at: datetime | None = None
    ended: str = ""
    zone: str = "Asia/Kolkata"
    told_percent: int = 0


def test_a_day_is_not_over_in_its_last_second_and_late_with_the_first_instant_of_the_next():
    row = Row(due_at=datetime(2026, 11, 8, 23, 59, 59, tzinfo=IST))
    for milliseconds in (0, 1, 999):
        assert clock_state(row, row.due_at + timedelta(milliseconds=milliseconds)).stands is Stands.RUNNING
    assert clock_state(row, datetime(2026, 11, 9, tzinfo=IST)).stands is Stands.LATE


@given(st.integers(-5_000, 5_000))
def test_a_list_and_a_page_never_disagree_on_what_is_late(milliseconds):
    row = Row()
    now = row.due_at + timedelta(milliseconds=milliseconds)
    assert (row.due_at <= latest_missed(now)) is clock_state(row, now).is_late


@pytest.mark.parametrize(
    ("row", "days", "stands"),
    [
        (Row(), 5, Stands.RUNNING),
        (Row(), 11, Stands.LATE),
        (Row(paused_at=START + timedelta(days=5)), 50, Stands.PAUSED),
        (Row(paused_at=START + timedelta(days=11)), 50, Stands.LATE),
        (Row(stopped_at=START + timedelta(days=9), ended="done"), 50, Stands.MET),
        (Row(stopped_at=START + timedelta(days=11), ended="done"), 50, Stands.MISSED),
        (Row(stopped_at=START + timedelta(days=9), ended="withdrawn"), 50, Stands.FROZEN),
        (Row(stopped_at=START + timedelta(days=11), ended="withdrawn"), 50, Stands.MISSED),
        (Row(stopped_at=START + timedelta(days=11), ended="corrected"), 50, Stands.FROZEN),
    ],
)
def test_a_clock_stands_for_one_thing_at_each_moment(row, days, stands):
    assert clock_state(row, START + timedelta(days=days)).stands is stands


def test_why_a_clock_ended_has_the_same_words_in_the_rules_and_in_the_rows():
    assert [str(one) for one in Ended] == choices.Ended.values


def test_the_date_is_the_one_of_the_persons_zone():
    row = Row(due_at=datetime(2027, 1, 14, 23, 59, 59, tzinfo=LOS_ANGELES), zone="America/Los_Angeles")
    state = clock_state(row, datetime(2027, 1, 15, 12, 0, tzinfo=IST))  # the 14th in California, still
    assert (state.due_on.isoformat(), state.days_left, state.is_late) == ("2027-01-14", 0, False)


def test_a_stopped_clock_stands_where_it_stopped():
    row = Row(stopped_at=START + timedelta(days=4))
    state = clock_state(row, START + timedelta(days=400))
    assert (state.is_stopped, state.is_late, state.percent) == (True, False, 40)


def test_a_paused_clock_does_not_become_late():
    row = Row(paused_at=START + timedelta(days=5))
    state = clock_state(row, START + timedelta(days=50))
    assert (state.is_paused, state.is_late, state.percent, state.left) == (True, False, 50, timedelta(days=5))


def test_time_that_was_paused_does_not_count():
    row = Row(due_at=START + timedelta(days=12), paused_seconds=2 * 86400)
    assert clock_state(row, START + timedelta(days=7)).percent == 50


@pytest.mark.parametrize(("told", "after"), [(0, timedelta(days=5)), (50, timedelta(days=8))])
def test_the_next_look_is_the_next_share_of_the_time(told, after):
    assert next_look(Row(told_percent=told), SHARES) == START + after


def test_nothing_is_left_to_tell_once_late_paused_or_stopped():
    assert next_look(Row(told_percent=100), SHARES) is None
    assert next_look(Row(paused_at=START), SHARES) is None
    assert next_look(Row(stopped_at=START), SHARES) is None


def test_a_sweep_that_comes_late_tells_of_the_last_share_only():
    assert reached(Row(), SHARES, START + timedelta(days=9)) == 80
    assert reached(Row(), SHARES, START + timedelta(days=10)) == 80
    assert reached(Row(), SHARES, START + timedelta(days=11)) == 100
    assert reached(Row(), SHARES, START) == 0


@given(st.integers(0, 100), st.integers(0, 10**6))
def test_a_share_of_the_time_lies_between_start_and_just_after_due(percent, paused):
    row = Row(due_at=START + timedelta(days=10, seconds=paused), paused_seconds=paused)
    assert row.started_at <= moment_of(row, percent) <= row.due_at + timedelta(seconds=1)


def test_a_clock_of_no_length_is_at_its_end():
    assert clock_state(Row(due_at=START), START).percent == 100
