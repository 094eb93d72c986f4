"""Who may send what, from plain values: whose a header is, whether it holds, whether it may carry the category."""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from portal.kernel.law.category_order import CARRIED, PROMOTIONAL, SERVICE, TRANSACTIONAL

#: The letter at the end of a TRAI header, AD-ONESTU-P.
CATEGORY_OF_SUFFIX = {"P": PROMOTIONAL, "S": SERVICE, "T": TRANSACTIONAL}
GOVERNMENT = "G"
#: The two letters, operator and circle, that the network puts before a header.
PREFIX_LENGTH = 2

UNKNOWN_HEADER = "UNKNOWN_HEADER"
HEADER_OF_ANOTHER = "HEADER_OF_ANOTHER"
HEADER_ENDED = "HEADER_ENDED"
HEADER_CATEGORY = "HEADER_CATEGORY"
TEMPLATE_NOT_APPROVED = "TEMPLATE_NOT_APPROVED"
TEMPLATE_OF_ANOTHER = "TEMPLATE_OF_ANOTHER"
TEMPLATE_ENDED = "TEMPLATE_ENDED"
TEMPLATE_NOT_FOR_HEADER = "TEMPLATE_NOT_FOR_HEADER"


@dataclass(frozen=True, slots=True)
class Header:
    """A header as senders write it, taken apart: AD-ONESTU-P is the name ONESTU with the suffix P."""

    name: str
    suffix: str = ""

    @property
    def is_governments(self) -> bool:
        return self.suffix == GOVERNMENT


@functools.lru_cache(maxsize=1_024)
def parse_header(text: str) -> Header:
    """Takes the network's prefix and the suffix off. What has neither is a name alone."""
    parts = text.strip().upper().split("-")
    suffix = parts.pop() if len(parts) > 1 and len(parts[-1]) == 1 else ""
    if len(parts) > 1 and len(parts[0]) == PREFIX_LENGTH:
        parts = parts[1:]
    return Header("-".join(parts), suffix)


def series_of(values: Iterable[str]) -> dict[str, frozenset[str]]:
    """What each series of voice numbers may carry, from a rule's lines like "140: promotional voice"."""
    lines = (value.partition(":") for value in values)
    return {prefix.strip(): frozenset(c for c in CARRIED if c in words) for prefix, colon, words in lines if colon}


def fits_series(digits: str, carries: Iterable[str], series: Mapping[str, frozenset[str]]) -> bool:
    """Whether a voice number may carry this: what its series allows, and nothing from an ordinary mobile number."""
    national = digits[2:] if len(digits) == 12 and digits.startswith("91") else digits
    for prefix, allowed in series.items():
        if national.startswith(prefix):
            return set(carries) <= allowed
    return not (series and len(national) == 10 and national[0] in "6789")


def is_same_sender(one: str, other: str) -> bool:
    """Whether two registered forms are one sender: the same name, or one Indian number with and without its country."""
    return _national(one) == _national(other)


def _national(value: str) -> str:
    digits = value.removeprefix("+")
    if not digits.isdecimal():
        return value.lower()
    if len(digits) == 12 and digits.startswith("91"):
        return digits[2:]
    return digits[1:] if len(digits) == 11 and digits.startswith("0") else digits


@dataclass(frozen=True, slots=True)
class Registered:
    """What a decision needs of a registered sender. It holds from ``starts_at`` up to, not including, ``ends_at``.

    ``version`` names the entry and the content that two people reviewed.
    """

    number: int
    fiduciary: int
    carries: frozenset[str]
    starts_at: datetime
    ends_at: datetime | None = None
    version: str = ""

    def holds(self, at: datetime) -> bool:
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


@dataclass(frozen=True, slots=True)
class Template:
    """What a decision needs of a template that two people agreed to. No senders: any of the fiduciary's."""

    number: int
    fiduciary: int
    category: str
    is_usable: bool
    senders: frozenset[int]
    starts_at: datetime
    ends_at: datetime | None = None
    version: str = ""

    def holds(self, at: datetime) -> bool:
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


@dataclass(frozen=True, slots=True)
class Sending:
    """What header and template say together: a refusal, or the categories they name.

    ``carries`` is None when no header was given, ``categories`` when no template was: of one name in several languages all
    that they are registered for, for nobody says which language will be sent. ``template`` is the strictest of those.
    ``versions`` are those of the fiduciary's own entries that were read, also where they led to the refusal.
    """

    refusal: str = ""
    carries: frozenset[str] | None = None
    categories: frozenset[str] | None = None
    sender: int = 0
    template: int = 0
    versions: tuple[str, ...] = ()


def settle(  # noqa: PLR0911 - one line for each refusal
    *,
    fiduciary: int,
    at: datetime,
    suffix: str | None,
    senders: Iterable[Registered],
    templates: Iterable[Template] | None,
) -> Sending:
    """Decide from what is registered under the name and the template id.

    ``suffix`` is None when no header was given; ``templates`` is None when no template was. What belongs to another
    fiduciary is said before what has ended, because it is the graver thing.
    """
    carries, sender = None, 0
    versions: tuple[str, ...] = ()
    if suffix is not None:
        found = list(senders)
        held = next((row for row in found if row.holds(at)), None)
        own = [row for row in found if row.fiduciary == fiduciary]
        if held is None:
            return Sending(HEADER_ENDED if own else UNKNOWN_HEADER, versions=tuple([row.version for row in own]))
        if held.fiduciary != fiduciary:
            return Sending(HEADER_OF_ANOTHER)
        versions = (held.version,)
        named = frozenset({CATEGORY_OF_SUFFIX.get(suffix, suffix)}) if suffix else held.carries
        if not named <= held.carries:
            return Sending(HEADER_CATEGORY, versions=versions)
        carries, sender = named, held.number
    if templates is None:
        return Sending(carries=carries, sender=sender, versions=versions)
    known = list(templates)
    own_templates = [row for row in known if row.fiduciary == fiduciary]
    if not own_templates:
        is_of_another = any(row.holds(at) for row in known)
        return Sending(TEMPLATE_OF_ANOTHER if is_of_another else TEMPLATE_NOT_APPROVED, versions=versions)
    live = [row for row in own_templates if row.holds(at)]
    versions += tuple([row.version for row in live or own_templates])
    if not live:
        return Sending(TEMPLATE_ENDED, versions=versions)
    usable = [row for row in live if row.is_usable]
    if not usable:
        return Sending(TEMPLATE_NOT_APPROVED, versions=versions)
    fitting = [row for row in usable if not sender or not row.senders or sender in row.senders]
    if not fitting:
        return Sending(TEMPLATE_NOT_FOR_HEADER, versions=versions)
    first = min(fitting, key=lambda row: CARRIED.index(row.category))
    categories = frozenset([row.category for row in fitting])
    return Sending(carries=carries, categories=categories, sender=sender, template=first.number, versions=versions)
