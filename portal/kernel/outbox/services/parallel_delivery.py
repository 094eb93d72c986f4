"""Many messages handed to their channel at the same time: the steps of ``delivery``, each for all of them at once.

1. Claim: one lease for all. 2. Open. 3. One transaction, at the turns of all their addresses and people: ask the send gate
about each, commit "started" and SENDING for those that it lets go. 4. Hand all of those over, each on a connection of its
own, so that none waits behind another for its answer while somebody withdraws. 5. Commit what was accepted together.

Only what is plain goes this way. Whatever the gate does not let go, lies at a faulty address, cannot be opened or was not
accepted is heeded by ``delivery``, one by one, and what it says of each step holds here too: a process that dies leaves
messages that nobody has started, or started ones whose lease runs out. Where a step that is one for all of them breaks, each
is taken through it alone, so that the one that breaks it holds up no other.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

import structlog
from django.db import transaction
from django.db.models import F, Q

from portal.kernel.core import clock
from portal.kernel.core.advisory_locks import retried_with
from portal.kernel.core.state_transitions import move_all
from portal.kernel.outbox import audit_events
from portal.kernel.outbox.channels import registry
from portal.kernel.outbox.channels.protocol import Accepted, Channel, Outgoing
from portal.kernel.outbox.choices import FREE, MOVES, MessageState, Outcome
from portal.kernel.outbox.models import Delivery, Message
from portal.kernel.outbox.services import delivery, faults, message_content, renderer, reports, send_gate

ResultT = TypeVar("ResultT")

log = structlog.get_logger(__name__)

#: What the steps for all of them change in the rows at hand.
_CHANGED = ("state", "leased_until", "lease_token", "sent_at", "next_attempt_at", "reason")


@dataclass(frozen=True, slots=True)
class _Ready:
    message: Message
    outgoing: Outgoing

    @property
    def asked(self) -> send_gate.Asked:
        return self.message, self.outgoing.address


def deliver_all(message_ids: Sequence[int], *, now: datetime) -> list[MessageState]:
    """One attempt at each of the messages that is due and that no other worker has: their states afterwards.

    Opens its own transactions: call it from the edge, never inside one.
    """
    states: list[MessageState] = []
    for channel, ids in _by_channel(message_ids).items():
        most = registry.most_at_once(channel)
        for start in range(0, len(ids), most):
            part = ids[start : start + most]
            if most > 1:
                states += _deliver(part, registry.channel(channel), now)
            else:
                found = [_unless_it_breaks(partial(delivery.deliver, pk, now=now)) for pk in part]
                states += [state for state in found if state is not None]
    return states


def _by_channel(message_ids: Sequence[int]) -> dict[str, list[int]]:
    """In the order given: the channel of the first message comes first."""
    channels = dict(Message.objects.filter(pk__in=message_ids).values_list("pk", "channel"))
    found: dict[str, list[int]] = {}
    for pk in message_ids:
        if pk in channels:
            found.setdefault(channels[pk], []).append(pk)
    return found


def _deliver(ids: Sequence[int], channel: Channel, now: datetime) -> list[MessageState]:
    messages = _claim(ids, now)
    started = _unless_it_breaks(lambda: _start(_prepare(messages)))
    if started is None:
        _read_again(messages)
        started = []
    told = _hand_over(started, channel)
    accepted = [(one.message, said) for one, said in told if isinstance(said, Accepted)]
    left = _unless_it_breaks(lambda: _without_those_that_moved(accepted))
    if left is None:
        _read_again(message for message, _said in accepted)
        left = accepted
    alone: list[Callable[[], Any]] = [partial(delivery.sent, one, said.provider_reference) for one, said in left]
    alone += [partial(delivery.failed, one.message, no, channel) for one, no in told if isinstance(no, Exception)]
    going = {one.message.pk for one in started}
    alone += [partial(delivery.attempt, message) for message in messages if message.pk not in going]
    for step in alone:
        _unless_it_breaks(step)
    return [MessageState(message.state) for message in messages]


def _unless_it_breaks(step: Callable[[], ResultT]) -> ResultT | None:
    """What a step returns; None, and a line in the log, where it breaks."""
    try:
        return step()
    except Exception as crash:  # noqa: BLE001 - whatever broke, the other messages are owed their attempt
        # No traceback: it may quote a message.
        log.error("outbox.delivery_crashed", error=type(crash).__name__)  # noqa: TRY400
        return None


def _read_again(messages: Iterable[Message]) -> None:
    """The rows at hand as they stand, after a transaction that had changed them was rolled back."""
    for message in messages:
        message.refresh_from_db(fields=_CHANGED)


def _claim(ids: Sequence[int], now: datetime) -> list[Message]:
    """``delivery.claim`` for many: whatever another worker is claiming at this moment is left to it."""
    token = uuid4()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    due = Message.objects.filter(free, pk__in=ids, state__in=delivery.WAITING, next_attempt_at__lte=now)
    with transaction.atomic():
        won = list(due.select_for_update(of=("self",), skip_locked=True).order_by("pk").values_list("pk", flat=True))
        Message.objects.filter(pk__in=won).update(
            leased_until=clock.now() + delivery.lease(), lease_token=token, attempts=F("attempts") + 1
        )
    found = Message.objects.filter(pk__in=won, lease_token=token).select_related("text", "destination")
    return list(found.order_by("pk"))


def _prepare(messages: Sequence[Message]) -> list[_Ready]:
    """Those with nothing in their way, with what is handed over."""
    plain = [one for one in messages if one.attempts <= one.attempts_allowed and not one.category_is_disputed]
    if not plain:
        return []
    opened = message_content.both_of_each(plain)
    places = {pk: address for pk, (_text, address) in opened.items()}
    faulty = faults.among(places, channel=plain[0].channel)
    known: renderer.Known = {}
    return [
        _Ready(message, renderer.outgoing(message, *opened[message.pk], known=known))
        for message in plain
        if message.pk in opened and message.pk not in faulty
    ]


def _start(ready: Sequence[_Ready]) -> list[_Ready]:
    """Ask the gate about each and commit "started" for those that leave, in one transaction at all their turns."""
    return retried_with([one.message for one in ready], lambda: _commit_start(ready)) if ready else []


def _commit_start(ready: Sequence[_Ready]) -> list[_Ready]:
    with transaction.atomic():
        send_gate.take_turns_of_all([one.asked for one in ready])
        held = send_gate.held([one.message for one in ready])
        asked = [one.asked for one in ready if one.message.pk not in held]
        let_go = send_gate.allowed(asked)
        going = [message for message, _address in asked if message.pk in let_go]
        if not going:
            return []
        ours = {"lease_token": going[0].lease_token}
        moved = move_all(
            going, MessageState.SENDING, moves=MOVES, only_if=ours, leased_until=clock.now() + delivery.lease()
        )
        _note(moved, Outcome.STARTED)
    started = {message.pk for message in moved}
    return [one for one in ready if one.message.pk in started]


def _hand_over(started: Sequence[_Ready], channel: Channel) -> list[tuple[_Ready, Accepted | Exception]]:
    """All at the same time. No adapter that takes several at once asks the database (``protocol.Channel.most_at_once``)."""

    def send(one: _Ready) -> tuple[_Ready, Accepted | Exception]:
        try:
            return one, channel.send(one.outgoing)
        except Exception as failure:  # noqa: BLE001 - whatever the adapter did, the message may have left
            return one, failure

    if not started:
        return []
    with ThreadPoolExecutor(max_workers=len(started), thread_name_prefix="outbox") as pool:
        return list(pool.map(send, started))


def _without_those_that_moved(accepted: Sequence[tuple[Message, Accepted]]) -> list[tuple[Message, Accepted]]:
    """Commit that the channel has these, in one transaction. Returns those whose lease ran out while it took its time."""
    if not accepted:
        return []
    said = {message.pk: answer.provider_reference for message, answer in accepted}
    messages = [message for message, _answer in accepted]
    with transaction.atomic():
        moved = move_all(
            messages,
            MessageState.SENT,
            moves=MOVES,
            only_if={"lease_token": messages[0].lease_token},
            sent_at=clock.now(),
            next_attempt_at=None,
            reason="",
            **FREE,
        )
        _note(moved, Outcome.ACCEPTED, references=said)
        audit_events.record_sent(moved, actor=delivery.SENDER)
        # A quick gateway reports before it has answered.
        for message in reports.reported_among(moved):
            reports.follow(message)
    kept = {message.pk for message in moved}
    return [(message, answer) for message, answer in accepted if message.pk not in kept]


def _note(messages: Iterable[Message], outcome: Outcome, *, references: dict[int, str] | None = None) -> None:
    now = clock.now()
    Delivery.objects.bulk_create(
        Delivery(
            message=message,
            attempt=message.attempts,
            outcome=outcome,
            provider_reference=(references or {}).get(message.pk, "")[:80],
            happened_at=now,
        )
        for message in messages
    )
