"""Branch codes, account numbers and payment addresses."""

import re

from kyc.numbers.result import NumberResult, Outcome, Reason, ascii_digits, compact, last_four, wrong

_IFSC = re.compile(r"([A-Z]{4})0([A-Z0-9]{6})")
_VPA = re.compile(r"([A-Za-z0-9._-]{2,256})@([A-Za-z][A-Za-z0-9]{1,63})")
SHORTEST_ACCOUNT, LONGEST_ACCOUNT = 9, 18


def check_ifsc(text: str) -> NumberResult:
    """Four letters of the bank, a zero, six characters of the branch (RBI). Whether the branch exists is not known here."""
    ifsc = compact(text)
    match = _IFSC.fullmatch(ifsc)
    if match is None:
        return wrong("ifsc", Reason.FORMAT, ifsc)
    return NumberResult("ifsc", Outcome.PASS, None, ifsc, ifsc, {"bank": match.group(1), "branch": match.group(2)})


def check_bank_account(text: str) -> NumberResult:
    """9 to 18 digits, kept as text: leading zeros count. No check digit is common to the banks."""
    account = compact(text)
    if not re.fullmatch(rf"\d{{{SHORTEST_ACCOUNT},{LONGEST_ACCOUNT}}}", account, re.ASCII) or not account.strip("0"):
        return wrong("bank_account", Reason.FORMAT, account)
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
