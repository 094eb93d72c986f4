"""Numbers of persons: passport, voter's card, driving licence; PIN codes and mobile numbers."""

import re

import phonenumbers
from stdnum import luhn

from kyc.numbers import passport_zone
from kyc.numbers.result import NumberResult, Outcome, Reason, compact, last_four, wrong
from kyc.numbers.state_codes import ARMY_POST, CIRCLES, STATE_LETTERS

_PASSPORT = re.compile(r"[A-Z][1-9]\d{6}")
_EPIC = re.compile(r"[A-Z]{3}\d{7}")
_OLD_EPIC = re.compile(r"[A-Z]{2}/\d{1,3}/\d{1,3}/\d{4,7}")
_LICENCE = re.compile(r"([A-Z]{2})(\d{2})((?:19|20)\d{2})(\d{7})")


#: Cards and licences of old forms are many: whatever a person could have read off one is left to a person.
_SOME_CARD = re.compile(r"(?=.*[0-9])[A-Z0-9/]{5,25}")


def check_passport(text: str) -> NumberResult:
    """A letter and seven digits, the first not 0; or the machine-readable zone of any country, with its check digits."""
    passport = compact(text)
    if passport_zone.looks_like_zone(passport):
        return _check_zone(passport)
    if _PASSPORT.fullmatch(passport) is None:
        return wrong("passport", Reason.FORMAT, passport)
    return NumberResult("passport", Outcome.PASS, None, passport, last_four(passport))


def _check_zone(text: str) -> NumberResult:
    zone = passport_zone.zone(text)
    if zone is None:
        return wrong("passport", Reason.FORMAT, text)
    if not passport_zone.digits_agree(text[-passport_zone.LINE :]):
        return wrong("passport", Reason.CHECKSUM, text)
    if zone.issuer == "IND" and _PASSPORT.fullmatch(zone.number) is None:
        return wrong("passport", Reason.FORMAT, text)
    details = {"nationality": zone.nationality, "expires_on": zone.expires_on.isoformat()}
    if zone.issuer:
        details["issuer"] = zone.issuer
    return NumberResult("passport", Outcome.PASS, None, zone.number, last_four(zone.number), details)


def _left_to_a_person(number_type: str, number: str, reason: Reason, **details: str) -> NumberResult:
    return NumberResult(number_type, Outcome.WARN, reason, number, last_four(number), details)


def check_epic(text: str) -> NumberResult:
    """A voter's card: three letters, seven digits, the last a Luhn digit.

    Some real cards fail it and many are old, so a card is never refused; only what can be no card at all is.
    """
    epic = compact(text)
    if _OLD_EPIC.fullmatch(epic):
        return _left_to_a_person("epic", epic, Reason.LEGACY_FORMAT)
    if _EPIC.fullmatch(epic):
        if luhn.is_valid(epic[3:]):
            return NumberResult("epic", Outcome.PASS, None, epic, last_four(epic))
        return _left_to_a_person("epic", epic, Reason.CHECKSUM)
    if _SOME_CARD.fullmatch(epic):
        return _left_to_a_person("epic", epic, Reason.FORMAT)
    return wrong("epic", Reason.FORMAT, epic)


def check_driving_licence(text: str) -> NumberResult:
    """State, office, year, seven digits. Licences of the states differ: a warning, and no licence is refused."""
    licence = compact(text)
    match = _LICENCE.fullmatch(licence)
    if match:
        state, _office, year, _serial = match.groups()
        if state not in STATE_LETTERS:
            return _left_to_a_person("driving_licence", licence, Reason.STATE, year=year)
        details = {"state": state, "year": year}
        return NumberResult("driving_licence", Outcome.PASS, None, licence, last_four(licence), details)
    if _SOME_CARD.fullmatch(licence) is None:
        return wrong("driving_licence", Reason.FORMAT, licence)
    if licence[:2] in STATE_LETTERS:
        return _left_to_a_person("driving_licence", licence, Reason.LEGACY_FORMAT, state=licence[:2])
    return _left_to_a_person("driving_licence", licence, Reason.FORMAT)


def check_pin(text: str) -> NumberResult:
    """A postal code: six digits, the first 1-9; 9 is the army's post. No post office has some first pairs yet."""
    pin = compact(text)
    if not re.fullmatch(r"[1-9]\d{5}", pin, re.ASCII):
        return wrong("pin", Reason.FORMAT, pin)
    details = {"zone": pin[0]}
    if pin[0] != ARMY_POST and pin[:2] not in CIRCLES:
        return NumberResult("pin", Outcome.WARN, Reason.STATE, pin, pin, details)
    return NumberResult("pin", Outcome.PASS, None, pin, pin, details)


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
