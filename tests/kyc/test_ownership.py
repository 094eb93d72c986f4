import itertools
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.cases.rules.ownership import CUSTOMER, OwnershipFault, Share, owners

PEOPLE = frozenset({"asha", "ravi", "uma"})
BODIES = ("holding", "fund", "trust")


def share(owner, percent, held=CUSTOMER):
    return Share(owner, held, Decimal(percent))


def test_a_share_through_organisations_is_the_product_of_the_shares_and_ways_add_up():
    found = owners(
        [
            share("asha", 20),
            share("holding", 80),
            share("asha", 50, "holding"),
            share("fund", 50, "holding"),
            share("ravi", 25, "fund"),
            share("uma", 75, "fund"),
        ],
        people=PEOPLE,
        above=10,
    )
    assert found.percents == {"asha": 60, "ravi": 10, "uma": 30}
    assert found.beneficial == {"asha", "uma"}
    assert not found.faults


def test_the_share_itself_counts_where_the_rule_says_at_least():
    rows = [share("asha", 10), share("ravi", 90)]
    assert owners(rows, people=PEOPLE, above=10).beneficial == {"ravi"}
    assert owners(rows, people=PEOPLE, above=10, at_least=True).beneficial == {"asha", "ravi"}


def test_a_hidden_owner_is_found_by_small_shares_in_many_organisations():
    rows = [share(body, 30) for body in BODIES] + [share("asha", 20, body) for body in BODIES] + [share("ravi", 10)]
    found = owners(rows, people=PEOPLE, above=10)
    assert found.percents["asha"] == 18
    assert "asha" in found.beneficial
    assert found.faults == {OwnershipFault.NOT_ALL_NAMED}


def test_a_circle_is_followed_to_its_limit():
    """Ten per cent of the holding belong to the fund, and half of the fund to the holding: nothing is lost on the way."""
    rows = [
        share("holding", 100),
        share("fund", 10, "holding"),
        share("asha", 90, "holding"),
        share("holding", 50, "fund"),
        share("ravi", 50, "fund"),
    ]
    found = owners(rows, people=PEOPLE, above=10)
    assert found.percents == {"asha": Fraction(9000, 95), "ravi": Fraction(500, 95)}
    assert sum(found.percents.values()) == 100
    assert found.faults == {OwnershipFault.CIRCLE}


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([share("asha", 60), share("ravi", 60)], OwnershipFault.MORE_THAN_ALL),
        (
            [
                share("holding", 100),
                share("fund", 100, "holding"),
                share("holding", 100, "fund"),
                share("asha", 1, "x"),
            ],
            OwnershipFault.CLOSED_CIRCLE,
        ),
    ],
)
def test_shares_that_prove_nothing_hide_nobody(rows, fault):
    found = owners(rows, people=PEOPLE, above=10)
    assert fault in found.faults
    assert found.beneficial == {row.owner for row in rows if row.owner in PEOPLE}
    assert found.percents == {}


@st.composite
def whole(draw):
    """Organisations that are owned to the last hundredth, by people and by organisations further up, so without circles."""
    rows = []
    for place, body in enumerate((CUSTOMER, *BODIES)):
        above = [*sorted(PEOPLE), *BODIES[place:]]
        parts = draw(st.lists(st.integers(0, 10_000), min_size=len(above) - 1, max_size=len(above) - 1))
        cuts = [0, *sorted(parts), 10_000]
        rows += [
            Share(owner, body, Decimal(high - low) / 100)
            for owner, (low, high) in zip(above, itertools.pairwise(cuts), strict=True)
            if high > low
        ]
    return rows


def by_walking(rows, held=CUSTOMER, part=Fraction(1)):
    """Every way up from the customer, one by one: slow and plain."""
    found = dict.fromkeys(PEOPLE, Fraction(0))
    for row in rows:
        if row.held == held:
            further = part * Fraction(row.percent) / 100
            if row.owner in PEOPLE:
                found[row.owner] += further * 100
            else:
                for person, percent in by_walking(rows, row.owner, further).items():
                    found[person] += percent
    return found


@given(rows=whole())
def test_where_everything_is_named_the_people_own_all_of_it_and_each_what_the_ways_add_up_to(rows):
    found = owners(rows, people=PEOPLE, above=10)
    assert not found.faults
    assert sum(found.percents.values()) == 100
    expected = by_walking(rows)
    assert {person: found.percents.get(person, 0) for person in PEOPLE} == expected
    assert found.beneficial == {person for person, percent in expected.items() if percent > 10}


@given(rows=whole(), back=st.integers(1, 99))
def test_a_way_back_down_makes_a_circle_and_still_nothing_is_lost(rows, back):
    """The first organisation owns a part of the last, whose own owners hold the rest."""
    kept = [
        Share(row.owner, row.held, Fraction(row.percent) * (100 - back) / 100) if row.held == "trust" else row
        for row in rows
    ]
    found = owners([*kept, Share("holding", "trust", Fraction(back))], people=PEOPLE, above=10)
    if OwnershipFault.CLOSED_CIRCLE in found.faults:  # the two own each other and nobody else either of them
        assert not found.percents
    else:
        assert sum(found.percents.values()) == 100
        assert all(0 <= percent <= 100 for percent in found.percents.values())


@given(rows=whole(), more=st.integers(1, 100))
def test_more_than_all_is_never_believed(rows, more):
    found = owners([*rows, Share("somebody new", CUSTOMER, Decimal(more))], people=PEOPLE, above=10)
    assert OwnershipFault.MORE_THAN_ALL in found.faults
    assert not found.percents
