"""Of two records that turn out to be one person the stricter word counts: laws of the rule, whatever was said."""

from hypothesis import given
from hypothesis import strategies as st

from consent.collection.rules.merge_precedence import NO, YES, Word, ends

ANSWERS = ("given", "renewed", "denied", "withdrawn", "expired")
WORDS = st.dictionaries(
    keys=st.tuples(st.sampled_from(["marketing", "billing"]), st.sampled_from(["a", "b", "c"])),
    values=st.sampled_from(ANSWERS),
).map(lambda said: [Word(about, (about, place), answer) for (about, place), answer in said.items()])


def after(mine: list[Word], others: list[Word]) -> list[Word]:
    over = set(ends(mine, others))
    return [Word(word.about, word.place, "expired") if word in over else word for word in mine]


@given(WORDS, WORDS)
def test_no_yes_of_one_record_outlives_a_no_of_the_other(one: list[Word], other: list[Word]) -> None:
    left, right = after(one, other), after(other, one)
    for mine, theirs in ((left, other), (right, one)):
        refused = {word.about for word in theirs if word.answer in NO}
        assert not [word for word in mine if word.answer in YES and word.about in refused]


@given(WORDS, WORDS)
def test_nothing_else_ends_and_no_yes_comes_into_being(one: list[Word], other: list[Word]) -> None:
    left = after(one, other)
    refused = {word.about for word in other if word.answer in NO}
    assert [word for word in one if word.about not in refused or word.answer not in YES] == [
        word for word in left if word in one
    ]
    assert {word.place for word in left if word.answer in YES} <= {word.place for word in one if word.answer in YES}


@given(WORDS, WORDS)
def test_done_again_it_changes_nothing(one: list[Word], other: list[Word]) -> None:
    left, right = after(one, other), after(other, one)
    assert (after(left, right), after(right, left)) == (left, right)
