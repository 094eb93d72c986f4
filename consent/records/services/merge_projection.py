"""Two references turned out to be one person: what stands at an address is folded from their words as one person's."""

from datetime import datetime
from uuid import UUID

from django.db.models import Count

from consent.records.models.events import ConsentEvent
from consent.records.selectors.folds import Key
from consent.records.services import projection, subject_locks
from portal.kernel.people import selectors as people


def refold_joined(*, old_ref: UUID, new_ref: UUID, at: datetime) -> int:
    """Bring the state up to date wherever several references of the person have spoken; returns how many places.

    Fills ``ports.references_joined``; in the caller's transaction, which then has the person's turns everywhere: an answer
    that comes meanwhile waits and is folded with the join. Where one reference alone has spoken the join changes nothing.
    """
    subject_locks.take_all_of(new_ref)
    spoken = ConsentEvent.objects.filter(subject_ref__in=people.refs_of(new_ref)).order_by()
    shared = spoken.values("fiduciary_id", "address_key", "purpose", "channel").annotate(
        speakers=Count("subject_ref", distinct=True)
    )
    rows = shared.filter(speakers__gt=1).values_list("fiduciary_id", "address_key", "purpose", "channel")
    keys = [Key(fiduciary, bytes(address), purpose, channel) for fiduciary, address, purpose, channel in rows]
    for key in keys:
        projection.refold(key)
    return len(keys)
