from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.law.rules import clock_state, moment_of, next_look, reached

START = datetime(2026, 11, 1, tzinfo=UTC)
SHARES = (50, 80, 100)


@dataclass
class Row:
    started_at: datetime = START
    due_at: datetime = START + timedelta(days=10)
    paused_at: datetime | None = None
    paused_seconds: int = 0
    stopped_at: datetime | None = None
    told_percent: int = 0


def test_a_clock_is_late_only_after_its_last_instant():
    row = Row()
    assert clock_state(row, row.due_at).is_late is False
    assert clock_state(row, row.due_at + timedelta(milliseconds=1)).is_late is True


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
    assert row.started_at <= moment_of(row, percent) <= row.due_at + timedelta(milliseconds=1)


def test_a_clock_of_no_length_is_at_its_end():
    assert clock_state(Row(due_at=START), START).percent == 100
