"""Erasing what is due: held? kept by a law? then erase, step by step, and write down what was done."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import rfc8785
import structlog
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from portal.audit import services as audit
from portal.audit.kinds import AuditKind
from portal.core import clock, hooks, ids
from portal.core.actor import Actor
from portal.core.erasing import Eraser, Kept
from portal.core.errors import LostRace
from portal.core.moves import move
from portal.retention import rules, selectors
from portal.retention.models import ErasureRun, ErasureStep, RetentionRule
from portal.retention.states import MOVES, RunState

log = structlog.get_logger(__name__)


@dataclass
class Plan:
    """One eraser under the rule of its class: what is due, what a law keeps, who is concerned.

    ``failure`` is the type of the error that kept us from finding that out; then nothing is known and nothing erased.
    """

    eraser: Eraser
    rule: RetentionRule
    cutoff: datetime | None = None
    due: int = 0
    kept_by_law: int = 0
    over: list[Kept] = field(default_factory=list)
    failure: str = ""


@dataclass
class Totals:
    """Records, not people. ``due`` is the sum of the next three. ``failed`` names erasers that could not be asked."""

    due: int = 0
    held: int = 0
    kept_by_law: int = 0
    to_erase: int = 0
    failed: list[str] = field(default_factory=list)


def plans(*, now: datetime) -> Iterator[Plan]:
    """What each eraser would do now. A class without a rule in force is never erased by itself. Reads only."""
    today = clock.day(now)
    for eraser in sorted(hooks.erasers, key=lambda one: str(one.name)):
        rule = selectors.rule_for(eraser.retention_class, on=today)
        if rule is not None:
            yield _plan(eraser, rule, today)


def _plan(eraser: Eraser, rule: RetentionRule, today: date) -> Plan:
    try:
        house = selectors.house_period(rule, on=today)
        cutoff = rules.over_before(today, [house, *selectors.legal_periods(rule, on=today)])
        over = list(eraser.kept(before=cutoff))
        due = sum(kept.count for kept in eraser.kept(before=rules.over_before(today, [house])))
    except Exception as crash:  # noqa: BLE001 - whatever broke, the periods of all other classes are over all the same
        log.error("retention.not_planned", eraser=eraser.name, error=type(crash).__name__)  # noqa: TRY400 - it may quote a person
        return Plan(eraser, rule, failure=type(crash).__name__)
    return Plan(eraser, rule, cutoff, due, kept_by_law=due - sum(kept.count for kept in over), over=over)


def preview(*, now: datetime) -> Totals:
    """The numbers of a run, without erasing anything."""
    totals = Totals()
    for plan in plans(now=now):
        if plan.failure:
            totals.failed.append(plan.eraser.name)
        totals.due += plan.due
        totals.kept_by_law += plan.kept_by_law
        for kept in plan.over:
            if selectors.is_held(kept.subject_ref, plan.eraser.retention_class):
                totals.held += kept.count
            else:
                totals.to_erase += kept.count
    return totals


def run(*, now: datetime, actor: Actor) -> ErasureRun:
    """Erase everything whose period is over and that neither a law nor a hold keeps. Returns the finished run.

    Each subject is erased in a transaction of its own together with the step that counts it, so a process that dies
    leaves no erasure without a trace; the next run certifies what was done and finds what is left. An eraser or a
    subject that fails stops no other: its step keeps the type of the error, and the run ends as FAILED. Raises LostRace
    when another run was started meanwhile. Call it from the edge, outside any transaction.
    """
    current = _open(now, actor)
    for plan in plans(now=now):
        _carry_out(plan, current)
    failed = current.steps.exclude(failure="").exists()
    return _close(current, actor, RunState.FAILED if failed else RunState.DONE)


def _open(now: datetime, actor: Actor) -> ErasureRun:
    with transaction.atomic():
        for left in ErasureRun.objects.select_for_update().filter(state=RunState.RUNNING):
            _close(left, actor, RunState.BROKEN_OFF)
        return ErasureRun.objects.create(
            reference=ids.new_reference("EC"), started_by=f"{actor.kind}:{actor.ref}", started_at=now
        )


def _carry_out(plan: Plan, current: ErasureRun) -> None:
    step = _begin(plan, current)
    digest, separator = hashlib.sha256(), b""
    for kept in sorted(plan.over, key=lambda kept: str(kept.subject_ref)):
        concerned = digest.copy()
        concerned.update(separator + str(kept.subject_ref).encode())
        try:
            if _erase(plan, step, kept, subjects_sha256=concerned.hexdigest()):
                digest, separator = concerned, b"\n"
        except LostRace:
            raise
        except Exception as crash:  # noqa: BLE001 - whatever broke, everybody else's period is over all the same
            log.error("retention.not_erased", eraser=plan.eraser.name, error=type(crash).__name__)  # noqa: TRY400 - it may quote a person
            ErasureStep.objects.filter(pk=step.pk).update(failure=type(crash).__name__)


def _begin(plan: Plan, current: ErasureRun) -> ErasureStep:
    return ErasureStep.objects.create(
        run=current,
        eraser=plan.eraser.name,
        retention_class=plan.eraser.retention_class,
        rule_version=plan.rule.version,
        rule_sha256=plan.rule.sha256,
        cutoff=plan.cutoff,
        due=plan.due,
        kept_by_law=plan.kept_by_law,
        failure=plan.failure,
        subjects_sha256=hashlib.sha256().hexdigest(),
        finished_at=clock.now(),
    )


def _erase(plan: Plan, step: ErasureStep, kept: Kept, *, subjects_sha256: str) -> bool:
    """One subject and its trace, whole or not at all. False when a hold keeps it.

    Raises LostRace when another run was started meanwhile and has closed this one.
    """
    with transaction.atomic():
        if not ErasureRun.objects.select_for_update().filter(pk=step.run_id, state=RunState.RUNNING).first():
            raise LostRace(_("Another erasure run was started and has taken over."))
        mine = ErasureStep.objects.filter(pk=step.pk)
        # Asked again right before: a hold may have been placed a moment ago.
        if selectors.is_held(kept.subject_ref, plan.eraser.retention_class):
            mine.update(held=F("held") + kept.count, finished_at=clock.now())
            return False
        erased = plan.eraser.erase(subject_ref=kept.subject_ref, before=plan.cutoff)
        mine.update(erased=F("erased") + erased, subjects_sha256=subjects_sha256, finished_at=clock.now())
        return True


def _close(current: ErasureRun, actor: Actor, target: RunState) -> ErasureRun:
    """Certify what the run did, all of it or what it did before it broke off."""
    steps = list(current.steps.all())
    totals = {name: sum(getattr(step, name) for step in steps) for name in ("due", "held", "kept_by_law", "erased")}
    finished_at = clock.now()
    certificate = _certificate(current, steps, finished_at)
    digest = hashlib.sha256(rfc8785.dumps(certificate)).hexdigest()
    with transaction.atomic():
        move(
            current,
            target,
            moves=MOVES,
            finished_at=finished_at,
            certificate=certificate,
            certificate_sha256=digest,
            **totals,
        )
        audit.record(
            AuditKind.RETENTION_ERASURE_RUN,
            actor=actor,
            about=f"retention.run:{current.reference}",
            facts={"run": current.reference, "state": str(target), "certificate": digest, **totals},
        )
    return current


def _certificate(current: ErasureRun, steps: list[ErasureStep], finished_at: datetime) -> dict[str, Any]:
    """What was erased, how, under which rule, by whom and when: no name, no address, no reference to a person."""
    return {
        "v": 2,
        "run": current.reference,
        "started_at": clock.stamp(current.started_at),
        "finished_at": clock.stamp(finished_at),
        "started_by": current.started_by,
        "steps": [
            {
                "what": step.eraser,
                "class": step.retention_class,
                "rule": step.rule_version,
                "rule_sha256": step.rule_sha256,
                "began_before": clock.stamp(step.cutoff) if step.cutoff else None,
                "due": step.due,
                "held": step.held,
                "kept_by_law": step.kept_by_law,
                "erased": step.erased,
                "failure": step.failure,
                "subjects_sha256": step.subjects_sha256,
                "method": "rows deleted; the keys of whole subjects destroyed",
            }
            for step in steps
        ],
    }
