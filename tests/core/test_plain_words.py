import pytest
from django import forms
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum import verhoeff

from portal.kernel.core import ids
from portal.kernel.core.errors import Refused
from portal.kernel.core.pii_guard import (
    PlainWords,
    PublicWords,
    names_a_number,
    names_a_person,
    names_an_identity_number,
    require_name,
    require_no_number,
)

AADHAAR = "23412341234" + verhoeff.calc_check_digit("23412341234")
PAN = "ABCPE1234F"
ACCOUNT = "918273645546372"
DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")
GAPS = ("", " ", "-", ".", "/", "\u00a0", "\u2013", "\u200b")


def spelled(number: str) -> list[str]:
    groups = [number[place : place + 4] for place in range(0, len(number), 4)]
    return [*(gap.join(groups) for gap in GAPS), number.translate(DEVANAGARI)]


@pytest.mark.parametrize("number", [AADHAAR, PAN, "4111111111111111"])
def test_an_identity_number_is_known_however_it_is_written(number: str) -> None:
    for text in spelled(number):
        assert names_an_identity_number(f"No: {text}, see"), text


@pytest.mark.parametrize("text", [*spelled(ACCOUNT), "27ABCPE1234F1Z5", "abcpe1234f", "A/c 123456789."])
def test_the_number_of_an_account_and_a_gstin_are_known(text: str) -> None:
    assert names_a_number(f"It names {text}")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Call Ramesh at 98765 43210.", True),
        ("+44 20 7946 0018", True),
        ("ramesh@example.in", True),
        (f"It shows {AADHAAR}.", True),
        (f"The PAN is {PAN}", True),
        ("Since 2026-11-25 14:30 the text of clause 15 lacks 12 items; see OS-GR-7K4M-9QX2.", False),
        ("On 25.11.2026 and until 2027 a colleague looked: the last four digits 2346 and 234F differ.", False),
        ("Since 2024 I have seen rule 3(2)(b) of 2021 and template 1107160000000012345.", False),
    ],
)
def test_a_reason_with_a_number_or_a_contact_is_known(text: str, found: bool) -> None:
    assert names_a_person(text) is found


@given(words=st.text(st.characters(codec="utf-8", exclude_categories=["Nd", "Cf"]), max_size=40))
def test_words_without_a_digit_have_no_number(words: str) -> None:
    assert not names_a_number("".join(word for word in words if not word.isnumeric()))


@given(
    before=st.text(alphabet="abc .,\n", max_size=8).map(lambda text: f"{text} "),
    number=st.one_of(
        st.from_regex(r"\A[2-9][0-9]{10}\Z").map(lambda body: body + verhoeff.calc_check_digit(body)),
        st.from_regex(r"\A[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]\Z"),
        st.from_regex(r"\A[0-9]{9,18}\Z"),
    ),
    after=st.text(alphabet=".,;\n", max_size=3),
)
def test_no_number_gets_through(before: str, number: str, after: str) -> None:
    assert names_a_number(before + number + after)
    with pytest.raises(Refused, match="last four digits") as refused:
        require_no_number("In order.", before + number + after)
    assert refused.value.code == "NUMBER_IN_WORDS"


class AForm(forms.Form):
    why = PlainWords(max_length=500)
    clause = PublicWords(max_length=500, required=False)


def test_a_form_says_what_to_write_instead_and_keeps_what_was_written() -> None:
    form = AForm({"why": f"PAN {PAN} differs", "clause": f"Write to us at desk@acme.example with {AADHAAR}."})
    assert not form.is_valid()
    assert "last four digits" in str(form.errors["why"])
    assert "Take it out" in str(form.errors["clause"])
    assert PAN in str(form["why"])


def test_a_public_text_may_say_how_to_reach_us_and_an_empty_one_says_nothing() -> None:
    assert AForm({"why": "Agreed.", "clause": "Call 1800 123 4567 or write to desk@acme.example."}).is_valid()
    assert AForm({"why": "Agreed.", "clause": ""}).is_valid()


@pytest.mark.parametrize("number", [*spelled(AADHAAR), PAN, ACCOUNT])
def test_a_name_with_a_number_in_it_is_refused_without_repeating_it(number: str) -> None:
    with pytest.raises(Refused) as refused:
        require_name(f"Arjun Verma {number}")
    assert refused.value.code == "NUMBER_IN_NAME"
    assert number not in str(refused.value)


@pytest.mark.parametrize("name", ["Arjun Verma", "24x7 Traders 2019 LLP", "एस. रामन", "M/s Sharma & Sons (Regd. 1954)"])
def test_a_name_may_have_digits_that_are_no_number_of_a_paper(name: str) -> None:
    require_name(name)


@given(st.integers(min_value=0, max_value=len(ids.ALPHABET) ** ids.BODY - 1))
@example(-1)
def test_no_reference_of_ours_passes_for_a_number_of_somebody(drawn):
    if drawn < 0:
        text = "OS-CU-MZT9-343M"  # M Z T 9 3 4 3 M is how a PAN may end
    else:
        body = "".join(
            ids.ALPHABET[drawn // len(ids.ALPHABET) ** place % len(ids.ALPHABET)] for place in range(ids.BODY)
        )
        body += ids._check_character("CU", body)
        text = f"OS-CU-{body[:4]}-{body[4:]}"
    assert not names_a_person(f"Of {text}, as told.")


def test_what_only_looks_like_a_reference_is_read_as_it_stands():
    assert names_a_person("OS-CU-MZT9-343N")
    assert names_a_person(f"OS-CU-MZT9-343M {PAN}")
