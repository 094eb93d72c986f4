"""Words that are read right, and words that are not taken for what they are not. The full table goes through HTTP."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.rules import keywords
from consent.rules.keywords import Effect


def effect(text, **more):
    return keywords.read(text, **more).effect


@pytest.mark.parametrize("word", ["stpo", "sto", "stp", "stopp", "atop", "unsubscibe", "unsubscribed", "cancle"])
def test_one_wrong_letter_is_forgiven(word):
    assert effect(word) is Effect.STOP


@pytest.mark.parametrize("word", ["shop", "step", "top", "quiet", "quite", "bank", "enb", "so", "sotp1x"])
def test_two_wrong_letters_short_words_and_other_words_are_not(word):
    assert effect(word) is Effect.NOTHING


def test_a_stop_that_names_the_sender_stops_there_only():
    assert keywords.read("STOP ACMEIN", sender="ACMEIN").only_here
    assert not keywords.read("STOP", sender="ACMEIN").only_here
    assert not keywords.read("STOP ALL", sender="ACMEIN").only_here
    assert not keywords.read("STOP OTHERS", sender="ACMEIN").only_here


def test_the_verb_tells_hindi_from_marathi():
    assert keywords.read("बंद करो").language == "hi"
    assert keywords.read("बंद करा").language == "mr"
    assert keywords.read("band kara").language == "mr"


def test_the_key_that_stops_is_the_rules():
    assert keywords.pressed("9", stop_keys=["9"]).effect is Effect.STOP
    assert keywords.pressed("1", stop_keys=["9"]).effect is Effect.NOTHING


@given(st.text(max_size=200))
def test_any_text_has_a_meaning_and_none_but_a_word_of_the_list_stops(text):
    meaning = keywords.read(text)
    stops = {*keywords._STOP, *keywords._STOP_ALONE, *(" ".join(words) for words in keywords._STOP_PHRASES)}
    assert (
        meaning.word in stops
        if meaning.effect in {Effect.STOP, Effect.STOP_AND_GRIEVANCE}
        else meaning.word not in stops
    )


@given(st.sampled_from(sorted(keywords._STOP)), st.sampled_from(["", " ", "!", ".", "…", "\n", "\u200b", " 🙏"]))
def test_case_marks_and_spaces_change_nothing(word, around):
    assert effect(f"{around}{word.upper()}{around}") is Effect.STOP
