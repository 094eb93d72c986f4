"""What was answered, now and in the past."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from consent.base.rules.status_fold import YES, standing
from consent.base.selectors.contact_rulebook import rulebook
from consent.records.models.events import ConsentEvent, ConsentReceipt
from consent.records.models.state import ConsentState
from portal.kernel.core.errors import BadReference, NotFound
from portal.kernel.core.ids import parse_reference
from portal.kernel.people import selectors as people
from portal.kernel.people.models.fiduciaries import Fiduciary


def events_of(subject_ref: UUID, *, refs: Collection[UUID] | None = None) -> QuerySet[ConsentEvent]:
    """Every answer of a person, under each reference they are known by (``refs``, if the caller knows).

    The latest first, by the person's own time: what was heard late stands where it was said.
    """
    return events_by(refs or people.refs_of(subject_ref))


def events_by(refs: Collection[UUID]) -> QuerySet[ConsentEvent]:
    """The same by the references alone."""
    return (
        ConsentEvent.objects.filter(subject_ref__in=refs)
        .select_related("receipt", "entry", "entry__leaf", "fiduciary", "notice_version__notice", "previous")
        .order_by("-occurred_at", "-pk")
    )


def waiting(refs: Collection[UUID]) -> frozenset[int]:
    """The answers of a person that are a yes and do not count before the address is confirmed: numbers of their events."""
    rows = ConsentState.objects.filter(subject_ref__in=refs, answer__in=YES, verified=False)
    return frozenset(rows.values_list("event_id", flat=True))


def latest(events: Iterable[ConsentEvent]) -> dict[tuple[int, bytes, str, str], ConsentEvent]:
    """The person's latest word per fiduciary, address, purpose and channel: by their own time, then a no, then by ours.

    Of all senders: what was said of one alone is in ``latest_of_senders``.

    The order is that of ``folds.fold``, so that what a page shows and what a decision rests on cannot differ.
    """
    found: dict[tuple[int, bytes, str, str], ConsentEvent] = {}
    for event in sorted(events, key=order_of):
        if not event.sender:
            found[_place(event)] = event
    return found


def latest_of_senders(events: Iterable[ConsentEvent]) -> list[ConsentEvent]:
    """The person's latest word about each single sender, where nothing they said later is about all of them."""
    every = list(events)
    of_all = latest(every)
    found: dict[tuple[Any, ...], ConsentEvent] = {}
    for event in sorted(every, key=order_of):
        if event.sender:
            found[(*_place(event), event.sender)] = event
    return [
        event
        for event in found.values()
        if (last := of_all.get(_place(event))) is None or order_of(event) > order_of(last)
    ]


def words(events: Iterable[ConsentEvent]) -> list[ConsentEvent]:
    """Every word of the person that counts: about all senders, and about single ones."""
    every = list(events)
    return [*latest(every).values(), *latest_of_senders(every)]


def order_of(event: ConsentEvent) -> tuple[datetime, bool, int]:
    """What sorts a person's words: their own time, then a refusal last, then the order of recording."""
    return event.occurred_at, event.answer not in YES, event.pk


def _place(event: ConsentEvent) -> tuple[int, bytes, str, str]:
    return event.fiduciary_id, bytes(event.address_key), event.purpose, event.channel


def standing_of(said: ConsentEvent | ConsentState, *, at: datetime) -> str:
    """What an answer says at an instant: a yes has ended when its time is over, or when its purpose or text has changed."""
    terms = rulebook(at).purposes.get(said.purpose) if said.answer in YES else None
    if terms is not None and terms.is_overtaken(said.occurred_at, said.notice_version_id, at=at):
        return "expired"
    return standing(said.answer, said.expires_at, at=at)


def consents_as_of(subject_ref: UUID, at: datetime, *, refs: Collection[UUID] | None = None) -> list[ConsentEvent]:
    """What the person had answered at an instant: the latest word of each kind that was said by then.

    Goes by when the person answered; ``recorded_at`` of each event tells since when we knew. ``refs``: as for ``events_of``.
    """
    said = events_of(subject_ref, refs=refs).filter(occurred_at__lte=at)
    return sorted(latest(said).values(), key=lambda e: (e.fiduciary_id, e.purpose, e.channel, e.pk))


def is_latest(receipt: ConsentReceipt) -> bool:
    """Whether the person has answered nothing since this receipt; what was said to another company alone is left out."""
    refs = people.refs_of(receipt.subject_ref)
    newer = Q(made_at__gt=receipt.made_at) | Q(made_at=receipt.made_at, pk__gt=receipt.pk)
    since = ConsentReceipt.objects.filter(newer, subject_ref__in=refs)
    own = {
        *receipt.events.values_list("fiduciary", flat=True),
        *receipt.suppressions.values_list("fiduciary", flat=True),
    }
    if own:
        others = Fiduciary.objects.exclude(pk__in=own)
        since = since.exclude(events__fiduciary__in=others).exclude(suppressions__fiduciary__in=others)
    return not since.exists()


def receipt_of(subject_ref: UUID, reference: str) -> ConsentReceipt:
    """A person's own receipt. Raises NotFound for anybody else's and for what is no reference."""
    try:
        canonical = parse_reference(reference, "CR")
    except BadReference:
        canonical = ""
    found = ConsentReceipt.objects.filter(reference=canonical, subject_ref__in=people.refs_of(subject_ref)).first()
    if found is None:
        raise NotFound("Receipt not found.")
    return found
