"""The end of a run: what it did, under which rules, with whose agreement, in counts and hashes. It names nobody."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import rfc8785
from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock, ports
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import LostRace
from portal.kernel.core.state_transitions import move
from portal.kernel.jobs.services import imports, result_files
from portal.kernel.people.choices import Answer
from portal.kernel.registers.base.choices import FactKind, InstructionKind
from portal.kernel.registers.recipients.models.instructions import Instruction
from portal.kernel.retention import field_actions, selectors
from portal.kernel.retention.choices import MOVES, ItemState, RunState
from portal.kernel.retention.models import ErasureItem, ErasureRun, ErasureStep, KeptRecord
from portal.kernel.retention.rules import Why
from portal.kernel.retention.services import anonymisation

SUMS = ("due", "held", "disputed", "stale", "kept_by_law", "erased")


def close(current: ErasureRun, *, now: datetime, actor: Actor) -> None:
    """Certify a run of which nothing is left, with its audit event, in one transaction. Nothing when another was quicker."""
    with transaction.atomic():
        for step in current.steps.all():
            ErasureStep.objects.filter(pk=step.pk).update(subjects_sha256=subjects_sha256(step))
        steps = list(current.steps.order_by("pk"))
        totals = {name: sum(getattr(step, name) for step in steps) for name in SUMS}
        target = RunState.FAILED if any(step.failure for step in steps) else RunState.DONE
        finished_at = clock.now()
        certificate = {**_certificate(current, steps, finished_at), **_gone_with_it(current, finished_at)}
        digest = hashlib.sha256(rfc8785.dumps(certificate)).hexdigest()
        try:
            move(
                current,
                target,
                moves=MOVES,
                finished_at=finished_at,
                certificate=certificate,
                certificate_sha256=digest,
                **totals,
            )
        except LostRace:
            return
        audit.record(
            AuditKind.RETENTION_ERASURE_RUN,
            actor=actor,
            about=current.about,
            facts={
                "run": current.reference,
                "state": str(target),
                "certificate": digest,
                "finished_at": clock.stamp(finished_at),
                **totals,
            },
        )
        if current.because:
            for told in ports.person_run_ended:
                told(
                    because=current.because,
                    ended={step.eraser: step.erased for step in steps if step.erased},
                    left=_left(current),
                    kept=sum(totals[name] for name in SUMS if name not in ("due", "erased")),
                    is_again=ErasureRun.objects.filter(because=current.because, pk__lt=current.pk).exists(),
                    settled=_settled(current),
                    at=finished_at,
                )


def _left(run: ErasureRun) -> list[tuple[str, str]]:
    """What the decision would have ended and did not, each room with its reason."""
    items = ErasureItem.objects.filter(step__run=run, count__gt=0).exclude(state=ItemState.DONE)
    return sorted(set(items.values_list("step__eraser", "state")))


def _settled(run: ErasureRun) -> frozenset[str]:
    """The rooms whose open question was decided since the run before, and of which another rule keeps something."""
    rows = KeptRecord.objects.filter(step__run=run).values_list("step__eraser", "ground", "rule_key").distinct()
    now: dict[str, set[str]] = {}
    for name, ground, key in rows:
        now.setdefault(name, set()).update({key} if ground == Why.UNDECIDED else set())
    return selectors.settled_since(run.because, now, before=run)


def subjects_sha256(step: ErasureStep) -> str:
    """SHA-256 of the sorted references of the subjects whose records a step erased: names nobody, proves which."""
    refs = step.items.filter(state=ItemState.DONE).order_by("subject_ref").values_list("subject_ref", flat=True)
    digest = hashlib.sha256()
    for number, ref in enumerate(refs.iterator(chunk_size=10_000)):
        digest.update(f"\n{ref}".encode() if number else str(ref).encode())
    return digest.hexdigest()


def _gone_with_it(run: ErasureRun, at: datetime) -> dict[str, Any]:
    """What ends because people were erased: files that may hold them, and what their rows still say of each."""
    if not run.needs_approval:
        return {}
    done = ErasureItem.objects.filter(step__run=run, state=ItemState.DONE)
    erased = done.filter(Q(erased__gt=0) | Q(fields__isnull=False))
    refs = frozenset(erased.values_list("subject_ref", flat=True))
    return {
        "exports_ended": result_files.end_made_before(at) + imports.end_made_before(at) if refs else 0,
        "copies_ended": sum(end(subject_refs=refs, at=at) for end in ports.copies) if refs else 0,
        "anonymity": anonymisation.persons(now=at),
    }


def told_to_erase(run: ErasureRun) -> QuerySet[Instruction]:
    """The instructions to recipients that the erasures of a run caused (DPDP s.8(7)); each has its own clock and steps."""
    refs = ErasureItem.objects.filter(step__run=run, state=ItemState.DONE).values("subject_ref")
    since = run.started_at or run.planned_at
    concerned = Q(subject_ref__in=refs) | Q(subject_ref__in=[UUID(ref) for ref in run.refs])
    return Instruction.objects.filter(concerned, kind=InstructionKind.ERASE, given_at__gte=since)


def confirmations(run: ErasureRun) -> dict[str, int]:
    """How many instructions to erase a run caused, how many were acknowledged, and how many are done by now."""
    numbers: dict[str, int] = told_to_erase(run).aggregate(
        told=Count("pk", distinct=True),
        acknowledged=Count("pk", filter=Q(facts__kind=FactKind.ACKNOWLEDGED), distinct=True),
        acted=Count("pk", filter=Q(facts__kind=FactKind.ACTED), distinct=True),
    )
    return numbers


def _certificate(run: ErasureRun, steps: list[ErasureStep], finished_at: datetime) -> dict[str, Any]:
    """What was erased, how, under which rule, by whom and when: no name, no address, no reference to a person."""
    return {
        "v": 5,
        "run": run.reference,
        "cause": str(run.cause),
        "because": run.because or None,
        "plan_sha256": run.plan_sha256,
        "planned_at": clock.stamp(run.planned_at) if run.planned_at else None,
        "approval": _approval(run),
        "started_at": clock.stamp(run.started_at) if run.started_at else None,
        "finished_at": clock.stamp(finished_at),
        "started_by": run.started_by,
        "recipients_told": told_to_erase(run).count(),
        "field_acts_sha256": field_actions.file_sha256(),
        "steps": [_of_step(step) for step in steps],
    }


def _approval(run: ErasureRun) -> dict[str, Any]:
    if not run.needs_approval:
        return {"by": "the rule of each class"}
    if run.agreed is not None:
        return dict(run.agreed)
    agreed = run.approvals.filter(answer=Answer.APPROVED).order_by("-pk").first()
    if agreed is None:
        return {"by": None}
    return {
        "by": "two people",
        "proposal": agreed.pk,
        "proposed_by": f"staff:user:{agreed.made_by_id}",
        "approved_by": f"staff:user:{agreed.checked_by_id}",
        "approved_at": clock.stamp(agreed.checked_at) if agreed.checked_at else None,
        "shown_sha256": agreed.shown_sha256,
    }


def _of_step(step: ErasureStep) -> dict[str, Any]:
    covers = {eraser.name: eraser.covers for eraser in ports.erasers}
    return {
        "what": step.eraser,
        "class": step.retention_class,
        "rule": step.rule_version,
        "rule_sha256": step.rule_sha256,
        "began_before": clock.stamp(step.cutoff) if step.cutoff else None,
        **{name: getattr(step, name) for name in SUMS},
        "failure": step.failure,
        "subjects_sha256": step.subjects_sha256,
        "fields": field_actions.acts_of(covers.get(step.eraser, ())),
        "fields_erased": sorted({name for names in _fields_of(step) for name in names}),
        "kept": [
            {
                "because": why,
                "rule": key,
                "provision": citation,
                "last_day": last and last.isoformat(),
                "records": count,
            }
            for why, key, citation, last, count in _kept_of(step)
        ],
    }


def _fields_of(step: ErasureStep) -> Iterable[Any]:
    done = step.items.filter(state=ItemState.DONE, fields__isnull=False)
    return done.values_list("fields", flat=True)


def _kept_of(step: ErasureStep) -> Iterable[tuple[Any, ...]]:
    rows = step.kept.values_list("ground", "rule_key", "citation", "last_day").annotate(records=Sum("count"))
    return rows.order_by("ground", "rule_key", "last_day")
