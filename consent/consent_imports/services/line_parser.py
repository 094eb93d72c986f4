"""One line of a list of answers that were given elsewhere: what it says, or everything that is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from consent.base.choices import Answer
from consent.consent_imports.choices import LineFault, Origin
from portal.kernel.core import addresses, clock, time_range
from portal.kernel.core.errors import PortalError

COLUMNS = ("address", "channel", "purpose", "answer", "occurred_at", "origin", "proof_sha256")
REQUIRED = COLUMNS[:5]
#: What lists write for an answer. No other word is guessed at.
WORDS = {
    "given": Answer.GIVEN,
    "yes": Answer.GIVEN,
    "denied": Answer.DENIED,
    "no": Answer.DENIED,
    "withdrawn": Answer.WITHDRAWN,
    "stop": Answer.WITHDRAWN,
}
ORIGINS = frozenset(Origin.values)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Used:
    """What is known of a purpose: whether it is in force, messages are sent for it, and a yes is asked for it."""

    is_in_force: bool
    sends_messages: bool
    needs_consent: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """A line without a fault. ``address`` is in its normal form."""

    kind: str
    address: str = field(repr=False)
    channel: str
    purpose: str
    answer: Answer
    occurred_at: datetime
    origin: str
    proof_sha256: str


@dataclass(frozen=True, slots=True)
class Found:
    """A fault, and the column in which it lies. Never the value."""

    column: str
    fault: LineFault


def read(
    cells: Mapping[str, str], *, kinds: Mapping[str, str], purposes: Mapping[str, Used], now: datetime
) -> Line | list[Found]:
    """The line, or all its faults. ``kinds`` maps the channels on which answers are told by address to its kind.

    A date without a time is a whole day in India: a yes counts from its beginning and a no until its end, so that
    neither gives a yes more than was said.
    """
    faults: list[Found] = []

    def cell(name: str) -> str:
        return cells.get(name, "").strip()

    answer = WORDS.get(cell("answer").lower())
    if answer is None:
        faults.append(Found("answer", LineFault.ANSWER_UNKNOWN))
    is_yes = answer is Answer.GIVEN
    channel = cell("channel").lower()
    kind = kinds.get(channel, "")
    if not kind:
        faults.append(Found("channel", LineFault.CHANNEL_UNKNOWN))
    used = purposes.get(cell("purpose"))
    if used is None or (is_yes and not used.is_in_force):
        faults.append(Found("purpose", LineFault.PURPOSE_UNKNOWN))
    elif not used.sends_messages:
        faults.append(Found("purpose", LineFault.PURPOSE_WITHOUT_MESSAGES))
    elif is_yes and not used.needs_consent:
        faults.append(Found("purpose", LineFault.CONSENT_NOT_NEEDED))
    address = _address(kind, cell("address"), faults)
    occurred_at = _instant(cell("occurred_at"), is_yes=is_yes, now=now, faults=faults)
    origin, proof = cell("origin").lower(), cell("proof_sha256").lower()
    if (origin or is_yes) and origin not in ORIGINS:
        faults.append(Found("origin", LineFault.ORIGIN_UNKNOWN))
    if (proof or is_yes) and not _SHA256.fullmatch(proof):
        faults.append(Found("proof_sha256", LineFault.PROOF_MISSING))
    if faults or answer is None or occurred_at is None:
        return faults
    return Line(kind, address, channel, cell("purpose"), answer, occurred_at, origin, proof)


def _address(kind: str, text: str, faults: list[Found]) -> str:
    """Spreadsheets write an apostrophe before a number that begins with a plus."""
    if not kind:
        return ""
    try:
        return addresses.normalise(kind, text.removeprefix("'"))
    except PortalError:
        faults.append(Found("address", LineFault.ADDRESS_FORMAT))
        return ""


def _instant(text: str, *, is_yes: bool, now: datetime, faults: list[Found]) -> datetime | None:
    try:
        at = _day(date.fromisoformat(text), is_yes, now) if _DAY.fullmatch(text) else datetime.fromisoformat(text)
    except ValueError:
        faults.append(Found("occurred_at", LineFault.TIME_FORMAT))
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=clock.IST)
    if at > now:
        faults.append(Found("occurred_at", LineFault.TIME_AHEAD))
        return None
    try:
        return time_range.moment(at)
    except time_range.OutOfRange:
        faults.append(Found("occurred_at", LineFault.TIME_TOO_EARLY))
        return None


def _day(day: date, is_yes: bool, now: datetime) -> datetime:  # noqa: FBT001 - a question with two answers
    begins = datetime.combine(day, time(), tzinfo=clock.IST)
    if is_yes or begins > now:
        return begins
    return min(begins + timedelta(days=1) - timedelta(milliseconds=1), now)
