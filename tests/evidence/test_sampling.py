"""Samples that anybody can draw again, with the program of a pack or with this room."""

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.fronts.evidence import sampling

VERIFY = compile((files("portal.kernel.ledger") / "data" / "verify.py").read_bytes(), "verify.py", "exec")


@given(
    st.lists(st.integers(0, 10**6).map(str), unique=True, max_size=60),
    st.sampled_from(sampling.METHODS),
    st.integers(0, 80),
    st.integers(0, 2**63 - 1),
)
def test_the_program_draws_every_sample_again(population, method, size, seed):
    space = {"__name__": "verify"}
    exec(VERIFY, space)
    drawn = sampling.drawn(population, method=method, size=size, seed=seed)
    assert space["draw"](population, method, size, seed) == drawn
    assert len(drawn) == len(set(drawn)) == min(size, len(population))
    assert set(drawn) <= set(population)


def test_another_seed_draws_another_sample_and_a_larger_one_keeps_the_smaller():
    population = [str(number) for number in range(200)]
    small = sampling.drawn(population, method=sampling.RANDOM, size=10, seed=1)
    assert sampling.drawn(population, method=sampling.RANDOM, size=20, seed=1)[:10] == small
    assert sampling.drawn(population, method=sampling.RANDOM, size=10, seed=2) != small


def test_every_kth_and_the_first_follow_the_order_of_the_population():
    population = list("abcdefghij")
    assert sampling.drawn(population, method=sampling.EVERY, size=3, seed=4) == ["b", "e", "h"]
    assert sampling.drawn(population, method=sampling.FIRST, size=3, seed=4) == ["a", "b", "c"]
    with pytest.raises(ValueError, match="no way"):
        sampling.drawn(population, method="best", size=3, seed=4)
