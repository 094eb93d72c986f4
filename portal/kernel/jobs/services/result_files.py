"""The one file a job is for: kept encrypted under a key of its own, opened with a trace, ended when it expires."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import BinaryIO
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock, ports
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import NotFound
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.models import ExportDownload, Job, ListExport
from portal.kernel.law import selectors as law
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.services import files

#: House rule: how long a result can be fetched.
LIFE = "jobs.result_life"


def keep(job: Job, stream: BinaryIO, file_name: str, *, token: UUID, actor: Actor) -> None:
    """Store the stream and tie it to the job, unless the job went to another worker. A second result replaces the first.

    The stream is written before any lock is taken: it may be long. The expiry is written before the stream, so that what
    a dying worker leaves untied ends with the job's key, too.
    Raises NotFound or NotInForce when the house rule for its life is missing.
    """
    now = clock.now()
    ours = Job.objects.filter(pk=job.pk, lease_token=token)
    if not ours.update(result_expires_at=now + life(now)):
        return
    stored = files.store(
        stream, subject_ref=job.file_ref, retention_class=RetentionClass.EXPORT, kind="jobs.result", actor=actor
    )
    ours.update(result_file=stored, file_name=file_name[:120])


def life(now: datetime) -> timedelta:
    return law.house_rule(LIFE, on=clock.day(now)).duration


def open_result(job: Job, *, actor: Actor) -> BinaryIO:
    """The clear bytes of a finished job's file. Who fetched it, and when, is an audit event.

    The caller has decided that the actor may see it. Raises NotFound when there is none or it has expired.
    """
    stored, now = job.result_file, clock.now()
    expired = job.result_expires_at is None or job.result_expires_at <= now
    if job.state != JobState.DONE or stored is None or expired:
        raise NotFound(_("This result no longer exists. Start the job again to make a new one."), code="EXPIRED")
    with transaction.atomic():
        audit.record(
            AuditKind.JOBS_RESULT_DOWNLOADED,
            actor=actor,
            about=f"jobs.job:{job.reference}",
            facts={"job": job.reference, "kind": job.kind, "sha256": stored.sha256, "bytes": stored.size},
        )
        export = ListExport.objects.filter(job=job).first()
        if export is not None:
            ExportDownload.objects.create(export=export, fetched_by=actor.label, fetched_at=now)
    return files.open_stream(stored, actor=actor, reason="result of a job fetched")


def expire(*, now: datetime, limit: int) -> int:
    """Destroy the key of every result whose time is over. The job's row stays. Returns how many."""
    return _end(Job.objects.filter(result_expires_at__lte=now).order_by("result_expires_at")[:limit])


def end_made_before(at: datetime) -> int:
    """Destroy the key of every result begun before, as if its time were over, in the caller's transaction. How many.

    One that is being written ends too: it was read before, and its job is told when it comes to keep the file
    (``ErasedMeanwhile``). So does a list that waits for its job: the job says that it has to be brought again. For when somebody was erased whom such a file may hold. A kind of work whose files name nobody
    says so (``holds_people = False``) and keeps them; everything else can be made again.
    """
    keeps = [kind.name for kind in ports.job_kinds if not getattr(kind, "holds_people", True)]
    begun = Q(started_at__lte=at) | Q(started_at=None, created_at__lte=at)
    jobs = Job.objects.filter(begun, result_expires_at__isnull=False).exclude(kind__in=keeps)
    return _end(jobs.order_by("pk"))


def end(job: Job) -> None:
    """Destroy the key of a job's result now, in a transaction of its own or the caller's. Safe to repeat."""
    with transaction.atomic():
        files.shred(subject_ref=job.file_ref, retention_class=RetentionClass.EXPORT)
        Job.objects.filter(pk=job.pk).update(result_expires_at=None)


def _end(jobs: Iterable[Job]) -> int:
    """Each result in a transaction of its own."""
    count = 0
    for job in jobs:
        end(job)
        count += 1
    return count
