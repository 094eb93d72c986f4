"""The days on which the tests are run besides today, and what belongs to the long run."""

import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from tests import matrix
from tests.matrix import days_of_the_calendar

INDIA = timedelta(hours=5, minutes=30)


@pytest.mark.parametrize("today", [datetime(2026, 11, 30, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC)])
def test_the_calendar_has_the_turns_of_month_year_and_law_and_five_days_by_chance(today):
    days = days_of_the_calendar(today, seed=7)
    assert len(days) == 16
    assert days == days_of_the_calendar(today, seed=7) != days_of_the_calendar(today, seed=8)
    assert any((day.month, day.day) == (2, 29) for day in days)
    for at in (days, [day + INDIA for day in days]):
        assert {(12, 31), (1, 1)} <= {(day.month, day.day) for day in at}
    assert {(2027, 5, day) for day in (12, 13, 14)} <= {(day.year, day.month, day.day) for day in days}
    assert any((day + INDIA).hour == 23 and (day + INDIA + timedelta(hours=1)).day != (day + INDIA).day for day in days)


@pytest.fixture
def long_run(monkeypatch):
    """A long run whose tests pass, and of which only the commands are seen: the last of them, and the code each ends with."""
    commands = []
    codes = {"tests.mutations": 0}

    def run(command, **_more):
        commands.append(command)
        code = next((code for name, code in codes.items() if name in command), 0)
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setattr(matrix.subprocess, "run", run)
    monkeypatch.setattr(matrix, "run_pytest", lambda *_given: 0)
    monkeypatch.setattr(matrix, "chromium", lambda: "/chromium")
    return commands, codes


def test_mutants_belong_to_the_long_run_and_fail_it_where_too_few_are_caught(long_run):
    commands, codes = long_run
    assert matrix.full(["-q"]) == 0
    assert commands[-1][-6:] == ["-m", "tests.mutations", "--count", "300", "--at-least", "92"]
    codes["tests.mutations"] = 1
    assert matrix.full([]) == 1


def test_a_long_run_of_named_tests_makes_no_mutants(long_run):
    commands, _codes = long_run
    assert matrix.full(["tests/retention/test_restoring.py"]) == 0
    assert not any("tests.mutations" in command for command in commands)
