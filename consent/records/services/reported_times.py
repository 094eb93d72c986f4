"""Another machine's clock: a no that it tells counts no earlier than the yes that stood when it came."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from consent.base.choices import Way
from consent.base.rules.status_fold import YES
from consent.records.models.events import ConsentEvent
from consent.records.selectors.undos import tolerance
from consent.records.services.evidence import MACHINE_TIME, Evidence, reference
from portal.kernel.core import clock
from portal.kernel.people.models import Fiduciary

#: Ways in which a machine says when it was.
MACHINES: Final = frozenset({Way.API, Way.MISSED_CALL, Way.RCS, Way.SMS, Way.VOICE, Way.WHATSAPP})


@dataclass(frozen=True)
class Counted:
    """From when a no counts, and the machine's own time as evidence where that was another."""

    at: datetime
    evidence: tuple[Evidence, ...] = ()


def counted(
    told_at: datetime,
    *,
    way: Way | str,
    fiduciary: Fiduciary,
    keys: Collection[bytes],
    refs: Collection[UUID] = (),
    now: datetime,
) -> Counted:
    """From when a no counts that ``way`` says was said at ``told_at``, at these addresses or by this person.

    Where a yes was recorded before it came, and by its time was said a little before that yes, it counts from the yes on,
    so that the no wins: the machine's clock may be slow. Longer before than the rule allows, it stays where it is told.
    Never in the future. What other ways tell is a date that a person wrote down, and stays. Reads only.
    """
    if Way(way) not in MACHINES:
        return Counted(told_at)
    at = min(told_at, now)
    yes = (
        ConsentEvent.objects.filter(
            Q(address_key__in=keys) | Q(subject_ref__in=refs),
            fiduciary=fiduciary,
            answer__in=YES,
            occurred_at__gt=at,
            recorded_at__lte=now,
        )
        .order_by("occurred_at")
        .values_list("occurred_at", flat=True)
    )
    later = list(yes)
    if later:
        latest = at + tolerance(at=now)
        at = max((each for each in later if each <= latest), default=at)
    return Counted(at, (reference(MACHINE_TIME, clock.stamp(told_at)),) if at != told_at else ())
