"""The end of one person at their wish, or of a child: a plan of their own, from the decision of two people about the case.

Nobody approves it once more: what both agreed to is the plan (``decisions/erasure-runs.md``). What a run could not
end, because something stopped it or broke, is planned again by night.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery

from portal.kernel.core import actor as actors
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.erasure_api import Eraser, count_fields
from portal.kernel.core.state_transitions import move
from portal.kernel.people.models import FourEyesModel
from portal.kernel.retention import retention_decisions, selectors
from portal.kernel.retention.choices import MOVES, OPEN_RUNS, Cause, ItemState, RunState
from portal.kernel.retention.models import ErasureItem, ErasureRun, KeptRecord, RetentionRule
from portal.kernel.retention.retention_decisions import Decided
from portal.kernel.retention.rules import Verdict, Why
from portal.kernel.retention.services import erasure_plans
from portal.kernel.retention.services.erasure_plans import Case, Draft, Plan

#: By its name: services know no tasks.
CARRY_OUT = "portal.retention.tasks.carry_out"


def plan(
    *,
    cause: Cause,
    because: str,
    refs: Iterable[UUID],
    decided: Iterable[Decided],
    decision: FourEyesModel,
    asked_at: datetime,
    now: datetime,
    actor: Actor,
) -> ErasureRun:
    """Write down what of one person goes, approved by the decision of two people, and give it to a worker.

    In the caller's transaction, which answers ``decision``. ``because`` is the reference of the request or case; while a
    run of it is open, that one is returned. ``decided`` are the verdicts that both saw, ``refs`` the person's references.
    """
    seen = list(decided)
    case = Case(
        cause,
        because,
        frozenset(refs),
        asked_at,
        agreed_by(decision),
        planned_by=actors.staff(decision.made_by_id).label,
        look_again_on=_next_end(seen, today=clock.day(now)),
    )
    with transaction.atomic():
        standing = ErasureRun.objects.filter(because=because, state__in=OPEN_RUNS).first()
        if standing is not None:
            return standing
        run = erasure_plans.write(_drafts(case, seen, now), case, state=RunState.APPROVED, now=now, actor=actor)
        enqueue(CARRY_OUT, run.pk)
    return run


def forecast(decided: Iterable[Decided], *, asked_at: datetime, now: datetime) -> dict[str, int]:
    """What a run of these verdicts would write down, counted as the run counts it (``plan``): records in all, those that go now,
    those that a rule keeps, that a hold or an order keeps, and that a dispute keeps. Reads only.
    """
    seen = list(decided)
    case = Case(Cause.REQUEST, "", frozenset(each.record.subject_ref for each in seen), asked_at)
    drafts = _drafts(case, seen, now)
    plans = [draft for draft, _items in drafts]
    return {
        "due": sum(each.due for each in plans),
        "going": sum(item.count for _draft, items in drafts for item in items),
        "kept_by_law": sum(each.kept_by_law for each in plans),
        "held": sum(each.held for each in plans),
        "disputed": sum(each.disputed for each in plans),
    }


def agreed_by(decision: FourEyesModel) -> dict[str, Any]:
    """The decision of two people as a certificate names it: its row, who, when, and the hash of what both saw."""
    return {
        "by": "two people",
        "decision": f"{decision._meta.label_lower}:{decision.pk}",
        "proposed_by": f"staff:user:{decision.made_by_id}",
        "approved_by": f"staff:user:{decision.checked_by_id}",
        "approved_at": clock.stamp(decision.checked_at) if decision.checked_at else None,
        "shown_sha256": decision.shown_sha256,
    }


def give_up(*, because: str, now: datetime) -> bool:
    """The wish was taken back: a run that has not begun ends, in the caller's transaction. False where there is none."""
    open_runs = ErasureRun.objects.select_for_update().filter(because=because).exclude(because="")
    waiting = open_runs.filter(state__in=(RunState.PLANNED, RunState.APPROVED)).first()
    if waiting is None:
        return False
    move(waiting, RunState.STALE, moves=MOVES, finished_at=now)
    return True


def plan_again(*, now: datetime, actor: Actor) -> list[ErasureRun]:
    """Plan again what the last run of a case could not end and nothing stops any more; the new plans.

    What only broke, and is exactly what two people agreed to, is tried again under their decision. Everything else (a
    hold or a dispute has ended, the day of a law has come, something changed) waits for two people like any plan;
    refused, it is planned once more.
    Each in a transaction of its own.
    """
    ended = ErasureRun.objects.filter(state__in=(RunState.DONE, RunState.FAILED)).exclude(cause=Cause.SCHEDULE)
    with_rest = Q(held__gt=0) | Q(disputed__gt=0) | Q(stale__gt=0) | Q(state=RunState.FAILED)
    with_rest |= Q(look_again_on__lte=clock.day(now))
    # A room that was empty when the run was planned counts nothing: what came to it before its turn is left all the same.
    came = ErasureItem.objects.filter(step__run=OuterRef("pk"), state__in=(ItemState.CHANGED, ItemState.CAME_BACK))
    with_rest = Q(with_rest | Exists(came))
    later = ended.filter(because=OuterRef("because"), pk__gt=OuterRef("pk"))
    newest = ErasureRun.objects.filter(because=OuterRef("because")).order_by("-pk").values("state")[:1]
    # Where the newest was given up the wish was taken back; where it is under way its end is waited for.
    waits = (RunState.DONE, RunState.FAILED, RunState.PLANNED, RunState.REFUSED)
    found = ended.filter(with_rest, ~Exists(later)).annotate(newest=Subquery(newest)).filter(newest__in=waits)
    return [run for each in list(found.order_by("pk")) if (run := _again(each, now, actor)) is not None]


def _again(last: ErasureRun, now: datetime, actor: Actor) -> ErasureRun | None:
    case = Case(Cause(last.cause), last.because, frozenset(UUID(ref) for ref in last.refs), last.asked_at)
    decided = retention_decisions.decide(case.refs, now=now, asked_at=case.asked_at)
    case = replace(case, look_again_on=_next_end(decided, today=clock.day(now)))
    is_settled = bool(selectors.settled_since(last.because, _open_rules(decided)))
    drafts = [
        (draft, [item for item in items if item.count or item.fields])
        for draft, items in _drafts(case, decided, now)
        if any(item.count or item.fields for item in items) or (is_settled and draft.kept)
    ]
    if not drafts:
        # A law may ask for longer than it did, or somebody else has ended it: nobody looks again before the next day.
        ErasureRun.objects.filter(pk=last.pk).update(look_again_on=case.look_again_on)
        return None
    wanted = erasure_plans.places(drafts)
    with transaction.atomic():
        waiting = ErasureRun.objects.select_for_update().filter(because=case.because, state__in=OPEN_RUNS).first()
        if waiting is not None:
            if waiting.state != RunState.PLANNED or erasure_plans.places_of(waiting) == wanted:
                return None
            move(waiting, RunState.STALE, moves=MOVES, finished_at=now)
        if _is_agreed(last, drafts, decided, now):
            case, state = replace(case, agreed=(last.certificate or {}).get("approval")), RunState.APPROVED
        else:
            state = RunState.PLANNED
        run = erasure_plans.write(drafts, case, state=state, now=now, actor=actor)
        if state == RunState.APPROVED:
            enqueue(CARRY_OUT, run.pk)
    return run


def _open_rules(decided: Iterable[Decided]) -> dict[str, set[str]]:
    """Of each room of which something is kept, the rules whose question of the profile is open and that the person reads."""
    found: dict[str, set[str]] = {}
    for each in decided:
        if each.verdict.is_kept:
            ground = each.verdict.keeper
            keys = found.setdefault(str(each.eraser.name), set())
            keys |= {ground.key} if ground.why is Why.UNDECIDED else set()
    return found


def _is_agreed(last: ErasureRun, drafts: list[Draft], decided: Iterable[Decided], now: datetime) -> bool:
    """Whether the two people who decided the case agreed to every end that is due now: of what only broke, and of what the last
    run left by a rule until a day that has passed, or until a question that is decided now. A hold, a dispute, another day, or
    another record waits for two people.
    """
    failed = erasure_plans.places_of(last, state=ItemState.FAILED)
    rows = KeptRecord.objects.filter(step__run__because=last.because).select_related("step").order_by("pk")
    rows = rows.exclude(step__run__state__in=(RunState.REFUSED, RunState.STALE))  # nobody agreed to these
    left = {(row.step.eraser, row.subject_ref, row.about, row.began_at, row.count): row for row in rows}
    items = {(plan.eraser.name, item.subject_ref): item for plan, some in drafts for item in some}
    for each in decided:
        name, record = str(each.eraser.name), each.record
        item = items.get((name, record.subject_ref))
        if item is None or each.verdict.is_kept or not erasure_plans.goes(record, item.before, item.spared or ()):
            continue
        began = {record.began_at, None} if record.by_wish else {record.began_at}
        places = ((name, record.subject_ref, record.about, at, record.count) for at in began)
        row = next((left[place] for place in places if place in left), None)
        if row is not None and _is_over(row, today=clock.day(now)):
            continue
        if (name, item.subject_ref, item.count, item.seen_sha256) not in failed:
            return False
    return True


def _is_over(row: KeptRecord, *, today: date) -> bool:
    if row.is_stopped:
        return False
    if row.ground == Why.UNDECIDED:
        return True
    return row.ground in {Why.LAW, Why.CLAIM} and row.last_day is not None and row.last_day < today


def is_stopped(verdict: Verdict) -> bool:
    """Whether a hold or a dispute keeps it too, beside what the person reads."""
    return any(one.why in STOPS for one in verdict.standing)


STOPS = frozenset({Why.HOLD, Why.DISPUTE})
#: Grounds that two people may end on any day, by the profile or by a change of the rule.
LOOKED_AT = frozenset({Why.UNDECIDED, Why.CLAIM})


def _next_end(decided: Iterable[Decided], *, today: date) -> date | None:
    """The first day on which something of what stays has to go, as far as that is known: the person was promised it. What waits
    for a question of the profile is looked at again each night.
    """
    kept = [each.verdict for each in decided if each.verdict.is_kept]
    ends = [each.erase_on for each in kept if each.erase_on is not None]
    ends += [one.on + timedelta(days=1) for each in kept for one in each.standing if one.on is not None]
    ends += [today + timedelta(days=1) for each in kept if any(one.why in LOOKED_AT for one in each.keeps)]
    # A hold and a dispute end on a day that nobody knows.
    ends += [today + timedelta(days=1) for each in kept if is_stopped(each)]
    return min(ends, default=None)


def _drafts(case: Case, decided: Iterable[Decided], now: datetime) -> list[Draft]:
    """Each room that the wish reaches, asked for each reference of the person: also where it names no record, because
    what belongs to an address (codes) is found by it alone.
    """
    rooms: dict[str, list[Decided]] = {}
    for each in decided:
        rooms.setdefault(str(each.eraser.name), []).append(each)
    drafts = []
    for eraser in retention_decisions.by_wish():
        rule = selectors.rule_for(eraser.retention_class, on=clock.day(now))
        if rule is not None:
            draft = _draft(eraser, rule, rooms.get(str(eraser.name), []), case, now)
            if draft[0].due or draft[1]:
                drafts.append(draft)
    return drafts


def _draft(eraser: Eraser, rule: RetentionRule, decided: list[Decided], case: Case, now: datetime) -> Draft:
    items = []
    for ref in sorted(case.refs, key=str):
        theirs = [each for each in decided if each.record.subject_ref == ref]
        item = _item(eraser, rule, ref, theirs, now)
        if item is not None:
            items.append(item)
    counts = {why: _count(decided, why) for why in (Why.HOLD, Why.DISPUTE)}
    due = sum(each.record.count for each in decided)
    going = sum(item.count for item in items)
    by_law = due - going - sum(counts.values())
    found = Plan(eraser, rule, due=due, kept_by_law=by_law, held=counts[Why.HOLD], disputed=counts[Why.DISPUTE])
    found.kept = [_kept(each) for each in decided if each.verdict.is_kept]
    return found, items


def _kept(each: Decided) -> KeptRecord:
    """By which rule it is kept, as the person reads it: a hold only where nothing else keeps it, of which they read nothing."""
    ground = each.verdict.keeper
    return KeptRecord(
        subject_ref=each.record.subject_ref,
        about=each.record.about,
        began_at=each.record.began_at,
        count=each.record.count,
        ground=ground.why,
        rule_key=ground.key,
        citation=ground.citation,
        last_day=ground.on,
        decide_by=each.decision.by if each.decision is not None else None,
        is_stopped=is_stopped(each.verdict),
    )


def _item(eraser: Eraser, rule: RetentionRule, ref: UUID, theirs: list[Decided], now: datetime) -> ErasureItem | None:
    """Of a class of which a part is kept, what began before the first kept record goes now, the rest when its day comes. What
    has not begun to count ("before" leaves it) keeps nothing else, nor does what a named legal claim alone keeps. Of what
    stays, the fields go that no rule names.
    """
    spared = retention_decisions.spared_of(theirs)
    kept = [each for each in theirs if each.verdict.is_kept]
    stays = [each.record.began_at for each in kept if each.record.about not in spared]
    if not theirs and getattr(eraser, "commits_itself", False):
        return None
    before = min((began for began in stays if began is not None), default=now if stays else None)
    going = sorted(retention_decisions.fields_going(theirs))
    if not count_fields(eraser, subject_ref=ref, fields=going):
        going = []
    records = [each.record for each in theirs]
    count = sum(record.count for record in records if erasure_plans.goes(record, before, spared))
    if kept and not count and not going:
        return None
    digest = erasure_plans.seen_sha256(rule, records, before, spared)
    return ErasureItem(
        subject_ref=ref,
        before=before,
        count=count,
        seen_sha256=digest,
        fields=going or None,
        spared=sorted(spared) or None,
    )


def _count(decided: Iterable[Decided], why: Why) -> int:
    return sum(each.record.count for each in decided if each.verdict.is_kept and each.verdict.winner.why is why)
