"""A plan is carried out once two people have agreed to it: what one proposes another answers, bound to its hash."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import access, clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.people.choices import Answer
from portal.kernel.people.services import maker_checker
from portal.kernel.retention.choices import MOVES, RunState
from portal.kernel.retention.models import ErasureRun, PlanApproval
from portal.kernel.retention.permissions import Act, Permission
from portal.kernel.retention.services import erasure_plans
from portal.kernel.retention.services.person_erasure import CARRY_OUT


def propose(*, run: ErasureRun, why: str, actor: Actor) -> PlanApproval:
    """Propose to carry out a plan, and say what was looked at. Nothing is erased before another person agrees.

    With its audit event, in one transaction. Raises NotAllowed, Refused for a plan that waits no more (NOT_WAITING), for
    one whose approval waits already (APPROVAL_PENDING) and without words (REASON_MISSING).
    """
    maker = maker_checker.person_of(actor)
    access.require(maker, Permission.RUN_APPROVE)
    if not why.strip():
        raise Refused(_("Say what you reviewed."), code="REASON_MISSING")
    with transaction.atomic():
        _require_waiting(ErasureRun.objects.select_for_update().get(pk=run.pk))
        if run.approvals.filter(answer=Answer.PENDING).exists():
            raise Refused(_("An approval of this plan waits for a decision already."), code="APPROVAL_PENDING")
        made = maker_checker.propose(
            PlanApproval,
            act=Act.RUN_CARRY_OUT,
            maker=maker,
            shown=erasure_plans.shown(run),
            now=clock.now(),
            run=run,
            why=why.strip(),
        )
        _record(AuditKind.RETENTION_PLAN_PROPOSED, made, actor)
    return made


def answer(*, approval: PlanApproval, approve: bool, reason: str, actor: Actor, now: datetime) -> None:
    """Approve or refuse, as another person than the maker, in one transaction with what follows.

    A yes gives the plan to a worker, who first tells those whom a rule wants told; a no ends the plan, and the next night makes
    a new one. Raises what ``maker_checker.answer`` raises, NotAllowed, and Refused for a plan that waits no more (NOT_WAITING).
    """
    checker = maker_checker.person_of(actor)
    access.require(checker, Permission.RUN_APPROVE)
    with transaction.atomic():
        run = ErasureRun.objects.select_for_update().get(pk=approval.run_id)
        _require_waiting(run)
        maker_checker.answer(
            approval, checker=checker, approve=approve, shown=erasure_plans.shown(run), reason=reason, now=now
        )
        if approve:
            move(run, RunState.APPROVED, moves=MOVES, approved_at=now)
            enqueue(CARRY_OUT, run.pk)
        else:
            move(run, RunState.REFUSED, moves=MOVES, finished_at=now)
        _record(AuditKind.RETENTION_PLAN_APPROVED if approve else AuditKind.RETENTION_PLAN_REFUSED, approval, actor)


def _require_waiting(run: ErasureRun) -> None:
    if run.state != RunState.PLANNED:
        raise Refused(_("This plan no longer waits for approval. Review the newest one."), code="NOT_WAITING")


def _record(kind: AuditKind, approval: PlanApproval, actor: Actor) -> None:
    run = approval.run
    audit.record(
        kind,
        actor=actor,
        about=run.about,
        facts={"run": run.reference, "proposal": approval.pk, "sha256": run.plan_sha256},
    )
