"""What a gateway reports of a message: facts, in whatever order and however often they come; the state follows them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Q

from portal.kernel.core import addresses, advisory_locks, clock, ports, webhook_signatures
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import NotFound
from portal.kernel.core.state_transitions import move, move_all
from portal.kernel.law.channels import ADDRESS_KIND
from portal.kernel.outbox import audit_events, delivery_rules
from portal.kernel.outbox.choices import FREE, LEFT, MOVES, REPORTED, FaultReason, MessageState, Outcome
from portal.kernel.outbox.models import AddressFault, Delivery, DeliveryAddress, Message, ReceivedWebhook
from portal.kernel.outbox.services import channel_fallback, faults, message_content
from portal.kernel.people import selectors as people

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
    with transaction.atomic():
        _row, is_new = ReceivedWebhook.objects.get_or_create(webhook_id=webhook_id, defaults={"received_at": now})
        if not is_new:
            return Taken(replayed=True)
        _take_turns({report.reference for report in reports if report.outcome == Outcome.COMPLAINED})
        messages = _locked({report.reference for report in reports})
        named = [(messages[report.reference], report) for report in reports if report.reference in messages]
        new = _take_all(named, now)
    return Taken(new, len(named) - new, len(reports) - len(named))


def sweep_numbers(*, now: datetime) -> int:
    """Forget the numbers of messages whose signature no longer holds. Returns how many."""
    # For longer than a signature holds: a replay after that has no valid one.
    kept = max(timedelta(days=1), 4 * webhook_signatures.tolerance())
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
            names |= advisory_locks.of_address(addresses.address_keys(address))
    advisory_locks.take(*names)


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


def _take_all(named: Sequence[tuple[Message, Report]], now: datetime) -> int:
    """Write down what is new, in their order, and let each message follow once. Returns how many were new.

    In the caller's transaction, which holds the messages.
    """
    facts = _Facts({message.pk for message, _report in named})
    new: list[tuple[Message, Report]] = []
    for message, report in named:
        if facts.are_new(message, report.outcome):
            new.append((message, report))
    Delivery.objects.bulk_create(
        Delivery(
            message=message,
            attempt=facts.attempt_of(message),
            outcome=report.outcome,
            code=report.code[:40],
            # Another machine's clock: never before we wrote the message, never in the future.
            happened_at=min(max(report.happened_at or now, message.created_at), now),
        )
        for message, report in new
    )
    told = list({message.pk: message for message, _report in new}.values())
    _follow_all(told, facts)
    arrived = [message for message, report in new if report.outcome in {Outcome.DELIVERED, Outcome.READ}]
    for message in _had_faults(list({message.pk: message for message in arrived}.values())):
        _works_again(message, now)
    for message, report in new:
        if report.outcome in _FAULT:
            faults.note(message, reason=_FAULT[report.outcome], code=report.code, now=now)
        if report.outcome == Outcome.COMPLAINED:
            _tell_complaint(message, now)
    lost = {message.pk for message, report in new if report.outcome in {Outcome.BOUNCED, Outcome.UNDELIVERED}}
    for message in told:
        if message.state == MessageState.UNDELIVERED and message.pk in lost:
            channel_fallback.by_another_channel(message, now=now)
    return len(new)


class _Facts:
    """What is known of some messages: what was reported of each, and by which attempt it left."""

    def __init__(self, messages: Collection[int]) -> None:
        self.reported: dict[int, set[str]] = {}
        self._attempts: dict[int, tuple[bool, int]] = {}
        wanted = Delivery.objects.filter(
            message__in=messages, outcome__in=(*REPORTED, Outcome.ACCEPTED, Outcome.STARTED)
        )
        for pk, outcome, attempt in wanted.values_list("message_id", "outcome", "attempt"):
            if outcome in REPORTED:
                self.reported.setdefault(pk, set()).add(outcome)
            else:
                # The last that was accepted, else the last that was started.
                found = (outcome == Outcome.ACCEPTED, attempt)
                self._attempts[pk] = max(found, self._attempts.get(pk, found))

    def are_new(self, message: Message, outcome: Outcome) -> bool:
        """Whether nobody reported this of the message before; from now on somebody has."""
        said = self.reported.setdefault(message.pk, set())
        if outcome in said:
            return False
        said.add(outcome)
        return True

    def attempt_of(self, message: Message) -> int:
        return self._attempts.get(message.pk, (False, message.attempts))[1]


def _follow_all(messages: Sequence[Message], facts: _Facts) -> None:
    """``follow`` for messages of which something new was said: those that had left move together."""
    moved: dict[str, list[Message]] = {}
    for message in messages:
        told = delivery_rules.reported_state(facts.reported[message.pk])
        if message.state in LEFT and told is not None:
            moved.setdefault(told, []).append(message)
        else:
            follow(message)
    for told, those in moved.items():
        move_all(those, told, moves=MOVES)


def _had_faults(messages: Sequence[Message]) -> list[Message]:
    """Those to whose address something may stand against: most need not be opened."""
    if settings.LOOKUP_KEYS_OLD:  # the rows may stand under different keys
        return list(messages)
    keys = dict(DeliveryAddress.objects.filter(message__in=messages).values_list("message_id", "address_key"))
    faulty = AddressFault.objects.filter(address_key__in=list(keys.values()), reason=FaultReason.BOUNCED)
    found = {bytes(key) for key in faulty.values_list("address_key", flat=True)}
    return [message for message in messages if message.pk in keys and bytes(keys[message.pk]) in found]


def reported_among(messages: Sequence[Message]) -> list[Message]:
    """Those of which something was reported."""
    said = Delivery.objects.filter(message__in=messages, outcome__in=REPORTED).values_list("message_id", flat=True)
    told = set(said)
    return [message for message in messages if message.pk in told]


def follow(message: Message) -> None:
    """Bring the state in line with the reports, in the caller's transaction, which holds the row.

    A message that is being sent at this moment follows when its sender has heard the answer.
    """
    if message.channel not in ADDRESS_KIND:  # nobody reports of it
        return
    told = delivery_rules.reported_state(
        message.deliveries.filter(outcome__in=REPORTED).values_list("outcome", flat=True)
    )
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
        audit_events.record_sent([message], actor=audit_events.REPORTER)
    if told in MOVES[message.state]:
        move(message, told, moves=MOVES)


def _left_at(message: Message) -> datetime | None:
    """When the message was last handed to its channel: a report may come long after that."""
    started = message.deliveries.filter(outcome=Outcome.STARTED).order_by("-attempt").first()
    return started.happened_at if started is not None else None


def _works_again(message: Message, now: datetime) -> None:
    try:
        address = message_content.address_of(message)
    except NotFound:
        return
    faults.forget(
        kind=ADDRESS_KIND[message.channel],
        address=address,
        channels=[message.channel],
        reasons=[FaultReason.BOUNCED],
        before=message.created_at,
    )


def _tell_complaint(message: Message, now: datetime) -> None:
    address = _address(message)
    for told in ports.complaints:
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
        return message_content.address_of(message)
    except (NotFound, ObjectDoesNotExist):
        return ""
