"""Answers that end without a word of the person: the agreed time is over, or the address was given up."""

from datetime import datetime
from uuid import UUID

from consent.models import ConsentEvent, ConsentState
from consent.rules.fold import YES
from consent.selectors import history
from consent.services.addresses import Address
from consent.services.recording import Choice, record_all
from consent.states import Answer, Way
from portal.core import actor as actors
from portal.core import addresses, clock

#: Rows of one sweep; what is left comes in the next.
MOST = 1_000


def end_at_address(*, subject_ref: UUID, kind: str, address: str, at: datetime) -> int:
    """The address left the person: every answer of theirs there ends, in the caller's transaction. Returns how many.

    Fills ``hooks.address_left``. A no ends too: it must not bind the address's next holder for ever.
    """
    keys = set(addresses.address_keys(addresses.normalise(kind, address)))
    standing = [
        event
        for event in history.latest(history.events_of(subject_ref)).values()
        if bytes(event.address_key) in keys and event.answer != Answer.EXPIRED
    ]
    for fiduciary in {event.fiduciary_id: event.fiduciary for event in standing}.values():
        record_all(
            subject_ref=subject_ref,
            fiduciary=fiduciary,
            choices=[_ended(event) for event in standing if event.fiduciary_id == fiduciary.pk],
            way=Way.ADDRESS_LEFT,
            occurred_at=at,
            actor=actors.system("consent.address_left"),
            now=max(at, clock.now()),
        )
    return len(standing)


def end_what_is_over(*, now: datetime) -> int:
    """Record the end of each yes whose agreed time is over; each in its own transaction. Returns how many.

    Decisions do not wait for this: they compare the time themselves.
    """
    due = (
        ConsentState.objects.filter(expires_at__lte=now, answer__in=YES)
        .select_related("event__fiduciary")
        .order_by("expires_at")[:MOST]
    )
    ended = 0
    for state in due:
        record_all(
            subject_ref=state.event.subject_ref,
            fiduciary=state.event.fiduciary,
            choices=[_ended(state.event)],
            way=Way.EXPIRY,
            occurred_at=state.expires_at or now,
            actor=actors.system("consent.expiry"),
            now=max(now, clock.now()),  # a long turn records each when it does
        )
        ended += 1
    return ended


def _ended(event: ConsentEvent) -> Choice:
    place = Address(event.address_kind, (bytes(event.address_key),), is_verified=event.address_verified)
    return Choice(place, event.purpose, event.channel, Answer.EXPIRED)
