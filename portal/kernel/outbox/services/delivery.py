"""Sending what is due.

One attempt, step by step; behind each step what the rows say if the process dies there:

1. Claim by lease: one conditional UPDATE, so one worker. Dies: the lease runs out, nothing was sent, claimed again.
2. Open text and address. A channel that is not set up, or an address with something against it, sends an essential
   message by another channel of the person. Dies: as 1.
3. In one transaction, at the turn of the address, which a withdrawal takes too: ask the send gate, and commit the fact
   "started" and the state SENDING. A no ends the message, a "not now" puts it off. So a withdrawal that is committed is
   heard, and one that comes later waits until the message is on its way. Dies: as 1 before the commit, see 5 after it.
4. Hand the message to the channel. The only network call, outside every transaction. Dies: see 5.
5. Commit the outcome. A lease that runs out in SENDING means nobody knows whether 4 happened. A channel that takes an
   idempotency key is simply asked again with the same key. Otherwise the outcome is unknown, and the message says so;
   an essential one is tried once more under its old Message-ID, a promotional one never.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import actor, clock, ports
from portal.kernel.core.advisory_locks import retried_with
from portal.kernel.core.errors import LostRace, NotFound, PortalError, Unavailable
from portal.kernel.core.state_transitions import move
from portal.kernel.outbox import audit_events, delivery_rules
from portal.kernel.outbox.channels import protocol, registry
from portal.kernel.outbox.choices import FREE, MOVES, WEBHOOK, FaultReason, MessageState, Outcome
from portal.kernel.outbox.models import Delivery, Message
from portal.kernel.outbox.services import (
    channel_fallback,
    delivery_order,
    faults,
    message_content,
    renderer,
    reports,
    send_gate,
)

log = structlog.get_logger(__name__)

SENDER = actor.system("portal.outbox.tasks.deliver_message")
WAITING = (MessageState.DUE, MessageState.UNKNOWN)
#: The send gate's reason when the person said yes to this purpose.
BY_CONSENT = "ALLOWED_BY_CONSENT"


def deliver(message_id: int, *, now: datetime) -> MessageState | None:
    """Make one attempt at a message that is due. Returns its state afterwards, None when another worker has it.

    ``now`` decides what is due; facts carry the time at which they happen. Opens its own transactions: call it from
    the edge, never inside one.
    """
    message = claim(message_id, now=now)
    return None if message is None else attempt(message)


def attempt(message: Message) -> MessageState:
    """The attempt at a message that was claimed. Opens its own transactions."""
    if message.attempts > message.attempts_allowed:
        # Each attempt died before it had an outcome, in the gate for instance: only a person can tell why.
        _end(message, MessageState.DEAD, Outcome.REFUSED, code="NEVER_PREPARED")
        return MessageState.DEAD
    ready = None if _is_out_of_turn(message) or _is_held_up(message) else _prepare(message)
    if ready is not None and _start(message, ready[0].address):
        outgoing, channel = ready
        _send(message, outgoing, channel)
    return MessageState(message.state)


def claim(message_id: int, *, now: datetime) -> Message | None:
    """Take a due message for the length of a lease. One conditional UPDATE: of many workers one wins."""
    token = uuid4()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    won = Message.objects.filter(free, pk=message_id, state__in=WAITING, next_attempt_at__lte=now).update(
        # From this moment on, not from the sweep's beginning: a long sweep would claim with leases that have run out.
        leased_until=clock.now() + lease(),
        lease_token=token,
        attempts=F("attempts") + 1,
    )
    if not won:
        return None
    return Message.objects.select_related("text", "destination").get(pk=message_id, lease_token=token)


def lease() -> timedelta:
    """Longer than any channel may block (``EMAIL_TIMEOUT``), so that a living worker keeps what it has."""
    return timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)


def _prepare(message: Message) -> tuple[protocol.Outgoing, protocol.Channel] | None:
    """What is handed over, and to whom. None, and the message ended or put off, where it was erased or has no channel."""
    try:
        text, address = message_content.both_of(message)
        channel = registry.channel(message.channel)
    except PortalError as fault:
        _heed_fault(message, fault)
        return None
    return renderer.outgoing(message, text, address), channel


def _heed_fault(message: Message, fault: PortalError) -> None:
    if isinstance(fault, NotFound):
        _end(message, MessageState.CLOSED, Outcome.REFUSED, code=fault.code)
    elif isinstance(fault, Unavailable):
        _put_off(message, code=fault.code)
    else:
        _end(message, MessageState.STOPPED, Outcome.STOPPED, code=fault.code)


def _may_leave(message: Message, address: str) -> bool:
    """Ask the send gate, in turn, and heed its no. A system that is told something is nobody who is contacted: not asked."""
    if message.channel == WEBHOOK:
        return True
    if _is_called_off(message):
        return False
    send_gate.take_turns(message, address)
    try:
        decision = send_gate.ask(message, address)
    except PortalError as fault:
        _heed_fault(message, fault)
        return False
    if decision is None or not decision.allowed:
        _heed(message, decision)
        return False
    if message.category_is_disputed and str(getattr(decision, "reason", "")) != BY_CONSENT:
        # The purpose alone would let it pass; its own text makes it promotion, for which only a yes counts.
        _end(message, MessageState.STOPPED, Outcome.STOPPED, code="CATEGORY_DISPUTED")
        return False
    return True


def _is_called_off(message: Message) -> bool:
    """Whether whoever posted it does not want it to leave now, or any more."""
    held = send_gate.held([message]).get(message.pk)
    if held is None:
        return False
    code, until = held
    if until is None:
        _end(message, MessageState.CLOSED, Outcome.REFUSED, code=code)
    else:
        _postpone(message, code=code, until=until)
    return True


def _is_out_of_turn(message: Message) -> bool:
    """Whether another word of the same line has to leave first, or has left before this one."""
    if message.channel != WEBHOOK:
        return False
    if delivery_order.overtaken(message):
        _end(message, MessageState.CLOSED, Outcome.REFUSED, code="OVERTAKEN")
        return True
    return delivery_order.hold_back(message, now=clock.now())


def _is_held_up(message: Message) -> bool:
    """Whether the channel or the address is known not to work, and what is done about that is done."""
    code = ""
    if not registry.is_set_up(message.channel):
        code = "NO_SUCH_CHANNEL"
    elif _is_faulty(message):
        code = "ADDRESS_FAULTY"
    if not code:
        return False
    with transaction.atomic():
        if not _still_ours(message):
            return True
        if channel_fallback.by_another_channel(message, now=clock.now()) is not None:
            move(message, MessageState.CLOSED, moves=MOVES, next_attempt_at=None, reason=code, **FREE)
            return True
    if code == "NO_SUCH_CHANNEL":
        _put_off(message, code=code)
        return True
    if delivery_rules.is_essential(message.category):
        return False  # the only way there is: better tried than not sent
    _end(message, MessageState.STOPPED, Outcome.STOPPED, code=code)
    return True


def _is_faulty(message: Message) -> bool:
    if not faults.any_on(message.channel):
        return False
    try:
        address = message_content.address_of(message)
    except NotFound:
        return False  # erased: told below
    return bool(address) and faults.stand(address=address, channel=message.channel)


def _heed(message: Message, decision: Any) -> None:
    """The gate said no: for good, or for now when the passing of time alone may change its answer."""
    code = str(getattr(decision, "reason", "NO_GATE"))
    until = getattr(decision, "retry_at", None)
    if until is None:
        _end(message, MessageState.STOPPED, Outcome.STOPPED, code=code)
        return
    _postpone(message, code=code, until=until)


def _postpone(message: Message, *, code: str, until: datetime) -> None:
    with transaction.atomic():
        if _still_ours(message):
            _note(message, Outcome.POSTPONED, code=code)
            # Waiting for the hour is no failure: it costs none of the attempts.
            Message.objects.filter(pk=message.pk).update(
                next_attempt_at=until, reason=code, attempts_allowed=F("attempts_allowed") + 1, **FREE
            )


def _start(message: Message, address: str) -> bool:
    """Ask the gate and commit "started" before the message leaves, in one transaction at the address's turn.

    False when it does not leave now, or the lease was lost meanwhile.
    """
    return retried_with([message], lambda: _commit_start(message, address))


def _commit_start(message: Message, address: str) -> bool:
    ours = {"lease_token": message.lease_token}
    try:
        with transaction.atomic():
            if not _may_leave(message, address):
                return False
            leased_until = clock.now() + lease()
            move(message, MessageState.SENDING, moves=MOVES, only_if=ours, read_again=False, leased_until=leased_until)
            _note(message, Outcome.STARTED)
    except LostRace:
        return False
    return True


def _send(message: Message, outgoing: protocol.Outgoing, channel: protocol.Channel) -> None:
    try:
        accepted = channel.send(outgoing)
    except Exception as failure:  # noqa: BLE001 - whatever the adapter did, the message may have left
        failed(message, failure, channel)
    else:
        sent(message, accepted.provider_reference)


def failed(message: Message, failure: Exception, channel: protocol.Channel) -> None:
    """Commit what a channel that did not accept the message means for it."""
    if isinstance(failure, protocol.PermanentFailure):
        fault = FaultReason.BOUNCED if failure.no_such_address else None
        _end(message, MessageState.DEAD, Outcome.REFUSED, code=failure.code, fault=fault)
    elif isinstance(failure, protocol.OutcomeUnknown):
        unknown(message, code=failure.code, takes_idempotency_key=channel.takes_idempotency_key)
    elif isinstance(failure, protocol.ChannelFailure):
        temporary = (
            failure if isinstance(failure, protocol.TemporaryFailure) else protocol.TemporaryFailure(failure.code)
        )
        _put_off(message, code=failure.code, at_least=temporary.retry_after, is_untried=temporary.is_untried)
    else:
        # No traceback: it may quote the message.
        log.error("outbox.channel_crashed", message=message.reference, error=type(failure).__name__)
        unknown(message, code="CHANNEL_CRASHED", takes_idempotency_key=channel.takes_idempotency_key)


def sent(message: Message, provider_reference: str) -> None:
    """The channel has it. The fact is kept even when the lease ran out while the channel took its time.

    Opens its own transaction, and does it again where the database ended that in favour of another: the message has left.
    """
    retried_with([message], lambda: _keep_sent(message, provider_reference))


def _keep_sent(message: Message, provider_reference: str) -> None:
    attempt, held = message.attempts, {"lease_token": message.lease_token}
    left: dict[str, Any] = {"sent_at": clock.now(), "next_attempt_at": None, "reason": "", **FREE}
    with transaction.atomic():
        # Either way the row is locked from here on: a report or a sweep comes before, and is seen, or after.
        try:
            move(message, MessageState.SENT, moves=MOVES, only_if=held, read_again=False, **left)
            has_moved = True
        except LostRace:
            message.refresh_from_db(from_queryset=Message.objects.select_for_update())
            has_moved = message.state == MessageState.UNKNOWN and message.lease_token is None
            if has_moved:  # given up for lost meanwhile
                move(message, MessageState.SENT, moves=MOVES, read_again=False, **left)
        _note(message, Outcome.ACCEPTED, provider_reference=provider_reference, attempt=attempt)
        if has_moved:
            audit_events.record_sent([message], actor=SENDER)
            # A quick gateway reports before it has answered.
            reports.follow(message)
            if message.channel == WEBHOOK:
                delivery_order.call_next(message, now=clock.now())
                for told in ports.webhooks_taken:
                    told(message=message, at=clock.now())


def _put_off(message: Message, *, code: str, at_least: timedelta | None = None, is_untried: bool = False) -> None:
    """Not accepted for now: wait and try again, or leave it to a person when the attempts are used up.

    ``at_least`` is the wait that the other side asked for; nobody makes us wait for longer than our longest. What was not
    tried (``is_untried``) costs no attempt.
    """
    if message.attempts >= message.attempts_allowed and not is_untried:
        _end(message, MessageState.DEAD, Outcome.REFUSED, code=code)
        return
    wait = delivery_rules.wait_before(
        message.attempts,
        first=timedelta(seconds=settings.OUTBOX_FIRST_WAIT_SECONDS),
        longest=timedelta(seconds=settings.OUTBOX_LONGEST_WAIT_SECONDS),
        jitter=secrets.randbelow(1_000_000) / 1_000_000,
    )
    wait = max(wait, min(at_least or wait, timedelta(seconds=settings.OUTBOX_LONGEST_WAIT_SECONDS)))
    with transaction.atomic():
        if not _still_ours(message):
            return
        _note(message, Outcome.PUT_OFF, code=code)
        changes = {"next_attempt_at": clock.now() + wait, "reason": code, **FREE}
        if is_untried:
            changes["attempts_allowed"] = F("attempts_allowed") + 1
        if message.state == MessageState.SENDING:
            move(message, MessageState.DUE, moves=MOVES, read_again=False, **changes)
            reports.follow(message)
        else:
            Message.objects.filter(pk=message.pk).update(**changes)


def _end(
    message: Message, target: MessageState, outcome: Outcome, *, code: str, fault: FaultReason | None = None
) -> None:
    """Nothing more is tried on this channel. What failed waits for a person's decision, unless another channel has it."""
    with transaction.atomic():
        if _still_ours(message):
            _note(message, outcome, code=code)
            if fault is not None:
                faults.note(message, reason=fault, code=code, now=clock.now())
            if (
                target == MessageState.DEAD
                and channel_fallback.by_another_channel(message, now=clock.now()) is not None
            ):
                target = MessageState.CLOSED
            # The row is locked since its lease was renewed.
            move(message, target, moves=MOVES, read_again=False, next_attempt_at=None, reason=code, **FREE)
            if target == MessageState.STOPPED:
                audit_events.record_act(AuditKind.OUTBOX_MESSAGE_BLOCKED, message, actor=SENDER)


def unknown(message: Message, *, code: str, takes_idempotency_key: bool) -> None:
    """Nobody knows whether the message left. The caller holds its lease (``_still_ours``).

    With an idempotency key, asking again is safe. Without one the message says "outcome unknown"; an essential message
    is tried once more, another never.
    """
    with transaction.atomic():
        if not _still_ours(message):
            return
        _note(message, Outcome.UNKNOWN, code=code)
        now = clock.now()
        if takes_idempotency_key:
            has_attempts = message.attempts < message.attempts_allowed
            target = MessageState.DUE if has_attempts else MessageState.DEAD
            again = now + timedelta(seconds=settings.OUTBOX_FIRST_WAIT_SECONDS) if has_attempts else None
            move(message, target, moves=MOVES, read_again=False, next_attempt_at=again, reason=code, **FREE)
            reports.follow(message)
            return
        count = message.unknown_outcomes + 1
        once_more = delivery_rules.may_try_after_unknown(message.category, unknown_outcomes=count)
        move(
            message,
            MessageState.UNKNOWN,
            moves=MOVES,
            unknown_outcomes=count,
            next_attempt_at=now if once_more else None,
            # The one more attempt is owed even when this was the last of the ordinary ones.
            attempts_allowed=max(message.attempts_allowed, message.attempts + 1),
            reason=code,
            **FREE,
        )
        reports.follow(message)


def _still_ours(message: Message) -> bool:
    """Renew the lease; False when it ran out and the message was given to another worker. Locks the row."""
    renewed = Message.objects.filter(pk=message.pk, lease_token=message.lease_token).update(
        leased_until=clock.now() + lease()
    )
    return renewed == 1


def _note(
    message: Message, outcome: Outcome, *, code: str = "", provider_reference: str = "", attempt: int | None = None
) -> None:
    Delivery.objects.create(
        message=message,
        attempt=attempt or message.attempts,
        outcome=outcome,
        code=code[:40],
        provider_reference=provider_reference[:80],
        happened_at=clock.now(),
    )
