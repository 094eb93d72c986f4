import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kyc.numbers.sources import SOURCES, Source


class Outcome(StrEnum):
    PASS = "PASS"  # noqa: S105 - an outcome
    #: Plausible, but a person has to look: rules that sources contradict, old forms, lists that grow stale.
    WARN = "WARN"
    FAIL = "FAIL"


class Reason(StrEnum):
    #: It has the form and the check digit of an Aadhaar number or a virtual ID.
    AADHAAR = "AADHAAR"
    FORMAT = "FORMAT"
    CHECKSUM = "CHECKSUM"
    HOLDER_TYPE = "HOLDER_TYPE"
    LEGACY_FORMAT = "LEGACY_FORMAT"
    NOT_MOBILE = "NOT_MOBILE"
    SERIAL = "SERIAL"
    STATE = "STATE"
    UNKNOWN_BRANCH = "UNKNOWN_BRANCH"
    YEAR = "YEAR"


@dataclass(frozen=True)
class NumberResult:
    """What one number is. ``normal`` is the form to store or compare; it is empty for a wrong number and for numbers
    that are never stored. ``display`` is the masked form, safe for every page.
    """

    type: str
    outcome: Outcome
    reason: Reason | None = None
    normal: str = field(default="", repr=False)
    display: str = ""
    details: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_valid(self) -> bool:
        return self.outcome is not Outcome.FAIL

    @property
    def source(self) -> Source:
        """Where the rule of this type of number comes from."""
        return SOURCES[self.type]


#: Four letters of the bank, a zero, six characters of the branch.
IFSC = re.compile(r"([A-Z]{4})0([A-Z0-9]{6})")

#: No masked form is longer, however long the number: it stands in a column and on narrow screens.
LONGEST_DISPLAY = 24


def wrong(number_type: str, reason: Reason, text: str = "") -> NumberResult:
    """A number that cannot be right. Its display says how long it was, and nothing else."""
    return NumberResult(number_type, Outcome.FAIL, reason, display="X" * min(len(text), LONGEST_DISPLAY))


def ascii_digits(text: str) -> str:
    """Digits of every script as 0-9, one character for one. The inspecting child must load nothing of the portal."""
    return "".join(str(unicodedata.decimal(character, character)) for character in text)


_BETWEEN = re.compile(r"[\s\-\u2010-\u2015\u00a0.]+")


def compact(text: str) -> str:
    """The number as typed, without spaces, hyphens and dots, in capital letters and digits 0-9 (१२३ is accepted)."""
    return _BETWEEN.sub("", ascii_digits(unicodedata.normalize("NFKC", text))).upper()


def last_four(number: str) -> str:
    return ("X" * max(0, len(number) - 4) + number[-4:])[-LONGEST_DISPLAY:]
