"""Who may be whom: by the rule of names, found without comparing everybody with everybody."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kyc import names
from kyc.sanctions import Index, Listed

ZORAN = Listed("1", "person", ("Zoran Vexley Quill", "Abu Zoran"), ("1965-03-12",), ("Nowhere",))
FIRM = Listed("2", "organisation", ("Vexley Trading Private Limited",))
INDEX = Index([ZORAN, FIRM])

WORDS = st.sampled_from(
    [
        "asha",
        "rao",
        "vexley",
        "quill",
        "mohd",
        "mohammed",
        "kumar",
        "k",
        "s",
        "sk",
        "lakshmi",
        "laxmi",
        "sri",
        "dr",
        "smt",
        "devi",
        "deepak",
        "dipak",
        "trading",
        "private",
        "limited",
        "pvt",
        "ltd",
        "co",
        "rk",
        "ram",
    ]
)
NAMES = st.lists(WORDS, min_size=1, max_size=4).flatmap(
    lambda parts: st.sampled_from([" ".join(parts), "".join(parts), " ".join(reversed(parts)), ". ".join(parts)])
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Zoran Vexley Quill", [("1", "AUTO")]),
        ("QUILL, Zoran Vexley", [("1", "AUTO")]),
        ("Z. Vexley Quill", [("1", "REVIEW")]),
        ("Zoran Quill", [("1", "REVIEW")]),
        ("abu zoran", [("1", "AUTO")]),
        ("Vexley Trading Pvt Ltd", [("2", "AUTO")]),
        ("Vexley Trading", []),
        ("Other Trading Private Limited", []),
        ("Asha Rao", []),
        ("", []),
    ],
)
def test_a_name_is_found_by_the_rule(name, found):
    assert [(hit.entry.uid, str(hit.decision)) for hit in INDEX.hits(name)] == found


@pytest.mark.parametrize(
    ("births", "said"),
    [((), "unknown"), (("1965",), "same"), (("1966-01-01",), "same"), (("1967",), None), (("1990", "1965"), "same")],
)
def test_a_year_of_birth_known_on_both_sides_narrows_it(births, said):
    hits = INDEX.hits("Zoran Vexley Quill", births=births, years_apart=1)
    assert [hit.birth for hit in hits] == ([said] if said else [])


@pytest.mark.parametrize(("years_apart", "found"), [(0, 0), (1, 1), (3, 1)])
def test_how_far_two_years_of_birth_may_lie_apart_is_said_by_whoever_asks(years_apart, found):
    assert len(INDEX.hits("Zoran Vexley Quill", births=("1966",), years_apart=years_apart)) == found


def is_of_words(name: str) -> bool:
    """Whether it holds a word that is no title, no initial and no legal form, and none that is run into one of these."""
    known = {
        *[
            "asha",
            "rao",
            "vexley",
            "quill",
            "mohd",
            "mohammed",
            "kumar",
            "lakshmi",
            "laxmi",
            "devi",
            "deepak",
            "dipak",
            "trading",
            "ram",
        ]
    }
    return any(word in known for word in name.replace(".", " ").split())


@given(NAMES, NAMES)
def test_nobody_whom_the_rule_would_find_is_missed_by_the_index(first, second):
    assume(all(is_of_words(name) for name in (first, second)))
    compared = names.compare(first, second)
    is_like = compared.decision is not names.Decision.NOT_MATCHED
    assert bool(Index([Listed("1", "person", (second,))]).hits(first)) == is_like
