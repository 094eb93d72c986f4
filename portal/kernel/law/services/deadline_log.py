"""The traces of clocks: their events and the audit event of an act, both in the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.rules import LONGEST_FACT
from portal.kernel.audit.services import record
from portal.kernel.core import clock as present
from portal.kernel.core.actor import Actor
from portal.kernel.law.choices import ClockEventKind, ClockState
from portal.kernel.law.models import Clock, ClockEvent


def clocks_of(owner: str) -> QuerySet[Clock]:
    """Every clock of an owner with its rules, what is due first in front."""
    rows = Clock.objects.filter(owner=owner).select_related("legal_rule", "house_rule", "extended_by")
    return rows.order_by("due_at", "pk")


def running(owner: str) -> QuerySet[Clock]:
    """Those that run or are paused."""
    return clocks_of(owner).exclude(state=ClockState.STOPPED)


def unfinished(owner: str) -> QuerySet[Clock]:
    """``running`` without their rules, which are long texts: for what asks a clock for its dates alone."""
    return Clock.objects.filter(owner=owner).exclude(state=ClockState.STOPPED).order_by("due_at", "pk")


def note(
    clocks: Sequence[Clock], kind: ClockEventKind, *, at: datetime, actor: Actor, now: datetime, reason_code: str = ""
) -> None:
    """Append one event to each clock."""
    ClockEvent.objects.bulk_create(
        ClockEvent(
            clock=clock,
            kind=kind,
            at=at,
            due_at=clock.due_at,
            actor_ref=actor.ref,
            reason_code=reason_code,
            recorded_at=now,
        )
        for clock in clocks
    )


def keys(clocks: Iterable[Clock]) -> str:
    """The keys of their rules, as one fact."""
    return " ".join(sorted(clock.rule_key for clock in clocks))


def dues(clocks: Iterable[Clock]) -> str:
    """What each of them is due by, as one fact that check V11 reads; of very many the first."""
    found = ""
    for clock in sorted(clocks, key=lambda each: (each.kind, each.rule_key)):
        word = f"{clock.kind}/{clock.rule_key}={present.stamp(clock.due_at)}"
        if len(found) + len(word) >= LONGEST_FACT:
            break
        found = f"{found} {word}".strip()
    return found


def audit(
    kind: AuditKind, owner: str, subject_ref: UUID | None, actor: Actor, facts: Mapping[str, str], now: datetime
) -> None:
    """One audit event about an owner's clocks."""
    record(kind, actor=actor, about=owner, facts={"owner": owner, **facts}, subject_ref=subject_ref, at=now)
