import pytest

from kyc.numbers import comparison
from kyc.numbers.tax import gstin_check_character

COMPANY, FIRM, PERSON, DISPUTED = "AAPCU0939F", "AAPFU0939F", "AAPPU0939F", "AAPEU0939F"
CIN, LLPIN = "U72200KA2013PTC097389", "AAB-1234"


def gstin(state: str, pan: str = COMPANY) -> str:
    first = f"{state}{pan}1Z"
    return first + gstin_check_character(first)


@pytest.mark.parametrize(
    ("pan", "fits", "reason"),
    [(COMPANY, True, ""), (FIRM, False, "HOLDER_DIFFERS"), ("wrong", None, "NOTHING_TO_COMPARE")],
)
def test_a_company_number_goes_with_the_pan_of_a_company(pan, fits, reason):
    said = comparison.cin_fits_pan(CIN, pan)
    assert (said.fits, said.reason) == (fits, reason)


@pytest.mark.parametrize(("pan", "fits"), [(FIRM, True), (COMPANY, False), (DISPUTED, None)])
def test_a_partnership_of_limited_liability_has_the_pan_of_a_firm_and_a_disputed_letter_is_left_open(pan, fits):
    assert comparison.llpin_fits_pan(LLPIN, pan).fits is fits


def test_a_wrong_register_number_says_nothing_of_a_pan():
    assert comparison.cin_fits_pan("U1", COMPANY).fits is None
    assert comparison.llpin_fits_pan("A", FIRM).fits is None


@pytest.mark.parametrize(
    ("kind", "numbers", "fits", "reason"),
    [
        ("individual", {"pan": PERSON}, True, ""),
        ("proprietor", {"pan": PERSON, "gstin": gstin("29", PERSON)}, True, ""),
        ("proprietor", {"pan": PERSON, "gstin": gstin("29", COMPANY)}, False, "HOLDER_DIFFERS"),
        ("company", {"pan": COMPANY, "cin": CIN, "gstin": gstin("29")}, True, ""),
        ("company", {"pan": COMPANY, "llpin": LLPIN}, False, "NOT_OF_THIS_KIND"),
        ("partnership", {"pan": FIRM, "cin": CIN}, False, "NOT_OF_THIS_KIND"),
        ("llp", {"pan": DISPUTED, "llpin": LLPIN}, None, "HOLDER_UNSURE"),
        ("partnership", {"pan": DISPUTED}, False, "HOLDER_DIFFERS"),
        ("trust", {"pan": "AAPTU0939F"}, True, ""),
        ("society", {"pan": "AAPAU0939F"}, True, ""),
        ("government", {"pan": "AAPGU0939F", "gstin": gstin("07", "AAPLU0939F")}, True, ""),
        ("government", {"pan": COMPANY}, False, "HOLDER_DIFFERS"),
        ("foreign", {"pan": COMPANY}, None, "NOTHING_TO_COMPARE"),
        ("company", {}, None, "NOTHING_TO_COMPARE"),
    ],
)
def test_the_kind_of_customer_is_compared_with_its_numbers(kind, numbers, fits, reason):
    said = comparison.kind_fits_numbers(kind, numbers)
    assert (said.fits, said.reason) == (fits, reason)
    assert not set(numbers.values()) & set(said.evidence.values())


@pytest.mark.parametrize(
    ("numbers", "fits"),
    [
        ({"gstin": gstin("29"), "cin": CIN, "pin": "560001"}, True),
        ({"gstin": gstin("27"), "cin": CIN}, False),
        ({"gstin": gstin("29"), "pin": "400001"}, False),
        ({"cin": "U17111TZ1977PLC000767", "pin": "641001"}, True),
        ({"gstin": gstin("28"), "pin": "520001"}, True),
        ({"gstin": gstin("25"), "pin": "396210"}, True),
        ({"udyam": "UDYAM-KA-03-0012345", "cin": CIN}, True),
        ({"udyam": "UDYAM-KR-03-0012345", "cin": CIN}, True),
        ({"udyam": "UDYAM-KR-03-0012345", "gstin": gstin("27")}, False),
        ({"gstin": gstin("97"), "cin": CIN}, None),
        ({"gstin": gstin("29"), "pin": "900056"}, None),
        ({"gstin": gstin("29"), "pin": "wrong"}, None),
        ({"gstin": gstin("29")}, None),
    ],
)
def test_states_that_numbers_name_are_compared_and_those_that_name_none_are_left_out(numbers, fits):
    said = comparison.states_agree(numbers)
    assert said.fits is fits
    assert said.reason == {True: "", False: "STATES_DIFFER", None: "NOTHING_TO_COMPARE"}[fits]
