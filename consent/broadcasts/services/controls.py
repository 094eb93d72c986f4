"""Pause, go on, stop for good: each holds for every message that asks from its commit on (``leaving``).

What had asked a moment before, at most a batch of each worker, still leaves. A person's withdrawal waits for that moment;
a pause that waited would hold up every worker of a broadcast at one row.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from consent.broadcasts.choices import BROADCAST_MOVES, BroadcastState
from consent.broadcasts.models import Broadcast, BroadcastPerson
from consent.broadcasts.selectors import broadcasts
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core.actor import Actor
from portal.kernel.core.state_transitions import move
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import wake


def pause(*, row: Broadcast, actor: Actor, now: datetime) -> None:
    """Let no further message go; those that were let go a moment before or handed over are on their way. Raises IllegalMove, LostRace."""
    with transaction.atomic():
        move(row, BroadcastState.PAUSED, moves=BROADCAST_MOVES)
        note(row, actor, now)


def resume(*, row: Broadcast, actor: Actor, now: datetime) -> None:
    """Go on with whoever was not reached yet; messages that were held back are tried at once. Raises IllegalMove, LostRace."""
    with transaction.atomic():
        move(row, BroadcastState.SENDING, moves=BROADCAST_MOVES, paused_because="")
        wake(_messages(row), now=now)
        note(row, actor, now)


def cancel(*, row: Broadcast, actor: Actor, now: datetime) -> None:
    """End it: nothing more leaves, and whoever was not reached is counted as cancelled. Raises IllegalMove, LostRace."""
    with transaction.atomic():
        move(row, BroadcastState.CANCELLED, moves=BROADCAST_MOVES)
        wake(_messages(row), now=now)
        note(row, actor, now)


def note(row: Broadcast, actor: Actor, at: datetime, *, is_over: bool = False) -> None:
    """The audit event of a move, in the caller's transaction; with the figures of the report once it is over."""
    facts: dict[str, str | int | bool | None] = {"reference": row.reference, "state": str(row.state)}
    if row.paused_because and row.state == BroadcastState.PAUSED:
        facts["reason_code"] = row.paused_because
    if is_over:
        report = broadcasts.report_of(row)
        figures = {name: report.of(name) for name in ("sent", "delivered", "failed", "blocked", "cancelled")}
        facts |= {"count": report.people, **figures}
    record(AuditKind.CONSENT_BROADCAST_MOVED, actor=actor, about=row.about, facts=facts, at=at)


def _messages(row: Broadcast) -> QuerySet[Message]:
    return Message.objects.filter(pk__in=BroadcastPerson.objects.filter(broadcast=row, is_open=True).values("message"))
