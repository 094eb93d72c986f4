"""Consents of a fiduciary's own recipients, told by its system with the proof of them, and taken back by it."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import formats
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Answer, Way
from consent.base.rules.status_fold import YES
from consent.decisions.models.contact_decisions import TakenRequest
from consent.prompts.selectors import left_in_peace_until
from consent.records.models.events import ConsentEvent
from consent.records.models.state import ConsentState
from consent.records.models.suppressions import Suppression
from consent.records.selectors import history, sender_consents
from consent.records.selectors.client_addresses import used_by
from consent.records.selectors.preferences import holders
from consent.records.services import subject_locks
from consent.records.services.addresses import KIND_OF_CHANNEL, SUBJECT, Address
from consent.records.services.consent_events import Choice, Evidence, Recorded, fiduciary_of, record_all
from consent.records.services.reported_times import counted
from consent.suppressions import selectors
from consent.suppressions.services.withdrawals import withdraw
from portal.kernel.core import addresses, ciphers, clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import LostRace, Refused
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Channel
from portal.kernel.law.models import Purpose
from portal.kernel.people import selectors as people
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import contacts
from portal.kernel.people.services import people as persons
from portal.kernel.registers.senders.selectors import senders

Json = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """What a system says about one address: purpose, channel and when the person said so, with the proof of a yes.

    ``sender``: the one header, number or code that it is about, as the system writes it; empty: all of the fiduciary's.
    """

    address: str
    purpose: str
    channel: str
    occurred_at: datetime
    evidence: Sequence[Evidence] = ()
    sender: str = ""


class OtherRequest(Refused):
    """The same Idempotency-Key came with another request."""

    code = "IDEMPOTENCY_KEY_REUSED"


@retried
def once(
    *, asked_by: str, request_key: str, body: Mapping[str, Any], now: datetime, act: Callable[[], Json]
) -> tuple[Json, bool]:
    """Do ``act`` and keep its answer in one transaction; asked again under the same key, give that answer and do nothing.

    Returns the answer, and whether it was given before. ``act`` returns references and counts only. Without a key it is
    simply done. Raises OtherRequest when the key came with another body, and whatever ``act`` raises: then the key is
    free for another try. Where ``act`` lost a race to the same request, that one's answer is given.
    """
    if not request_key:
        with transaction.atomic():
            return act(), False
    digests = _digests(body)
    try:
        with transaction.atomic():
            kept = _taken(asked_by, request_key, digests)
            if kept is not None:
                return kept, True
            answer = act()
            TakenRequest.objects.create(
                asked_by=asked_by, request_key=request_key, body_sha256=digests[0], answer=answer, taken_at=now
            )
            return answer, False
    except (IntegrityError, LostRace):
        kept = _taken(asked_by, request_key, digests)
        if kept is None:
            raise
        return kept, True


def answered_before(*, asked_by: str, request_key: str, body: Mapping[str, Any]) -> Json | None:
    """The answer that ``once`` kept for the same request; None for a new one. Reads only.

    For whoever looks at a request before ``once``: what was taken is answered as it was, whatever has changed since.
    Raises OtherRequest when the key came with another body.
    """
    return _taken(asked_by, request_key, _digests(body)) if request_key else None


def _digests(body: Mapping[str, Any]) -> list[str]:
    """The HMAC-SHA256 of a request under the present lookup key and under each older one.

    A request names people by addresses and numbers of papers: a bare hash of one is found by guessing.
    """
    text = json.dumps(body, sort_keys=True, default=str)
    return [index[1:].hex() for index in ciphers.blind_indexes(text, domain="consent.takenrequest")]


def _taken(asked_by: str, request_key: str, digests: Collection[str]) -> Json | None:
    row = TakenRequest.objects.filter(asked_by=asked_by, request_key=request_key).first()
    if row is None:
        return None
    if row.body_sha256 not in digests:
        raise OtherRequest(_("This Idempotency-Key was used for another request. Use a new one."))
    return dict(row.answer)


@retried
def give(*, fiduciary: str, told: Told, actor: Actor, now: datetime) -> Recorded:
    """Record a yes that the fiduciary's system attests, in one transaction. It counts as confirmed: the proof came with it.

    The person is whoever spoke for this address to the fiduciary before, else its one holder, else somebody new. A no
    by anybody else at the address goes on to win. Raises Refused without evidence, for what is no address of the
    channel, a time to come, a sender that is not the fiduciary's, or a yes so soon after a no that nobody may have asked (IN-TRAI-90D, CA-12M); NotFound for a
    purpose that is not in force.
    """
    whose = fiduciary_of(fiduciary)
    kind, keys, plain = _place(told)
    sender = sender_of(told, whose, now)
    if told.sender and not sender:
        raise Refused(_("This sender is not registered for you on that channel."), code="UNKNOWN_SENDER")
    purpose = law.purpose(told.purpose, on=clock.day(now))
    with transaction.atomic():
        person = person_at(whose, kind, plain, actor=actor, now=now)
        subject_locks.take([Address(kind, keys)], by=person)
        require_rest_is_over(
            person, keys, purpose, told.channel, whose=whose, occurred_at=told.occurred_at, sender=sender
        )
        return record_all(
            subject_ref=person,
            fiduciary=whose,
            choices=[
                Choice(
                    Address(kind, keys, is_verified=True),
                    told.purpose,
                    told.channel,
                    Answer.GIVEN,
                    evidence=told.evidence,
                    sender=sender,
                )
            ],
            way=Way.API,
            occurred_at=told.occurred_at,
            actor=actor,
            now=now,
        )


def require_rest_is_over(
    person: UUID,
    keys: Sequence[bytes],
    purpose: Purpose,
    channel: str,
    *,
    whose: Fiduciary,
    occurred_at: datetime,
    sender: str = "",
) -> None:
    """Raises Refused for a yes told by a system that was said so soon after a no that nobody may have asked (IN-TRAI-90D, CA-12M).

    Read in the turns of the person and of the address.
    """
    until = left_in_peace_until(person, keys, purpose, channel, fiduciary=whose, sender=sender)
    if until is not None and occurred_at < until:
        raise Refused(
            _("The person refused. Until %(day)s only they themselves may consent again, on our pages.")
            % {"day": formats.date_format(until.astimezone(clock.IST), "j F Y")},
            code="TOO_SOON_AFTER_NO",
        )


def person_at(whose: Fiduciary, kind: str, plain: str, *, actor: Actor, now: datetime) -> UUID:
    """Whoever spoke for the address to the fiduciary last, else one of its holders, else somebody new.

    In the caller's transaction. ``plain`` is the address in its normal form.
    """
    keys = addresses.address_keys(plain)
    known = _heard(whose, keys)
    return known[-1] if known else _somebody(kind, plain, actor, now)


@retried
def take_back(*, fiduciary: str, told: Told, actor: Actor, now: datetime) -> list[Recorded]:
    """Withdraw for everybody who spoke for the address to the fiduciary, and for a stranger there where nobody did.

    One transaction; from its commit on every decision says no. A sender that is named and not registered for the fiduciary
    means all of its senders: a refusal is never lost for a name. What was withdrawn already is left as it is. Their other
    addresses are covered too, but only what was recorded at the one that was named is returned.
    """
    whose = fiduciary_of(fiduciary)
    kind, keys, plain = _place(told)
    sender = sender_of(told, whose, now)
    with transaction.atomic():
        subject_locks.take_all_of(*_heard(whose, keys), at=[Address(kind, keys)])
        known = _heard(whose, keys) or [_somebody(kind, plain, actor, now)]
        done = []
        for ref in known:
            since = counted(
                told.occurred_at, way=Way.API, fiduciary=whose, keys=keys, refs=people.refs_of(ref), now=now
            )
            done.append(
                withdraw(
                    subject_ref=ref,
                    fiduciary=whose,
                    purpose=told.purpose,
                    channel=told.channel,
                    way=Way.API,
                    actor=actor,
                    occurred_at=since.at,
                    address_kind=kind,
                    address=plain,
                    sender=sender,
                    evidence=(*told.evidence, *since.evidence),
                    now=now,
                )
            )
    return [own for one in done if (own := _at(keys, one)) is not None]


def _at(keys: Collection[bytes], done: Recorded) -> Recorded | None:
    """What was recorded at the address that was named: who else it is about is not the fiduciary's to know."""
    events = tuple(event for event in done.events if bytes(event.address_key) in keys)
    return replace(done, events=events) if events else None


@dataclass(frozen=True)
class Standing:
    """What counts at an address about one purpose on one channel, since when, and the receipt and entry that prove it."""

    purpose: str
    channel: str
    answer: str
    is_confirmed: bool
    since: datetime
    ends_at: datetime | None
    entry: UUID
    receipt: str
    sender: str = ""


def states_at(*, fiduciary: str, kind: str, address: str, at: datetime) -> list[Standing]:
    """What counts now at an address for the fiduciary, by purpose and channel. Raises Refused for what is no address.

    A yes whose agreed time is over, or whose purpose or text has changed, has expired, and one after which promotion was stopped at the address is withdrawn.
    Nothing at addresses that the fiduciary has nothing to do with, whatever was spread there (``used_by``).
    """
    whose = fiduciary_of(fiduciary)
    keys = addresses.address_keys(addresses.normalise(kind, address))
    if not used_by(whose, keys):
        return []
    rows = ConsentState.objects.filter(fiduciary=whose, address_key__in=keys).select_related("event__receipt")
    stopped = selectors.at_addresses(keys, fiduciary=whose.pk)
    found = [_standing(row, stopped, keys, at) for row in rows.order_by("purpose", "channel", "pk")]
    stopped = selectors.at_addresses(keys, fiduciary=whose.pk, narrowed=True)
    return found + [_standing_of_sender(event, stopped, keys, at) for event in _of_senders(whose, keys)]


def _of_senders(whose: Fiduciary, keys: Collection[bytes]) -> list[ConsentEvent]:
    """The last word about each single sender at an address, in the order of purposes."""
    about_one = ConsentEvent.objects.filter(fiduciary=whose, address_key__in=keys, sender__gt="")
    last = {
        (event.purpose, event.channel, event.sender): event
        for event in about_one.select_related("entry", "receipt").order_by("occurred_at", "pk")
    }
    return [last[place] for place in sorted(last)]


def _standing_of_sender(
    event: ConsentEvent, stopped: Sequence[Suppression], keys: Collection[bytes], at: datetime
) -> Standing:
    """What counts for the sender by then: its own word, or a later one about all senders, stops included."""
    whose, about, way = event.fiduciary_id, event.purpose, event.channel
    stop = selectors.last_of(stopped, fiduciary=whose, keys=keys, purpose=about, channel=way, header=event.sender)
    found = sender_consents.deciding_at(whose, keys, about, way, sender=event.sender)
    said = found if found is not None else event
    if stop is not None and said.answer in YES and selectors.stands(stop, said, at=at):
        return Standing(
            purpose=event.purpose,
            channel=event.channel,
            answer=str(Answer.WITHDRAWN),
            is_confirmed=said.address_verified,
            since=stop.suppressed_at,
            ends_at=None,
            entry=stop.entry.event_id,
            receipt=stop.receipt.reference,
            sender=event.sender,
        )
    return Standing(
        purpose=event.purpose,
        channel=event.channel,
        answer=history.standing_of(said, at=at),
        is_confirmed=said.address_verified,
        since=said.occurred_at,
        ends_at=said.expires_at,
        entry=said.entry.event_id,
        receipt=said.receipt.reference,
        sender=event.sender,
    )


def sender_of(told: Told, whose: Fiduciary, now: datetime) -> str:
    """The sender that is named, in its registered form; empty where none is, or one that is not the fiduciary's now."""
    if not told.sender:
        return ""
    owner = senders.owner_of(channel=Channel(told.channel), sender=told.sender, at=now)
    return senders.normal_header(told.channel, told.sender)[0] if owner == whose else ""


def _standing(row: ConsentState, stopped: Sequence[Suppression], keys: Collection[bytes], at: datetime) -> Standing:
    answer = history.standing_of(row, at=at)
    stop = selectors.last_of(stopped, fiduciary=row.fiduciary_id, keys=keys, purpose=row.purpose, channel=row.channel)
    if stop is not None and answer in YES and selectors.stands(stop, row, at=at):
        return Standing(
            purpose=row.purpose,
            channel=row.channel,
            answer=str(Answer.WITHDRAWN),
            is_confirmed=row.verified,
            since=stop.suppressed_at,
            ends_at=None,
            entry=stop.entry.event_id,
            receipt=stop.receipt.reference,
        )
    return Standing(
        purpose=row.purpose,
        channel=row.channel,
        answer=answer,
        is_confirmed=row.verified,
        since=row.occurred_at,
        ends_at=row.expires_at,
        entry=row.entry_ref,
        receipt=row.event.receipt.reference,
    )


def _place(told: Told) -> tuple[str, tuple[bytes, ...], str]:
    kind = KIND_OF_CHANNEL.get(Channel(told.channel)) if told.channel in Channel.values else None
    if kind is None or kind == SUBJECT:
        raise Refused(_("On this channel a consent is not reported by address."), code="CHANNEL_NOT_USED")
    plain = addresses.normalise(kind, told.address)
    return kind, tuple(addresses.address_keys(plain)), plain


def _heard(whose: Fiduciary, keys: Sequence[bytes]) -> list[UUID]:
    """Who spoke for the address to the fiduciary; where nobody did, who holds it."""
    return _spoken(whose, keys) or sorted(holders(keys))


def _spoken(whose: Fiduciary, keys: Sequence[bytes]) -> list[UUID]:
    """Who answered this fiduciary at the address, the latest last."""
    said = ConsentEvent.objects.filter(fiduciary=whose, address_key__in=keys).order_by("pk")
    return list(dict.fromkeys(said.values_list("subject_ref", flat=True)))


def _somebody(kind: str, plain: str, actor: Actor, now: datetime) -> UUID:
    """A recipient nobody here knew: known by the address alone, which the fiduciary vouches for."""
    who = persons.create(actor=actor, now=now)
    contacts.add(principal=who, kind=kind, address=plain, verified=True, actor=actor, now=now)
    return who.subject.ref
