"""Branch codes, account numbers and payment addresses."""

import re

from kyc.numbers import branches
from kyc.numbers.result import IFSC, NumberResult, Outcome, Reason, ascii_digits, compact, last_four, wrong

_VPA = re.compile(r"([A-Za-z0-9._-]{2,256})@([A-Za-z][A-Za-z0-9]{1,63})")
_USUAL_ACCOUNT = re.compile(r"\d{9,18}", re.ASCII)
#: What payment networks carry: some co-operative banks have shorter numbers, or letters in them.
_CARRIED_ACCOUNT = re.compile(r"(?=.*[1-9])[A-Z0-9]{6,40}")


def check_ifsc(text: str) -> NumberResult:
    """Four letters of the bank, a zero, six characters of the branch (RBI). A branch that the list lacks may be new."""
    ifsc = compact(text)
    match = IFSC.fullmatch(ifsc)
    if match is None:
        return wrong("ifsc", Reason.FORMAT, ifsc)
    bank, branch = match.groups()
    known = branches.shipped()
    details = {"bank": bank, "branch": branch, "list_of": known.as_of.isoformat()}
    if name := known.name(bank):
        details["bank_name"] = name
    if not known.holds(bank, branch):
        return NumberResult("ifsc", Outcome.WARN, Reason.UNKNOWN_BRANCH, ifsc, ifsc, details)
    return NumberResult("ifsc", Outcome.PASS, None, ifsc, ifsc, details)


def check_bank_account(text: str) -> NumberResult:
    """9 to 18 digits, kept as text: leading zeros count. No check digit is common to the banks.

    Other numbers of 6 to 40 letters and digits are met and carried, so a person looks at them.
    """
    account = compact(text)
    if _CARRIED_ACCOUNT.fullmatch(account) is None:
        return wrong("bank_account", Reason.FORMAT, account)
    if _USUAL_ACCOUNT.fullmatch(account) is None:
        return NumberResult("bank_account", Outcome.WARN, Reason.FORMAT, account, last_four(account))
    return NumberResult("bank_account", Outcome.PASS, None, account, last_four(account))


def check_vpa(text: str) -> NumberResult:
    """``name@handle``. The form proves little; who holds it only the payment network can say."""
    vpa = ascii_digits(text).strip()
    match = _VPA.fullmatch(vpa)
    if match is None:
        return wrong("vpa", Reason.FORMAT, vpa)
    name, handle = match.groups()
    shown = name[0] + "X" * (len(name) - 1)
    return NumberResult("vpa", Outcome.PASS, None, vpa.lower(), f"{shown}@{handle.lower()}", {"handle": handle.lower()})


def check_micr(text: str) -> NumberResult:
    """Nine digits: city, bank, branch."""
    micr = compact(text)
    if not re.fullmatch(r"[1-9]\d{8}", micr, re.ASCII):
        return wrong("micr", Reason.FORMAT, micr)
    return NumberResult(
        "micr", Outcome.PASS, None, micr, micr, {"city": micr[:3], "bank": micr[3:6], "branch": micr[6:]}
    )
