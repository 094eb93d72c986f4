import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn, verhoeff
from stdnum.in_ import gstin as peer_gstin
from stdnum.in_ import pan as peer_pan

from kyc import numbers
from kyc.numbers import Outcome, Reason, check
from kyc.numbers.sources import SOURCES
from kyc.numbers.tax import gstin_check_character


def aadhaar_from(body: str) -> str:
    return body + str(verhoeff.calc_check_digit(body))


AADHAARS = st.from_regex(r"[2-9][0-9]{10}", fullmatch=True).map(aadhaar_from).filter(lambda n: n != n[::-1])
VIDS = st.from_regex(r"[2-9][0-9]{14}", fullmatch=True).map(aadhaar_from).filter(lambda n: n != n[::-1])
PANS = st.from_regex(r"[A-Z]{3}[ABCFGHJLPTK][A-Z][0-9]{3}[1-9][A-Z]", fullmatch=True)


@given(number=AADHAARS)
def test_an_aadhaar_number_is_recognised_and_never_given_back(number):
    found = check("aadhaar", number)
    assert (found.outcome, found.normal, found.details) == (Outcome.PASS, "", {})
    assert found.display == f"XXXX XXXX {number[-4:]}"
    assert number not in repr(found)


@given(number=AADHAARS, place=st.integers(0, 11), digit=st.sampled_from(string.digits))
def test_any_one_wrong_digit_of_an_aadhaar_number_is_found(number, place, digit):
    changed = number[:place] + digit + number[place + 1 :]
    assert check("aadhaar", changed).is_valid is (changed == number)


@given(number=AADHAARS, place=st.integers(0, 10))
def test_two_swapped_digits_of_an_aadhaar_number_are_found(number, place):
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert check("aadhaar", swapped).is_valid is (swapped == number)


@pytest.mark.parametrize("text", ["123456789012", "0" * 12, "2345", "not an aadhaar", "", "234567\u200b890123"])
def test_what_is_no_aadhaar_number_is_refused(text):
    assert not check("aadhaar", text).is_valid


WRITTEN = st.sampled_from(
    [
        lambda n: n,
        lambda n: " ".join(n[at : at + 4] for at in range(0, len(n), 4)),
        lambda n: "-".join(n[at : at + 4] for at in range(0, len(n), 4)),
        lambda n: "\n".join(n[at : at + 4] for at in range(0, len(n), 4)),
        " ".join,
        lambda n: n.translate(str.maketrans("0123456789", "०१२३४५६७८९")),
        lambda n: n.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    ]
)


@given(number=AADHAARS | VIDS, written=WRITTEN, before=st.sampled_from(["", "Aadhaar: ", "DOB 2001 ", "No.\n"]))
def test_an_aadhaar_number_is_found_in_a_text_however_it_is_written(number, written, before):
    text = f"{before}{written(number)} and more"
    spans = numbers.find_aadhaar(text)
    assert spans
    rest = text[: spans[-1][0]] + text[spans[-1][1] :]
    assert written(number) not in rest


def test_digits_that_chance_makes_a_number_do_not_hide_the_one_behind_them():
    """Four digits and the first eight of the number may pass the check too: whichever is meant, no digit of either may stay."""
    by_chance = next(
        f"{start:04d}" for start in range(2000, 10000) if numbers.check("aadhaar", f"{start:04d}23412341").is_valid
    )
    text = f"{by_chance} 2341 2341 2346"
    assert numbers.find_aadhaar(text) == [(0, len(text))]


@pytest.mark.parametrize("text", ["XXXX XXXX 1234", "GSTIN 27AAPFU0939F1ZV", "on 25 November 2026 at 10.30", "110001"])
def test_ordinary_text_holds_no_aadhaar_number(text):
    assert numbers.find_aadhaar(text) == []


@given(number=AADHAARS)
def test_a_longer_number_is_not_taken_for_an_aadhaar_number(number):
    assert numbers.find_aadhaar(f"9{number}") == []


@given(pan=PANS)
def test_every_pan_that_a_known_library_accepts_is_accepted_and_masked_alike(pan):
    found = check("pan", f" {pan[:5].lower()} {pan[5:]} ")
    assert found.is_valid is peer_pan.is_valid(pan) is True
    assert (found.normal, found.display) == (pan, peer_pan.mask(pan))
    assert (found.details["holder"], found.details["initial"]) == (pan[3], pan[4])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("AAAPA1234", Reason.FORMAT),
        ("AAAPA12345", Reason.FORMAT),
        ("1AAPA1234A", Reason.FORMAT),
        ("AAAPA0000A", Reason.SERIAL),
        ("AAAXA1234A", Reason.HOLDER_TYPE),
    ],
)
def test_a_wrong_pan_is_refused_with_its_reason_and_not_repeated(text, reason):
    found = check("pan", text)
    assert (found.outcome, found.reason, found.normal) == (Outcome.FAIL, reason, "")
    assert set(found.display) == {"X"}


def test_a_pan_of_a_disputed_holder_is_left_to_a_person():
    found = check("pan", "AAAEA1234A")
    assert (found.outcome, found.reason, found.is_valid) == (Outcome.WARN, Reason.HOLDER_TYPE, True)


def with_check(first_fourteen: str) -> str:
    return first_fourteen + gstin_check_character(first_fourteen)


@given(pan=PANS, state=st.integers(1, 24), count=st.sampled_from("123456789AB"))
def test_ordinary_gst_numbers_agree_with_a_known_library(pan, state, count):
    number = with_check(f"{state:02d}{pan}{count}Z")
    found = check("gstin", number)
    assert found.is_valid is peer_gstin.is_valid(number) is True
    assert found.details["pan"] == pan
    assert found.details["registration"] == "NORMAL"
    assert numbers.gstin_contains(number, pan) is True
    assert pan[5:9] not in found.display


@pytest.mark.parametrize(
    ("number", "registration", "state"),
    [
        ("27AAPFU0939F1ZV", "NORMAL", "27"),
        ("9917SGP29001OST", "OIDAR", "99"),
        (with_check("38AAPFU0939F1Z"), "NORMAL", "38"),
        (with_check("97AAPFU0939F1Z"), "NORMAL", "97"),
        (with_check("29AAPFU0939F1D"), "TDS", "29"),
        (with_check("29MUMA12345B1D"), "TDS", "29"),
        (with_check("07DELA12345B1Z"), "GOVT_DEPTID", "07"),
        (with_check("26AAPFU0939F1Z"), "NORMAL", "26"),
        (with_check("99AAPFU0939F1Z"), "NORMAL", "99"),
        (with_check("0717USA00001ON"), "UN_BODY", "07"),
        (with_check("29AAPFU0939F1C"), "TCS", "29"),
        (with_check("0717USA00001UN"), "UN_BODY", "07"),
        (with_check("0717USA00001NR"), "NRI", "07"),
    ],
)
def test_every_kind_of_gst_registration_is_known(number, registration, state):
    found = check("gstin", number)
    assert found.is_valid
    assert (found.details["registration"], found.details["state_code"]) == (registration, state)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("27AAPFU0939F1ZX", Reason.CHECKSUM),
        ("27AAPFU0939F1Z", Reason.FORMAT),
        (with_check("39AAPFU0939F1Z"), Reason.STATE),
        (with_check("27AAPXU0939F1Z"), Reason.HOLDER_TYPE),
    ],
)
def test_a_wrong_gst_number_is_refused_with_its_reason(number, reason):
    assert check("gstin", number).reason is reason


STATES = st.sampled_from([*(f"{code:02d}" for code in range(1, 39)), "97", "99"])
#: The ten characters inside and the two behind them, by kind of registration.
FAMILY = {
    "NORMAL": (PANS, "[1-9A-Z][Z1-9ABE-J]"),
    "TDS": (PANS | st.from_regex(r"[A-Z]{4}[0-9]{5}[A-Z]", fullmatch=True), "[1-9A-Z]D"),
    "TCS": (PANS, "[1-9A-Z]C"),
    "GOVT_DEPTID": (st.from_regex(r"[A-Z]{4}[0-9]{5}[A-Z]", fullmatch=True), "[0-9]Z"),
    "NRI": (st.from_regex(r"[0-9]{2}[A-Z]{3}[0-9]{5}", fullmatch=True), "NR"),
    "UN_BODY": (st.from_regex(r"[0-9]{2}[A-Z]{3}[0-9]{5}", fullmatch=True), "[UO]N"),
    "OIDAR": (st.from_regex(r"[0-9]{2}[A-Z]{3}[0-9]{5}", fullmatch=True), "OS"),
}


@st.composite
def gst_numbers(draw: st.DrawFn) -> tuple[str, str]:
    kind = draw(st.sampled_from(sorted(FAMILY)))
    inner, behind = FAMILY[kind]
    state = "99" if kind == "OIDAR" else draw(STATES)
    return kind, with_check(state + draw(inner) + draw(st.from_regex(behind, fullmatch=True)))


@given(made=gst_numbers(), place=st.integers(0, 14), character=st.sampled_from(string.digits + string.ascii_uppercase))
def test_any_one_wrong_character_of_any_kind_of_gst_number_is_found(made, place, character):
    kind, number = made
    found = check("gstin", number)
    assert (found.is_valid, found.details["registration"]) == (True, kind)
    changed = number[:place] + character + number[place + 1 :]
    assert check("gstin", changed).is_valid is (changed == number)


def test_a_department_whose_check_character_is_a_letter_is_left_to_a_person():
    found = {check("gstin", with_check(f"07DELA1234{digit}B1Z")).outcome for digit in range(10)}
    assert found == {Outcome.WARN, Outcome.PASS}


def test_a_gst_number_with_a_pan_of_a_disputed_holder_is_left_to_a_person():
    found = check("gstin", with_check("27AAPEU0939F1Z"))
    assert (found.outcome, found.reason) == (Outcome.WARN, Reason.HOLDER_TYPE)


@given(body=st.from_regex(r"[0-9]{6}", fullmatch=True), place=st.integers(0, 6), digit=st.sampled_from(string.digits))
def test_any_one_wrong_digit_of_a_voters_card_is_noticed_and_the_card_is_not_refused(body, place, digit):
    number = body + luhn.calc_check_digit(body)
    changed = number[:place] + digit + number[place + 1 :]
    found = check("epic", f"WKH{changed}")
    assert (found.is_valid, found.outcome is Outcome.PASS) == (True, changed == number)


@pytest.mark.parametrize(
    ("number_type", "text", "outcome"),
    [
        ("cin", "U72200KA2027PTC097389", "FAIL"),
        ("fssai", "11527998000123", "FAIL"),
        ("driving_licence", "MH-14 2027 0062821", "WARN"),
    ],
)
def test_a_year_that_has_not_come_cannot_be_right(number_type, text, outcome):
    found = check(number_type, text, this_year=2026)
    assert (found.outcome, found.reason) == (outcome, Reason.YEAR)
    assert check(number_type, text, this_year=2027).outcome is Outcome.PASS


def test_every_type_of_number_names_its_source():
    assert set(SOURCES) == set(numbers.TYPES)
    assert all(check(number_type, "").source.text for number_type in numbers.TYPES)


def test_a_gst_number_of_another_pan_or_of_none_says_so():
    assert numbers.gstin_contains("27AAPFU0939F1ZV", "AAPFU0939G") is False
    assert numbers.gstin_contains("9917SGP29001OST", "AAPFU0939F") is None
    assert numbers.gstin_contains("wrong", "AAPFU0939F") is None


@pytest.mark.parametrize(
    ("number_type", "text", "outcome", "reason"),
    [
        ("tan", "MUMA12345B", "PASS", None),
        ("tan", "MUM12345B", "FAIL", "FORMAT"),
        ("cin", "U72200KA2013PTC097389", "PASS", None),
        ("cin", "U72200XX2013PTC097389", "FAIL", "STATE"),
        ("cin", "U72200KA1700PTC097389", "FAIL", "YEAR"),
        ("cin", "U72200KA2013XYZ097389", "FAIL", "FORMAT"),
        ("llpin", "AAB-1234", "PASS", None),
        ("llpin", "AAB-123", "FAIL", "FORMAT"),
        ("din", "00012345", "PASS", None),
        ("din", "12345", "FAIL", "FORMAT"),
        ("udyam", "UDYAM-KR-03-0012345", "PASS", None),
        ("udyam", "UDYAM-XX-03-0012345", "FAIL", "STATE"),
        ("udyam", "udyam-ka-03-0012345", "PASS", None),
        ("udyam", "KA03A0012345", "FAIL", "LEGACY_FORMAT"),
        ("fssai", "11521998000123", "PASS", None),
        ("cin", "U17111TZ1977PLC000767", "PASS", None),
        ("cin", "U45200UR2007PTC032306", "PASS", None),
        ("fssai", "10012011000168", "PASS", None),
        ("fssai", "90012011000168", "WARN", "FORMAT"),
        ("fssai", "99", "FAIL", "FORMAT"),
        ("iec", "AAPFU0939F", "PASS", None),
        ("iec", "0512345678", "WARN", "LEGACY_FORMAT"),
        ("iec", "AAPXU0939F", "FAIL", "HOLDER_TYPE"),
        ("ifsc", "HDFC0000053", "PASS", None),
        ("ifsc", "hdfc 0000 053", "PASS", None),
        ("ifsc", "HDFC0ZZZZZZ", "WARN", "UNKNOWN_BRANCH"),
        ("ifsc", "ZZZZ0000001", "WARN", "UNKNOWN_BRANCH"),
        ("ifsc", "HDFC1000053", "FAIL", "FORMAT"),
        ("bank_account", "001234567890", "PASS", None),
        ("bank_account", "0" * 12, "FAIL", "FORMAT"),
        ("bank_account", "12345", "FAIL", "FORMAT"),
        ("bank_account", "1234567", "WARN", "FORMAT"),
        ("bank_account", "SB01/1234567", "FAIL", "FORMAT"),
        ("bank_account", "SB0112345678", "WARN", "FORMAT"),
        ("bank_account", "1" * 41, "FAIL", "FORMAT"),
        ("vpa", "asha.rao@okbank", "PASS", None),
        ("vpa", "asha rao", "FAIL", "FORMAT"),
        ("micr", "400240002", "PASS", None),
        ("micr", "4002", "FAIL", "FORMAT"),
        ("passport", "J8369854", "PASS", None),
        ("passport", "J0369854", "FAIL", "FORMAT"),
        ("epic", "WKH1186253", "PASS", None),
        ("epic", "WKH1186254", "WARN", "CHECKSUM"),
        ("epic", "UP/12/345/678901", "WARN", "LEGACY_FORMAT"),
        ("epic", "1186254", "WARN", "FORMAT"),
        ("epic", "12", "FAIL", "FORMAT"),
        ("epic", "no number", "FAIL", "FORMAT"),
        ("driving_licence", "MH-14 2011 0062821", "PASS", None),
        ("driving_licence", "XX-14 2011 0062821", "WARN", "STATE"),
        ("driving_licence", "UA-07 2004 0062821", "PASS", None),
        ("driving_licence", "1234/95/NAG", "WARN", "FORMAT"),
        ("driving_licence", "KA/05/12345", "WARN", "LEGACY_FORMAT"),
        ("driving_licence", "?", "FAIL", "FORMAT"),
        ("pin", "560001", "PASS", None),
        ("pin", "060001", "FAIL", "FORMAT"),
        ("pin", "900056", "PASS", None),
        ("pin", "660001", "WARN", "STATE"),
        ("mobile", "+91 98765 43210", "PASS", None),
        ("mobile", "९८७६५ ४३२१०", "PASS", None),
        ("mobile", "098765 43210", "PASS", None),
        ("mobile", "+911600123456", "FAIL", "NOT_MOBILE"),
        ("mobile", "+91 1800 11 2345", "FAIL", "NOT_MOBILE"),
        ("mobile", "+91 22 2272 1233", "FAIL", "NOT_MOBILE"),
        ("mobile", "+14155552671", "FAIL", "NOT_MOBILE"),
        ("mobile", "12", "FAIL", "FORMAT"),
        ("vid", "1234", "FAIL", "FORMAT"),
        ("passport", "Z3000001", "PASS", None),
        ("vpa", "9876543210@upi", "PASS", None),
        ("vpa", "asha@bank.example", "FAIL", "FORMAT"),
    ],
)
def test_other_numbers(number_type, text, outcome, reason):
    found = check(number_type, text)
    assert (found.outcome, found.reason) == (outcome, reason)


@pytest.mark.parametrize("number_type", sorted(numbers.TYPES))
@given(text=st.text(max_size=40))
def test_no_text_whatever_raises(number_type, text):
    found = check(number_type, text)
    assert found.is_valid or found.normal == ""


@pytest.mark.parametrize("number_type", ["bank_account", "epic", "driving_licence", "passport"])
@given(text=st.from_regex(r"[A-Z0-9]{5,60}", fullmatch=True))
def test_a_long_number_has_a_masked_form_that_fits_its_column(number_type, text):
    assert len(check(number_type, text).display) <= 32


SEPARATED = st.sampled_from(["", " ", "-", "/", "."])


@pytest.mark.parametrize("number_type", sorted({*numbers.TYPES} - {"aadhaar", "vid", "mobile", "bank_account"}))
@given(number=AADHAARS | VIDS, between=SEPARATED, before=st.sampled_from(["", "UID"]))
def test_no_aadhaar_number_passes_as_a_number_of_another_type(number_type, number, between, before):
    text = before + between.join(number[at : at + 4] for at in range(0, len(number), 4))
    found = check(number_type, text + ("@upi" if number_type == "vpa" else ""))
    assert (found.outcome, found.normal) == (Outcome.FAIL, "")
    assert number[:8] not in repr(found)


@pytest.mark.parametrize(
    "number_type", sorted({*numbers.TYPES} - {"mobile", "bank_account", "epic", "driving_licence"})
)
@given(number=AADHAARS | VIDS, between=SEPARATED)
def test_what_is_typed_in_the_wrong_place_is_called_what_it_is(number_type, number, between):
    """Whoever enters an Aadhaar number or a virtual ID where another number is asked for reads that, not "wrong form"."""
    text = between.join(number[at : at + 4] for at in range(0, len(number), 4))
    found = check(number_type, text + ("@upi" if number_type == "vpa" else ""))
    if number_type in {"aadhaar", "vid"} and found.is_valid:
        assert len(number) == {"aadhaar": 12, "vid": 16}[number_type]
    else:
        assert (found.outcome, found.reason, found.normal) == (Outcome.FAIL, "AADHAAR", "")
    assert number[:8] not in repr(found)


@given(number=AADHAARS | VIDS)
def test_an_account_with_the_digits_of_an_aadhaar_number_is_left_to_people(number):
    assert (check("bank_account", number).outcome, check("bank_account", number).reason) == ("WARN", "AADHAAR")


def test_a_licence_of_a_state_is_one_whatever_chance_makes_of_its_digits():
    by_chance = next(n for n in map("50{:04d}123456".format, range(2000, 2026)) if check("aadhaar", n).is_valid)
    assert check("driving_licence", f"KA{by_chance}").reason == "LEGACY_FORMAT"
    assert check("driving_licence", f"KA50/{by_chance[2:6]}/{by_chance[6:]}").is_valid
    assert check("driving_licence", f"XX{by_chance[:2]}{by_chance[2:4]}{by_chance[4:]}").is_valid
    assert check("epic", f"KA{by_chance}").reason == "AADHAAR"
