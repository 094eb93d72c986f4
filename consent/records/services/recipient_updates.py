"""The recipients of a fiduciary's data hear of answers and wishes, in the transaction that records them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID

from consent.base.choices import STOPS_ALL, Answer, Way
from consent.base.rules.status_fold import NO, YES
from consent.records.models.events import ConsentEvent, ConsentReceipt
from consent.records.models.state import ConsentState
from consent.records.selectors.client_addresses import used_by
from consent.records.services.addresses import KIND_OF_CHANNEL, SUBJECT, Address, contacts_of
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.addresses import address_keys
from portal.kernel.law import selectors as law
from portal.kernel.people import selectors as people
from portal.kernel.people.models import ContactPoint, Fiduciary
from portal.kernel.registers.recipients.models.recipients import Recipient
from portal.kernel.registers.recipients.selectors import recipients as recipient_selectors
from portal.kernel.registers.recipients.services import recipient_notifications
from portal.kernel.registers.recipients.services.recipient_notifications import Answered, Word

#: What arrives with a list came from elsewhere: those who sent it know it. Only what stops something here is told.
UNTOLD = frozenset({Way.IMPORT})
WISHES = "consent.changed"


def tell(
    receipt: ConsentReceipt,
    places: Sequence[Address],
    events: Sequence[ConsentEvent],
    *,
    actor: Actor,
    at: datetime,
    instructs: bool = False,
) -> None:
    """Tell every recipient what one act changed; what it stops becomes an instruction with a clock (DPDP s.6(6)).

    In the caller's transaction. ``places`` are the addresses of the events, in their order: their text, where it is
    known, is what the recipient needs to know whom it is about. A client's recipients hear of no address that it has
    nothing to do with (``used_by``). ``instructs``: each refusal stops something, whether we know of a consent or not.
    """
    kept = [(place, event) for place, event in zip(places, events, strict=True) if not event.sender]
    places, events = [place for place, _event in kept], [event for _place, event in kept]  # they know no senders
    if events and events[0].way in UNTOLD:
        places, events = _that_stop(places, events)
    if not events:
        return
    fiduciary = events[0].fiduciary
    recipients = recipient_selectors.recipients_of(fiduciary, at=at)
    if not recipients:
        return
    known = used_by(fiduciary, {bytes(event.address_key) for event in events})
    if events[0].way == Way.ADDRESS_LEFT and recipient_selectors.is_erased_everywhere(receipt.subject_ref):
        return  # who has to erase the person needs no word about each of the addresses
    by_key: dict[bytes, list[ConsentEvent]] = {}
    texts: dict[bytes, Address] = {}
    for place, event in zip(places, events, strict=True):
        if bytes(event.address_key) in known:
            by_key.setdefault(bytes(event.address_key), []).append(event)
            texts[bytes(event.address_key)] = place
    standing = _standing(fiduciary, list(by_key))
    words = [
        Word(
            key,
            said[0].address_kind,
            [_answered(event) for event in said],
            standing.get(key, ()),
            [_answered(event) for event in said if _stops(event, instructs=instructs)],
            _reached_at(texts[key], receipt.subject_ref, fiduciary),
        )
        for key, said in by_key.items()
    ]
    recipient_notifications.tell(
        recipients,
        kind=_kind(events, instructs=instructs),
        subject_ref=receipt.subject_ref,
        about=f"consent.receipt:{receipt.reference}",
        words=words,
        actor=actor,
        at=at,
    )


def tell_stop(
    receipt: ConsentReceipt, places: Sequence[Address], *, fiduciary: Fiduciary, actor: Actor, at: datetime
) -> None:
    """Tell every recipient that promotion was stopped at addresses of nobody we know: an instruction, as of an answer.

    In the caller's transaction. The addresses carry their text: we keep no other trace of it.
    """
    recipients = recipient_selectors.recipients_of(fiduciary, at=at)
    if not recipients:
        return
    words = [Word(place.key, place.kind, said, said, said, _at(place)) for place, said in _of_promotion(places, at)]
    _tell_of_places(receipt, recipients, "consent.withdrawn", words, actor=actor, at=at)


def tell_lift(
    receipt: ConsentReceipt, places: Sequence[Address], *, fiduciary: Fiduciary, actor: Actor, at: datetime
) -> None:
    """Tell every recipient that such a stop was taken back: its no has ended, and what stands there now.

    In the caller's transaction.
    """
    recipients = recipient_selectors.recipients_of(fiduciary, at=at)
    if not recipients:
        return
    standing = _standing(fiduciary, [key for place in places for key in place.keys])
    words = []
    for place, said in _of_promotion(places, at, Answer.EXPIRED):
        holds = [one for key in place.keys for one in standing.get(key, ())]
        words.append(Word(place.key, place.kind, said, holds, (), _at(place)))
    _tell_of_places(receipt, recipients, "consent.expired", words, actor=actor, at=at)


def _of_promotion(
    places: Sequence[Address], at: datetime, answer: Answer = Answer.WITHDRAWN
) -> Iterator[tuple[Address, list[Answered]]]:
    """The same answer about every promotional purpose on each channel of an address."""
    purposes = [p for p in law.purposes_in_force(on=clock.day(at)) if p.is_promotional]
    for place in places:
        channels = [str(channel) for channel, kind in KIND_OF_CHANNEL.items() if kind == place.kind]
        yield (
            place,
            [
                Answered(purpose.code, channel, str(answer), at)
                for purpose in purposes
                for channel in channels
                if channel in purpose.channels
            ],
        )


def _at(place: Address) -> list[tuple[str, str]]:
    return [(place.kind, place.text)] if place.text else []


def _tell_of_places(
    receipt: ConsentReceipt,
    recipients: Sequence[Recipient],
    kind: str,
    words: Sequence[Word],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    recipient_notifications.tell(
        recipients,
        kind=kind,
        subject_ref=receipt.subject_ref,
        about=f"consent.receipt:{receipt.reference}",
        words=words,
        actor=actor,
        at=at,
    )


def _that_stop(
    places: Sequence[Address], events: Sequence[ConsentEvent]
) -> tuple[Sequence[Address], Sequence[ConsentEvent]]:
    """What took back something that was agreed to here: an older no than the present yes stops nothing."""
    counting = set(ConsentState.objects.filter(event__in=events).values_list("event", flat=True))
    found = [
        (place, event)
        for place, event in zip(places, events, strict=True)
        if _stops(event) and event.previous is not None and event.pk in counting
    ]
    return [place for place, _event in found], [event for _place, event in found]


def tell_wishes(*, subject_ref: UUID, wishes: Mapping[str, Any], change: int, actor: Actor, at: datetime) -> None:
    """Tell the recipients of every fiduciary that the person answered, that wishes about messages changed.

    In the caller's transaction. ``wishes`` are plain values, ``change`` the number of the fact.
    """
    refs = people.refs_of(subject_ref)
    answered = ConsentState.objects.filter(subject_ref__in=refs).values("fiduciary")
    for fiduciary in Fiduciary.objects.filter(pk__in=answered).order_by("pk"):
        recipients = recipient_selectors.recipients_of(fiduciary, at=at)
        if not recipients:
            continue
        states = ConsentState.objects.filter(subject_ref__in=refs, fiduciary=fiduciary)
        keys = {bytes(key) for key in states.values_list("address_key", flat=True).distinct()}
        standing = _standing(fiduciary, used_by(fiduciary, keys))
        word = Word(
            recipient_selectors.person_key(subject_ref),
            SUBJECT,
            (),
            [said for each in standing.values() for said in each],
            reached_at=_of_person(subject_ref, fiduciary),
            wishes={name: _plain(value) for name, value in wishes.items()},
        )
        recipient_notifications.tell(
            recipients,
            kind=WISHES,
            subject_ref=subject_ref,
            about=f"consent.preference:{change}",
            words=[word],
            actor=actor,
            at=at,
        )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.stamp(value)
    return value.isoformat("minutes") if isinstance(value, time) else value


def _stops(event: ConsentEvent, *, instructs: bool = False) -> bool:
    """A withdrawal, or a plain no where the recipient may have heard a yes. "Stop all" stops what nobody asked for too."""
    if event.answer == Answer.WITHDRAWN or (instructs and event.answer in NO):
        return True
    was_yes = event.previous is not None and event.previous.answer in YES
    return event.answer in NO and (was_yes or event.way in STOPS_ALL)


def _kind(events: Sequence[ConsentEvent], *, instructs: bool) -> str:
    if any(_stops(event, instructs=instructs) for event in events):
        return "consent.withdrawn"
    answers = {str(event.answer) for event in events}
    return f"consent.{answers.pop()}" if len(answers) == 1 else WISHES


def _answered(event: ConsentEvent) -> Answered:
    return Answered(event.purpose, str(event.channel), str(event.answer), event.occurred_at, event.expires_at)


def _standing(fiduciary: Fiduciary, keys: Collection[bytes]) -> dict[bytes, list[Answered]]:
    """Every answer that counts now at these addresses, this act's among them."""
    found: dict[bytes, list[Answered]] = {}
    states = ConsentState.objects.filter(fiduciary=fiduciary, address_key__in=keys).order_by("purpose", "channel")
    for state in states:
        said = Answered(state.purpose, state.channel, state.answer, state.occurred_at, state.expires_at)
        found.setdefault(bytes(state.address_key), []).append(said)
    return found


def _reached_at(place: Address, subject_ref: UUID, fiduciary: Fiduciary) -> list[tuple[str, str]]:
    if place.kind == SUBJECT:
        return _of_person(subject_ref, fiduciary)
    if place.text:
        return [(place.kind, place.text)]
    known = ContactPoint.objects.filter(address_key__in=place.keys).order_by("-pk").first()
    return [(place.kind, known.address)] if known is not None and known.address else []


def _of_person(subject_ref: UUID, fiduciary: Fiduciary) -> list[tuple[str, str]]:
    contacts = contacts_of(people.refs_of(subject_ref))
    keys_of = {contact: set(address_keys(contact.address)) for contact in contacts}
    known = used_by(fiduciary, {key for keys in keys_of.values() for key in keys})
    return [(contact.kind, contact.address) for contact, keys in keys_of.items() if keys & known]
