"""Clocks of tickets, requests, cases and incidents: started, paused, resumed, extended, stopped.

Each act writes its ClockEvent rows and one audit event in the caller's transaction. Times are aware, in UTC.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import clock as present
from portal.core.actor import Actor
from portal.core.errors import LostRace, NotFound, Refused
from portal.core.moves import move
from portal.law import selectors
from portal.law.models import Clock, ClockEvent, HouseRule, LegalRule
from portal.law.rules import next_look
from portal.law.services import timing
from portal.law.states import CLOCK_MOVES, ClockEventKind, ClockState

PLANS = Path(__file__).resolve().parent.parent / "data" / "clock_plans.toml"


@cache
def plans() -> dict[str, dict[str, Any]]:
    """Which rules and promises run for which kind of work (``law/data/clock_plans.toml``)."""
    return {row["kind"]: row for row in tomllib.loads(PLANS.read_text(encoding="utf-8"))["plan"]}


def start(
    *,
    owner: str,
    subject_ref: UUID | None,
    rule_keys: Iterable[str] | None,
    kind: str,
    started_at: datetime,
    zone: str,
    regimes: Iterable[str],
    actor: Actor,
    now: datetime | None = None,
) -> list[Clock]:
    """Start a clock for each rule of law that applies, and for each promise; the strictest first.

    ``rule_keys`` may name rules of law and promises; None takes the plan of ``kind``, whose promises are added to named
    rules too. A rule applies that is in force on the day of receipt, binds us, is of one of the ``regimes`` and whose
    switch in the profile is yes or not decided. Safe to repeat: a clock that runs already is returned as it is.

    Raises NotFound for a kind without a plan and without keys, UnknownZone for an unknown zone.
    """
    now = now or present.now()
    names = _rule_names(kind, rule_keys)
    on = present.day(started_at)
    profile = selectors.profile(on=on)
    rules: list[LegalRule | HouseRule] = [
        rule
        for rule in selectors.rules_for_us(names, on=on, regimes=regimes, profile=profile)
        if _holds(rule, started_at)
    ]
    rules += selectors.promises(names, on=on)
    with transaction.atomic():
        running = {clock.rule_key: clock for clock in _running(owner).filter(kind=kind)}
        shares = timing.reminders(on)
        fresh = []
        for rule in rules:
            if rule.key not in running:
                clock = _new(rule, owner=owner, subject_ref=subject_ref, kind=kind, started_at=started_at, zone=zone)
                clock.is_confirmed = not isinstance(rule, LegalRule) or (
                    rule.is_confirmed and profile.is_decided(rule.switch)
                )
                clock.next_at = next_look(clock, shares)
                clock.save(force_insert=True)
                fresh.append(clock)
        _note(fresh, ClockEventKind.STARTED, at=started_at, actor=actor, now=now)
        if fresh:
            facts = {
                "kind": kind,
                "rules": " ".join(sorted(f"{clock.rule_key}/{clock.rule.version}" for clock in fresh)),
                "started_at": present.stamp(started_at),
                "due_at": present.stamp(min(clock.due_at for clock in fresh)),
            }
            _audit(AuditKind.LAW_CLOCK_STARTED, owner, subject_ref, actor, facts, now)
    return sorted([*running.values(), *fresh], key=lambda clock: (clock.due_at, clock.pk))


def stop(*, owner: str, at: datetime, actor: Actor, now: datetime | None = None) -> list[Clock]:
    """Freeze every running or paused clock of the owner as it stands at ``at``. Nothing running: nothing happens."""
    now = now or present.now()
    with transaction.atomic():
        stopped = list(_running(owner))
        for clock in stopped:
            paused = int((at - clock.paused_at).total_seconds()) if clock.paused_at else 0
            move(
                clock,
                ClockState.STOPPED,
                moves=CLOCK_MOVES,
                stopped_at=at,
                paused_seconds=clock.paused_seconds + max(paused, 0),
                paused_at=None,
                next_at=None,
            )
        _note(stopped, ClockEventKind.STOPPED, at=at, actor=actor, now=now)
        if stopped:
            facts = {
                "rules": _keys(stopped),
                "stopped_at": present.stamp(at),
                "due_at": present.stamp(min(clock.due_at for clock in stopped)),
            }
            _audit(AuditKind.LAW_CLOCK_STOPPED, owner, stopped[0].subject_ref, actor, facts, now)
    return stopped


def pause(
    *, owner: str, at: datetime, actor: Actor, reason_code: str = "waiting_for_person", now: datetime | None = None
) -> list[Clock]:
    """Pause the clocks whose rule may pause: promises that say so. Every other clock runs on. Returns the paused."""
    now = now or present.now()
    with transaction.atomic():
        paused = [clock for clock in _running(owner).filter(state=ClockState.RUNNING) if clock.rule.pauses]
        for clock in paused:
            move(clock, ClockState.PAUSED, moves=CLOCK_MOVES, paused_at=at, next_at=None)
        _note(paused, ClockEventKind.PAUSED, at=at, actor=actor, now=now, reason_code=reason_code)
        if paused:
            facts = {"rules": _keys(paused), "paused_at": present.stamp(at), "reason_code": reason_code}
            _audit(AuditKind.LAW_CLOCK_PAUSED, owner, paused[0].subject_ref, actor, facts, now)
    return paused


def resume(*, owner: str, at: datetime, actor: Actor, now: datetime | None = None) -> list[Clock]:
    """Let paused clocks run on; their dates move by the time of the pause. Returns the resumed."""
    now = now or present.now()
    with transaction.atomic():
        resumed = list(_running(owner).filter(state=ClockState.PAUSED))
        shares = timing.reminders(present.day(at))
        for clock in resumed:
            waited = at - clock.paused_at if clock.paused_at else timedelta(0)
            clock.paused_seconds += max(int(waited.total_seconds()), 0)
            clock.paused_at = None
            dates = timing.dates_of_clock(clock)
            clock.due_at = dates.due
            move(
                clock,
                ClockState.RUNNING,
                moves=CLOCK_MOVES,
                paused_at=None,
                paused_seconds=clock.paused_seconds,
                due_at=dates.due,
                target_at=dates.target,
                outer_limit_at=dates.outer_limit,
                next_at=next_look(clock, shares),
            )
        _note(resumed, ClockEventKind.RESUMED, at=at, actor=actor, now=now)
        if resumed:
            due = present.stamp(min(clock.due_at for clock in resumed))
            facts = {"rules": _keys(resumed), "due_at": due}
            _audit(AuditKind.LAW_CLOCK_RESUMED, owner, resumed[0].subject_ref, actor, facts, now)
    return resumed


def extend(
    *, clock: Clock, rule_key: str, at: datetime, actor: Actor, reason_code: str, now: datetime | None = None
) -> Clock:
    """Extend a running clock under a rule that allows it (``EU-12-EXT``, ``CA-EXT``): counted from receipt.

    In one transaction with its event. Raises Refused when the first period is over already, when the clock was
    stopped, or when the other rule gives no later date; LostRace when it was stopped or changed meanwhile; NotFound or
    NotInForce for the rule.
    """
    now = now or present.now()
    longer = selectors.legal_rule(rule_key, on=present.day(clock.started_at))
    if clock.stopped_at is not None or at > clock.due_at:
        raise Refused(_("The period is over: it can be extended only before its end, while the clock runs."))
    before, clock.extended_by = clock.due_at, longer
    dates = timing.dates_of_clock(clock)
    if dates.due <= before:
        raise Refused(_("This rule gives no later date."))
    clock.due_at, clock.target_at, clock.outer_limit_at = dates.due, dates.target, dates.outer_limit
    clock.told_percent = 0
    clock.next_at = next_look(clock, timing.reminders(present.day(at)))
    with transaction.atomic():
        extended = Clock.objects.filter(pk=clock.pk, state=clock.state, due_at=before).update(
            extended_by=longer,
            due_at=clock.due_at,
            target_at=clock.target_at,
            outer_limit_at=clock.outer_limit_at,
            told_percent=clock.told_percent,
            next_at=clock.next_at,
        )
        if extended != 1:
            raise LostRace(_("This deadline was stopped or changed a moment ago. Load the page again."))
        _note([clock], ClockEventKind.EXTENDED, at=at, actor=actor, now=now, reason_code=reason_code)
        facts = {"rule": rule_key, "due_at": present.stamp(clock.due_at), "reason_code": reason_code}
        _audit(AuditKind.LAW_CLOCK_EXTENDED, clock.owner, clock.subject_ref, actor, facts, now)
    return clock


def _rule_names(kind: str, rule_keys: Iterable[str] | None) -> set[str]:
    plan = plans().get(kind)
    if rule_keys is None:
        if plan is None:
            raise NotFound(_("No plan says which clocks run for %(kind)s.") % {"kind": kind})
        return {*plan["rules"], *plan["promises"]}
    return {*rule_keys, *(plan["promises"] if plan else ())}


def _holds(rule: LegalRule, started_at: datetime) -> bool:
    """Whether the rule is in force on the day of receipt in its own territory."""
    day = timing.legal_day(rule, started_at)
    begins, ends = rule.effective_from, rule.effective_to
    return (begins is None or begins <= day) and (ends is None or day <= ends)


def _running(owner: str) -> Any:
    return (
        Clock.objects.filter(owner=owner)
        .exclude(state=ClockState.STOPPED)
        .select_related("legal_rule", "house_rule", "extended_by")
        .order_by("due_at", "pk")
    )


def _new(
    rule: LegalRule | HouseRule, *, owner: str, subject_ref: UUID | None, kind: str, started_at: datetime, zone: str
) -> Clock:
    dates = timing.dates_of(rule, started_at, zone)
    return Clock(
        owner=owner,
        subject_ref=subject_ref,
        kind=kind,
        rule_key=rule.key,
        legal_rule=rule if isinstance(rule, LegalRule) else None,
        house_rule=rule if isinstance(rule, HouseRule) else None,
        zone=zone,
        started_at=started_at,
        due_at=dates.due,
        target_at=dates.target,
        outer_limit_at=dates.outer_limit,
    )


def _note(
    clocks: Sequence[Clock], kind: ClockEventKind, *, at: datetime, actor: Actor, now: datetime, reason_code: str = ""
) -> None:
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


def _keys(clocks: Sequence[Clock]) -> str:
    return " ".join(sorted(clock.rule_key for clock in clocks))


def _audit(
    kind: AuditKind, owner: str, subject_ref: UUID | None, actor: Actor, facts: Mapping[str, str], now: datetime
) -> None:
    record(kind, actor=actor, about=owner, facts={"owner": owner, **facts}, subject_ref=subject_ref, at=now)
