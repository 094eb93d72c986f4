"""The hashes of mobile number and e-mail address in Aadhaar documents, compared in constant time and never kept.

Rule (UIDAI, Paperless Offline e-KYC and Secure QR): SHA-256 over the value and the share code (the Secure QR has none), as
lower-case hex; again over that hex, as many times in all as the last digit of the Aadhaar number says, 0 like 1. For the
e-mail address UIDAI also describes plain SHA-256 without the share code: either is taken.
"""

import hashlib
import hmac
from collections.abc import Iterator

from kyc.signatures.result import ContactMatch

#: Digits of a mobile number in India without its country code.
MOBILE = 10


def repeated(value: str, rounds: int) -> str:
    """The hash of a value, hex."""
    found = value
    for _round in range(max(rounds, 1)):
        found = hashlib.sha256(found.encode()).hexdigest()
    return found


def mobile(given: str, signed: str, *, share_code: str, rounds: int) -> ContactMatch:
    """Whether the number given is the one whose hash (hex) was signed."""
    if not signed:
        return ContactMatch.NOT_IN_DOCUMENT
    if not given:
        return ContactMatch.NOT_CHECKED
    digits = "".join(filter(str.isdigit, given))[-MOBILE:]
    return _any_is([repeated(digits + share_code, rounds)], signed)


def email(given: str, signed: str, *, share_code: str, rounds: int) -> ContactMatch:
    """Whether the address given, as written or in lower case, is the one whose hash (hex) was signed."""
    if not signed:
        return ContactMatch.NOT_IN_DOCUMENT
    if not given:
        return ContactMatch.NOT_CHECKED
    return _any_is(list(_hashes_of_email(given.strip(), share_code, rounds)), signed)


def _hashes_of_email(address: str, share_code: str, rounds: int) -> Iterator[str]:
    for written in (address, address.lower()):
        yield repeated(written + share_code, rounds)
        yield repeated(written, 1)


def _any_is(hashes: list[str], signed: str) -> ContactMatch:
    """Every hash is compared, whichever fits."""
    wanted = signed.strip().lower().encode()
    fits = [hmac.compare_digest(one.encode(), wanted) for one in hashes]
    return ContactMatch.MATCH if any(fits) else ContactMatch.NO_MATCH
