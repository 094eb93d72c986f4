"""What changed between two versions, in words."""

from hypothesis import given
from hypothesis import strategies as st

from consent.base.rules.policy_parser import Clause
from consent.notices.rules import text_diff
from consent.notices.rules.text_diff import Sign

sentences = st.lists(st.sampled_from(["we", "keep", "your", "name", "and", "number", "\n\n"]), max_size=14).map(
    " ".join
)


def clause(number, title, body):
    return Clause(number, title, body)


@given(sentences, sentences)
def test_the_pieces_rebuild_both_texts(old, new):
    pieces = text_diff.word_pieces(old, new)
    assert "".join(text for sign, text in pieces if sign is not Sign.ADDED) == old
    assert "".join(text for sign, text in pieces if sign is not Sign.REMOVED) == new


@given(st.lists(st.tuples(sentences, sentences), max_size=5))
def test_nothing_changed_is_no_change(found):
    clauses = [clause(str(n), f"Title {n}", body) for n, (body, _) in enumerate(found, 1)]
    assert text_diff.changes(text_diff.compare(clauses, clauses)) == 0
    assert not any(one.is_changed for one in text_diff.compare(clauses, clauses))


def test_changes_are_counted_through_the_whole_text_in_reading_order():
    old = [clause("1", "Scope", "about the shop"), clause("2", "Time", "we keep it for one year")]
    new = [clause("1", "Scope", "about the shop"), clause("2", "Time", "we keep it for two years at most")]
    compared = text_diff.compare(old, new)
    numbers = [piece.number for one in compared for piece in one.pieces if piece.number]
    assert numbers == list(range(1, len(numbers) + 1))
    assert text_diff.changes(compared) == len(numbers)
    assert [one.is_changed for one in compared] == [False, True]
    assert compared[1].first_change == 1


def test_a_new_clause_is_added_and_a_dropped_one_stands_where_it_stood():
    old = [clause("1", "Scope", "a"), clause("2", "Sharing", "b"), clause("3", "Contact", "c")]
    new = [clause("1", "Scope", "a"), clause("2", "Contact", "c"), clause("3", "Children", "d")]
    compared = text_diff.compare(old, new)
    assert [(one.title, one.sign) for one in compared] == [
        ("Scope", Sign.SAME),
        ("Sharing", Sign.REMOVED),
        ("Contact", Sign.SAME),
        ("Children", Sign.ADDED),
    ]
    contact = compared[2]
    assert (contact.was_number, contact.number) == ("3", "2")
    assert contact.is_changed


def test_a_clause_whose_title_changed_a_little_is_the_same_clause():
    old, new = clause("1", "Scope of this notice", "a"), clause("1", "Scope of the notice", "b")
    assert text_diff.pairs([old], [new]) == [(old, new)]


def test_a_title_that_shares_just_enough_with_the_old_one_is_the_same_and_one_that_shares_less_is_not():
    store, stock, stamp = clause("1", "Store", "a"), clause("1", "Stock", "b"), clause("1", "Stamp", "b")
    assert text_diff.pairs([store], [stock]) == [(store, stock)]  # 6 of 10 letters
    assert text_diff.pairs([store], [stamp]) == [(store, None), (None, stamp)]  # 4 of 10
