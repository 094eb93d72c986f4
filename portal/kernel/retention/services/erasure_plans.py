"""What would be erased by the rules tonight, and how any plan is written down. Making a plan erases nothing."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import rfc8785
import structlog
from django.db import transaction

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock, ids, ports
from portal.kernel.core.actor import Actor
from portal.kernel.core.erasure_api import Eraser, Kept, Record, in_order
from portal.kernel.core.state_transitions import move
from portal.kernel.retention import retention_decisions, rules, selectors
from portal.kernel.retention.choices import MOVES, OPEN_ITEMS, Cause, RunState
from portal.kernel.retention.models import ErasureItem, ErasureRun, ErasureStep, KeptRecord, RetentionRule
from portal.kernel.retention.retention_decisions import Stopped

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
    #: Of one person: records that a hold or a dispute keeps already when the plan is made.
    held: int = 0
    disputed: int = 0
    #: Of one person: the rows of what stays, each with its rule and its last day.
    kept: list[KeptRecord] = field(default_factory=list)


Draft = tuple[Plan, list[ErasureItem]]
#: Eraser, subject, records, and the hash of what was seen.
Place = tuple[str, UUID, int, str]


@dataclass(frozen=True)
class Case:
    """Why there is a run: the schedule, or a request or case (``because``) about one person with these references."""

    cause: Cause = Cause.SCHEDULE
    because: str = ""
    refs: frozenset[UUID] = frozenset()
    asked_at: datetime | None = None
    agreed: dict[str, Any] | None = None
    needs_approval: bool = True
    #: Who planned it, as actors are labelled, where that is another than who acts now: the second of two approves a plan.
    planned_by: str = ""
    #: The first day on which something that stays now has to go.
    look_again_on: date | None = None


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
    for eraser in in_order(ports.erasers):
        rule = selectors.rule_for(eraser.retention_class, on=today)
        if rule is not None:
            yield _plan(eraser, rule, today)


def cutoff_of(rule: RetentionRule, *, on: date) -> datetime:
    """What began before this instant may go by every period. Raises NotFound when a period is not loaded."""
    return rules.over_before(on, [selectors.house_period(rule, on=on), *selectors.legal_periods(rule, on=on)])


def _plan(eraser: Eraser, rule: RetentionRule, today: date) -> Plan:
    try:
        house = selectors.house_period(rule, on=today)
        cutoff = cutoff_of(rule, on=today)
        over = list(eraser.kept(before=cutoff))
        due = sum(kept.count for kept in eraser.kept(before=rules.over_before(today, [house])))
    except Exception as crash:  # noqa: BLE001 - whatever broke, the periods of all other classes are over all the same
        log.error("retention.not_planned", eraser=eraser.name, error=type(crash).__name__)  # noqa: TRY400 - it may quote a person
        return Plan(eraser, rule, failure=type(crash).__name__)
    return Plan(eraser, rule, cutoff, due, kept_by_law=due - sum(kept.count for kept in over), over=over)


def preview(*, now: datetime) -> Totals:
    """The numbers of a run, without erasing anything. What a dispute keeps is among the held.

    A few statements for each eraser and each set of subjects, however many there are.
    """
    totals = Totals()
    for plan in plans(now=now):
        if plan.failure:
            totals.failed.append(plan.eraser.name)
        totals.due += plan.due
        totals.kept_by_law += plan.kept_by_law
        for some in _sets(plan.over):
            stopped = retention_decisions.what_stops(kept.subject_ref for kept in some)
            for kept in some:
                keeps = stopped[kept.subject_ref]
                retention_class = plan.eraser.retention_class
                if keeps.disputes or keeps.is_held(retention_class) or keeps.claims_to(retention_class):
                    totals.held += kept.count
                else:
                    totals.to_erase += kept.count
    return totals


def _sets(over: list[Kept]) -> Iterator[list[Kept]]:
    return (over[start : start + BATCH] for start in range(0, len(over), BATCH))


def make_standing(*, now: datetime, actor: Actor) -> ErasureRun:
    """Write down what tonight ends by rules that are the approval themselves; approved as it is made, also when empty.

    In one transaction with its audit event.
    """
    drafts = _drafts(now, needs_approval=False)
    with transaction.atomic():
        return write(drafts, Case(needs_approval=False), state=RunState.APPROVED, now=now, actor=actor)


def make(*, now: datetime, actor: Actor) -> ErasureRun | None:
    """Write down tonight's plan for the classes whose runs two people approve.

    In one transaction with its audit event. Where nothing has changed since the plan that waits, that one stays; else it
    is given up for the new one. None: there is nothing to approve.
    """
    drafts = _drafts(now, needs_approval=True)
    with transaction.atomic():
        waiting = ErasureRun.objects.select_for_update().filter(state=RunState.PLANNED, cause=Cause.SCHEDULE).first()
        if waiting is not None:
            if places_of(waiting) == places(drafts):
                return waiting
            move(waiting, RunState.STALE, moves=MOVES, finished_at=now)
        if not any(items or plan.failure for plan, items in drafts):
            return None
        return write(drafts, Case(), state=RunState.PLANNED, now=now, actor=actor)


def _drafts(now: datetime, *, needs_approval: bool) -> list[Draft]:
    found = (plan for plan in plans(now=now) if plan.rule.needs_approval is needs_approval)
    return [(plan, list(_items(plan, seen=needs_approval))) for plan in found]


def _items(plan: Plan, *, seen: bool) -> Iterator[ErasureItem]:
    """What is over of each subject, by reference; with what is seen of it now, asked for many subjects at once. Single
    records that a named legal claim needs are spared.
    """
    spares = getattr(plan.eraser, "spares", False) and selectors.is_any_record_claimed(on=clock.day(clock.now()))
    for some in _sets(sorted(plan.over, key=lambda kept: str(kept.subject_ref))):
        found: dict[UUID, list[Record]] = {}
        claimed = retention_decisions.what_stops(kept.subject_ref for kept in some) if spares else {}
        if seen or spares:
            for record in plan.eraser.records(subject_refs=[kept.subject_ref for kept in some]):
                found.setdefault(record.subject_ref, []).append(record)
        for kept in some:
            ref = kept.subject_ref
            records = found.get(ref, [])
            needed = claimed_among(records, claimed[ref], plan.eraser.retention_class) if spares else []
            count = kept.count - len([each for each in needed if goes(each, plan.cutoff)])
            if not count:
                continue
            spared = sorted(each.about for each in needed)
            digest = seen_sha256(plan.rule, records, plan.cutoff, spared) if seen else ""
            yield ErasureItem(
                subject_ref=ref, before=plan.cutoff, count=count, seen_sha256=digest, spared=spared or None
            )


def claimed_among(records: Iterable[Record], stopped: Stopped, retention_class: str) -> list[Record]:
    """Those of one subject's records with a label that a named legal claim needs."""
    return [each for each in records if each.about and stopped.claims_to(retention_class, each.about)]


def seen_sha256(
    rule: RetentionRule, records: Iterable[Record], before: datetime | None, spared: Collection[str] = ()
) -> str:
    """What two people agree to about one person in one room: the rule, and each record that would go. Names nobody.

    Where everything goes it does not matter since when: ending one of a person's accounts may begin another's time.
    """
    going = [
        [record.about, clock.stamp(record.began_at) if before is not None and record.began_at else None, record.count]
        for record in records
        if goes(record, before, spared)
    ]
    going.sort(key=lambda one: (str(one[1]), str(one[0])))
    return hashlib.sha256(rfc8785.dumps({"rule": rule.sha256, "records": going})).hexdigest()


def goes(record: Record, before: datetime | None, spared: Collection[str] = ()) -> bool:
    """Whether a record ends where what began before that instant ends, or everything (None), but for labels that are spared."""
    if record.about and record.about in spared:
        return False
    return before is None or (record.began_at is not None and record.began_at < before)


def places(drafts: Iterable[Draft]) -> set[Place]:
    """What a plan would end, and what was seen of it."""
    return {
        (plan.eraser.name, item.subject_ref, item.count, item.seen_sha256) for plan, items in drafts for item in items
    }


def places_of(run: ErasureRun, **only: Any) -> set[Place]:
    """The same of a plan that is written down, or of some of its items."""
    items = ErasureItem.objects.filter(step__run=run, **only)
    return set(items.values_list("step__eraser", "subject_ref", "count", "seen_sha256"))


def write(drafts: list[Draft], case: Case, *, state: RunState, now: datetime, actor: Actor) -> ErasureRun:
    """The run with its steps and items and its audit event, in the caller's transaction."""
    run = ErasureRun.objects.create(
        reference=ids.new_reference("EC"),
        state=state,
        cause=case.cause,
        because=case.because,
        refs=sorted(str(ref) for ref in case.refs),
        asked_at=case.asked_at,
        agreed=case.agreed,
        needs_approval=case.needs_approval,
        look_again_on=case.look_again_on,
        planned_at=now,
        approved_at=now if state == RunState.APPROVED else None,
        started_by=case.planned_by or actor.label,
        due=sum(plan.due for plan, _items in drafts),
        kept_by_law=sum(plan.kept_by_law for plan, _items in drafts),
    )
    for plan, items in drafts:
        step = _step(run, plan, now)
        for item in items:
            item.step = step
        ErasureItem.objects.bulk_create(items, batch_size=BATCH)
        for row in plan.kept:
            row.step = step
        KeptRecord.objects.bulk_create(plan.kept, batch_size=BATCH)
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
        held=plan.held,
        disputed=plan.disputed,
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
                [str(ref), count, seen, *([fields] if fields else [])]
                for ref, count, seen, fields in step.items.order_by("pk").values_list(
                    "subject_ref", "count", "seen_sha256", "fields"
                )
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
