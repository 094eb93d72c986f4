"""Asking for long work, and taking it back."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock, field_changes, ids
from portal.kernel.core.actor import Actor
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.jobs.choices import FINISHED, MOVES, JobState
from portal.kernel.jobs.job_types import Json, kind_named
from portal.kernel.jobs.models import Job
from portal.kernel.jobs.services import result_files

RUN = "portal.jobs.tasks.run_job"


def start(*, kind: str, parameters: Mapping[str, Json], actor: Actor, file_ref: UUID | None = None) -> Job:
    """Put a job in the queue, in the caller's transaction; a worker takes it after the commit.

    ``parameters`` are codes, dates, references and numbers, never personal data: they are shown on the job's page.
    ``file_ref``: the caller has stored what the job works on under this reference (class "export"); its key ends with
    the result's time, whatever becomes of the job.
    Raises Refused for an unknown kind, TypeError for parameters that are no JSON.
    """
    kind_named(kind)
    plain = json.loads(json.dumps(dict(parameters)))
    now = clock.now()
    kept: dict[str, Any] = {"file_ref": file_ref, "result_expires_at": now + result_files.life(now)} if file_ref else {}
    with transaction.atomic():
        job = Job.objects.create(
            reference=ids.new_reference("JB"),
            kind=kind,
            parameters=plain,
            started_by=actor.label,
            created_at=now,
            **kept,
        )
        field_changes.watch_created(job)
        _note(AuditKind.JOBS_JOB_STARTED, job, actor)
        enqueue(RUN, job.pk)
    return job


def cancel(job: Job, actor: Actor) -> None:
    """Stop a job: at once when no worker has it, else at its next step. What it has done so far stays.

    Raises Refused when the job has ended already.
    """
    with transaction.atomic():
        current = Job.objects.select_for_update().get(pk=job.pk)
        if current.state in FINISHED:
            raise Refused(_("This job has ended already: there is nothing to cancel."), code="JOB_ENDED")
        now = clock.now()
        if current.state == JobState.QUEUED:
            move(current, JobState.CANCELLED, moves=MOVES, cancel_asked_at=now, finished_at=now)
        else:
            Job.objects.filter(pk=current.pk).update(cancel_asked_at=now)
        _note(AuditKind.JOBS_JOB_CANCELLED, current, actor)
    job.refresh_from_db()


def restart(job: Job, actor: Actor) -> None:
    """Queue a failed job again, with the same parameters. Raises Refused when it has not failed."""
    with transaction.atomic():
        current = Job.objects.select_for_update().get(pk=job.pk)
        if current.state != JobState.FAILED:
            raise Refused(_("Only a job that has failed can be started again."), code="JOB_NOT_FAILED")
        move(
            current,
            JobState.QUEUED,
            moves=MOVES,
            attempts=0,
            done=0,
            total=None,
            failure_code="",
            started_at=None,
            finished_at=None,
            cancel_asked_at=None,
        )
        _note(AuditKind.JOBS_JOB_RESTARTED, current, actor)
        enqueue(RUN, current.pk)
    job.refresh_from_db()


def _note(kind: AuditKind, job: Job, actor: Actor) -> None:
    facts = {"job": job.reference, "kind": job.kind, "state": job.state}
    audit.record(kind, actor=actor, about=f"jobs.job:{job.reference}", facts=facts)
