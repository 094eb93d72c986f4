"""Numbers of companies, partnerships, directors, small enterprises, food businesses and traders."""

import re

from kyc.numbers.result import NumberResult, Outcome, Reason, compact, last_four, wrong
from kyc.numbers.state_codes import STATE_LETTERS, UDYAM_LETTERS
from kyc.numbers.tax import check_pan

_CIN = re.compile(r"([LU])([0-9]{5})([A-Z]{2})([0-9]{4})(PTC|PLC|OPC|GOI|SGC|FTC|FLC|NPL|GAP|GAT|ULL|ULT)([0-9]{6})")
_LLPIN = re.compile(r"[A-Z]{3}\d{4}")
_UDYAM = re.compile(r"UDYAM([A-Z]{2})(\d{2})(\d{7})")
_UAM = re.compile(r"[A-Z]{2}\d{2}[A-FY]\d{7}")
_FSSAI = re.compile(r"(\d)(\d{2})(\d{2})\d{3}\d{6}", re.ASCII)
#: First digits that licences and registrations are known to have.
_KINDS_OF_FOOD_BUSINESS = frozenset("123")
#: The first company registered in India that still exists is older than the register; its oldest year is 1857.
FIRST_COMPANY_YEAR = 1857
LAST_YEAR = 2099


def check_cin(text: str) -> NumberResult:
    """21 characters, no check digit: listing, industry, state, year, class of company, registration (MCA)."""
    cin = compact(text)
    match = _CIN.fullmatch(cin)
    if match is None:
        return wrong("cin", Reason.FORMAT, cin)
    listing, industry, state, year, kind, registration = match.groups()
    if state not in STATE_LETTERS:
        return wrong("cin", Reason.STATE, cin)
    if not FIRST_COMPANY_YEAR <= int(year) <= LAST_YEAR:
        return wrong("cin", Reason.YEAR, cin)
    details = {
        "listing": "listed" if listing == "L" else "unlisted",
        "industry": industry,
        "state": state,
        "year": year,
        "class": kind,
        "registration": registration,
    }
    return NumberResult("cin", Outcome.PASS, None, cin, cin, details)


def check_llpin(text: str) -> NumberResult:
    """Three letters, a hyphen, four digits: a limited liability partnership."""
    llpin = compact(text)
    if _LLPIN.fullmatch(llpin) is None:
        return wrong("llpin", Reason.FORMAT, llpin)
    normal = f"{llpin[:3]}-{llpin[3:]}"
    return NumberResult("llpin", Outcome.PASS, None, normal, normal)


def check_din(text: str) -> NumberResult:
    """Eight digits, leading zeros kept: a director."""
    din = compact(text)
    if not re.fullmatch(r"\d{8}", din, re.ASCII) or din == "00000000":
        return wrong("din", Reason.FORMAT, din)
    return NumberResult("din", Outcome.PASS, None, din, last_four(din))


def check_udyam(text: str) -> NumberResult:
    """``UDYAM-XX-00-0000000``. The older Udyog Aadhaar memorandum ended on 30 June 2022 and is only recognised."""
    udyam = compact(text)
    match = _UDYAM.fullmatch(udyam)
    if match is None:
        reason = Reason.LEGACY_FORMAT if _UAM.fullmatch(udyam) else Reason.FORMAT
        return wrong("udyam", reason, udyam)
    state, district, serial = match.groups()
    if state not in UDYAM_LETTERS:
        return wrong("udyam", Reason.STATE, udyam)
    normal = f"UDYAM-{state}-{district}-{serial}"
    return NumberResult("udyam", Outcome.PASS, None, normal, normal, {"state": state, "district": district})


def check_fssai(text: str) -> NumberResult:
    """14 digits: kind, state, year, officer, serial. Sources contradict each other on the first digit, so it refuses none."""
    fssai = compact(text)
    match = _FSSAI.fullmatch(fssai)
    if match is None:
        return wrong("fssai", Reason.FORMAT, fssai)
    kind, state, year = match.groups()
    details = {"state_code": state, "year": f"20{year}"}
    if kind not in _KINDS_OF_FOOD_BUSINESS:
        return NumberResult("fssai", Outcome.WARN, Reason.FORMAT, fssai, fssai, details)
    return NumberResult("fssai", Outcome.PASS, None, fssai, fssai, details)


def check_iec(text: str) -> NumberResult:
    """An importer's code: since 2019 the PAN itself; ten digits before."""
    iec = compact(text)
    if re.fullmatch(r"\d{10}", iec, re.ASCII):
        return NumberResult("iec", Outcome.WARN, Reason.LEGACY_FORMAT, iec, last_four(iec))
    pan = check_pan(iec)
    if not pan.is_valid:
        return wrong("iec", pan.reason or Reason.FORMAT, iec)
    return NumberResult("iec", pan.outcome, pan.reason, pan.normal, pan.display, pan.details)
