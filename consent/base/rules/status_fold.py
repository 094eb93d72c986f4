"""What an address says now, folded from what was said about it. Plain values in, no database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

#: An answer that allows, and one that forbids. "Expired" is neither: the answer lapsed.
YES = frozenset({"given", "renewed"})
NO = frozenset({"denied", "withdrawn"})
#: Neither an answer nor the end of one: what was said has ended, and it never was a yes. No event says this.
UNANSWERED = "unanswered"
#: A row whose seal does not hold: what it says counts for nothing. No row says this.
UNPROVED = "unproved"
#: The same stop again within so long is one press, in another tab or by an impatient finger, kept on the disk or not.
ONE_PRESS = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Said:
    """One consent event. ``number`` is the order in which events were recorded."""

    number: int
    subject: UUID
    answer: str
    occurred_at: datetime
    expires_at: datetime | None = None
    verified: bool = True


def _later(one: Said) -> tuple[datetime, bool, int]:
    """Later in the person's own time wins; at the same instant a no does; then the one recorded last."""
    return one.occurred_at, one.answer not in YES, one.number


def standing(answer: str, expires_at: datetime | None, *, at: datetime) -> str:
    """What an answer says at an instant: a yes whose agreed time is over has ended, recorded as such or not yet."""
    return "expired" if answer in YES and expires_at is not None and expires_at <= at else answer


def latest_of_each(events: Iterable[Said], same_person: Mapping[UUID, UUID] | None = None) -> dict[UUID, Said]:
    """The latest word of each person. ``same_person`` maps references that turned out to be one person to one of them."""
    known = same_person or {}
    found: dict[UUID, Said] = {}
    for event in events:
        person = known.get(event.subject, event.subject)
        held = found.get(person)
        if held is None or _later(event) > _later(held):
            found[person] = event
    return found


def deciding(events: Iterable[Said], same_person: Mapping[UUID, UUID] | None = None) -> Said | None:
    """The event that decides for the address, or None when nobody said anything.

    A no by anybody at the address wins; only then does a yes count, and of several the one that lasts longest in the
    order of time. Where only an end is left, a consent has ended only if that person had said yes before: a no that
    ended leaves an address nobody has answered at. Events are all about one fiduciary, address, purpose and channel, in
    any order.
    """
    known = same_person or {}
    found = list(events)
    latest = latest_of_each(found, known).values()
    for wanted in (NO, YES):
        among = [event for event in latest if event.answer in wanted]
        if among:
            return max(among, key=_later)
    last = max(latest, key=_later, default=None)
    if last is None or any(event.answer in YES and _is_by_same(event, last, known) for event in found):
        return last
    return replace(last, answer=UNANSWERED)


def _is_by_same(one: Said, other: Said, same_person: Mapping[UUID, UUID]) -> bool:
    return same_person.get(one.subject, one.subject) == same_person.get(other.subject, other.subject)
