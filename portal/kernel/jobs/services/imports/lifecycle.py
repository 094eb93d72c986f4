"""Somebody brings a file for a list, says that it goes in, stops it, goes on with it or gives it up."""

from datetime import datetime
from typing import BinaryIO, Final
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import field_changes, ids
from portal.kernel.core.actor import Actor
from portal.kernel.core.bounded_stream import limited
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.jobs.choices import FINISHED, IMPORT_MOVES, ImportState
from portal.kernel.jobs.import_types import ImportKind, import_kind
from portal.kernel.jobs.models import Job, ListImport
from portal.kernel.jobs.services import job_requests, result_files
from portal.kernel.jobs.services.imports import audit_events, cleanup, file_reader, uploader_rights
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services import files

TRY: Final = "jobs.import.try"
TAKE_IN: Final = "jobs.import.take_in"


def bring(*, kind: str, name: str, content: BinaryIO, actor: Actor, now: datetime) -> ListImport:
    """Keep a CSV or XLSX file encrypted and have it tried, in one transaction: nothing goes in by that.

    Raises NotAllowed for who may not bring rows of this kind; Refused for another kind of file, one that is too large,
    cannot be read or names other columns, and one whose rows went in before.
    """
    sort = import_kind(kind)
    uploader_rights.require_may(actor, sort)
    layout = name.lower().rpartition(".")[2]
    if layout not in file_reader.MOST_BYTES:
        raise Refused(_("Choose a CSV or an XLSX file."), code="TYPE")
    content.seek(0)
    file_reader.require_readable(limited(content, file_reader.MOST_BYTES[layout]), layout, sort.columns)
    content.seek(0)
    # Before any lock is taken: it may be long. What a dying process leaves without a row, the sweep finds.
    stored = files.store(
        limited(content, file_reader.MOST_BYTES[layout]),
        subject_ref=uuid4(),
        retention_class=RetentionClass.EXPORT,
        kind=cleanup.FILE,
        actor=actor,
    )
    try:
        with transaction.atomic():
            return _entered(sort, layout, stored, actor=actor, now=now)
    except BaseException:
        with transaction.atomic():
            files.discard(stored, actor=actor)
        raise


def _entered(sort: ImportKind, layout: str, stored: StoredFile, *, actor: Actor, now: datetime) -> ListImport:
    _require_new(sort, stored.sha256)
    reference = ids.new_reference("IM")
    job = _start(TRY, reference, actor)
    brought = ListImport.objects.create(
        reference=reference,
        kind=sort.name,
        layout=layout,
        made_by=actor.label,
        made_at=now,
        sha256=stored.sha256,
        size=stored.size,
        file=stored,
        file_ref=stored.subject_ref,
        trial=job,
        job=job,
        expires_at=now + result_files.life(now),
    )
    field_changes.watch_created(brought)
    audit_events.record_step(AuditKind.JOBS_IMPORT_BROUGHT, brought, actor=actor, at=now)
    return brought


def _require_new(sort: ImportKind, sha256: str) -> None:
    """Raises Refused for a file of which rows went in before: no row is made twice."""
    for earlier in ListImport.objects.filter(kind=sort.name, sha256=sha256).order_by("-pk"):
        if earlier.state in {ImportState.TAKING, ImportState.DONE}:
            said = _("This file was imported already, as %(reference)s.")
            raise Refused(said % {"reference": earlier.reference}, code="TAKEN_IN_ALREADY")
        if earlier.done:
            said = _(
                "Of this file the rows up to line %(line)d were imported with %(reference)s. Remove them, and "
                "upload the rest."
            )
            raise Refused(said % {"line": earlier.last_line, "reference": earlier.reference}, code="TAKEN_IN_PARTLY")


def _start(kind: str, reference: str, actor: Actor) -> Job:
    return job_requests.start(kind=kind, parameters={"import": reference}, actor=actor)


def require_mine(brought: ListImport, actor: Actor) -> None:
    """Raises NotAllowed for everybody but whoever brought the file, with the right to bring it still."""
    uploader_rights.require_may(actor, import_kind(brought.kind))
    if brought.made_by != actor.label:
        raise NotAllowed(_("The person who uploaded this file decides about it."))


def take_in(*, brought: ListImport, actor: Actor, now: datetime) -> None:
    """Begin to take in what is in order, in one transaction with the audit event; rows at fault stay out.

    Raises NotAllowed, IllegalMove for one that was not tried or has nothing to take in, Refused when the same file is
    being taken in.
    """
    require_mine(brought, actor)
    if brought.state == ImportState.TRIED and brought.would_faulty == brought.rows:
        raise IllegalMove(_("No row of this file is valid: there is nothing to import."))
    try:
        with transaction.atomic():
            move(
                brought,
                ImportState.TAKING,
                moves=IMPORT_MOVES,
                begun_at=now,
                expires_at=now + result_files.life(now),
                job=_start(TAKE_IN, brought.reference, actor),
            )
            audit_events.record_step(AuditKind.JOBS_IMPORT_BEGUN, brought, actor=actor, at=now)
    except IntegrityError:
        raise Refused(_("This file is being imported already."), code="TAKEN_IN_ALREADY") from None


def stop(*, brought: ListImport, actor: Actor) -> None:
    """Stop its job at its next step. Raises NotAllowed, Refused when the job has ended."""
    require_mine(brought, actor)
    field_changes.watch_row(brought.job)
    job_requests.cancel(brought.job, actor)


def carry_on(*, brought: ListImport, actor: Actor) -> None:
    """Go on where a cancelled or failed job stopped. Raises NotAllowed, IllegalMove when there is nothing to go on with."""
    require_mine(brought, actor)
    with transaction.atomic():
        current = ListImport.objects.select_for_update(of=("self",)).select_related("job").get(pk=brought.pk)
        if current.state not in {ImportState.TRYING, ImportState.TAKING} or current.job.state not in FINISHED:
            raise IllegalMove(_("There is nothing to resume."))
        is_trial = current.state == ImportState.TRYING
        job = _start(TRY if is_trial else TAKE_IN, brought.reference, actor)
        ListImport.objects.filter(pk=brought.pk).update(job=job, **({"trial": job} if is_trial else {}))
    brought.refresh_from_db()


def give_up(*, brought: ListImport, actor: Actor, now: datetime) -> None:
    """Take no further row in and destroy the file. What is in stays. Raises NotAllowed, IllegalMove when it has ended."""
    require_mine(brought, actor)
    cleanup.give_up(brought, actor=actor, now=now)
