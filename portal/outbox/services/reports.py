"""What a gateway reports of a message: facts, in whatever order and however often they come; the state follows them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Q

from portal.audit.kinds import AuditKind
from portal.core import addresses, clock, hooks, signed_messages, turns
from portal.core.errors import NotFound
from portal.core.moves import move
from portal.core.turns import retried
from portal.outbox import rules, traces
from portal.outbox.models import Delivery, Message, ReceivedWebhook
from portal.outbox.services import faults, moving, reading
from portal.outbox.states import (
    ADDRESS_KIND,
    FREE,
    MOVES,
    REPORTED,
    FaultReason,
    MessageState,
    Outcome,
)
from portal.people import selectors as people

#: States in which nobody was sure that the message had left. A report says that it did.
_NOT_KNOWN = (MessageState.DUE, MessageState.UNKNOWN, MessageState.DEAD)
_FAULT = {Outcome.BOUNCED: FaultReason.BOUNCED, Outcome.COMPLAINED: FaultReason.COMPLAINED}


@dataclass(frozen=True)
class Report:
    """One report: ``reference`` is our reference of the message, or the Message-ID of an e-mail."""

    reference: str
    outcome: Outcome
    code: str = ""
    happened_at: datetime | None = None


@dataclass(frozen=True)
class Taken:
    """Counts: facts that were new, reports that were known, reports of messages we did not send that way."""

    new: int = 0
    known: int = 0
    no_such_message: int = 0
    replayed: bool = False


@retried
def take(*, webhook_id: str, reports: Sequence[Report], now: datetime) -> Taken:
    """Take the reports of one signed message, all or none, in one transaction. A second time it changes nothing."""
    new = known = strange = 0
    with transaction.atomic():
        _row, is_new = ReceivedWebhook.objects.get_or_create(webhook_id=webhook_id, defaults={"received_at": now})
        if not is_new:
            return Taken(replayed=True)
        _take_turns({report.reference for report in reports if report.outcome == Outcome.COMPLAINED})
        messages = _locked({report.reference for report in reports})
        for report in reports:
            message = messages.get(report.reference)
            if message is None:
                strange += 1
            elif _take_one(message, report, now):
                new += 1
            else:
                known += 1
    return Taken(new, known, strange)


def sweep_numbers(*, now: datetime) -> int:
    """Forget the numbers of messages whose signature no longer holds. Returns how many."""
    # For longer than a signature holds: a replay after that has no valid one.
    kept = max(timedelta(days=1), 4 * signed_messages.tolerance())
    return int(ReceivedWebhook.objects.filter(received_at__lt=now - kept).delete()[0])


def _take_turns(complained: Collection[str]) -> None:
    """The turns of every withdrawal that these complaints are going to be, before any row is locked.

    One batch of complaints after another besides: a withdrawal may know of more addresses of a person than we do here.
    """
    if not complained:
        return
    names = {"outbox.complaints"}
    for message in Message.objects.filter(_named(complained)).select_related("destination"):
        names |= people.turns_of(people.refs_of(message.subject_ref))
        address = _address(message)
        if address:
            names |= turns.of_address(addresses.address_keys(address))
    turns.take(*names)


def _named(names: Collection[str]) -> Q:
    return Q(reference__in=names) | Q(message_id__in=names)


def _locked(names: Collection[str]) -> dict[str, Message]:
    """The messages that were handed to a channel that reports, by each name in ``names``, all locked in one order."""
    found = Message.objects.select_for_update().filter(_named(names), channel__in=ADDRESS_KIND).order_by("pk")
    messages = list(found)
    started = set(
        Delivery.objects.filter(message__in=messages, outcome=Outcome.STARTED).values_list("message_id", flat=True)
    )
    left = [message for message in messages if message.pk in started]
    return {name: message for message in left for name in (message.reference, message.message_id) if name in names}


def _take_one(message: Message, report: Report, now: datetime) -> bool:
    facts = message.deliveries
    if facts.filter(outcome=report.outcome).exists():
        return False
    # "accepted" sorts before "started".
    last = facts.filter(outcome__in=(Outcome.ACCEPTED, Outcome.STARTED)).order_by("outcome", "-attempt").first()
    said = report.happened_at or now
    Delivery.objects.create(
        message=message,
        attempt=last.attempt if last is not None else message.attempts,
        outcome=report.outcome,
        code=report.code[:40],
        # Another machine's clock: never before we wrote the message, never in the future.
        happened_at=min(max(said, message.created_at), now),
    )
    follow(message)
    if report.outcome in _FAULT:
        faults.note(message, reason=_FAULT[report.outcome], code=report.code, now=now)
    elif report.outcome in {Outcome.DELIVERED, Outcome.READ}:
        _works_again(message, now)
    if report.outcome == Outcome.COMPLAINED:
        _tell_complaint(message, now)
    if message.state == MessageState.UNDELIVERED and report.outcome in {Outcome.BOUNCED, Outcome.UNDELIVERED}:
        moving.by_another_channel(message, now=now)
    return True


def follow(message: Message) -> None:
    """Bring the state in line with the reports, in the caller's transaction, which holds the row.

    A message that is being sent at this moment follows when its sender has heard the answer.
    """
    if message.channel not in ADDRESS_KIND:  # nobody reports of it
        return
    told = rules.reported_state(message.deliveries.filter(outcome__in=REPORTED).values_list("outcome", flat=True))
    if told is None or message.state in {told, MessageState.SENDING}:
        return
    if message.state in _NOT_KNOWN:
        move(
            message,
            MessageState.SENT,
            moves=MOVES,
            sent_at=_left_at(message) or clock.now(),
            next_attempt_at=None,
            reason="",
            **FREE,
        )
        traces.record_act(AuditKind.OUTBOX_MESSAGE_SENT, message, actor=traces.REPORTER)
    if told in MOVES[message.state]:
        move(message, told, moves=MOVES)


def _left_at(message: Message) -> datetime | None:
    """When the message was last handed to its channel: a report may come long after that."""
    started = message.deliveries.filter(outcome=Outcome.STARTED).order_by("-attempt").first()
    return started.happened_at if started is not None else None


def _works_again(message: Message, now: datetime) -> None:
    try:
        address = reading.address_of(message)
    except NotFound:
        return
    faults.forget(
        kind=ADDRESS_KIND[message.channel],  # type: ignore[index]
        address=address,
        channels=[message.channel],
        reasons=[FaultReason.BOUNCED],
        before=message.created_at,
    )


def _tell_complaint(message: Message, now: datetime) -> None:
    address = _address(message)
    for told in hooks.complaints:
        told(
            subject_ref=message.subject_ref,
            fiduciary=message.fiduciary,
            purpose=message.purpose,
            category=message.category,
            channel=message.channel,
            address=address,
            at=now,
        )


def _address(message: Message) -> str:
    try:
        return reading.address_of(message)
    except (NotFound, ObjectDoesNotExist):
        return ""
