"""Tasks of a request in systems outside: given, done with evidence, failed, tried again alone; each with its own clock."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import F, Max
from django.utils.translation import gettext as _

from grievances.base import encryption
from grievances.base.models.external_tasks import OutsideTask
from grievances.base.models.requests import RightsRequest
from grievances.base.models.ticket import Ticket
from grievances.base.number_redaction import without_numbers
from grievances.base.permissions import GrievancePermission
from grievances.base.request_choices import TASK_MOVES, UNDECIDED, UNDONE, DespiteTasks, OutsideState, OutsideWork
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access, pii_guard
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.law.choices import Ended
from portal.kernel.law.services import deadlines, late_reasons
from portal.kernel.people import selectors as people
from portal.kernel.people.models import User

#: Its plan of clocks (``portal/kernel/law/data/clock_plans.toml``).
PLAN = "outside_task"


def give(
    *, request: RightsRequest, system: str, work: str, what: str, by: User, actor: Actor, at: datetime
) -> OutsideTask:
    """Add a task with its clock, in one transaction. ``what`` is what exactly: it may name the person, and is sealed.

    Raises NotAllowed; Refused for a request that was answered (NOT_NOW) and a system's name with a number of a person's
    paper in it (NUMBER_IN_WORDS).
    """
    access.require(by, GrievancePermission.REQUEST_ANSWER)
    pii_guard.require_plain(system)
    with access.acting(by, GrievancePermission.REQUEST_ANSWER):
        fresh = RightsRequest.objects.select_for_update().select_related("ticket").get(pk=request.pk)
        if fresh.state not in UNDECIDED:
            raise Refused(_("This request was answered already."), code="NOT_NOW")
        last = fresh.outside_tasks.aggregate(last=Max("number"))["last"] or 0
        task = OutsideTask.objects.create(
            request=fresh,
            number=last + 1,
            system=system.strip(),
            work=OutsideWork(work),
            words_sealed=_sealed(fresh.ticket, {"what": what}),
            made_by=by,
            made_at=at,
        )
        deadlines.start(
            owner=task.owner,
            subject_ref=fresh.ticket.subject_ref,
            rule_keys=None,
            kind=PLAN,
            started_at=at,
            zone=fresh.ticket.zone,
            regimes=people.regimes_of(fresh.ticket.subject_ref),
            actor=actor,
        )
        _note(AuditKind.GRIEVANCES_TASK_GIVEN, task, actor, at)
    return task


def done(*, task: OutsideTask, evidence: str, by: User, actor: Actor, at: datetime, late_because: str = "") -> None:
    """It was done there; ``evidence`` says how one knows. Its clock stops.

    Raises NotAllowed, Refused (WORDS; LATE_REASON after its date without a reason), IllegalMove.
    """
    _end(task, OutsideState.DONE, "evidence", evidence, by=by, actor=actor, at=at, late_because=late_because)


def failed(*, task: OutsideTask, error: str, by: User, actor: Actor, at: datetime) -> None:
    """It did not work there. The clock runs on. Raises NotAllowed, Refused (WORDS), IllegalMove."""
    _end(task, OutsideState.FAILED, "error", error, by=by, actor=actor, at=at)


def try_again(*, task: OutsideTask, by: User, actor: Actor, at: datetime) -> None:
    """Have this step alone done again; what went wrong stays on record. Raises NotAllowed, IllegalMove."""
    access.require(by, GrievancePermission.REQUEST_ANSWER)
    with access.acting(by, GrievancePermission.REQUEST_ANSWER):
        move(task, OutsideState.OPEN, moves=TASK_MOVES)
        _note(AuditKind.GRIEVANCES_TASK_MOVED, task, actor, at)


def undone(request: RightsRequest) -> list[OutsideTask]:
    """The tasks of a request that nobody has done yet."""
    return list(request.outside_tasks.filter(state__in=UNDONE).select_related("request__ticket"))


def require_done(request: RightsRequest, *, despite: str) -> None:
    """Raises Refused (TASKS_OPEN) while a task is not done and nobody says why that does not hold the answer up."""
    if despite not in set(DespiteTasks) and undone(request):
        said = _("A system outside has not done its part yet. Say why the answer goes out all the same.")
        raise Refused(said, code="TASKS_OPEN", fields={"despite_tasks": [said]})


def answered(request: RightsRequest, *, despite: str, actor: Actor, at: datetime) -> None:
    """Two people let the answer go out: what is not needed any more, or gets no answer, is left; what follows goes on."""
    if despite and despite != DespiteTasks.FOLLOWS:
        leave(undone(request), actor=actor, at=at, reason_code=despite)


def leave(tasks: Iterable[OutsideTask], *, actor: Actor, at: datetime, reason_code: str = "") -> None:
    """End tasks undone with their clocks, in the caller's transaction."""
    for task in tasks:
        move(task, OutsideState.LEFT, moves=TASK_MOVES, ended_at=at)
        deadlines.stop(owner=task.owner, at=at, actor=actor, ended=Ended.WITHDRAWN)
        _note(AuditKind.GRIEVANCES_TASK_MOVED, task, actor, at, reason_code=reason_code)


def leave_all(ticket: Ticket, *, actor: Actor, at: datetime) -> None:
    """End what is undone for a request that was taken back or erased, in the caller's transaction; nothing for a grievance."""
    rows = OutsideTask.objects.filter(request__ticket=ticket, state__in=UNDONE, request__state__in=UNDECIDED)
    leave(rows.select_related("request__ticket"), actor=actor, at=at)


def words_of(task: OutsideTask) -> dict[str, str]:
    """What exactly, evidence and last error. The caller answers for who may read it; Shredded once it was erased."""
    if not task.words_sealed:
        return {}
    return encryption.unseal(task.words_sealed, subject_ref=task.request.ticket.subject_ref)


def _end(
    task: OutsideTask,
    state: OutsideState,
    name: str,
    text: str,
    *,
    by: User,
    actor: Actor,
    at: datetime,
    late_because: str = "",
) -> None:
    access.require(by, GrievancePermission.REQUEST_ANSWER)
    if not text.strip():
        raise Refused(_("Write how you know it."), code="WORDS")
    is_done = state is OutsideState.DONE
    if is_done:
        late_reasons.require_reason([task.owner], late_because=late_because, at=at)
    sealed = _sealed(task.request.ticket, {**words_of(task), name: text})
    ended: dict[str, Any] = {"ended_at": at, "ended_by": by} if is_done else {}
    with access.acting(by, GrievancePermission.REQUEST_ANSWER):
        move(task, state, moves=TASK_MOVES, words_sealed=sealed, tries=F("tries") + 1, **ended)
        if is_done:
            deadlines.stop(owner=task.owner, at=at, actor=actor, late_because=late_because)
        _note(AuditKind.GRIEVANCES_TASK_MOVED, task, actor, at)


def _sealed(ticket: Ticket, texts: dict[str, str]) -> bytes:
    safe = {name: without_numbers(text.strip())[0] for name, text in texts.items()}
    return encryption.seal(safe, subject_ref=ticket.subject_ref)


def _note(kind: AuditKind, task: OutsideTask, actor: Actor, at: datetime, *, reason_code: str = "") -> None:
    ticket = task.request.ticket
    record(
        kind,
        actor=actor,
        about=ticket.about,
        facts={
            "reference": ticket.reference,
            "task": task.number,
            "kind": str(task.work),
            "state": str(task.state),
            "reason_code": reason_code,
        },
        subject_ref=ticket.subject_ref,
        at=at,
    )
