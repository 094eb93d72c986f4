"""What the lines of a picture say of the values that were typed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.review.ocr_comparison import MONTHS, compared
from tests.kyc import documents

ASKED = {
    "number_type": "pan",
    "number": documents.PAN,
    "name": "Asha Rao",
    "born_on": "1990-02-01",
    "expires_on": "2031-03-05",
}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([f"Permanent Account Number {documents.PAN}"], {"number": "MATCH"}),
        (["ABCPR 1234 K"], {"number": "MATCH"}),
        ([documents.COMPANY_PAN], {"number": "OTHER"}),
        (["ABCPR1234"], {"number": "NOT_READ"}),
        (["Name: Asha Rao"], {"name": "MATCH"}),
        (["नाम / Name ASHA RAO"], {"name": "MATCH"}),
        (["RAO ASHA"], {"name": "MATCH"}),
        (["Father's name Ravi Rao"], {"name": "NOT_READ"}),
        (["Date of Birth 01/02/1990"], {"born_on": "MATCH"}),
        (["DOB 1 Feb 1990"], {"born_on": "MATCH"}),
        (["DOB 02/01/1990"], {"born_on": "OTHER"}),
        (["Issued 02/01/1990"], {"born_on": "NOT_READ"}),
        (["Valid till 05-03-2031"], {"expires_on": "MATCH"}),
        (["Valid till 05-03-2030"], {"expires_on": "OTHER"}),
        (["31/02/2030 valid till"], {"expires_on": "NOT_READ"}),
        ([], {}),
    ],
)
def test_each_value_is_the_same_another_or_not_read(lines, said):
    nothing = dict.fromkeys(("number", "name", "born_on", "expires_on"), "NOT_READ")
    assert compared(ASKED, lines) == {**nothing, **said}


def test_nothing_is_said_of_what_was_not_typed():
    assert compared({"number_type": "pan", "number": "", "name": ""}, [documents.PAN]) == {}


def test_a_number_of_a_type_that_has_no_form_of_its_own_is_found_or_not_read():
    asked = {"number_type": "bank_account", "number": "012345678901"}
    assert compared(asked, ["A/C 0123 4567 8901"]) == {"number": "MATCH"}
    assert compared(asked, ["A/C 0123 4567 8902"]) == {"number": "NOT_READ"}


@given(
    day=st.dates(date(1900, 1, 1), date(2100, 12, 31)),
    way=st.sampled_from(["{d:02}/{m:02}/{y}", "{d}.{m}.{y}", "{d} {word} {y}"]),
)
def test_a_day_is_read_in_every_way_it_is_printed(day, way):
    line = "Expiry " + way.format(d=day.day, m=day.month, y=day.year, word=MONTHS[day.month - 1].title())
    assert compared({"expires_on": day.isoformat()}, [line]) == {"expires_on": "MATCH"}
    other = day.replace(year=day.year + 1) if (day.month, day.day) != (2, 29) else day.replace(day=28)
    assert compared({"expires_on": other.isoformat()}, [line]) == {"expires_on": "OTHER"}
