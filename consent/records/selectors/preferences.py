"""What people wish about messages: for the preference page, for letters, and for the decision about an address."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

from consent.base.choices import PACE_LIMITS
from consent.base.rules.contact import NO_WISHES, Wishes
from consent.base.rules.dnd_rules import NOTHING_BLOCKED, Blocks, from_codes
from consent.base.rules.hours import Hours
from consent.records.models.preferences import Preference, PreferenceChange
from portal.kernel.core import clock
from portal.kernel.people import selectors as people
from portal.kernel.people.models import ContactPoint


@dataclass(frozen=True, slots=True)
class Person:
    """One person by every reference asked for, and what they wish."""

    refs: frozenset[UUID]
    wishes: Wishes = NO_WISHES
    is_child: bool = False


NOBODY = Person(frozenset())


def preference_of(refs: Iterable[UUID]) -> Preference | None:
    """The wishes that count of one person with these references: those changed last."""
    return Preference.objects.filter(subject_ref__in=refs).order_by("-changed_at", "-pk").first()


def holders(keys: Iterable[bytes]) -> set[UUID]:
    """The references of everybody who holds an address now, confirmed or not."""
    wanted = list(keys)
    if not wanted:
        return set()
    held = ContactPoint.objects.filter(address_key__in=wanted, left_at=None)
    return set(held.values_list("principal__subject__ref", flat=True))


def of_people(refs: Iterable[UUID], *, at: datetime) -> list[Person]:
    """Each person among the references once, with the wishes under any reference of theirs, and whether they are a child."""
    found: list[Person] = []
    for ref in sorted(refs):
        if any(ref in person.refs for person in found):
            continue
        same = frozenset(people.refs_of(ref))
        row = preference_of(same)
        is_child = bool(people.children_among(same, at=at))
        found.append(Person(same, wishes_of_row(row) if row else NO_WISHES, is_child))
    return found


def wishes_of_row(row: Preference | PreferenceChange) -> Wishes:
    """What one row of preferences says."""
    return wishes_from(
        row.quiet_from,
        row.quiet_until,
        for_service=row.quiet_for_service,
        paused_until=row.paused_until,
        pace=row.pace,
        blocks=blocks_of_row(row),
    )


def blocks_of_row(row: Preference | PreferenceChange) -> Blocks:
    """What one row of preferences blocks."""
    return from_codes(row.blocked_categories, row.blocked_modes, row.blocked_bands, row.blocked_days)


def wishes_from(
    quiet_from: Any,
    quiet_until: Any,
    *,
    for_service: bool,
    paused_until: datetime | None,
    pace: str | None,
    blocks: Blocks = NOTHING_BLOCKED,
) -> Wishes:
    """From the columns of a row as Django or the driver hands them over."""
    most, days = PACE_LIMITS.get(pace or "", (None, 0))
    quiet = Hours(_time(quiet_from), _time(quiet_until), clock.IST) if quiet_from is not None else None
    return Wishes(quiet, for_service, paused_until, most, days, blocks)


def _time(value: Any) -> time:
    return value if isinstance(value, time) else time.fromisoformat(value)
