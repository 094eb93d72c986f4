"""Doing long work under a lease: a worker that dies loses it, and another begins again."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import actor, clock, ports
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import LostRace, PortalError, Unavailable
from portal.kernel.core.state_transitions import move
from portal.kernel.jobs.choices import MOVES, JobState
from portal.kernel.jobs.job_types import ErasedMeanwhile, Json, erased_so_far, kind_named
from portal.kernel.jobs.models import Job
from portal.kernel.jobs.services import result_files
from portal.kernel.jobs.services.job_requests import RUN

log = structlog.get_logger(__name__)

WORKER = actor.system(RUN)
#: Seconds between two writes of the progress: a page that refreshes shows no more than this.
WRITE_EVERY = 0.5
FREE: dict[str, Any] = {"leased_until": None, "lease_token": None}


class Cancelled(Exception):
    """Somebody asked the job to stop. Let it pass; the runner ends the job."""


class LeaseLost(Exception):
    """The worker was taken for dead and the job given to another. Let it pass; the other worker's result counts."""


class JobHandle:
    """A running job's connection to its row."""

    def __init__(self, job: Job, token: UUID) -> None:
        self._job = job
        self._token = token
        self._written_at = float("-inf")
        self._kind = kind_named(job.kind)
        self._erased = erased_so_far(self._kind, job.parameters)

    @property
    def reference(self) -> str:
        return self._job.reference

    @property
    def parameters(self) -> Mapping[str, Json]:
        found: Mapping[str, Json] = self._job.parameters
        return found

    def progress(self, done: int, total: int | None = None) -> None:
        """Write how far the work is and renew the lease, at most twice a second; the last step is always written.

        Raises Cancelled or LeaseLost.
        """
        now = time.monotonic()
        if now - self._written_at < WRITE_EVERY and done != total:
            return
        self._written_at = now
        changes: dict[str, Any] = {"done": done, "leased_until": clock.now() + lease()}
        if total is not None:
            changes["total"] = max(total, done)
        self._update(**changes)
        self.raise_if_cancelled()

    def raise_if_cancelled(self) -> None:
        """Raises Cancelled when somebody asked, LeaseLost when the job has another worker."""
        row = Job.objects.filter(pk=self._job.pk, lease_token=self._token).values_list("cancel_asked_at").first()
        if row is None:
            raise LeaseLost(self._job.reference)
        if row[0] is not None:
            raise Cancelled(self._job.reference)

    def result(self, stream: BinaryIO, file_name: str) -> None:
        """Keep the job's one file, encrypted, until it expires. Raises LeaseLost, Cancelled, OSError on a full disk, or
        ErasedMeanwhile when somebody was erased since the work began.

        An erasure is asked for when the file is tied to the job: of what commits later its own end finds the file.
        """
        self.raise_if_cancelled()
        try:
            result_files.keep(self._job, stream, file_name, token=self._token, actor=WORKER)
        except Unavailable:  # the end of an erasure took the key while the file was written
            self._require_nobody_erased()
            raise
        self._require_nobody_erased()
        self.raise_if_cancelled()

    def _require_nobody_erased(self) -> None:
        before, self._erased = self._erased, erased_so_far(self._kind, self._job.parameters)
        if self._erased != before:
            result_files.end(self._job)
            raise ErasedMeanwhile(_("A person was erased while this file was written, so it was dropped. Start again."))

    def _update(self, **changes: Any) -> None:
        if Job.objects.filter(pk=self._job.pk, lease_token=self._token).update(**changes) != 1:
            raise LeaseLost(self._job.reference)


def lease() -> timedelta:
    """How long a silent worker keeps its job."""
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)


def run(job_id: int, *, now: datetime) -> JobState | None:
    """Claim a queued job, do it, and write what came of it. Returns its state, None when another worker has it.

    Call it from the edge, outside any transaction.
    """
    job = Job.objects.filter(pk=job_id, state=JobState.QUEUED).first()
    token = uuid4()
    if job is None or not _claim(job, token, now=now):
        return None
    try:
        kind_named(job.kind).run(JobHandle(job, token))
    except Cancelled:
        return _end(job, token, JobState.CANCELLED)
    except LeaseLost:
        log.warning("jobs.lease_lost", job=job.reference)
        return None
    except PortalError as refusal:
        return _end(job, token, JobState.FAILED, code=refusal.code)
    except Exception as crash:  # noqa: BLE001 - a job that breaks must say so on its page, whatever broke
        # No traceback: it may quote a person's data.
        log.error("jobs.crashed", job=job.reference, kind=job.kind, error=type(crash).__name__)  # noqa: TRY400
        return _end(job, token, JobState.FAILED, code="CRASHED")
    return _end(job, token, JobState.DONE)


def _claim(job: Job, token: UUID, *, now: datetime) -> bool:
    changes: dict[str, Any] = {
        "started_at": now,
        "attempts": F("attempts") + 1,
        "leased_until": now + lease(),
        "lease_token": token,
    }
    try:
        move(job, JobState.RUNNING, moves=MOVES, **changes)
    except LostRace:
        return False
    return True


def _end(job: Job, token: UUID, target: JobState, *, code: str = "") -> JobState | None:
    """Write the job's end, unless the lease went to another worker meanwhile."""
    with transaction.atomic():
        if not Job.objects.filter(pk=job.pk, lease_token=token).update(leased_until=clock.now() + lease()):
            return None
        job.refresh_from_db()
        move(job, target, moves=MOVES, finished_at=clock.now(), failure_code=code[:40], **FREE)
        kind = AuditKind.JOBS_JOB_FAILED if target == JobState.FAILED else AuditKind.JOBS_JOB_FINISHED
        facts: dict[str, str | int | bool | None] = {
            "job": job.reference,
            "kind": job.kind,
            "state": str(target),
            "attempt": job.attempts,
        }
        if code:
            facts["reason_code"] = code
        audit.record(kind, actor=WORKER, about=f"jobs.job:{job.reference}", facts=facts)
        for told in ports.job_ended:
            told(job=job, at=job.finished_at)
    return target


def sweep(*, now: datetime, limit: int) -> int:
    """Queue again what lost its worker, give up what lost too many, nudge what nobody took, end what has expired.

    Returns how many jobs it touched.
    """
    count = 0
    for job in Job.objects.filter(state=JobState.RUNNING, leased_until__lt=now).order_by("pk")[:limit]:
        count += _recover(job, now=now)
    count += result_files.expire(now=now, limit=limit)
    waited = now - timedelta(seconds=settings.JOB_NUDGE_SECONDS)
    waiting = Job.objects.filter(state=JobState.QUEUED, created_at__lt=waited).order_by("pk")
    for pk in waiting.values_list("pk", flat=True)[:limit]:
        enqueue(RUN, pk)
        count += 1
    return count


def _recover(job: Job, *, now: datetime) -> bool:
    """Take the job from its dead worker by its lease: of two sweeps one wins."""
    token = uuid4()
    with transaction.atomic():
        taken = Job.objects.filter(pk=job.pk, lease_token=job.lease_token, leased_until__lt=now).update(
            lease_token=token, leased_until=now + lease()
        )
        if not taken:
            return False
        job.refresh_from_db()
        if job.cancel_asked_at is not None:
            _end(job, token, JobState.CANCELLED)
        elif job.attempts >= settings.JOB_ATTEMPTS:
            _end(job, token, JobState.FAILED, code="WORKER_DIED")
        else:
            move(job, JobState.QUEUED, moves=MOVES, **FREE)
            enqueue(RUN, job.pk)
    return True
