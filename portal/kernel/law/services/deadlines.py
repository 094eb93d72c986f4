"""Clocks of tickets, requests, cases and incidents: started, paused, resumed, extended, stopped.

Each act writes its ClockEvent rows and one audit event in the caller's transaction. Times are aware, in UTC.
"""

import tomllib
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock as present
from portal.kernel.core import ports
from portal.kernel.core.actor import Actor
from portal.kernel.core.data_files import data_of
from portal.kernel.core.errors import LostRace, NotFound, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.law import selectors
from portal.kernel.law.choices import CLOCK_MOVES, ClockEventKind, ClockState, Ended, ExtensionReason, Role
from portal.kernel.law.models import Clock, HouseRule, LegalRule
from portal.kernel.law.rules import is_late, next_look
from portal.kernel.law.services import due_dates
from portal.kernel.law.services.deadline_log import audit, dues, keys, note, running, unfinished

PLANS = data_of("portal.kernel.law") / "clock_plans.toml"


@cache
def _data() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(PLANS.read_text(encoding="utf-8"))


@cache
def plans(role: str = Role.FIDUCIARY) -> dict[str, dict[str, Any]]:
    """Which rules and promises run for which kind of work, in that role of ours (``law/data/clock_plans.toml``)."""
    return {row["kind"]: row for row in _data()["plan"] if row.get("role", Role.FIDUCIARY) == role}


@cache
def extensions() -> dict[str, str]:
    """Under which rule a rule's period may be extended: by key. A rule that is not here knows no extension."""
    return {row["rule"]: row["by"] for row in _data()["extension"]}


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
    role: str = Role.FIDUCIARY,
    unread: bool = False,
) -> list[Clock]:
    """Start a clock for each rule of law that applies, and for each promise; the strictest first.

    ``rule_keys`` may name rules of law and promises; None takes the plan of ``kind``, whose promises are added to named
    rules too. A rule applies that is in force on the day of receipt, binds us, is of one of the ``regimes`` and whose
    switch in the profile is yes or not decided. As a processor (``role``) we have the client's word to pass on and no
    period of the law of our own. With ``unread``, a rule whose text nobody has read counts on every day
    (``selectors.rules_for_us``). Safe to repeat: a clock that runs already is returned as it is.

    Raises NotFound for a kind without a plan and without keys, UnknownZone for an unknown zone.
    """
    return _start(
        _rule_names(kind, rule_keys, role),
        owner=owner,
        subject_ref=subject_ref,
        kind=kind,
        started_at=started_at,
        zone=zone,
        regimes=regimes,
        actor=actor,
        now=now or present.now(),
        unread=unread,
    )


def start_missing(
    *, owner: str, zone: str, regimes: Iterable[str], actor: Actor, now: datetime | None = None
) -> list[Clock]:
    """Start what the law asks besides, now that more is known of the person, from the moment from which the owner's clocks
    count; what is done already ends the new ones when it was done. Returns the new ones; safe to repeat.
    """
    now = now or present.now()
    fresh: list[Clock] = []
    with transaction.atomic():
        counted = list(Clock.objects.filter(owner=owner).exclude(ended=Ended.CORRECTED).order_by("started_at", "pk"))
        for kind in dict.fromkeys(clock.kind for clock in counted):
            series = [clock for clock in counted if clock.kind == kind]
            begun = _start(
                set(plans().get(kind, {"rules": ()})["rules"]) - {clock.rule_key for clock in series},
                owner=owner,
                subject_ref=series[0].subject_ref,
                kind=kind,
                started_at=series[0].started_at,
                zone=zone,
                regimes=regimes,
                actor=actor,
                now=now,
            )
            begun = [clock for clock in begun if clock.pk not in {one.pk for one in series}]
            ends = [clock.stopped_at for clock in series if clock.stopped_at is not None]
            if begun and len(ends) == len(series):
                stop(owner=owner, at=max(ends), actor=actor, now=now, ended=series[0].ended)
            fresh += begun
    return fresh


def _start(
    names: Collection[str],
    *,
    owner: str,
    subject_ref: UUID | None,
    kind: str,
    started_at: datetime,
    zone: str,
    regimes: Iterable[str],
    actor: Actor,
    now: datetime,
    unread: bool = False,
) -> list[Clock]:
    on = present.day(started_at)
    profile = selectors.profile(on=on)
    rules: list[LegalRule | HouseRule] = [
        rule
        for rule in selectors.rules_for_us(names, on=on, regimes=regimes, profile=profile, unread=unread)
        if _holds(rule, started_at) or (unread and not rule.is_text_read)
    ]
    rules += selectors.promises(names, on=on)
    with transaction.atomic():
        there = {clock.rule_key: clock for clock in unfinished(owner).filter(kind=kind)}
        shares = due_dates.reminders(present.day(now))  # we remind as we do today, whatever day it was received on
        fresh = []
        for rule in rules:
            if rule.key not in there:
                clock = _new(rule, owner=owner, subject_ref=subject_ref, kind=kind, started_at=started_at, zone=zone)
                clock.is_confirmed = not isinstance(rule, LegalRule) or (
                    rule.is_confirmed and profile.is_decided(rule.switch)
                )
                clock.next_at = next_look(clock, shares)
                clock.save(force_insert=True)
                fresh.append(clock)
        note(fresh, ClockEventKind.STARTED, at=started_at, actor=actor, now=now)
        if fresh:
            facts = {
                "kind": kind,
                "rules": " ".join(sorted(f"{clock.rule_key}/{clock.rule.version}" for clock in fresh)),
                "started_at": present.stamp(started_at),
                "due_at": present.stamp(min(clock.due_at for clock in fresh)),
                "dues": dues(fresh),
            }
            audit(AuditKind.LAW_CLOCK_STARTED, owner, subject_ref, actor, facts, now)
    return sorted([*there.values(), *fresh], key=lambda clock: (clock.due_at, clock.pk))


def stop(
    *,
    owner: str,
    at: datetime,
    actor: Actor,
    now: datetime | None = None,
    ended: str = Ended.DONE,
    late_because: str = "",
) -> list[Clock]:
    """Freeze every running or paused clock of the owner as it stands at ``at``. Nothing running: nothing happens.

    A clock that stood still until now is due later by that time. ``late_because`` (``choices.LateReason``) is kept with
    those that are late at ``at``; one that ends late without it waits for ``deadline_corrections.explain_late``.
    """
    now = now or present.now()
    with transaction.atomic():
        stopped = list(unfinished(owner))
        for clock in stopped:
            moved = _after_pause(clock, at)
            late = is_late(clock.due_at, at)
            move(
                clock,
                ClockState.STOPPED,
                moves=CLOCK_MOVES,
                **moved,
                stopped_at=at,
                ended=ended,
                late_because=late_because if late else "",
                next_at=None,
            )
            note([clock], ClockEventKind.STOPPED, at=at, actor=actor, now=now, reason_code=clock.late_because)
        if stopped:
            facts = {
                "rules": keys(stopped),
                "stopped_at": present.stamp(at),
                "due_at": present.stamp(min(clock.due_at for clock in stopped)),
                "reason_code": late_because or ended,
                "dues": dues(stopped),
            }
            audit(AuditKind.LAW_CLOCK_STOPPED, owner, stopped[0].subject_ref, actor, facts, now)
    return stopped


def pause(
    *, owner: str, at: datetime, actor: Actor, reason_code: str = "waiting_for_person", now: datetime | None = None
) -> list[Clock]:
    """Pause the clocks whose rule may pause: promises that say so. Every other clock runs on. Returns the paused."""
    now = now or present.now()
    with transaction.atomic():
        paused = [clock for clock in running(owner).filter(state=ClockState.RUNNING) if clock.rule.pauses]
        for clock in paused:
            move(clock, ClockState.PAUSED, moves=CLOCK_MOVES, paused_at=at, next_at=None)
        note(paused, ClockEventKind.PAUSED, at=at, actor=actor, now=now, reason_code=reason_code)
        if paused:
            facts = {"rules": keys(paused), "paused_at": present.stamp(at), "reason_code": reason_code}
            audit(AuditKind.LAW_CLOCK_PAUSED, owner, paused[0].subject_ref, actor, facts, now)
    return paused


def resume(*, owner: str, at: datetime, actor: Actor, now: datetime | None = None) -> list[Clock]:
    """Let paused clocks run on; their dates move by the time of the pause. Returns the resumed."""
    now = now or present.now()
    with transaction.atomic():
        resumed = list(running(owner).filter(state=ClockState.PAUSED))
        shares = due_dates.reminders(present.day(at))
        for clock in resumed:
            moved = _after_pause(clock, at)
            clock.paused_at = None
            move(clock, ClockState.RUNNING, moves=CLOCK_MOVES, **moved, next_at=next_look(clock, shares))
        note(resumed, ClockEventKind.RESUMED, at=at, actor=actor, now=now)
        if resumed:
            due = present.stamp(min(clock.due_at for clock in resumed))
            facts = {"rules": keys(resumed), "due_at": due, "dues": dues(resumed)}
            audit(AuditKind.LAW_CLOCK_RESUMED, owner, resumed[0].subject_ref, actor, facts, now)
    return resumed


def extend(
    *,
    clock: Clock,
    rule_key: str,
    at: datetime,
    actor: Actor,
    reason_code: str,
    text: str = "",
    now: datetime | None = None,
) -> Clock:
    """Extend a running clock under a rule that allows it (``EU-12-EXT``, ``CA-EXT``): counted from receipt.

    In one transaction with its event and the notice to the person, which the owner of the clock sends
    (``ClockOwner.extended``): the law asks for ground, reason and notice within the first period. ``reason_code`` is one
    of ``choices.ExtensionReason``; ``text`` goes to the person in the owner's own words and is not kept here.

    Raises Refused when the first period is over already, when the clock was stopped, for a rule that is no extension of
    the clock's (NO_EXTENSION), a reason the law does not know (NO_REASON), where the other rule gives no later date, and
    when nobody can tell the person (NOT_TOLD); LostRace when it was stopped or changed meanwhile; NotFound or NotInForce
    for the rule.
    """
    now = now or present.now()
    if extensions().get(clock.rule_key) != rule_key:
        raise Refused(_("The law allows no further time for this."), code="NO_EXTENSION")
    if reason_code not in ExtensionReason.values:
        raise Refused(_("Choose the reason that the law asks for."), code="NO_REASON")
    longer = selectors.legal_rule(rule_key, on=present.day(clock.started_at))
    if clock.stopped_at is not None or is_late(clock.due_at, at):
        raise Refused(_("The period is over: it can be extended only before its end, while the clock runs."))
    before, clock.extended_by = clock.due_at, longer
    dates = due_dates.dates_of_clock(clock)
    if dates.due <= before:
        raise Refused(_("This rule gives no later date."))
    clock.due_at, clock.target_at, clock.outer_limit_at = dates.due, dates.target, dates.outer_limit
    clock.told_percent, clock.extended_because = 0, reason_code
    clock.next_at = next_look(clock, due_dates.reminders(present.day(at)))
    with transaction.atomic():
        due_dates.lock_owner(clock.owner)
        _claim_extension(clock, before)
        note([clock], ClockEventKind.EXTENDED, at=at, actor=actor, now=now, reason_code=reason_code)
        facts = {"rule": rule_key, "due_at": present.stamp(clock.due_at), "reason_code": reason_code}
        facts["dues"] = dues([clock])
        audit(AuditKind.LAW_CLOCK_EXTENDED, clock.owner, clock.subject_ref, actor, facts, now)
        if not _tell_extension(clock, text=text, actor=actor, now=now):
            raise Refused(
                _("The person cannot be notified here, and without notice the law allows no further time."),
                code="NOT_TOLD",
            )
    return clock


def _claim_extension(clock: Clock, before: datetime) -> None:
    extended = Clock.objects.filter(pk=clock.pk, state=clock.state, due_at=before).update(
        extended_by=clock.extended_by,
        extended_because=clock.extended_because,
        due_at=clock.due_at,
        target_at=clock.target_at,
        outer_limit_at=clock.outer_limit_at,
        told_percent=clock.told_percent,
        next_at=clock.next_at,
    )
    if extended != 1:
        raise LostRace(_("This deadline was stopped or changed a moment ago. Load the page again."))


def _tell_extension(clock: Clock, *, text: str, actor: Actor, now: datetime) -> bool:
    """Whether the room of the clock's owner has told the person."""
    told = [
        owner.extended(clock, text=text, actor=actor, now=now)
        for owner in ports.clock_owners
        if owner.owns(clock.owner) and hasattr(owner, "extended")
    ]
    return any(told)


def _stood_still(clock: Clock, since: datetime, until: datetime) -> timedelta:
    """How much of a pause moves the date. A clock of days moves by the days that ended while we waited: a question that is
    answered at once gains nothing, and one that waits over night costs nobody the day.
    """
    if until <= since:
        return timedelta(0)
    if due_dates.dates_of_clock(clock).counts_time:
        return until - since
    place = ZoneInfo(clock.zone)
    return until.astimezone(place).date() - since.astimezone(place).date()


def _after_pause(clock: Clock, at: datetime) -> dict[str, Any]:
    """What changes on a clock when a pause ends at ``at``; nothing for one that runs. Sets it on the clock, too."""
    if clock.paused_at is None:
        return {}
    clock.paused_seconds += int(_stood_still(clock, clock.paused_at, at).total_seconds())
    dates = due_dates.dates_of_clock(clock)
    clock.due_at = dates.due
    return {
        "paused_at": None,
        "paused_seconds": clock.paused_seconds,
        "due_at": dates.due,
        "target_at": dates.target,
        "outer_limit_at": dates.outer_limit,
    }


def _rule_names(kind: str, rule_keys: Iterable[str] | None, role: str) -> set[str]:
    plan = plans(role).get(kind)
    if rule_keys is None:
        if plan is None:
            raise NotFound(_("No plan says which clocks run for %(kind)s.") % {"kind": kind})
        return {*plan["rules"], *plan["promises"]}
    return {*rule_keys, *(plan["promises"] if plan else ())}


def _holds(rule: LegalRule, started_at: datetime) -> bool:
    """Whether the rule is in force on the day of receipt in its own territory."""
    day = due_dates.legal_day(rule, started_at)
    begins, ends = rule.effective_from, rule.effective_to
    return (begins is None or begins <= day) and (ends is None or day <= ends)


def _new(
    rule: LegalRule | HouseRule, *, owner: str, subject_ref: UUID | None, kind: str, started_at: datetime, zone: str
) -> Clock:
    clock = Clock(
        owner=owner,
        subject_ref=subject_ref,
        kind=kind,
        rule_key=rule.key,
        legal_rule=rule if isinstance(rule, LegalRule) else None,
        house_rule=rule if isinstance(rule, HouseRule) else None,
        zone=zone,
        started_at=started_at,
    )
    dates = due_dates.dates_of_clock(clock)
    clock.due_at, clock.target_at, clock.outer_limit_at = dates.due, dates.target, dates.outer_limit
    return clock
