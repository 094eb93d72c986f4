import json
from io import StringIO

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from kyc import names
from kyc.names import Decision, Why
from kyc.names.spelling_fold import fold
from kyc.names.tables import FILE, tables
from kyc.names.tokens import words_of

EQUAL = [
    ("Ravi Kumar Verma", "VERMA  ravi kumar", Why.SAME_WORDS),
    ("Shri Ravi Kumar", "Ravi Kumar", Why.SAME_WORDS),
    ("Smt. Asha Rao W/O Ravi Rao", "Asha Rao", Why.SAME_WORDS),
    ("Asha Rao d / o Ravi Rao", "ASHA RAO", Why.SAME_WORDS),
    ("Asha Rao, wife of Ravi Rao", "Dr. (Mrs.) Asha Rao", Why.SAME_WORDS),
    ("M/s. Setu Traders", "Setu Traders", Why.SAME_WORDS),
    ("Onesetu Pvt. Ltd.", "ONESETU PRIVATE LIMITED", Why.SAME_WORDS),
    ("Onesetu (P) Ltd", "Onesetu Private Limited", Why.SAME_WORDS),
    ("Setu Limited Liability Partnership", "Setu LLP", Why.SAME_WORDS),
    ("Sharma & Sons", "Sharma and Sons", Why.SAME_WORDS),
    ("José D'Souza", "Jose DSouza", Why.SAME_WORDS),
    ("श्री रवि कुमार", "रवि कुमार", Why.SAME_WORDS),
    ("R.K. Verma", "RK Verma", Why.SAME_WITHOUT_SPACES),
    ("Kumar Ram Esh", "Ramesh Kumar", Why.SAME_WITHOUT_SPACES),
    ("Sri Devi Kapoor", "Sridevi Kapoor", Why.SAME_WITHOUT_SPACES),
    ("One Setu Pvt Ltd", "Onesetu Private Limited", Why.SAME_WITHOUT_SPACES),
    ("Lakshmi Iyer", "Laxmi Iyer", Why.SAME_SOUND),
    ("Deepak Vishwanath", "Dipak Viswanath", Why.SAME_SOUND),
    ("Pooja Waghmare", "Puja Vaghmare", Why.SAME_SOUND),
    ("Aarti Reddy", "Arti Redy", Why.SAME_SOUND),
]
FOR_A_PERSON = [
    ("Venkatesh S", "Subramanian Venkatesh", [Why.INITIALS]),
    ("S. Venkatesh", "Subramanian Venkatesh", [Why.INITIALS]),
    ("RK Verma", "Ravi Kumar Verma", [Why.INITIALS]),
    ("SK Sharma", "Suresh Kumar Sharma", [Why.INITIALS]),
    ("Ravi Verma", "Ravi Kumar Verma", [Why.MISSING_NAME]),
    ("R Verma", "Ravi Kumar Verma", [Why.INITIALS, Why.MISSING_NAME]),
    ("Ravi", "Ravi Kumar Verma", [Why.MISSING_NAME]),
    ("Verma", "Ravi Kumar Verma", [Why.MISSING_NAME]),
    ("Venkatesh", "Venkatesh S", [Why.MISSING_NAME]),
    ("Mohd Ali", "Mohammed Ali", [Why.SAME_NAME]),
    ("Md. Salim Khan", "Muhammad Salim Khan", [Why.SAME_NAME]),
    ("Sk Abdul Rahim", "Sheikh Abdul Rahim", [Why.SAME_NAME]),
    ("Ravi Kr Verma", "Ravi Kumar Verma", [Why.SAME_NAME]),
    ("Sri Devi", "Devi", [Why.TITLE]),
    ("रवि कुमार", "Ravi Kumar", [Why.TWO_SCRIPTS]),
]
OTHER = [
    ("Priya Singh", "Priya Sinha", Why.DIFFERENT),
    ("Sunita Devi", "Anita Devi", Why.DIFFERENT),
    ("Ravi K", "Ravi S", Why.DIFFERENT),
    ("R K", "Ravi Kumar", Why.DIFFERENT),
    ("A Ashok", "Arun Ashwin", Why.DIFFERENT),
    ("Ravi Kumar Verma", "Ravi Prakash Verma", Why.DIFFERENT),
    ("रवि कुमार", "रवि वर्मा", Why.DIFFERENT),
    ("Setu Motors Ltd", "Setu Motors Finance Ltd", Why.DIFFERENT),
    ("S K Traders Ltd", "Shyam Kumar Traders Ltd", Why.DIFFERENT),
    ("Setu Private Limited", "Setu LLP", Why.LEGAL_FORM),
    ("Ravi Traders", "Ravi Traders Pvt Ltd", Why.LEGAL_FORM),
    ("S/O Ravi Kumar", "Ravi Kumar", Why.NO_NAME),
    ("", "Ravi Kumar", Why.NO_NAME),
]
TABLE = [
    *((one, other, Decision.AUTO, (why,)) for one, other, why in EQUAL),
    *((one, other, Decision.REVIEW, tuple(why)) for one, other, why in FOR_A_PERSON),
    *((one, other, Decision.NOT_MATCHED, (why,)) for one, other, why in OTHER),
]
#: Words of names, also those that the tables know.
WORDS = st.one_of(
    st.text(alphabet="aehikmrsuvwx", min_size=1, max_size=6),
    st.sampled_from(["Mohd", "Mohammed", "Md", "Sk", "Kumar", "Kr", "Sri", "Mr", "Pvt", "Ltd", "LLP", "रवि", "Laxmi"]),
)
NAMES = st.lists(WORDS, min_size=1, max_size=5)


@pytest.mark.parametrize(("one", "other", "decision", "why"), TABLE)
def test_two_names_are_decided_by_a_rule_that_can_be_named(one, other, decision, why):
    assert names.compare(one, other) == names.Comparison(decision, why)


@given(NAMES, NAMES)
def test_it_does_not_matter_which_name_comes_first(one, other):
    assert names.compare(" ".join(one), " ".join(other)) == names.compare(" ".join(other), " ".join(one))


@given(NAMES.flatmap(lambda words: st.tuples(st.just(words), st.permutations(words))))
def test_a_name_is_itself_with_its_words_in_any_order(given_names):
    words, shuffled = given_names
    if "Ltd" not in words or "p" not in words:  # "P Ltd" is one short form
        assert names.compare(" ".join(words), " ".join(shuffled)).decision is Decision.AUTO


@given(NAMES, NAMES)
def test_what_is_equal_without_looking_has_the_same_letters_after_the_fold(one, other):
    """The promise of AUTO: nothing but order, spaces, titles and folded spellings may differ."""
    if names.compare(" ".join(one), " ".join(other)).decision is Decision.AUTO:
        titles = tables().titles_always | tables().titles_often

        def letters(text: str) -> list[str]:
            return sorted("".join(fold(word) for word in text.split() if word not in titles))

        a, b = names.normal_form(" ".join(one)), names.normal_form(" ".join(other))
        assert letters(a) == letters(b) or sorted(a.replace(" ", "")) == sorted(b.replace(" ", ""))


@given(st.one_of(st.text(max_size=40), NAMES.map(" ".join), st.text(alphabet="mrs/o. dofnpltvSRI", max_size=30)))
def test_the_normal_form_of_a_normal_form_is_itself(text):
    normal = names.normal_form(text)
    assert names.normal_form(normal) == normal


@given(st.text(alphabet="ksheiowuvxa", max_size=8))
def test_folding_again_changes_nothing_and_makes_no_initial(word):
    assert fold(fold(word)) == fold(word)
    assert len(fold(word)) >= min(len(word), 2)


def test_the_tables_are_dated_and_each_word_belongs_to_one_name():
    read = tables()
    assert read.version[:2] == "20"
    every = FILE.read_text(encoding="utf-8").partition("[same_name]")[2]
    assert every.count('"') == 2 * len(read.same_name)
    assert all(words_of(word) == (word,) for word in read.same_name)
    assert not any(short == long[: len(short)] for short in read.short_forms for long in read.short_forms.values())


@pytest.mark.parametrize(
    ("one", "other", "code", "decision"),
    [
        ("Asha Rao", "RAO ASHA", 0, "AUTO"),
        ("Priya Singh", "Priya Sinha", 1, "NOT_MATCHED"),
        ("Mohd Ali", "Mohammed Ali", 3, "REVIEW"),
        ("Ravi", "Ravi Kumar Verma", 3, "REVIEW"),
    ],
)
def test_the_command_answers_in_one_object_and_prints_no_name_back(one, other, code, decision):
    out, ended = StringIO(), 0
    try:
        call_command("match_names", one, other, json=True, stdout=out)
    except SystemExit as error:
        ended = int(error.code or 0)
    said = json.loads(out.getvalue())
    assert (ended, said["decision"], set(said)) == (code, decision, {"decision", "explanation"})
    assert said["explanation"]
    assert not any(word.lower() in out.getvalue().lower() for word in f"{one} {other}".split())
