"""After a restore from an older dump: what was erased since is here again, and is erased again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import transaction

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import ports
from portal.kernel.core.actor import Actor
from portal.kernel.core.erasure_api import Eraser, Record, count_fields, erase, erase_fields, in_order
from portal.kernel.ledger import services as ledger
from portal.kernel.retention.choices import ItemState
from portal.kernel.retention.models import ErasureItem
from portal.kernel.vault.models import ErasureMark
from portal.kernel.vault.services import erasure_log

#: Subjects asked for in one statement.
ASKED = 1_000


@dataclass
class Replayed:
    """How many marks were read, records of how many were here again, how many records and ledger contents ended."""

    marks: int = 0
    undone: int = 0
    erased: int = 0
    redacted: int = 0


def undone() -> int:
    """How many erasures are undone: their marks stand, and records that they ended are here. Fills
    ``ports.erasures_undone``, which ``verify_ledger`` asks. Reads only.
    """
    return sum(1 for _mark, _eraser, _count in _here_again())


def replay(*, now: datetime, actor: Actor) -> Replayed:
    """Erase again what the marks say is gone, each in a transaction of its own with its audit event. Safe to repeat.

    Holds are not asked: what ended lawfully ended. Contents of ledger entries whose redaction is sealed go too. Call it
    before anybody can sign in, outside any transaction.
    """
    found = Replayed(marks=ErasureMark.objects.count(), redacted=ledger.redact_again())
    for mark, eraser, _count in _here_again():
        if getattr(eraser, "commits_itself", False):
            ended = eraser.erase(subject_ref=mark.subject_ref, before=mark.before)
            _note(mark, ended, actor, now)
        else:
            with transaction.atomic():
                ended = erase(eraser, subject_ref=mark.subject_ref, before=mark.before, spared=mark.spared)
                ended += erase_fields(eraser, subject_ref=mark.subject_ref, fields=mark.fields or ())
                _note(mark, ended, actor, now)
        found.undone += 1
        found.erased += ended
    return found


def leave_marks() -> int:
    """Write the marks that a process died before writing; how many. A sweep calls it, and each run."""
    count = 0
    items = ErasureItem.objects.filter(state=ItemState.DONE, marked_at=None, step__run__needs_approval=True)
    for item in items.select_related("step__run").order_by("pk").iterator(chunk_size=1_000):
        leave_mark(item)
        count += 1
    return count


def leave_mark(item: ErasureItem) -> None:
    """The mark of one erased item, then that it stands. Each step may be repeated."""
    at = item.finished_at or item.step.finished_at
    erasure_log.leave(
        subject_ref=item.subject_ref,
        eraser=item.step.eraser,
        before=item.before,
        fields=item.fields,
        spared=item.spared,
        because=item.step.run.reference,
        at=at,
    )
    ErasureItem.objects.filter(pk=item.pk, marked_at=None).update(marked_at=at)


def _here_again() -> Iterator[tuple[ErasureMark, Eraser, int]]:
    """Each mark of which something is here, with its eraser and how many records; asked for many subjects at once."""
    for eraser in in_order(ports.erasers):
        every = erasure_log.of(str(eraser.name))
        while some := list(islice(every, ASKED)):
            here: dict[UUID, list[Record]] = {}
            for record in eraser.records(subject_refs={mark.subject_ref for mark in some}):
                here.setdefault(record.subject_ref, []).append(record)
            for mark in some:
                count = sum(record.count for record in here.get(mark.subject_ref, ()) if _ended_by(mark, record))
                count += count_fields(eraser, subject_ref=mark.subject_ref, fields=mark.fields or ())
                if count:
                    yield mark, eraser, count


def _ended_by(mark: ErasureMark, record: Record) -> bool:
    if record.about in (mark.spared or ()):
        return False
    if mark.before is None:
        return _is_older(record.began_at, mark.erased_at)
    return record.began_at is not None and record.began_at < mark.before


def _is_older(began_at: datetime | None, erased_at: datetime) -> bool:
    """Whether it was there when everything ended: what came later (a new grievance) is another matter."""
    return began_at is None or began_at <= erased_at


def _note(mark: ErasureMark, count: int, actor: Actor, now: datetime) -> None:
    with transaction.atomic():
        audit.record(
            AuditKind.RETENTION_ERASURE_REPLAYED,
            actor=actor,
            about=f"retention.run:{mark.because}",
            facts={"run": mark.because, "kind": mark.eraser, "count": count},
            subject_ref=mark.subject_ref,
            at=now,
        )
