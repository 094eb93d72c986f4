"""Words that are read right, and words that are not taken for what they are not. The full table goes through HTTP."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.collection.rules import keywords
from consent.collection.rules.keywords import Effect


def effect(text, **more):
    return keywords.read(text, **more).effect


@pytest.mark.parametrize("word", ["stpo", "sto", "stp", "stopp", "atop", "unsubscibe", "unsubscribed", "cancle"])
def test_one_wrong_letter_is_forgiven(word):
    assert effect(word) is Effect.STOP


@pytest.mark.parametrize("word", ["shop", "step", "top", "quiet", "quite", "bank", "enb", "so", "sotp1x"])
def test_two_wrong_letters_short_words_and_other_words_are_not(word):
    assert effect(word) is Effect.NOTHING


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("मला संदेश पाठवणे थांबवा", "mr"),
        ("तुमचे प्रचाराचे मेसेज मला पाठवू नका", "mr"),
        ("संदेश भेजना बंद करें", "hi"),
        ("मुझे आपके प्रचार वाले मैसेज मत भेजो", "hi"),
        ("message bhejna band karo", "hi"),
        ("स्टॉप", "hi"),
        ("स्टॉप करा", "mr"),
    ],
)
def test_in_hindi_and_marathi_the_verb_that_ends_the_sentence_stops(text, language):
    meaning = keywords.read(text)
    assert (meaning.effect, meaning.language) == (Effect.STOP, language)


@pytest.mark.parametrize("text", ["I want to stop", "can you unsubscribe me", "dont message me", "do not call", "DND"])
def test_a_wish_before_the_word_hides_it_from_nobody(text):
    assert effect(text) is Effect.STOP


def test_a_long_story_that_ends_in_a_stop_is_read_by_somebody_too():
    text = "कल रात ग्यारह बजे फिर आपका फ़ोन आया, यह सब बंद करें"
    assert effect(text) is Effect.STOP_AND_GRIEVANCE


@pytest.mark.parametrize("text", ["आवाज बंद है", "संदेश बंद मत करो", "please do not stop", "I like it", "can you"])
def test_what_says_something_else_about_stopping_stops_nothing(text):
    assert effect(text) is Effect.NOTHING


def test_a_sentence_that_names_the_sender_before_the_verb_stops_there_only():
    assert keywords.read("ACMEIN बंद करें", sender="ACMEIN").only_here


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
    several = (*keywords._STOP_PHRASES, *keywords._STOP_AT_THE_END)
    stops = {*keywords._STOP, *keywords._STOP_ALONE, *(" ".join(words) for words in several)}
    assert (
        meaning.word in stops
        if meaning.effect in {Effect.STOP, Effect.STOP_AND_GRIEVANCE}
        else meaning.word not in stops
    )


@given(st.sampled_from(sorted(keywords._STOP)), st.sampled_from(["", " ", "!", ".", "…", "\n", "\u200b", " 🙏"]))
def test_case_marks_and_spaces_change_nothing(word, around):
    assert effect(f"{around}{word.upper()}{around}") is Effect.STOP


@pytest.mark.parametrize("text", ["मेरा खाता बंद करो", "mera card band karo", "mera UPI band karo", "माझे कार्ड बंद करा"])
def test_what_is_to_stop_is_read_by_somebody_where_it_may_be_no_message(text):
    assert effect(text) is Effect.STOP_AND_GRIEVANCE
