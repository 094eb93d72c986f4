"""Stops of promotion at addresses: is it stopped there, since when, and by what. Reads only.

What a stop covers is said once, by ``Suppression.covering``. Before each message ``records.selectors.address_status`` asks
for the same in its one statement.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db.models import Q

from consent.base.rules import contact
from consent.base.rules.contact import Word
from consent.base.rules.status_fold import YES
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
    stops: Iterable[Suppression],
    *,
    fiduciary: int,
    keys: Collection[bytes],
    purpose: str,
    channel: str,
    header: str | None = None,
) -> Suppression | None:
    """The last of the stops that covers a purpose, a channel and a sender of a fiduciary at an address; ``header`` as for
    ``Suppression.covering``. None: nobody stopped it.
    """
    found = [
        stop
        for stop in stops
        if stop.fiduciary_id == fiduciary
        and bytes(stop.address_key) in keys
        and stop.covers(purpose=purpose, channel=channel, header=header)
    ]
    return max(found, key=lambda stop: stop.suppressed_at, default=None)


def of_all_promotion(places: Sequence[Collection[bytes]]) -> list[dict[int, Suppression]]:
    """For each address, by its lookup keys, the stop of all promotion of each fiduciary: the first since the last yes there.

    Two queries, however many addresses there are; one where nothing was stopped. A yes to anything counts, as nobody is
    told that all is stopped where something is not.
    """
    every = {key for keys in places for key in keys}
    rows = Suppression.objects.filter(Suppression.covering(header=""), address_key__in=every)
    stops = list(rows.order_by("suppressed_at", "pk"))
    given = ConsentEvent.objects.filter(address_key__in=every, answer__in=YES).order_by("occurred_at")
    said = given.values_list("address_key", "fiduciary_id", "occurred_at") if stops else ()
    yeses = {(bytes(key), whose): at for key, whose, at in said}
    found: list[dict[int, Suppression]] = []
    for keys in places:
        here: dict[int, Suppression] = {}
        for stop in stops:
            last = max(
                (yeses[key, stop.fiduciary_id] for key in keys if (key, stop.fiduciary_id) in yeses), default=None
            )
            if bytes(stop.address_key) in keys and (last is None or stop.suppressed_at >= last):
                here.setdefault(stop.fiduciary_id, stop)
        found.append(here)
    return found


def stands(stop: Suppression, said: ConsentState | ConsentEvent, *, at: datetime) -> bool:
    """Whether a stop forbids what the answer allows: of promotion only, and until a yes that was given after it."""
    if not in_force_or_ended(said.purpose, on=clock.day(at)).is_promotional:
        return False
    word = Word(said.answer, verified=True, expires_at=None)
    return contact.stands(stop.suppressed_at, word=word, said_at=said.occurred_at)
