"""Every type of number by its name.

No Aadhaar number passes as a number of another type (Aadhaar Act 2016, s.8A(4)(b)). An account may have the same twelve
digits by right, one in ten does: that one is left to people.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from kyc.numbers import aadhaar, bank, company, person, tax
from kyc.numbers.aadhaar import find_aadhaar
from kyc.numbers.result import NumberResult, Outcome, Reason, compact, wrong

TYPES: Mapping[str, Callable[[str], NumberResult]] = MappingProxyType(
    {
        "aadhaar": aadhaar.check_aadhaar,
        "bank_account": bank.check_bank_account,
        "cin": company.check_cin,
        "din": company.check_din,
        "driving_licence": person.check_driving_licence,
        "epic": person.check_epic,
        "fssai": company.check_fssai,
        "gstin": tax.check_gstin,
        "iec": company.check_iec,
        "ifsc": bank.check_ifsc,
        "llpin": company.check_llpin,
        "micr": bank.check_micr,
        "mobile": person.check_mobile,
        "pan": tax.check_pan,
        "passport": person.check_passport,
        "pin": person.check_pin,
        "tan": tax.check_tan,
        "udyam": company.check_udyam,
        "vid": aadhaar.check_vid,
        "vpa": bank.check_vpa,
    }
)


#: Types of which no year refuses one: their forms are too many.
_LEFT_TO_A_PERSON = frozenset({"driving_licence"})
#: A licence with a serial number of six digits, as some states had: state, office and year make it one.
_SHORT_LICENCE = re.compile(r"[A-Z]{2}\d{2}/?(?:19|20)\d{2}/?\d{6}")


def check(number_type: str, text: str, *, this_year: int | None = None) -> NumberResult:
    """What ``text`` is as a number of this type. Raises KeyError for an unknown type.

    With ``this_year`` (of India) a number that names a later year is wrong: YEAR. What has the digits of an Aadhaar number
    is wrong too: AADHAAR; of an account's number that is a warning.
    """
    found = TYPES[number_type](text)
    if found.reason is Reason.FORMAT and not found.is_valid and number_type != "mobile" and _is_aadhaar(text):
        return wrong(number_type, Reason.AADHAAR, compact(text))
    if _has_aadhaar(found):
        if number_type == "bank_account":
            return replace(found, outcome=Outcome.WARN, reason=Reason.AADHAAR)
        return wrong(number_type, Reason.AADHAAR, found.normal)
    if this_year is None or int(found.details.get("year", 0)) <= this_year:
        return found
    if number_type in _LEFT_TO_A_PERSON:
        return replace(found, outcome=Outcome.WARN, reason=Reason.YEAR)
    return wrong(number_type, Reason.YEAR, found.normal)


def _is_aadhaar(text: str) -> bool:
    """Whether what was typed is an Aadhaar number or a virtual ID and not the number that was asked for: who typed it has to
    read that, and not that its form is wrong.
    """
    return bool(find_aadhaar(text.replace("/", "-")))


def _has_aadhaar(found: NumberResult) -> bool:
    """Slashes are no way around. A telephone number with its country has twelve digits of its own."""
    if found.type == "mobile" or (found.type == "driving_licence" and _SHORT_LICENCE.fullmatch(found.normal)):
        return False
    return bool(find_aadhaar(found.normal.replace("/", "-")))
