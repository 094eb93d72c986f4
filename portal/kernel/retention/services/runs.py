"""Carrying out what was approved: one person in one room at a time, each whole or not at all; then the certificate."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F

from portal.kernel.core import clock, ports
from portal.kernel.core.actor import Actor
from portal.kernel.core.erasure_api import Eraser, erase, erase_fields
from portal.kernel.core.errors import LostRace
from portal.kernel.core.state_transitions import move
from portal.kernel.registers.recipients.services import staff_instructions
from portal.kernel.retention import retention_decisions
from portal.kernel.retention.choices import MOVES, OPEN_ITEMS, ItemState, RunState
from portal.kernel.retention.models import ErasureItem, ErasureRun, ErasureStep
from portal.kernel.retention.services import (
    certificates,
    erasure_blockers,
    erasure_notices,
    erasure_plans,
    erasure_replay,
)
from portal.kernel.retention.services.erasure_blockers import Moment

log = structlog.get_logger(__name__)
#: Under which sum of its step an item counts that was not erased.
SUM_OF = {
    ItemState.HELD: "held",
    ItemState.DISPUTED: "disputed",
    ItemState.CHANGED: "stale",
    ItemState.CAME_BACK: "stale",
    ItemState.UNTOLD: "kept_by_law",
}


def run(*, now: datetime, actor: Actor) -> ErasureRun:
    """Erase what is over in the classes whose rule is the approval (logs, codes, words of messages). The finished run.

    What two people approve is not touched: ``erasure_plans.make`` writes their plan. Call it from the edge, outside any
    transaction.
    """
    made = erasure_plans.make_standing(now=now, actor=actor)
    return carry_out(made, now=now, actor=actor)


def carry_on(*, now: datetime, actor: Actor) -> list[ErasureRun]:
    """Go on with every run that was approved: what a dead process left, and what waited for a notice. Safe to repeat."""
    found = ErasureRun.objects.filter(state__in=(RunState.APPROVED, RunState.RUNNING)).order_by("pk")
    return [carry_out(each, now=now, actor=actor) for each in list(found)]


def carry_out(current: ErasureRun, *, now: datetime, actor: Actor) -> ErasureRun:
    """Tell whom a rule wants told, erase the items of an approved run that nothing stops, and close it once none is left.
    Returns it as it stands.

    Each item is a transaction of its own with the sums of its step: a process that dies at any line leaves no erasure
    without a trace, and whoever carries on finds the rest; two at once take each item once. An eraser or a person that
    fails stops no other: the run ends as FAILED and the next plan has it again. Items that wait for a notice stay open.
    Call it from the edge, outside any transaction.
    """
    if current.state == RunState.APPROVED:
        erasure_notices.tell(current, now=now)
        try:
            move(current, RunState.RUNNING, moves=MOVES, started_at=now)
        except LostRace:
            current.refresh_from_db()
    if current.state != RunState.RUNNING:
        return current
    erasers = {eraser.name: eraser for eraser in ports.erasers}
    for step in current.steps.order_by("pk"):
        for item in _open_items(step):
            _take(item, step, erasers.get(step.eraser), now)
    if not ErasureItem.objects.filter(step__run=current, state__in=OPEN_ITEMS).exists():
        certificates.close(current, now=now, actor=actor)
    current.refresh_from_db()
    return current


def _open_items(step: ErasureStep) -> Iterator[ErasureItem]:
    """Those left, in the order in which they were written: by reference."""
    return step.items.filter(state__in=OPEN_ITEMS).order_by("pk").iterator(chunk_size=erasure_plans.BATCH)


def _take(item: ErasureItem, step: ErasureStep, eraser: Eraser | None, now: datetime) -> None:
    try:
        if eraser is None:
            raise LookupError(step.eraser)
        if getattr(eraser, "commits_itself", False):
            _end_outside(item, step, eraser, now)
        else:
            _end(item, step, eraser, now)
    except Exception as crash:  # noqa: BLE001 - whatever broke, everybody else's period is over all the same
        kind = type(crash).__name__
        log.error("retention.not_erased", eraser=step.eraser, error=kind)  # noqa: TRY400 - it may quote a person
        with transaction.atomic():
            ended = ErasureItem.objects.filter(pk=item.pk, state__in=OPEN_ITEMS)
            ended.update(state=ItemState.FAILED, failure=kind, finished_at=clock.now())
            ErasureStep.objects.filter(pk=step.pk).update(failure=kind, finished_at=clock.now())


def _end(item: ErasureItem, step: ErasureStep, eraser: Eraser, now: datetime) -> None:
    """One person in one room, what recipients are instructed for it, and the trace of both, whole or not at all."""
    with transaction.atomic():
        held = _claimed(item, step, now)
        if held is not None and not _stopped(held, step, eraser, now):
            if (
                item.count or item.fields
            ) and step.run.because:  # of one person: the addresses are still there, accounts come last
                staff_instructions.erase_because_of(step.run.because, refs=[UUID(ref) for ref in step.run.refs], at=now)
            erased = erase(eraser, subject_ref=item.subject_ref, before=item.before, spared=item.spared)
            erase_fields(eraser, subject_ref=item.subject_ref, fields=item.fields or ())
            _done(held, step, erased)


def _end_outside(item: ErasureItem, step: ErasureStep, eraser: Eraser, now: datetime) -> None:
    """The same for what commits by itself in steps of its own (the ledger): it may be repeated, and says what is left.

    It asks for holds once more in the transaction that destroys: of what is left then a hold came meanwhile.
    """
    with transaction.atomic():
        held = _claimed(item, step, now)
        if held is None or _stopped(held, step, eraser, now):
            return
    eraser.erase(subject_ref=item.subject_ref, before=item.before)
    records = eraser.records(subject_refs=[item.subject_ref])
    left = sum(record.count for record in records if erasure_plans.goes(record, item.before, item.spared or ()))
    with transaction.atomic():
        held = _claimed(item, step, now)
        if held is not None and left and retention_decisions.is_held(item.subject_ref, step.retention_class):
            _note_stop(held, step, ItemState.HELD)
        elif held is not None:
            _done(held, step, max(item.count - left, 0))


def _claimed(item: ErasureItem, step: ErasureStep, now: datetime) -> ErasureItem | None:
    """The item's row, locked, if the run goes on and nobody ended the item meanwhile. A hold that is placed waits here."""
    running = ErasureRun.objects.select_for_update().filter(pk=step.run_id, state=RunState.RUNNING).first()
    if running is None:
        return None
    rows = ErasureItem.objects.select_for_update().filter(pk=item.pk, state__in=OPEN_ITEMS)
    found = rows.first()
    if found is not None:
        found.step, step.run = step, running
    return found


def _stopped(item: ErasureItem, step: ErasureStep, eraser: Eraser, now: datetime) -> bool:
    """Whether something keeps it, asked at the last moment; then that is written down."""
    stop = erasure_blockers.stops(Moment(step.run, item, eraser, now))
    if stop is not None:
        _note_stop(item, step, stop)
    return stop is not None


def _note_stop(item: ErasureItem, step: ErasureStep, stop: ItemState) -> None:
    mine = ErasureItem.objects.filter(pk=item.pk)
    if stop == ItemState.TOLD:
        mine.update(state=stop)
    else:
        mine.update(state=stop, finished_at=clock.now())
        name = SUM_OF[stop]
        ErasureStep.objects.filter(pk=step.pk).update(**{name: F(name) + item.count, "finished_at": clock.now()})


def _done(item: ErasureItem, step: ErasureStep, erased: int) -> None:
    at = clock.now()
    ErasureItem.objects.filter(pk=item.pk).update(state=ItemState.DONE, erased=erased, finished_at=at)
    ErasureStep.objects.filter(pk=step.pk).update(erased=F("erased") + erased, finished_at=at)
    if step.run.needs_approval:  # what a rule alone ends is over by its date again after any restore
        item.finished_at = at
        # A mark that cannot be written now is written by the next sweep (``leave_marks``): what ended has ended.
        transaction.on_commit(lambda: erasure_replay.leave_mark(item), robust=True)
