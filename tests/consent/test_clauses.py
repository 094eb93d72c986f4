"""Editing a text clause by clause: places, numbers, and that the text reads back as it was meant."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.base.rules.policy_parser import INTRODUCTION, Clause, parse
from consent.notices.rules import clauses, text_diff
from consent.notices.rules.clauses import BadEdit


def text(*numbers, **bodies):
    return [Clause(n, f"Title {n}", bodies.get(f"c{n.replace('.', '_')}", f"Body of {n}.")) for n in numbers]


SIX = text("1", "2", "2.1", "2.2", "3", "9")


def numbers(found):
    return [clause.number for clause in found]


@st.composite
def texts(draw):
    """A well-numbered text of up to three levels."""
    made = []
    for one in range(1, draw(st.integers(1, 4)) + 1):
        made.append(str(one))
        for two in range(1, draw(st.integers(0, 3)) + 1):
            made.append(f"{one}.{two}")
            made += [f"{one}.{two}.{three}" for three in range(1, draw(st.integers(0, 2)) + 1)]
    return text(*made)


@given(texts())
def test_a_composed_text_reads_back_as_its_clauses(found):
    assert parse(clauses.compose(found)) == found


@given(texts(), st.integers(1, 12), st.booleans())
def test_a_move_and_its_opposite_leave_the_text_as_it_was(found, place, down):
    try:
        moved = clauses.move(found, place, down=down)
    except BadEdit:  # no neighbour there, or no such clause
        return
    assert clauses.number_through(moved) == moved
    assert sorted(c.title for c in moved) == sorted(c.title for c in found)
    there = next(n for n, c in enumerate(moved, 1) if c.title == found[place - 1].title)
    assert clauses.move(moved, there, down=not down) == found


@given(texts())
def test_numbering_through_a_text_without_gaps_changes_nothing(found):
    assert clauses.number_through(found) == found


def test_numbering_through_closes_gaps_on_every_level():
    gappy = text("1", "1.3", "4", "4.2", "4.2.5", "9")
    assert numbers(clauses.number_through(gappy)) == ["1", "1.1", "2", "2.1", "2.1.1", "3"]
    assert numbers(clauses.number_through(text(INTRODUCTION, "7"))) == [INTRODUCTION, "1"]


def test_a_clause_is_added_where_its_number_belongs():
    assert numbers(clauses.add(SIX, Clause("2.3", "New", ""))) == ["1", "2", "2.1", "2.2", "2.3", "3", "9"]
    assert numbers(clauses.add(SIX, Clause("4", "New", "")))[-2:] == ["4", "9"]
    with_introduction = [Clause(INTRODUCTION, "", "Hello."), *text("2")]
    assert numbers(clauses.add(with_introduction, Clause("1", "New", ""))) == [INTRODUCTION, "1", "2"]


def test_a_number_that_is_taken_is_refused_or_moves_the_later_ones_on():
    with pytest.raises(BadEdit) as refused:
        clauses.add(SIX, Clause("2", "New", ""))
    assert refused.value.code == "NUMBER_TAKEN"
    moved = clauses.add(SIX, Clause("2", "New", ""), shift=True)
    assert numbers(moved) == ["1", "2", "3", "3.1", "3.2", "4", "10"]
    assert [c.title for c in moved][:3] == ["Title 1", "New", "Title 2"]


@pytest.mark.parametrize("number", ["", "0", "1.", "a", "1.0", "1.2.3.4.5", "100", "introduction"])
def test_what_is_no_clause_number_is_refused(number):
    with pytest.raises(BadEdit) as refused:
        clauses.add(SIX, Clause(number, "New", ""))
    assert refused.value.code == "BAD_NUMBER"


def test_another_number_takes_the_clauses_under_it_along():
    changed = clauses.change(SIX, 2, Clause("5", "Title 2", "Other."))
    assert numbers(changed) == ["1", "3", "5", "5.1", "5.2", "9"]
    assert changed[2].body == "Other."
    with pytest.raises(BadEdit):
        clauses.change(SIX, 2, Clause("3", "Title 2", ""))


def test_a_clause_with_others_under_it_is_not_removed():
    with pytest.raises(BadEdit) as refused:
        clauses.remove(SIX, 2)
    assert refused.value.code == "HAS_CLAUSES_UNDER"
    assert numbers(clauses.remove(SIX, 3)) == ["1", "2", "2.2", "3", "9"]
    with pytest.raises(BadEdit):
        clauses.remove(SIX, 99)


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Ends with a stop.", "x"),
        ("x" * 200, "x"),
        ("Good", "First.\n\n7. A heading\n\nmore"),
        ("", "x"),
        ("Good", "  leading"),
    ],
)
def test_what_would_be_read_as_something_else_is_refused(title, body):
    with pytest.raises(BadEdit) as refused:
        clauses.compose([Clause("1", title, body)])
    assert refused.value.code == "READS_OTHERWISE"
    assert refused.value.clause == "1"


def test_a_promise_goes_with_its_clause_whatever_its_number():
    old = clauses.with_promises([Clause("1", "Children", "x"), Clause("2", "Cookies", "y")], [])
    assert [c.promise for c in old] == ["P1", "P2"]
    new = [replace(old[1], number="1", promise=""), replace(old[0], number="2", promise=""), *text("3")]
    kept = clauses.with_promises(new, text_diff.pairs(old, new))
    assert [c.promise for c in kept] == ["P2", "P1", "P3"]


def test_two_clauses_never_share_a_promise():
    made = clauses.with_promises([Clause("1", "A", "", "P2"), Clause("2", "B", "")], [])
    assert [c.promise for c in made] == ["P2", "P2-2"]
    assert clauses.with_promises([Clause(INTRODUCTION, "", "x")], [])[0].promise == ""
