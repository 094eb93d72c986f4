"""What has to be shown, which clocks run, and which request another one joins: plain values, no database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from grievances.base.request_choices import LOW_RISK, OPT_OUTS, STOPS, Capacity, JoinedBecause, Proof, Right
from grievances.requests.rules import (
    Join,
    Open,
    joins,
    needs_code,
    needs_papers,
    needs_standing,
    plan_of,
    proof_of_address,
)

NOON = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
DAY = timedelta(hours=24)


@pytest.mark.parametrize("right", list(Right))
def test_a_signed_in_person_types_a_code_only_for_what_could_harm_them(right: Right) -> None:
    assert needs_code(right=right, capacity=Capacity.SELF, is_signed_in=True) == (right not in LOW_RISK)
    assert needs_code(right=right, capacity=Capacity.SELF, is_signed_in=False)
    assert needs_code(right=right, capacity=Capacity.NOMINEE, is_signed_in=True), "the address is how they were named"
    assert proof_of_address(right=right, is_signed_in=False) == Proof.CODE


@pytest.mark.parametrize("capacity", list(Capacity))
def test_only_somebody_elses_data_asks_for_papers(capacity: Capacity) -> None:
    showed_before = {Capacity.SELF, Capacity.NOMINEE}
    assert needs_papers(right=Right.ACCESS, capacity=capacity) == (capacity not in showed_before)
    assert needs_papers(right=Right.CLAIM, capacity=capacity) == (capacity != Capacity.SELF)
    assert needs_standing(right=Right.ACCESS, capacity=capacity) == (capacity == Capacity.NOMINEE)


def test_an_opt_out_runs_on_its_own_clocks() -> None:
    assert {plan_of(right) for right in (Right.OPT_OUT, Right.LIMIT)} == {"opt_out"}
    assert {plan_of(right) for right in set(Right) - {Right.OPT_OUT, Right.LIMIT}} == {"rights_request"}


def test_the_same_wish_joins_the_oldest_that_is_open() -> None:
    others = [Open(2, "access", "self", NOON), Open(1, "access", "self", NOON - DAY), Open(3, "erasure", "self", NOON)]
    assert joins(right="access", capacity="self", asked_at=NOON, others=others, most=5, within=DAY) == Join(
        1, JoinedBecause.SAME
    )


def test_the_same_right_for_somebody_else_is_another_wish() -> None:
    others = [Open(1, "access", "child", NOON)]
    assert joins(right="access", capacity="self", asked_at=NOON, others=others, most=5, within=DAY) is None


def test_a_request_for_a_second_person_is_another_wish_and_joins_no_flood() -> None:
    others = [Open(number, "access", "agent", NOON, {"person_name": f"Person {number}"}) for number in range(9)]
    asked = {"right": "access", "capacity": "agent", "asked_at": NOON, "others": others, "most": 5, "within": DAY}
    assert joins(**asked, details={"person_name": "Somebody Else"}) is None
    assert joins(**asked, details={"person_name": "Person  3"}) == Join(3, JoinedBecause.SAME)


@pytest.mark.parametrize("right", sorted(STOPS - OPT_OUTS))
def test_what_ends_a_use_with_its_answer_joins_the_same_wish_only(right: str) -> None:
    others = [Open(number, "access", "self", NOON) for number in range(9)]
    asked = {"right": right, "capacity": "self", "asked_at": NOON, "most": 5, "within": DAY}
    assert joins(**asked, others=others) is None
    assert joins(**asked, others=[*others, Open(9, right, "self", NOON)]) == Join(9, JoinedBecause.SAME)


opens = some.builds(
    Open,
    pk=some.integers(1, 1000),
    right=some.sampled_from(list(Right)),
    capacity=some.sampled_from(list(Capacity)),
    asked_at=some.timedeltas(timedelta(days=-5), timedelta(days=5)).map(lambda apart: NOON + apart),
)


@given(some.lists(opens, unique_by=lambda one: one.pk), some.integers(1, 6))
def test_a_joined_request_never_gets_a_later_date_and_a_flood_is_one(others: list[Open], most: int) -> None:
    found = joins(right="opt_out", capacity="self", asked_at=NOON, others=others, most=most, within=DAY)
    lately = [one for one in others if NOON - DAY < one.asked_at <= NOON]
    if found is None:
        assert len(lately) < most
    else:
        into = next(one for one in others if one.pk == found.into)
        assert into.asked_at <= NOON
        if found.because == JoinedBecause.MANY:
            assert len(lately) >= most
            assert into.asked_at == min(one.asked_at for one in lately)
