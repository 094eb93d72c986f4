"""The end of a file that was brought: when it was taken in or given up, after its time, and when people are erased."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import structlog
from django.db import transaction
from django.db.models import Q

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core.actor import Actor, system
from portal.kernel.core.errors import PortalError
from portal.kernel.core.state_transitions import move
from portal.kernel.jobs.choices import FINISHED, IMPORT_MOVES, IMPORTS_OPEN, ImportState
from portal.kernel.jobs.models import ImportFault, Job, ListImport
from portal.kernel.jobs.services import result_files
from portal.kernel.jobs.services.imports import audit_events
from portal.kernel.jobs.services.job_requests import cancel
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services import files

log = structlog.get_logger(__name__)

#: What the vault calls such a file.
FILE: Final = "jobs.import"
SWEEPER: Final = system("jobs.imports.sweep")


def end(brought: ListImport, state: ImportState, *, actor: Actor, now: datetime) -> None:
    """Move it to its end and destroy the key of its file, in the caller's transaction, with the audit event.

    A job that is at work on it stops at its next step. Raises IllegalMove for one that has ended, LostRace.
    """
    move(brought, state, moves=IMPORT_MOVES, ended_at=now, file_ended_at=now, preview=b"")
    files.shred(subject_ref=brought.file_ref, retention_class=RetentionClass.EXPORT)
    audit_events.record_step(AuditKind.JOBS_IMPORT_ENDED, brought, actor=actor, at=now)


def give_up(brought: ListImport, *, actor: Actor, now: datetime) -> None:
    """End it, its job and the files of faulty rows, in one transaction. What is in stays. Raises IllegalMove."""
    with transaction.atomic():
        end(brought, ImportState.GIVEN_UP, actor=actor, now=now)
        jobs = list(Job.objects.filter(pk__in=(brought.trial_id, brought.job_id)))
        for job in jobs:
            if job.state not in FINISHED:
                cancel(job, actor)
            if job.result_expires_at is not None:
                result_files.end(job)
        _forget_faults(brought)


def expire(*, now: datetime, limit: int) -> int:
    """Give up what nobody took in for as long as a job's result lies here, and forget the faults of what has ended.

    One that a job is working on waits. Files that a dying process left without a row end too. Returns how many.
    """
    over = ListImport.objects.filter(expires_at__lte=now).exclude(
        Q(state__in=IMPORTS_OPEN) & ~Q(job__state__in=FINISHED)
    )
    count = _each(over.order_by("expires_at")[:limit], now)
    left = StoredFile.objects.filter(kind=FILE, shredded_at=None, stored_at__lt=now - files.ORPHAN_AGE)
    for stored in left.exclude(pk__in=ListImport.objects.values("file"))[:limit]:
        with transaction.atomic():
            files.discard(stored, actor=SWEEPER)
        count += 1
    return count


def end_made_before(at: datetime) -> int:
    """End every file that was brought before, as if its time were over: somebody was erased whom it may hold. How many."""
    return _each(ListImport.objects.filter(made_at__lte=at, expires_at__isnull=False).order_by("pk"), at)


def _each(found: Iterable[ListImport], now: datetime) -> int:
    """Each in a transaction of its own; one that somebody ended a moment ago stops no other."""
    count = 0
    for brought in list(found):
        try:
            with transaction.atomic():
                if brought.state in IMPORTS_OPEN:
                    give_up(brought, actor=SWEEPER, now=now)
                _forget_faults(brought)
        except PortalError as refusal:
            log.warning("jobs.import_not_ended", reference=brought.reference, code=refusal.code)
            continue
        count += 1
    return count


def _forget_faults(brought: ListImport) -> None:
    ImportFault.objects.filter(brought=brought).delete()
    ListImport.objects.filter(pk=brought.pk).update(expires_at=None)
    brought.expires_at = None
