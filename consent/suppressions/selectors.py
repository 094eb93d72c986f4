"""Stops of promotion at addresses, beside what was answered there: for lists of answers, not for single decisions.

Before each message ``selectors.standing`` asks for the same in its one statement.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Q

from consent.base.rules import contact
from consent.base.rules.contact import Word
from consent.base.selectors.purposes import in_force_or_ended
from consent.records.models.events import ConsentEvent
from consent.records.models.state import ConsentState
from consent.records.models.suppressions import Suppression
from portal.kernel.core import clock


def at_addresses(
    keys: Collection[bytes], *, fiduciary: int | None = None, at: datetime | None = None, narrowed: bool = False
) -> list[Suppression]:
    """The stops at these lookup hashes that hold now, or held at an instant as far as they had reached us by then.

    ``narrowed``: those of one header too; a decision that names no header counts them.
    """
    lifted = Q(lift=None)
    rows = Suppression.objects.filter(address_key__in=keys)
    if at is not None:
        lifted |= Q(lift__lifted_at__gt=at)
        rows = rows.filter(recorded_at__lte=at, suppressed_at__lte=at)
    if fiduciary is not None:
        rows = rows.filter(fiduciary_id=fiduciary)
    if not narrowed:
        rows = rows.filter(header="")
    return list(rows.filter(lifted).select_related("entry", "receipt").order_by("pk"))


def last_of(
    stops: Iterable[Suppression], *, fiduciary: int, keys: Collection[bytes], purpose: str, channel: str
) -> Suppression | None:
    """The last of the stops that covers a purpose and channel of a fiduciary at an address. None: nobody stopped it."""
    found = [
        stop
        for stop in stops
        if stop.fiduciary_id == fiduciary
        and bytes(stop.address_key) in keys
        and stop.purpose in {"", purpose}
        and stop.channel in {"", channel}
    ]
    return max(found, key=lambda stop: stop.suppressed_at, default=None)


def stands(stop: Suppression, said: ConsentState | ConsentEvent, *, at: datetime) -> bool:
    """Whether a stop forbids what the answer allows: of promotion only, and until a yes that was given after it."""
    if not in_force_or_ended(said.purpose, on=clock.day(at)).is_promotional:
        return False
    word = Word(said.answer, verified=True, expires_at=None)
    return contact.stands(stop.suppressed_at, word=word, said_at=said.occurred_at)
