"""The sweep: clocks move to due soon and late by themselves, and their owners are told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog
from django.db import transaction

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock as present
from portal.kernel.core import ports
from portal.kernel.core.actor import Actor, system
from portal.kernel.law.choices import ClockEventKind
from portal.kernel.law.models import Clock, ClockEvent
from portal.kernel.law.rules import LATE, next_look, reached
from portal.kernel.law.services import due_dates

BATCH = 500
log = structlog.get_logger(__name__)


class ClockOwner(Protocol):
    """What a room registers in ``ports.clock_owners``. Called in the transaction that marks the clock."""

    def owns(self, owner: str) -> bool:
        """Whether this label is of this room."""

    def due_soon(self, clock: Clock, *, percent: int, now: datetime) -> None:
        """A share of the time is gone."""

    def late(self, clock: Clock, *, now: datetime) -> None:
        """The due date has passed."""

    # A room whose clocks may be extended has one method more; without it an extension is refused:
    # ``extended(clock, *, text, actor, now) -> bool`` tells the person of the new date, of the ground and of the reason
    # (``clock.extended_by``, ``clock.extended_because``) in the same transaction and says whether it could. A room that
    # keeps dates of its clocks has ``corrected(clocks, *, actor, now)``, called with those that count from another moment,
    # and one that knows when it was filed ``filed_at(owner) -> datetime | None``: no start is later than that. One whose
    # papers may name a time of their own has ``named_time(owner) -> datetime | None``: no clock runs longer than that.
    # One that locks a row of its own when it stops or starts clocks has ``lock(owner)``: it is locked before them here too.


@dataclass
class Swept:
    due_soon: int = 0
    late: int = 0


def sweep(*, now: datetime) -> Swept:
    """Tell the owners of every clock that has something to say by ``now``; one transaction a clock, safe to repeat.

    A clock is claimed by a conditional UPDATE: two sweeps at once tell its owner once. A sweep that comes late tells
    of the last share reached only. An owner that breaks loses nothing and stops no other: its clock is looked at again
    by the next sweep.
    """
    done, broken = Swept(), set[int]()
    actor = system("portal.law.tasks.sweep")
    shares = due_dates.reminders(present.day(now))
    while True:
        waiting = Clock.objects.filter(next_at__lte=now).exclude(pk__in=broken)
        due = list(waiting.order_by("next_at", "pk").values_list("pk", flat=True)[:BATCH])
        for pk in due:
            try:
                _tell(pk, shares=shares, now=now, actor=actor, done=done)
            except Exception as crash:  # noqa: BLE001 - whatever broke, the deadlines of everybody else run on
                broken.add(pk)
                log.error("law.clock_not_told", clock=pk, error=type(crash).__name__)  # noqa: TRY400 - it may quote a person
        if len(due) < BATCH:
            return done


def _tell(pk: int, *, shares: list[int], now: datetime, actor: Actor, done: Swept) -> None:
    with transaction.atomic():
        clock = Clock.objects.select_related("legal_rule", "house_rule").filter(pk=pk, next_at__lte=now).first()
        if clock is None:  # another sweep was quicker, or the clock was stopped
            return
        due_dates.lock_owner(clock.owner)
        seen = clock.next_at
        percent = max(reached(clock, shares, now), clock.told_percent)
        clock.told_percent = percent
        clock.next_at = next_look(clock, shares)
        claimed = Clock.objects.filter(pk=pk, next_at=seen).update(told_percent=percent, next_at=clock.next_at)
        if claimed != 1:
            return
        late = percent >= LATE
        ClockEvent.objects.create(
            clock=clock,
            kind=ClockEventKind.LATE if late else ClockEventKind.DUE_SOON,
            at=clock.due_at if late else now,
            due_at=clock.due_at,
            percent=percent,
            actor_ref=actor.ref,
            recorded_at=now,
        )
        if late:
            record(
                AuditKind.LAW_CLOCK_MISSED,
                actor=actor,
                about=clock.owner,
                facts={"rule": clock.rule_key, "due_at": present.stamp(clock.due_at), "kind": clock.kind},
                subject_ref=clock.subject_ref,
                at=now,
            )
        for owner in ports.clock_owners:
            if owner.owns(clock.owner):
                owner.late(clock, now=now) if late else owner.due_soon(clock, percent=percent, now=now)
    if late:
        done.late += 1
    else:
        done.due_soon += 1
