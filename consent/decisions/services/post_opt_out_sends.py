"""Comparing what was sent with what people had said: a send after a no is a row for staff and an audit event."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from consent.base.choices import SendFinding
from consent.base.rules.status_fold import NO, YES, Said, deciding
from consent.base.selectors.purposes import in_force_or_ended
from consent.decisions.models.post_opt_out_sends import SendAfterWithdrawal, SendWatch
from consent.records.models.events import ConsentEvent
from consent.records.models.suppressions import Suppression
from consent.records.selectors.folds import same_person
from consent.records.services.addresses import KIND_OF_CHANNEL, SUBJECT, subject_keys
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import actor as actors
from portal.kernel.core import addresses, clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, NotFound
from portal.kernel.law.choices import CHOSEN, MESSAGE_CHANNELS, Channel
from portal.kernel.law.models import Purpose
from portal.kernel.outbox.choices import LEFT
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.selectors import told_late
from portal.kernel.outbox.services import message_content
from portal.kernel.people.services import maker_checker
from portal.kernel.registers.recipients.models.instructions import ReportedSend

WATCHER: Final = actors.system("consent.watching")
OWN, REPORTED = "outbox", "reported"
#: A transaction may commit some time after the instants in its rows: that stretch is looked at again.
OVERLAP: Final = timedelta(minutes=10)
#: Sends that are compared in one go.
CHUNK: Final = 500
#: What a send must not come after: a person's answer, or a stop that belongs to the address alone.
No = ConsentEvent | Suppression


@dataclass(frozen=True)
class Send:
    """One message that left: its label, to which address under every key it may be known by, and when."""

    label: str
    fiduciary: int | str
    keys: tuple[bytes, ...]
    purpose: str
    channel: str
    sent_at: datetime
    recipient: str = ""


def find(*, now: datetime) -> int:
    """Compare what left since the last time with what had been said until then; returns how many were found.

    Each find is one transaction of its row and its audit event. Safe to repeat: a send is found once.
    """
    found = 0
    for source, sends in ((OWN, _own), (REPORTED, _reported)):
        watch = SendWatch.objects.filter(source=source).first()
        rows = sends(watch.until - OVERLAP if watch else None, now)
        while chunk := list(islice(rows, CHUNK)):
            found += sum(_keep(send, event, now=now) for send, event in _after_a_no(chunk))
        SendWatch.objects.update_or_create(source=source, defaults={"until": now})
    return found


def not_compared(*, until: datetime) -> Iterator[Send]:
    """The sends after a refusal among those that ``find`` has not compared yet. Reads only: for who asks between two runs."""
    for source, sends in ((OWN, _own), (REPORTED, _reported)):
        watch = SendWatch.objects.filter(source=source).first()
        rows = sends(watch.until - OVERLAP if watch else None, until)
        while chunk := list(islice(rows, CHUNK)):
            yield from (send for send, _event in _after_a_no(chunk))


def _own(since: datetime | None, until: datetime) -> Iterator[Send]:
    """Our own messages to people, by when they left, and those of which a report told since that they had left before."""
    rows = Message.objects.filter(
        channel__in=MESSAGE_CHANNELS, state__in=LEFT, category__in=CHOSEN, sent_at__lte=until
    ).select_related("destination")
    if since is not None:
        rows = rows.filter(Q(sent_at__gt=since) | Q(reference__in=told_late(since=since)))
    for message in rows.order_by("sent_at", "pk").iterator(chunk_size=CHUNK):
        if message.sent_at is not None:
            yield Send(
                f"outbox.message:{message.reference}",
                message.fiduciary,
                _keys_of(message),
                message.purpose,
                message.channel,
                message.sent_at,
            )


def _keys_of(message: Message) -> tuple[bytes, ...]:
    if KIND_OF_CHANNEL[Channel(message.channel)] == SUBJECT:
        return tuple(subject_keys(message.subject_ref))
    destination = getattr(message, "destination", None)
    if destination is None:  # erased since
        return ()
    if not settings.LOOKUP_KEYS_OLD:
        return (bytes(destination.address_key),)
    try:
        return tuple(addresses.address_keys(message_content.address_of(message)))
    except NotFound:
        return (bytes(destination.address_key),)


def _reported(since: datetime | None, until: datetime) -> Iterator[Send]:
    """What sending systems told us of, by when they told it: that may be long after they sent."""
    rows = ReportedSend.objects.filter(reported_at__lte=until).select_related("recipient")
    if since is not None:
        rows = rows.filter(reported_at__gt=since)
    for sent in rows.order_by("reported_at", "pk").iterator(chunk_size=CHUNK):
        yield Send(
            f"registers.reportedsend:{sent.pk}",
            sent.recipient.fiduciary_id,
            (bytes(sent.address_key),),
            sent.purpose,
            sent.channel,
            sent.sent_at,
            sent.recipient.code,
        )


def _after_a_no(sends: Sequence[Send]) -> Iterator[tuple[Send, No]]:
    """The sends that left after a no that counted at that instant, each with the no: a person's, or one of the address."""
    keys = {key for send in sends for key in send.keys}
    said: dict[tuple[bytes, str, str], list[ConsentEvent]] = {}
    events = ConsentEvent.objects.filter(address_key__in=keys, sender="").select_related("fiduciary").order_by("pk")
    for event in events.filter(purpose__in={send.purpose for send in sends}):
        said.setdefault((bytes(event.address_key), event.purpose, event.channel), []).append(event)
    stops = _stops_at(keys)
    for send in sends:
        known = [
            event
            for key in send.keys
            for event in said.get((key, send.purpose, send.channel), ())
            if send.fiduciary in {event.fiduciary_id, event.fiduciary.code} and event.recorded_at < send.sent_at
        ]
        word = _deciding(known)
        is_no = word is not None and word.answer in NO
        no: No | None = (
            word if is_no else _standing_stop(send, [s for key in send.keys for s in stops.get(key, ())], word)
        )
        if no is not None and _is_chosen(send):
            yield send, no


def _stops_at(keys: Collection[bytes]) -> dict[bytes, list[Suppression]]:
    """Every stop that was ever made at the addresses."""
    found: dict[bytes, list[Suppression]] = {}
    rows = Suppression.objects.filter(address_key__in=keys).select_related("fiduciary", "receipt", "lift")
    for row in rows.order_by("suppressed_at", "pk"):
        found.setdefault(bytes(row.address_key), []).append(row)
    return found


def _standing_stop(send: Send, stops: Sequence[Suppression], word: ConsentEvent | None) -> Suppression | None:
    """The last stop at the address that covered the send and stood when it left: no later yes, not taken back by then.

    Of a sending system we do not know under which header it sent: there a stop of one header counts for none.
    """
    covering = [
        stop
        for stop in stops
        if send.fiduciary in {stop.fiduciary_id, stop.fiduciary.code}
        and stop.covers(purpose=send.purpose, channel=send.channel, header="" if send.recipient else None)
        and stop.recorded_at < send.sent_at
        and not (hasattr(stop, "lift") and stop.lift.lifted_at <= send.sent_at)
    ]
    if not covering or not _is_promotional(send):
        return None
    last = max(covering, key=lambda stop: (stop.suppressed_at, stop.pk))
    said_yes = word is not None and word.answer in YES and word.occurred_at > last.suppressed_at
    return None if said_yes else last


def _deciding(events: Sequence[ConsentEvent]) -> ConsentEvent | None:
    by_number = {event.pk: event for event in events}
    said = [
        Said(event.pk, event.subject_ref, event.answer, event.occurred_at, event.expires_at, event.address_verified)
        for event in events
    ]
    word = deciding(said, same_person(event.subject_ref for event in events))
    return by_number[word.number] if word is not None else None


def _is_chosen(send: Send) -> bool:
    purpose = _purpose_of(send)
    return purpose is None or purpose.message_category in CHOSEN


def _is_promotional(send: Send) -> bool:
    purpose = _purpose_of(send)
    return purpose is None or purpose.is_promotional


def _purpose_of(send: Send) -> Purpose | None:
    """The purpose as it was then; None for one that we never had."""
    try:
        return in_force_or_ended(send.purpose, on=clock.day(send.sent_at))
    except NotFound:
        return None


def _keep(send: Send, no: No, *, now: datetime) -> int:
    event, stop = (no, None) if isinstance(no, ConsentEvent) else (None, no)
    with transaction.atomic():
        row, is_new = SendAfterWithdrawal.objects.get_or_create(
            send=send.label,
            defaults={
                "recipient_code": send.recipient,
                "event": event,
                "suppression": stop,
                "purpose": send.purpose,
                "channel": send.channel,
                "withdrawn_at": no.recorded_at,
                "sent_at": send.sent_at,
                "found_at": now,
            },
        )
        if is_new:
            record(
                AuditKind.CONSENT_SEND_FOUND,
                actor=WATCHER,
                about=send.label,
                facts={
                    "purpose": send.purpose,
                    "channel": send.channel,
                    "fiduciary": no.fiduciary.code,
                    "reference": str(no.entry_id),
                    "seconds": row.seconds,
                    "recipient": send.recipient or None,
                },
                subject_ref=row.subject_ref,
                at=now,
            )
    return int(is_new)


def note_finding(row: SendAfterWithdrawal, *, finding: SendFinding | str, actor: Actor, now: datetime) -> None:
    """Say what was found out about a send, once, with its audit event. Raises IllegalMove a second time, NotAllowed."""
    person = maker_checker.person_of(actor)
    with transaction.atomic():
        open_rows = SendAfterWithdrawal.objects.filter(pk=row.pk, finding="")
        if open_rows.update(finding=SendFinding(finding), looked_at=now, looked_by=person) != 1:
            raise IllegalMove("This was investigated already.")
        row.refresh_from_db()
        record(
            AuditKind.CONSENT_SEND_EXPLAINED,
            actor=actor,
            about=row.send,
            facts={"purpose": row.purpose, "channel": row.channel, "state": str(row.finding)},
            subject_ref=row.subject_ref,
            at=now,
        )
