"""Numbers that must never be stored are cut wherever people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn, verhoeff

from portal.kernel.core.text import ascii_digits, mask_identity_numbers, without_hiding_marks

AADHAAR = "23412341234" + verhoeff.calc_check_digit("23412341234")
CARD = "411111111111111" + luhn.calc_check_digit("411111111111111")
DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")


@pytest.mark.parametrize(
    "typed",
    [
        AADHAAR,
        f"{AADHAAR[:4]} {AADHAAR[4:8]} {AADHAAR[8:]}",
        f"{AADHAAR[:4]}-{AADHAAR[4:8]}-{AADHAAR[8:]}",
        f"{AADHAAR[:4]}/{AADHAAR[4:8]}/{AADHAAR[8:]}",
        AADHAAR.translate(DEVANAGARI),
        f"{AADHAAR[:4]}\u00a0{AADHAAR[4:8]}\u00a0{AADHAAR[8:]}",
    ],
)
def test_an_aadhaar_number_keeps_its_last_four_digits_however_it_is_written(typed: str) -> None:
    assert mask_identity_numbers(f"it is {typed}, see") == (f"it is XXXXXXXX{AADHAAR[-4:]}, see", 1)


def test_a_card_number_is_cut_too() -> None:
    assert mask_identity_numbers(f"{CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:]}") == (f"{'X' * 12}{CARD[-4:]}", 1)


@pytest.mark.parametrize(
    "text", ["+91 98765 43210", "call 98765 43210", "OS-GR-7K4M-9QX2", "24 11 2026", "1234 1234 1234"]
)
def test_numbers_that_are_no_identity_stay(text: str) -> None:
    assert mask_identity_numbers(text) == (text, 0)


@given(body=st.from_regex(r"[2-9][0-9]{10}", fullmatch=True), before=st.text("ab \n,", max_size=5))
def test_no_valid_aadhaar_number_gets_through(body: str, before: str) -> None:
    number = body + verhoeff.calc_check_digit(body)
    text, cut = mask_identity_numbers(before + number)
    assert cut == 1
    assert number not in ascii_digits(text)


@pytest.mark.parametrize("mark", ["\u202e", "\u202d", "\u202a", "\u2066", "\u2069", "\x00", "\x07", "\x9b", "\x7f"])
def test_a_mark_that_hides_or_turns_words_is_taken_out(mark: str) -> None:
    assert without_hiding_marks(f"pay{mark}ment\n\tnow") == "payment\n\tnow"


@pytest.mark.parametrize("soft_break", ["\x0b", "\x0c", "\x85"])
def test_words_that_a_soft_break_kept_apart_stay_apart(soft_break: str) -> None:
    assert without_hiding_marks(f"Mehta{soft_break}Traders") == "Mehta Traders"


def test_what_hindi_marathi_and_urdu_are_written_with_stays() -> None:
    written = "क्\u200dष क्\u200cष \u200fاردو\u200e é \u061c"
    assert without_hiding_marks(written) == written


def test_days_that_stand_side_by_side_are_no_number() -> None:
    numbers = (f"{day:02}/04/2025 31/03/{year}" for day in range(1, 29) for year in range(2020, 2030))
    assert not any(mask_identity_numbers(text)[1] for text in numbers)
