"""A list comes in, two people agree to it, or it is given up; its file goes as soon as nobody needs it."""

from datetime import datetime, timedelta
from typing import BinaryIO, Final
from uuid import uuid4

import structlog
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from consent.base.permissions import Act
from consent.consent_imports.choices import LIST_MOVES, ListState
from consent.consent_imports.models import ConsentList
from consent.consent_imports.services import audit_events, file_reader
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock, ids
from portal.kernel.core.actor import Actor, system
from portal.kernel.core.bounded_stream import limited
from portal.kernel.core.errors import IllegalMove, PortalError, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.jobs import services as jobs
from portal.kernel.jobs.choices import FINISHED
from portal.kernel.jobs.models import Job
from portal.kernel.law import selectors as law
from portal.kernel.people.models import Fiduciary, User
from portal.kernel.people.services import maker_checker
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services import files

log = structlog.get_logger(__name__)

CHECK: Final = "consent.list.check"
TAKE_IN: Final = "consent.list.take_in"
#: What the vault calls the file of a list.
FILE: Final = "consent.list"
#: House rule: how long a result of a job, and so a list that nobody takes in, lies here.
LIFE: Final = "jobs.result_life"
SWEEPER: Final = system("consent.tasks.end_old_lists")
_OPEN: Final = (ListState.CHECKING, ListState.FAULTY, ListState.CHECKED)


def bring(
    *, fiduciary: Fiduciary, collected_by: str, name: str, content: BinaryIO, actor: Actor, now: datetime
) -> ConsentList:
    """Keep a CSV or XLSX file encrypted; propose to take it in and have it checked, in one transaction.

    Raises Refused for another kind of file, one that is too large or was taken in before; NotAllowed when the person
    may not propose this.
    """
    layout = name.lower().rpartition(".")[2]
    if layout not in file_reader.MOST_BYTES:
        raise Refused(_("Choose a CSV or an XLSX file."), code="TYPE")
    if not collected_by.strip():
        raise Refused(_("Say where the consents were collected."), code="ORIGIN_MISSING")
    maker, file_ref = maker_checker.person_of(actor), uuid4()
    maker_checker.require_maker(maker, Act.LIST_TAKE_IN, now=now)
    # Before any lock is taken: it may be long. What a dying process leaves without a list, the sweep finds.
    stored = files.store(
        limited(content, file_reader.MOST_BYTES[layout]),
        subject_ref=file_ref,
        retention_class=RetentionClass.EXPORT,
        kind=FILE,
        actor=actor,
    )
    try:
        with transaction.atomic():
            return _propose(fiduciary, collected_by.strip(), layout, stored, maker=maker, actor=actor, now=now)
    except BaseException:
        with transaction.atomic():
            files.discard(stored, actor=actor)
        raise


def _propose(
    fiduciary: Fiduciary,
    collected_by: str,
    layout: str,
    stored: StoredFile,
    *,
    maker: User,
    actor: Actor,
    now: datetime,
) -> ConsentList:
    taken = ConsentList.objects.filter(fiduciary=fiduciary, sha256=stored.sha256)
    if taken.filter(state__in=(ListState.IMPORTING, ListState.DONE)).exists():
        raise Refused(_("This file was imported already."), code="TAKEN_IN_ALREADY")
    reference = ids.new_reference("CL")
    row = maker_checker.propose(
        ConsentList,
        act=Act.LIST_TAKE_IN,
        maker=maker,
        shown=_shown(fiduciary, collected_by, stored.sha256),
        now=now,
        reference=reference,
        fiduciary=fiduciary,
        collected_by=collected_by,
        layout=layout,
        sha256=stored.sha256,
        file=stored,
        file_ref=stored.subject_ref,
        job=_start(CHECK, reference, actor),
    )
    audit_events.record_step(AuditKind.CONSENT_LIST_BROUGHT, row, actor=actor, at=now)
    return row


def _shown(fiduciary: Fiduciary, collected_by: str, sha256: str) -> dict[str, str]:
    return {"fiduciary": fiduciary.code, "collected_by": collected_by, "sha256": sha256}


def _start(kind: str, reference: str, actor: Actor) -> Job:
    return jobs.start(kind=kind, parameters={"list": reference}, actor=actor)


def answer(*, row: ConsentList, approve: bool, reason: str = "", actor: Actor, now: datetime) -> None:
    """Agree to a list that is in order, which starts taking it in; or refuse it, which destroys its file.

    Raises what ``maker_checker.answer`` raises, IllegalMove for a list that is not in order, Refused when the same file was
    taken in meanwhile.
    """
    checker = maker_checker.person_of(actor)
    try:
        with transaction.atomic():
            shown = _shown(row.fiduciary, row.collected_by, StoredFile.objects.get(pk=row.file_id).sha256)
            maker_checker.answer(row, checker=checker, approve=approve, shown=shown, reason=reason, now=now)
            if approve:
                job = _start(TAKE_IN, row.reference, actor)
                move(row, ListState.IMPORTING, moves=LIST_MOVES, job=job)
            else:
                move(row, ListState.REFUSED, moves=LIST_MOVES, ended_at=now)
                end_file(row, now=now)
            audit_events.record_step(AuditKind.CONSENT_LIST_ANSWERED, row, actor=actor, at=now)
    except IntegrityError:
        raise Refused(_("This file was imported already."), code="TAKEN_IN_ALREADY") from None


def carry_on(*, row: ConsentList, actor: Actor) -> None:
    """Go on with a list whose job was cancelled or failed, behind the lines that are in. Raises IllegalMove otherwise."""
    with transaction.atomic():
        current = ConsentList.objects.select_for_update(of=("self",)).select_related("job").get(pk=row.pk)
        if current.state not in {ListState.CHECKING, ListState.IMPORTING} or current.job.state not in FINISHED:
            raise IllegalMove(_("There is nothing to resume."))
        kind = CHECK if current.state == ListState.CHECKING else TAKE_IN
        ConsentList.objects.filter(pk=row.pk).update(job=_start(kind, row.reference, actor))
    row.refresh_from_db()


def give_up(*, row: ConsentList, actor: Actor, now: datetime) -> None:
    """Take no further line in and destroy the file. What is in stays: each line is an answer of its own.

    Raises IllegalMove for a list that has ended.
    """
    with transaction.atomic():
        move(row, ListState.REFUSED, moves=LIST_MOVES, ended_at=now)
        end_file(row, now=now)
        audit_events.record_step(AuditKind.CONSENT_LIST_GIVEN_UP, row, actor=actor, at=now)


def end_file(row: ConsentList, *, now: datetime) -> None:
    """Destroy the key of the file, in the caller's transaction."""
    files.shred(subject_ref=row.file_ref, retention_class=RetentionClass.EXPORT)
    ConsentList.objects.filter(pk=row.pk).update(file_ended_at=now)
    row.file_ended_at = now


def sweep(*, now: datetime, limit: int = 100) -> int:
    """Give up lists that nobody has taken in for as long as a job's result lies here, and files that have no list.

    Returns how many.
    """
    life: timedelta = law.house_rule(LIFE, on=clock.day(now)).duration
    old = ConsentList.objects.filter(file_ended_at=None, made_at__lt=now - life, state__in=_OPEN).order_by("pk")
    count = 0
    for row in old[:limit]:
        try:
            give_up(row=row, actor=SWEEPER, now=now)
        except PortalError as refusal:
            # Somebody may have answered it a moment ago: the others are given up all the same.
            log.warning("consent.list_not_given_up", list=row.reference, code=refusal.code)
            continue
        count += 1
    left = StoredFile.objects.filter(kind=FILE, shredded_at=None, stored_at__lt=now - files.ORPHAN_AGE)
    for stored in left.exclude(pk__in=ConsentList.objects.values("file"))[:limit]:
        with transaction.atomic():
            files.discard(stored, actor=SWEEPER)
        count += 1
    return count
