"""The undo of a stop: until when it is possible, and what the words that it wrote say of the person.

An undo is no consent. It restores the word from before a stop, so that a refusal from between the two beats it however
late that refusal reaches us.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db.models import Q

from consent.base.choices import STOPS_ALL, Way
from consent.base.rules.status_fold import NO, YES
from consent.records.models.events import ConsentEvent, ConsentReceipt
from consent.records.models.suppressions import Suppression
from portal.kernel.core import clock
from portal.kernel.law import selectors as law
from portal.kernel.people import selectors as people

#: For how long a stop may be undone by the browser that made it.
UNDO_RULE = "consent.undo"
#: How far another machine's clock may be behind or ahead of ours: a promise of the house.
TOLERANCE_RULE = "consent.clock_tolerance"
#: Older than every answer: where an undo restored that nothing had been answered.
NEVER = datetime.min.replace(tzinfo=UTC)


class Restored(NamedTuple):
    """Where and when an undo restored a word, and since when that word counts."""

    address_key: bytes
    purpose: str
    channel: str
    restored_at: datetime
    counts_since: datetime

    @property
    def place(self) -> tuple[bytes, str, str]:
        return self.address_key, self.purpose, self.channel

    def hides(self, said_at: datetime) -> bool:
        """Whether the undo came after that instant, and what it restored had been said before it."""
        return self.counts_since <= said_at < self.restored_at


def undo_until(receipt: ConsentReceipt) -> datetime:
    """Until when a stop may be undone: a dated promise of the house."""
    return receipt.made_at + law.house_rule(UNDO_RULE, on=clock.day(receipt.made_at)).duration


def tolerance(*, at: datetime) -> timedelta:
    """How far another machine's clock may be from ours, by the rule of that day. Raises as ``law.house_rule``."""
    return law.house_rule(TOLERANCE_RULE, on=clock.day(at)).duration


def can_be_undone(refusal: ConsentEvent | Suppression, *, at: datetime) -> bool:
    """Whether an undo could still end this refusal, so that a later refusal has to be recorded beside it.

    The clocks of our own servers may differ: an undo that another one takes for timely is one.
    """
    if refusal.way not in STOPS_ALL or at > undo_until(refusal.receipt) + tolerance(at=at):
        return False
    return isinstance(refusal, Suppression) or (refusal.answer in NO and not _is_refused_again(refusal))


def _is_refused_again(refusal: ConsentEvent) -> bool:
    """Whether the person refused the same there once more, whatever time was told: that ended the undo already."""
    again = ConsentEvent.objects.filter(
        subject_ref=refusal.subject_ref,
        fiduciary=refusal.fiduciary_id,
        address_key=bytes(refusal.address_key),
        purpose=refusal.purpose,
        channel=refusal.channel,
        sender=refusal.sender,
        answer__in=NO,
        pk__gt=refusal.pk,
    )
    return again.exists()


def counts_since(said: ConsentEvent) -> datetime:
    """When the person gave the word that an event says: for an undo that of the word before the stop."""
    if said.way != Way.UNDO:
        return said.occurred_at
    stops = Q(answer__in=NO, way__in=STOPS_ALL)
    before = (
        ConsentEvent.objects.filter(
            subject_ref__in=people.refs_of(said.subject_ref),
            fiduciary=said.fiduciary_id,
            address_key=bytes(said.address_key),
            purpose=said.purpose,
            channel=said.channel,
            sender=said.sender,
            occurred_at__lt=said.occurred_at,
        )
        .exclude(stops)
        .exclude(way=Way.UNDO)
        .order_by("occurred_at")
        .values_list("occurred_at", flat=True)
    )
    return before.last() or NEVER


def restored_since(said_at: datetime, *, fiduciary: int, keys: Collection[bytes]) -> list[Restored]:
    """Each word at these addresses that an undo restored after an instant."""
    undone = ConsentEvent.objects.filter(
        address_key__in=keys, fiduciary=fiduciary, sender="", way=Way.UNDO, occurred_at__gt=said_at
    )
    return [
        Restored(bytes(event.address_key), event.purpose, event.channel, event.occurred_at, counts_since(event))
        for event in undone
    ]


def has_been_given(said: ConsentEvent, *, after: datetime) -> bool:
    """Whether an event is a consent that the person gave after an instant: the undo of a stop gives none."""
    return said.answer in YES and said.occurred_at > after and counts_since(said) > after


def counted_from(
    said_at: datetime, restored: Iterable[Restored], keys: Collection[bytes], purpose: str, channel: str
) -> datetime:
    """From when a refusal counts: from the undo on that restored an older word at its place after it was said."""
    places = {(key, purpose, channel) for key in keys}
    return max([said_at, *(one.restored_at for one in restored if one.place in places and one.hides(said_at))])
