"""Aadhaar numbers and virtual IDs: recognised so that they can be kept out. Never returned or stored in clear.

Aadhaar Act 2016, s.8A(4)(b): who verifies offline shall not collect, use or store an Aadhaar number. Rule of the number:
12 digits, the first 2-9, the last a Verhoeff check digit, no palindrome; a virtual ID has 16 digits and the same rules.
"""

import re
from collections.abc import Iterator

from stdnum import verhoeff

from kyc.numbers.result import NumberResult, Outcome, Reason, ascii_digits, compact, last_four, wrong

AADHAAR, VID = 12, 16


def _masked(number: str) -> str:
    text = last_four(number)
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _check(number_type: str, text: str, length: int) -> NumberResult:
    number = compact(text)
    is_digits = number.isascii() and number.isdigit()
    if not is_digits or len(number) != length or number[0] in "01" or number == number[::-1]:
        return wrong(number_type, Reason.FORMAT, number)
    if not verhoeff.is_valid(number):
        return wrong(number_type, Reason.CHECKSUM, number)
    return NumberResult(number_type, Outcome.PASS, display=_masked(number))


def check_aadhaar(text: str) -> NumberResult:
    return _check("aadhaar", text, AADHAAR)


def check_vid(text: str) -> NumberResult:
    return _check("vid", text, VID)


#: Digits with at most three spaces, hyphens, dots or line ends between them.
_RUN = re.compile(r"\d(?:[\s\-.\u2010-\u2015\u00b7]{0,3}\d)*")
_GROUP = re.compile(r"\d+")


def _candidates(sizes: list[int]) -> Iterator[tuple[int, int]]:
    """Neighbouring groups that a person could read as one number: 12, 4-4-4, 16, 4-4-4-4, or single digits."""
    for at, size in enumerate(sizes):
        for length in (VID, AADHAAR):
            if size == length:
                yield at, at + 1
            for part in (4, 1):
                count = length // part
                if sizes[at : at + count] == [part] * count:
                    yield at, at + count


def find_aadhaar(text: str) -> list[tuple[int, int]]:
    """Where Aadhaar numbers and virtual IDs stand in a text, as (start, end), in any script, spaced or hyphenated.

    One 12-digit number in ten passes the check by chance: what is found is treated as one, never the other way round.
    """
    digits = ascii_digits(text)
    found: list[tuple[int, int]] = []
    for run in _RUN.finditer(digits):
        groups = [(match.start(), match.end()) for match in _GROUP.finditer(digits, run.start(), run.end())]
        for at, after in _candidates([end - start for start, end in groups]):
            start, end = groups[at][0], groups[after - 1][1]
            number = "".join(digits[a:b] for a, b in groups[at:after])
            if not (check_aadhaar(number).is_valid or check_vid(number).is_valid):
                continue
            if found and start < found[-1][1]:  # either may be the one that is meant: none of their digits stays
                first, last = found.pop()
                start, end = first, max(end, last)
            found.append((start, end))
    return found
