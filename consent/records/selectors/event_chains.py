"""The end of the chain of answers about each place: what the next answer names as the one before it."""

from collections.abc import Set as AbstractSet

from django.db.models import Max, QuerySet

from consent.records.models.events import ConsentEvent
from portal.kernel.people.models import Fiduciary


def ends(fiduciary: Fiduciary, keys: AbstractSet[bytes]) -> QuerySet[ConsentEvent]:
    """The last event about each purpose, channel and sender at these lookup keys; at most 1,000 of them, for one fiduciary.

    Of a chain the last is the one with the highest key: whoever adds to it has its turn. To look for the event that none
    follows cost a walk through the table for each: nearly every answer is a first one, which names none before it, and
    after ANALYZE SQLite takes what so many rows have in common, NULL, for what any value of the column finds. So nothing
    is asked here that another index than that of the address could answer.
    """
    place = ("address_key", "purpose", "channel", "sender", "fiduciary")
    at = ConsentEvent.objects.filter(address_key__among=keys).order_by().values(*place)
    newest = at.annotate(last=Max("pk"), whose=Max("fiduciary")).filter(whose=fiduciary.pk).values("last")
    return ConsentEvent.objects.filter(pk__in=newest)


def behind(event: ConsentEvent | None) -> ConsentEvent | None:
    """The event that none follows, from one that another one names as the one before it, whatever place that one is at.

    None also where somebody made a ring of them: a stop must not wait for its end.
    """
    seen: set[int] = set()
    while event is not None and event.pk not in seen:
        seen.add(event.pk)
        after = ConsentEvent.objects.select_related("entry").filter(previous=event).first()
        if after is None:
            return event
        event = after
    return None
