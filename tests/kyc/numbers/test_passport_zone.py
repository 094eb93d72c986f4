import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.numbers import Outcome, Reason, check
from kyc.numbers.passport_zone import check_digit, digits_agree

#: The specimen of ICAO Doc 9303 part 4.
FIRST = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
SECOND = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"


def second_line(number: str, nationality: str = "IND", personal: str = "<" * 14) -> str:
    born, ends = "900101", "310102"
    line = number + check_digit(number) + nationality + born + check_digit(born) + "F" + ends + check_digit(ends)
    line += personal + ("<" if not personal.strip("<") else check_digit(personal))
    return line + check_digit(line[:10] + line[13:20] + line[21:43])


def test_the_published_specimen_is_right_and_tells_neither_name_nor_birth():
    found = check("passport", f"{FIRST}\n{SECOND}")
    assert (found.outcome, found.normal, found.display) == (Outcome.PASS, "L898902C3", "XXXXX02C3")
    assert found.details == {"issuer": "UTO", "nationality": "UTO", "expires_on": "2012-04-15"}
    assert check("passport", SECOND).is_valid


#: Every place under a check digit, and the check digits themselves.
UNDER_A_DIGIT = [*range(10), *range(13, 20), *range(21, 44)]


@given(
    place=st.sampled_from([at for at in UNDER_A_DIGIT if SECOND[at].isdigit()]), digit=st.sampled_from(string.digits)
)
def test_any_one_wrong_digit_of_a_zone_is_found(place, digit):
    changed = SECOND[:place] + digit + SECOND[place + 1 :]
    assert digits_agree(changed) is (changed == SECOND)
    assert check("passport", FIRST + changed).is_valid is (changed == SECOND)


@given(
    number=st.from_regex(r"[A-Z][1-9][0-9]{6}<", fullmatch=True), personal=st.sampled_from(["<" * 14, "A12<<<<<<<<<<<"])
)
def test_an_indian_zone_gives_the_number_of_the_passport(number, personal):
    found = check("passport", second_line(number, personal=personal))
    assert (found.outcome, found.normal) == (Outcome.PASS, number[:8])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (FIRST, Reason.FORMAT),
        (FIRST[:-1] + SECOND, Reason.FORMAT),
        ("X" * 44 + SECOND, Reason.FORMAT),
        (SECOND.replace("120415", "121315"), Reason.FORMAT),
        (FIRST + SECOND[:-1] + "1", Reason.CHECKSUM),
        ("P<IND" + FIRST[5:] + second_line("J0369854<"), Reason.FORMAT),
    ],
)
def test_what_is_no_zone_of_a_passport_is_refused_with_its_reason(text, reason):
    found = check("passport", text)
    assert (found.outcome, found.reason, found.normal) == (Outcome.FAIL, reason, "")
