"""Where Aadhaar numbers and virtual IDs stand in a text that a machine read. The inspection's child loads it by its name.

A number of 12 or 16 digits passes the check digit by chance once in ten times. So what stands around it is read too: a
number that is called an account's or a transaction's is left, and behind the word Aadhaar digits count however they are
grouped.
"""

import base64
import binascii
import re
import unicodedata

from kyc.numbers.aadhaar import AADHAAR, VID, check_aadhaar, check_vid, find_aadhaar
from portal.kernel.vault.inspection.result import UNREAD

#: Characters of no width, which a text may hold between two digits.
_NO_WIDTH = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"), " ")
_OTHER_NUMBER = re.compile(
    r"(?:account|acct|a/c|utr|rrn|transaction|txn|invoice|consumer)[ \t]*(?:id|no|num|number)?[ \t]*[.:#\-]*[ \t]*\Z",
    re.IGNORECASE,
)
_NAMED = re.compile(r"a+dha+r|आधार|uidai|\buid\b|\bvid\b|virtual\s+id", re.IGNORECASE)
_RUN = re.compile(r"\d(?:[\s\-.,/\u2010-\u2015\u00b7]{0,3}\d)*")
_GROUP = re.compile(r"\d+")
#: As many digits as a number has, of which none could be read: nobody can say that it is not one.
_UNREAD = re.compile(rf"(?<!{UNREAD})(?:{UNREAD}{{4}}[ -]?){{2,3}}{UNREAD}{{4}}(?!{UNREAD})")
#: What may be a number in base64: twelve digits make sixteen of these.
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{16,}")
#: How far behind its name a number may begin, and how far before a number its other name is looked for.
BEHIND, BEFORE = 60, 32


def _plain(text: str) -> str:
    """Digits of every script and shape as 0-9, nothing without width; each character stays in its place."""
    return "".join(str(unicodedata.digit(one, one)) for one in text.translate(_NO_WIDTH))


def to_hide(text: str) -> list[tuple[int, int]]:
    """The places of numbers that must not be kept, as (start, end), in their order."""
    plain = _plain(text)
    found = {
        span for span in find_aadhaar(plain) if not _OTHER_NUMBER.search(plain[max(0, span[0] - BEFORE) : span[0]])
    }
    found.update(run.span() for run in _UNREAD.finditer(plain))
    found.update(word.span() for word in _ENCODED.finditer(plain) if find_aadhaar(_decoded(word.group())))
    for name in _NAMED.finditer(plain):
        found.update(_grouped_anyhow(plain, name.end(), name.end() + BEHIND))
    return sorted(found)


def _decoded(word: str) -> str:
    """What a word in base64 says, where it says something in ASCII."""
    try:
        padded = word + "=" * (-len(word) % 4)
        return base64.b64decode(padded, altchars=b"-_" if {"-", "_"} & set(word) else None).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _grouped_anyhow(plain: str, start: int, latest: int) -> list[tuple[int, int]]:
    """Neighbouring groups of digits that make a number of the right length and check digit, wherever the gaps are."""
    found = []
    for run in _RUN.finditer(plain, start):
        if run.start() > latest:
            break
        groups = [(group.start(), group.end()) for group in _GROUP.finditer(plain, run.start(), run.end())]
        for first in range(len(groups)):
            number = ""
            for begin, end in groups[first:]:
                number += plain[begin:end]
                if len(number) > VID:
                    break
                if (len(number) == AADHAAR and check_aadhaar(number).is_valid) or (
                    len(number) == VID and check_vid(number).is_valid
                ):
                    found.append((groups[first][0], end))
    return found
