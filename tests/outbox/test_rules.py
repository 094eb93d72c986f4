from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.outbox import delivery_rules

FIRST, LONGEST = timedelta(seconds=30), timedelta(hours=6)


@given(st.integers(1, 500), st.floats(0, 1))
def test_a_wait_lies_between_half_of_the_first_and_the_longest(attempt: int, jitter: float) -> None:
    wait = delivery_rules.wait_before(attempt, first=FIRST, longest=LONGEST, jitter=jitter)
    assert FIRST / 2 <= wait <= LONGEST


@given(st.integers(1, 9))
def test_each_wait_is_up_to_twice_the_one_before(attempt: int) -> None:
    shortest = delivery_rules.wait_before(attempt + 1, first=FIRST, longest=LONGEST, jitter=0)
    longest = delivery_rules.wait_before(attempt, first=FIRST, longest=LONGEST, jitter=1)
    assert shortest == longest


@pytest.mark.parametrize(
    ("category", "unknown_outcomes", "again"),
    [
        ("promotional", 1, False),
        ("service", 1, True),
        ("transactional", 1, True),
        ("policy_and_security", 1, True),
        ("transactional", 2, False),
    ],
)
def test_after_an_unknown_outcome_only_an_essential_message_goes_out_once_more(
    category: str, unknown_outcomes: int, again: bool
) -> None:
    assert delivery_rules.may_try_after_unknown(category, unknown_outcomes=unknown_outcomes) is again
