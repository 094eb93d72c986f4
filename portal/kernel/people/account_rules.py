"""Decisions of this room on plain values: no database, no clock of their own."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum


class CodeVerdict(Enum):
    """What became of a typed code. EXPIRED is told for a while only, so that an old code is not confirmed forever."""

    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"
    USED = "used"
    TOO_MANY_TRIES = "too_many_tries"


@dataclass(frozen=True)
class CodeFacts:
    """One code as stored, and whether what was typed equals it."""

    expires_at: datetime
    used_at: datetime | None
    tries: int
    matches: bool


def judge_code(code: CodeFacts, *, now: datetime, max_tries: int, told_expired_for: timedelta) -> CodeVerdict:
    """Say what a typed code is worth. ``tries`` counts the earlier wrong ones; a burned code never becomes right."""
    if code.tries >= max_tries:
        return CodeVerdict.TOO_MANY_TRIES
    if not code.matches:
        return CodeVerdict.WRONG
    if code.used_at is not None:
        return CodeVerdict.USED
    if now < code.expires_at:
        return CodeVerdict.RIGHT
    if now < code.expires_at + told_expired_for:
        return CodeVerdict.EXPIRED
    return CodeVerdict.WRONG


def in_force(starts_at: datetime, ends_at: datetime | None, *, now: datetime) -> bool:
    """A dated row holds from its start up to, and not including, its end."""
    return starts_at <= now and (ends_at is None or now < ends_at)


def leaves_no_owner(owners: AbstractSet[int], leaving: int) -> bool:
    """An organisation keeps at least one owner, else nobody could invite or remove anybody."""
    return leaving in owners and len(owners) == 1


def is_locked(failures: Iterable[datetime], *, now: datetime, window: timedelta, limit: int) -> bool:
    """True when ``limit`` or more failures fall within the last ``window``."""
    since = now - window
    return sum(since < at <= now for at in failures) >= limit


def can_work_by_two(makers: AbstractSet[int], checkers: AbstractSet[int]) -> bool:
    """True when some maker and some other checker exist, so that an act of two people can be done at all."""
    return any(makers - {checker} for checker in checkers)
