"""What would be erased: by the rules tonight, or of one person who asks. Making a plan erases nothing."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import rfc8785
import structlog
from django.db import transaction

from portal.audit import services as audit
from portal.audit.kinds import AuditKind
from portal.core import clock, hooks, ids
from portal.core.actor import Actor
from portal.core.erasing import Eraser, Kept, in_order
from portal.core.moves import move
from portal.retention import deciding, rules, selectors
from portal.retention.models import ErasureItem, ErasureRun, ErasureStep, RetentionRule
from portal.retention.states import MOVES, OPEN_ITEMS, Cause, RunState

log = structlog.get_logger(__name__)
#: Rows in one statement.
BATCH = 1_000


@dataclass
class Plan:
    """One eraser under the rule of its class: what is due, what a law keeps, who is concerned.

    ``before`` is the cutoff for each subject, None for everything. ``failure`` is the type of the error that kept us from
    finding that out; then nothing is known and nothing erased.
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
    for eraser in in_order(hooks.erasers):
        rule = selectors.rule_for(eraser.retention_class, on=today)
        if rule is not None:
            yield _plan(eraser, rule, today)


def cutoff_of(rule: RetentionRule, *, on: date, is_asked: bool) -> datetime | None:
    """What began before this instant may go: by every period, or where the person asked by the laws' alone.

    None: everything may. Raises NotFound when a period is not loaded.
    """
    periods = selectors.legal_periods(rule, on=on)
    if not is_asked:
        periods = [selectors.house_period(rule, on=on), *periods]
    return rules.over_before(on, periods) if periods else None


def _plan(eraser: Eraser, rule: RetentionRule, today: date) -> Plan:
    try:
        house = selectors.house_period(rule, on=today)
        cutoff = cutoff_of(rule, on=today, is_asked=False)
        over = list(eraser.kept(before=cutoff)) if cutoff is not None else []
        due = sum(kept.count for kept in eraser.kept(before=rules.over_before(today, [house])))
    except Exception as crash:  # noqa: BLE001 - whatever broke, the periods of all other classes are over all the same
        log.error("retention.not_planned", eraser=eraser.name, error=type(crash).__name__)  # noqa: TRY400 - it may quote a person
        return Plan(eraser, rule, failure=type(crash).__name__)
    return Plan(eraser, rule, cutoff, due, kept_by_law=due - sum(kept.count for kept in over), over=over)


def preview(*, now: datetime) -> Totals:
    """The numbers of a run, without erasing anything. What a dispute keeps is among the held."""
    totals = Totals()
    for plan in plans(now=now):
        if plan.failure:
            totals.failed.append(plan.eraser.name)
        totals.due += plan.due
        totals.kept_by_law += plan.kept_by_law
        for kept in plan.over:
            if selectors.is_held(kept.subject_ref, plan.eraser.retention_class) or deciding.disputes_of(
                deciding.refs_of_person(kept.subject_ref)
            ):
                totals.held += kept.count
            else:
                totals.to_erase += kept.count
    return totals


def make_standing(*, now: datetime, actor: Actor) -> ErasureRun:
    """Write down what tonight ends by rules that are the approval themselves; approved as it is made, also when empty.

    In one transaction with its audit event.
    """
    drafts = _drafts(now, needs_approval=False)
    with transaction.atomic():
        return _write(drafts, cause=Cause.SCHEDULE, because="", needs_approval=False, now=now, actor=actor)


def make(*, now: datetime, actor: Actor) -> ErasureRun | None:
    """Write down tonight's plan for the classes whose runs two people approve.

    In one transaction with its audit event. Where nothing has changed since the plan that waits, that one stays; else it
    is given up for the new one. None: there is nothing to approve.
    """
    drafts = _drafts(now, needs_approval=True)
    with transaction.atomic():
        waiting = ErasureRun.objects.select_for_update().filter(state=RunState.PLANNED, cause=Cause.SCHEDULE).first()
        if waiting is not None:
            if _places(waiting) == {(plan.eraser.name, *_place(item)) for plan, items in drafts for item in items}:
                return waiting
            move(waiting, RunState.STALE, moves=MOVES, finished_at=now)
        if not any(items or plan.failure for plan, items in drafts):
            return None
        return _write(drafts, cause=Cause.SCHEDULE, because="", needs_approval=True, now=now, actor=actor)


def _drafts(now: datetime, *, needs_approval: bool) -> list[tuple[Plan, list[ErasureItem]]]:
    found = (plan for plan in plans(now=now) if plan.rule.needs_approval is needs_approval)
    return [
        (plan, [_item(plan.eraser, plan.rule, kept, plan.cutoff, seen=needs_approval) for kept in _sorted(plan)])
        for plan in found
    ]


def make_for_person(
    *, subject_ref: UUID, because: str, cause: Cause, asked_at: datetime, now: datetime, actor: Actor
) -> ErasureRun:
    """Write down what of one person goes at their wish: each record that no law, hold or dispute keeps.

    ``because`` is the reference of the request or case; the same one gives the plan that stands already. Two people
    approve it like any other (``services.approving``). What is kept, until when and why: ``deciding.keep_or_erase``.
    """
    standing = ErasureRun.objects.filter(because=because).exclude(state__in=(RunState.REFUSED, RunState.STALE)).first()
    if standing is not None:
        return standing
    decided = deciding.keep_or_erase(subject_ref, now=now, asked_at=asked_at)
    today = clock.day(now)
    drafts = []
    for eraser in in_order(hooks.erasers):
        mine = [each for each in decided if each.eraser is eraser]
        if not mine:
            continue
        rule = mine[0].rule
        going = [each for each in mine if not each.verdict.is_kept]
        cutoff = cutoff_of(rule, on=today, is_asked=True)
        plan = Plan(eraser, rule, cutoff, sum(each.record.count for each in mine))
        plan.over = _by_subject(going)
        plan.kept_by_law = plan.due - sum(kept.count for kept in plan.over)
        drafts.append((plan, [_item(eraser, rule, kept, cutoff, seen=True) for kept in _sorted(plan)]))
    with transaction.atomic():
        return _write(drafts, cause=cause, because=because, needs_approval=True, now=now, actor=actor)


def _by_subject(decided: Iterable[deciding.Decided]) -> list[Kept]:
    counts: dict[UUID, int] = {}
    for each in decided:
        counts[each.record.subject_ref] = counts.get(each.record.subject_ref, 0) + each.record.count
    return [Kept(ref, count) for ref, count in counts.items()]


def _sorted(plan: Plan) -> list[Kept]:
    return sorted(plan.over, key=lambda kept: str(kept.subject_ref))


def _item(eraser: Eraser, rule: RetentionRule, kept: Kept, before: datetime | None, *, seen: bool) -> ErasureItem:
    digest = seen_sha256(eraser, rule, kept.subject_ref, before) if seen else ""
    return ErasureItem(subject_ref=kept.subject_ref, before=before, count=kept.count, seen_sha256=digest)


def seen_sha256(eraser: Eraser, rule: RetentionRule, subject_ref: UUID, before: datetime | None) -> str:
    """What two people agree to about one person in one room: the rule, and each record that would go. Names nobody.

    Where everything goes it does not matter since when: ending one of a person's accounts may begin another's time.
    """
    going = [
        [record.about, clock.stamp(record.began_at) if before is not None and record.began_at else None, record.count]
        for record in eraser.records(subject_refs=[subject_ref])
        if before is None or (record.began_at is not None and record.began_at < before)
    ]
    going.sort(key=lambda one: (str(one[1]), str(one[0])))
    return hashlib.sha256(rfc8785.dumps({"rule": rule.sha256, "records": going})).hexdigest()


def _place(item: ErasureItem) -> tuple[UUID, int, str]:
    return item.subject_ref, item.count, item.seen_sha256


def _places(run: ErasureRun) -> set[tuple[str, UUID, int, str]]:
    items = ErasureItem.objects.filter(step__run=run)
    return set(items.values_list("step__eraser", "subject_ref", "count", "seen_sha256"))


def _write(
    drafts: list[tuple[Plan, list[ErasureItem]]],
    *,
    cause: Cause,
    because: str,
    needs_approval: bool,
    now: datetime,
    actor: Actor,
) -> ErasureRun:
    """The run with its steps and items, in the caller's transaction."""
    run = ErasureRun.objects.create(
        reference=ids.new_reference("EC"),
        state=RunState.PLANNED if needs_approval else RunState.APPROVED,
        cause=cause,
        because=because,
        needs_approval=needs_approval,
        planned_at=now,
        approved_at=None if needs_approval else now,
        started_by=f"{actor.kind}:{actor.ref}",
        due=sum(plan.due for plan, _items in drafts),
        kept_by_law=sum(plan.kept_by_law for plan, _items in drafts),
    )
    for plan, items in drafts:
        step = _step(run, plan, now)
        for item in items:
            item.step = step
        ErasureItem.objects.bulk_create(items, batch_size=BATCH)
    run.plan_sha256 = plan_sha256(run)
    run.save(update_fields=["plan_sha256"])
    audit.record(
        AuditKind.RETENTION_PLAN_MADE,
        actor=actor,
        about=run.about,
        facts={"run": run.reference, "state": str(run.state), "sha256": run.plan_sha256, "due": run.due},
    )
    return run


def _step(run: ErasureRun, plan: Plan, now: datetime) -> ErasureStep:
    return ErasureStep.objects.create(
        run=run,
        eraser=plan.eraser.name,
        retention_class=plan.eraser.retention_class,
        rule_version=plan.rule.version,
        rule_sha256=plan.rule.sha256,
        cutoff=plan.cutoff,
        due=plan.due,
        kept_by_law=plan.kept_by_law,
        failure=plan.failure,
        subjects_sha256=hashlib.sha256().hexdigest(),
        finished_at=now,
    )


def plan_sha256(run: ErasureRun) -> str:
    """Of the canonical plan: its steps with their rules, and each item with what was seen."""
    steps: list[Any] = [
        {
            "what": step.eraser,
            "rule_sha256": step.rule_sha256,
            "began_before": clock.stamp(step.cutoff) if step.cutoff else None,
            "items": [
                [str(ref), count, seen]
                for ref, count, seen in step.items.order_by("pk").values_list("subject_ref", "count", "seen_sha256")
            ],
        }
        for step in run.steps.order_by("pk")
    ]
    return hashlib.sha256(rfc8785.dumps({"run": run.reference, "steps": steps})).hexdigest()


def left_to_erase(run: ErasureRun) -> int:
    """Records of the items that have not come to an end."""
    return sum(ErasureItem.objects.filter(step__run=run, state__in=OPEN_ITEMS).values_list("count", flat=True))


def shown(run: ErasureRun) -> dict[str, Any]:
    """What both people see of a plan, and agree to."""
    return {
        "run": run.reference,
        "plan": run.plan_sha256,
        "because": run.because,
        "due": run.due,
        "kept_by_law": run.kept_by_law,
        "to_erase": left_to_erase(run),
    }
