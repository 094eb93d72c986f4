"""PAN, TAN and the family of GST numbers."""

import re

from kyc.numbers.result import NumberResult, Outcome, Reason, compact, wrong
from kyc.numbers.state_codes import GST_STATES

_PAN = re.compile(r"[A-Z]{3}([A-Z])([A-Z])(\d{4})[A-Z]")
_TAN = re.compile(r"[A-Z]{3}([A-Z])\d{5}[A-Z]")

#: The fourth letter of a PAN says who holds it (Income-tax Department).
HOLDERS = {
    "A": "association_of_persons",
    "B": "body_of_individuals",
    "C": "company",
    "F": "firm",
    "G": "government",
    "H": "hindu_undivided_family",
    "J": "artificial_juridical_person",
    "K": "trust",
    "L": "local_authority",
    "P": "person",
    "T": "trust",
}
#: Some registers list E for limited liability partnerships, others refuse it: a person looks.
UNSURE_HOLDERS = {"E": "limited_liability_partnership"}


def mask_pan(pan: str) -> str:
    """``AAAPAXXXXA``, the form of the Central Board of Direct Taxes."""
    return pan[:5] + "XXXX" + pan[9:]


def check_pan(text: str) -> NumberResult:
    """Ten characters; the fourth is the kind of holder, the fifth the initial of the surname or of the entity's name.

    The rule of the last letter is not published, so it is not checked.
    """
    pan = compact(text)
    match = _PAN.fullmatch(pan)
    if match is None:
        return wrong("pan", Reason.FORMAT, pan)
    holder, initial, serial = match.groups()
    if serial == "0000":
        return wrong("pan", Reason.SERIAL, pan)
    details = {"holder": holder, "initial": initial}
    if holder in HOLDERS:
        return NumberResult("pan", Outcome.PASS, None, pan, mask_pan(pan), {**details, "holder_kind": HOLDERS[holder]})
    if holder in UNSURE_HOLDERS:
        details["holder_kind"] = UNSURE_HOLDERS[holder]
        return NumberResult("pan", Outcome.WARN, Reason.HOLDER_TYPE, pan, mask_pan(pan), details)
    return wrong("pan", Reason.HOLDER_TYPE, pan)


def check_tan(text: str) -> NumberResult:
    """Four letters (three of the place, the deductor's initial), five digits, a letter."""
    tan = compact(text)
    match = _TAN.fullmatch(tan)
    if match is None:
        return wrong("tan", Reason.FORMAT, tan)
    display = tan[:4] + "XXXX" + tan[8:]
    return NumberResult("tan", Outcome.PASS, None, tan, display, {"initial": match.group(1)})


#: Forms by kind of registration, first match first; the 13th character counts registrations of one PAN in a state.
_GSTIN_FORMS: list[tuple[str, re.Pattern[str]]] = [
    ("NRI", re.compile(r"(\d\d)\d\d[A-Z]{3}\d{5}NR[0-9A-Z]")),
    ("OIDAR", re.compile(r"(99)\d\d[A-Z]{3}\d{5}OS[0-9A-Z]")),
    ("UN_BODY", re.compile(r"(\d\d)\d\d[A-Z]{3}\d{5}[UO]N[0-9A-Z]")),
    ("TDS", re.compile(r"(\d\d)([A-Z]{5}\d{4}[A-Z]|[A-Z]{4}\d{5}[A-Z])[1-9A-Z]D[0-9A-Z]")),
    ("TCS", re.compile(r"(\d\d)([A-Z]{5}\d{4}[A-Z])[1-9A-Z]C[0-9A-Z]")),
    ("GOVT_DEPTID", re.compile(r"(\d\d)([A-Z]{4}\d{5}[A-Z])\dZ[0-9A-Z]")),
    ("NORMAL", re.compile(r"(\d\d)([A-Z]{5}\d{4}[A-Z])[1-9A-Z][Z1-9ABD-J][0-9A-Z]")),
]
_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def gstin_check_character(first_fourteen: str) -> str:
    """Luhn modulo 36: factors 1, 2, 1, 2 ... from the left over base-36 values; quotient and remainder are summed."""
    total = 0
    for index, character in enumerate(first_fourteen):
        quotient, remainder = divmod(_BASE36.index(character) * (1 + index % 2), 36)
        total += quotient + remainder
    return _BASE36[-total % 36]


def check_gstin(text: str) -> NumberResult:
    """Fifteen characters: state, PAN (or TAN, or a foreign registration's number), count, kind, check character.

    The published form of government departments ends in a digit, which the check character seldom is: a letter that
    is right by the check is left to a person.
    """
    gstin = compact(text)
    kind, match = next(((name, found) for name, form in _GSTIN_FORMS if (found := form.fullmatch(gstin))), ("", None))
    if match is None:
        return wrong("gstin", Reason.FORMAT, gstin)
    if match.group(1) not in GST_STATES:
        return wrong("gstin", Reason.STATE, gstin)
    if gstin_check_character(gstin[:14]) != gstin[14]:
        return wrong("gstin", Reason.CHECKSUM, gstin)
    details = {"state_code": gstin[:2], "registration": kind}
    outcome, reason = Outcome.PASS, None
    inner = match.group(2) if match.lastindex == 2 else ""
    if inner and _PAN.fullmatch(inner):
        pan = check_pan(inner)
        if not pan.is_valid:
            return wrong("gstin", pan.reason or Reason.FORMAT, gstin)
        details |= {"pan": inner, **pan.details}
        outcome, reason = pan.outcome, pan.reason
    elif inner:
        details["tan"] = inner
    if kind == "GOVT_DEPTID" and not gstin[14].isdigit():
        outcome, reason = Outcome.WARN, Reason.FORMAT
    return NumberResult("gstin", outcome, reason, gstin, mask_gstin(gstin), details)


def mask_gstin(gstin: str) -> str:
    """The serial digits of the number inside and the check character are hidden: each would give the other away."""
    return gstin[:7] + "XXXX" + gstin[11:14] + "X"
