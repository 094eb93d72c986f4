"""Numbers of persons: passport, voter's card, driving licence; PIN codes and mobile numbers."""

import re

import phonenumbers
from stdnum import luhn

from kyc.numbers.result import NumberResult, Outcome, Reason, compact, last_four, wrong
from kyc.numbers.states import STATE_LETTERS

_PASSPORT = re.compile(r"[A-Z][1-9]\d{6}")
_EPIC = re.compile(r"[A-Z]{3}\d{7}")
_OLD_EPIC = re.compile(r"[A-Z]{2}/\d{1,3}/\d{1,3}/\d{4,7}")
_LICENCE = re.compile(r"([A-Z]{2})(\d{2})((?:19|20)\d{2})(\d{7})")


def check_passport(text: str) -> NumberResult:
    """A letter and seven digits, the first not 0. Only the machine-readable zone carries check digits (ICAO 9303)."""
    passport = compact(text)
    if _PASSPORT.fullmatch(passport) is None:
        return wrong("passport", Reason.FORMAT, passport)
    return NumberResult("passport", Outcome.PASS, None, passport, last_four(passport))


def check_epic(text: str) -> NumberResult:
    """A voter's card: three letters, seven digits, the last a Luhn digit. Some real cards fail it, so that is a warning."""
    epic = compact(text)
    if _OLD_EPIC.fullmatch(epic):
        return NumberResult("epic", Outcome.WARN, Reason.LEGACY_FORMAT, epic, last_four(epic))
    if _EPIC.fullmatch(epic) is None:
        return wrong("epic", Reason.FORMAT, epic)
    if not luhn.is_valid(epic[3:]):
        return NumberResult("epic", Outcome.WARN, Reason.CHECKSUM, epic, last_four(epic))
    return NumberResult("epic", Outcome.PASS, None, epic, last_four(epic))


def check_driving_licence(text: str) -> NumberResult:
    """State, office, year, seven digits. Older licences of the states differ: a warning, never a refusal."""
    licence = compact(text)
    match = _LICENCE.fullmatch(licence)
    if match is None:
        if re.fullmatch(r"[A-Z]{2}[A-Z0-9/]{6,18}", licence) and licence[:2] in STATE_LETTERS:
            return NumberResult(
                "driving_licence",
                Outcome.WARN,
                Reason.LEGACY_FORMAT,
                licence,
                last_four(licence),
                {"state": licence[:2]},
            )
        return wrong("driving_licence", Reason.FORMAT, licence)
    state, _office, year, _serial = match.groups()
    if state not in STATE_LETTERS:
        return wrong("driving_licence", Reason.STATE, licence)
    return NumberResult(
        "driving_licence", Outcome.PASS, None, licence, last_four(licence), {"state": state, "year": year}
    )


def check_pin(text: str) -> NumberResult:
    """A postal code: six digits, the first 1-9; 9 is the army's post."""
    pin = compact(text)
    if not re.fullmatch(r"[1-9]\d{5}", pin, re.ASCII):
        return wrong("pin", Reason.FORMAT, pin)
    return NumberResult("pin", Outcome.PASS, None, pin, pin, {"zone": pin[0]})


def check_mobile(text: str) -> NumberResult:
    """A mobile number of India in E.164. The numbering plan alone says yes to 1600 numbers, so 6-9 must come first."""
    typed = compact(text)
    try:
        number = phonenumbers.parse(typed, "IN")
    except phonenumbers.NumberParseException:
        return wrong("mobile", Reason.FORMAT, typed)
    if not phonenumbers.is_valid_number(number):
        return wrong("mobile", Reason.FORMAT, typed)
    kind = phonenumbers.number_type(number)
    mobile = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
    national = str(number.national_number)
    if number.country_code != 91 or kind not in mobile or national[0] not in "6789":
        return wrong("mobile", Reason.NOT_MOBILE, typed)
    normal = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return NumberResult("mobile", Outcome.PASS, None, normal, "+91 XXXXXX" + national[-4:])
