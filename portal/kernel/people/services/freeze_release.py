"""What is given back when something that closed a person's accounts has ended: nothing before the last of it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from portal.kernel.core import ports
from portal.kernel.core.actor import Actor
from portal.kernel.people.choices import ProtectionGround, RestState
from portal.kernel.people.models import Rest
from portal.kernel.people.selectors import refs_of
from portal.kernel.people.services import customers, guardianships
from portal.kernel.people.services.freezes import Taken


def end(*, subject_ref: UUID, taken: Taken, actor: Actor, now: datetime) -> None:
    """A freeze of the person has ended: its row has moved already, in the caller's transaction, which has the person's turn
    (``freezes.take_turn``).

    While another stands nothing opens, and that one gives back what this one took; the day on which the note ends by itself is
    a document's, and goes with the last of those. After the last of all the note that they are a child ends where a freeze
    made it, the accounts open again, and every room hears of it (``Freezes.ended``).
    """
    refs = refs_of(subject_ref)
    standing = _take_over(refs, taken)
    if standing:
        if taken.is_noted and ProtectionGround.DOCUMENT not in standing:
            guardianships.rest_on_reports(refs=refs, actor=actor, now=now)
        return
    if taken.is_noted:
        guardianships.end_notes_of_freezes(refs=refs, actor=actor, now=now)
    give_back(subject_ref=subject_ref, closed=taken.customers, actor=actor, now=now)
    for room in ports.freezes:
        room.ended(refs=refs, actor=actor, at=now)


def give_back(*, subject_ref: UUID, closed: Collection[str], actor: Actor, now: datetime) -> None:
    """Open the accounts that something closed which has ended, in the caller's transaction; where a freeze stands, or a
    verified report that the person died, they stay closed and open with that.
    """
    refs = refs_of(subject_ref)
    if _take_over(refs, Taken(customers=tuple(closed))):
        return
    resting = Rest.objects.select_for_update().filter(subject_ref__in=refs, state=RestState.RESTING, lifted_at=None)
    rest = resting.order_by("pk").first()
    if rest is None:
        customers.open_again(closed, actor=actor, now=now)
        return
    rest.closed_customers = sorted({*rest.closed_customers, *closed})
    rest.save(update_fields=["closed_customers"])


def _take_over(refs: Collection[UUID], taken: Taken) -> list[ProtectionGround]:
    """Hand it to one freeze that stands. Returns by what those that stand note a child; none stands where that is empty."""
    standing = [room for room in ports.freezes if room.stands(refs=refs)]
    for room in standing[:1]:
        room.take_over(refs=refs, taken=taken)
    return [room.ground for room in standing]
