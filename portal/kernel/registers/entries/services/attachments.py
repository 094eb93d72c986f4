"""Documents of the registers: added to a record, opened by those who may read it, and destroyed when their rule ends."""

import hashlib
import io
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, islice
from typing import Any, BinaryIO

import structlog
from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import access, clock, ids
from portal.kernel.core.actor import SYSTEM, Actor
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.law import selectors as law
from portal.kernel.law.date_arithmetic import add_months
from portal.kernel.law.request_cache import remembering
from portal.kernel.law.terms import Unit
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import User
from portal.kernel.people.services import maker_checker
from portal.kernel.registers.base.choices import AttachmentKind
from portal.kernel.registers.base.models.orders import AuthorityOrder
from portal.kernel.registers.base.models.register_entries import BookEntry
from portal.kernel.registers.base.permissions import Permission
from portal.kernel.registers.base.services.entry_fields import at_field
from portal.kernel.registers.entries.models.attachments import Attachment
from portal.kernel.registers.incidents.models import Incident, IncidentDuty
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.inspection.result import Fault, Limits
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services import files, inspections

log = structlog.get_logger(__name__)

#: Agreements are longer than papers of identity. Technical limits, not law.
LIMITS = Limits(size=25 * 1024 * 1024, pages=200, cpu_seconds=60, wall_seconds=90.0)
#: Records that are read together.
AT_ONCE = 500
#: How long a document is kept once its record has ended.
KEPT_RULE = "registers.attachments_kept"
FAULTS: dict[str, Any] = {
    Fault.EMPTY: _("This file is empty. Choose another one."),
    Fault.TOO_LARGE: _("The file must be smaller than 25 MB."),
    Fault.TOO_MANY_PAGES: _("The file must have at most 200 pages. Add it in parts."),
    Fault.TYPE: _("The file must be a PDF, JPG or PNG."),
    Fault.TYPE_MISMATCH: _("The file is not what its name says. Save it again as a PDF, JPG or PNG."),
    Fault.ARCHIVE: _("The file must be a PDF, JPG or PNG, not an archive. Add each document by itself."),
    Fault.ENCRYPTED: _("The file has a password. Save it without one and choose it again."),
    Fault.ACTIVE_CONTENT: _("The PDF has a program inside. Print it into a new PDF and choose that."),
    Fault.EMBEDDED_FILE: _("The PDF has another file inside. Print it into a new PDF and choose that."),
    Fault.MALWARE: _("The file is harmful and was not kept."),
}
DAMAGED = _("The file is damaged and cannot be opened. Save it again and choose it again.")


@dataclass(frozen=True)
class Judged:
    """A file that may be kept: the copy that the safety check wrote, what it is, and SHA-256 of the file as it came."""

    kept: bytes
    media_type: str
    pages: int
    original_sha256: str


@dataclass(frozen=True)
class Holder:
    """A kind of record that has documents: who reads and who adds them, and when the record has ended (None: it has not)."""

    views: str
    adds: str
    ended: Callable[[Any], datetime | None]
    #: Its documents tell of people: they are opened one by one, for a reason, and lie in no file that is handed over.
    is_about_people: bool = False


def _entry_ended(entry: BookEntry) -> datetime | None:
    """A rejected proposal never was in force: it ended with the decision."""
    return entry.checked_at if entry.answer == Answer.REFUSED else entry.ends_at


_BOOK = Holder(Permission.BOOK_VIEW, Permission.BOOK_PROPOSE, _entry_ended)
_HOLDERS: dict[type[Model], Holder] = {
    AuthorityOrder: Holder(
        Permission.ORDER_VIEW, Permission.ORDER_ENTER, lambda order: order.answered_at, is_about_people=True
    ),
    Incident: Holder(
        Permission.INCIDENT_VIEW, Permission.INCIDENT_OPEN, lambda incident: incident.closed_at, is_about_people=True
    ),
    IncidentDuty: Holder(
        Permission.INCIDENT_VIEW, Permission.INCIDENT_OPEN, lambda duty: duty.incident.closed_at, is_about_people=True
    ),
}


def register_holder(model: type[Model], holder: Holder) -> None:
    """A room above this one whose records have documents says so as it starts."""
    _HOLDERS[model] = holder


def holder_of(model: type[Model]) -> Holder:
    """What is asked of the records of this model. Raises TypeError for one that has no documents."""
    if issubclass(model, BookEntry):
        return _BOOK
    if model not in _HOLDERS:
        raise TypeError(f"{model.__name__} has no documents.")
    return _HOLDERS[model]


def about(record: Model) -> str:
    """The label under which the documents of a record are kept: ``registers.contract:12``."""
    return f"{record._meta.label_lower}:{record.pk}"


def of(record: Model) -> QuerySet[Attachment]:
    """The documents of a record, the newest first, those included whose file has ended. Reads only."""
    holder_of(type(record))
    return Attachment.objects.filter(about=about(record)).select_related("file", "added_by")


def record_of(attachment: Attachment) -> Model | None:
    """The record that a document belongs to; None for one that is gone."""
    label, _colon, key = attachment.about.rpartition(":")
    found: Model | None = apps.get_model(label)._default_manager.filter(pk=key).first()
    return found


def add(
    record: Model, *, stream: BinaryIO, extension: str, kind: str, dated_on: date, actor: Actor, now: datetime
) -> Attachment:
    """Add a document to a record: judged in a confined child, encrypted, then kept in one transaction with its audit event.

    The facts of the event are the hashes of the copy and of the original, kind, size and date: the ledger holds the document
    to its bytes. ``extension`` is what the file's name claims; the name is not kept. Raises NotAllowed; Refused for a date
    ahead (DATE_AHEAD), for a file that is unfit (a ``Fault``), and for one that the record has already (ATTACHED_ALREADY);
    Unavailable where files cannot be checked just now; TypeError for a record that has no documents.
    """
    access.require(maker_checker.person_of(actor), holder_of(type(record)).adds)
    kind = AttachmentKind(kind).value
    if dated_on > clock.day(now):
        raise at_field("dated_on", _("A document cannot be dated ahead. Check the date."), code="DATE_AHEAD")
    document = judge(stream, extension=extension)
    try:
        person, adds = maker_checker.person_of(actor), holder_of(type(record)).adds
        with files.encrypted(io.BytesIO(document.kept)) as bytes_of, access.acting(person, adds):
            return keep(record, document, bytes_of, kind=kind, dated_on=dated_on, actor=actor, now=now)
    except IntegrityError as error:  # the same file from two windows at once
        raise _attached_already() from error


def judge(stream: BinaryIO, *, extension: str | None) -> Judged:
    """A file as it may be kept, judged in a confined child; outside any transaction. Raises Refused (a ``Fault``) for one that is
    unfit and Unavailable while files cannot be checked.
    """
    given, verdict, kept = inspections.read_checked(stream, extension=extension, limits=LIMITS)
    if verdict.fault is not None:
        raise at_field("file", FAULTS.get(verdict.fault, DAMAGED), code=verdict.fault)
    return Judged(kept, verdict.mime, verdict.pages or 1, hashlib.sha256(given).hexdigest())


def keep(
    record: Model,
    document: Judged,
    bytes_of: files.Encrypted,
    *,
    kind: str,
    dated_on: date,
    actor: Actor,
    now: datetime,
) -> Attachment:
    """Keep a judged document with its audit event, in the caller's transaction. Raises Refused (ATTACHED_ALREADY)."""
    _refuse_twin(record, document.original_sha256)
    stored = files.keep(
        bytes_of,
        subject_ref=uuid.uuid4(),  # nobody's: a key that ends with this file alone
        retention_class=RetentionClass.REGISTER,
        kind="registers.attachment",
        actor=actor,
    )
    person = maker_checker.person_of(actor)
    row = Attachment.objects.create(
        reference=ids.new_reference("AT"),
        about=about(record),
        kind=kind,
        dated_on=dated_on,
        media_type=document.media_type,
        pages=document.pages,
        file=stored,
        sha256=stored.sha256,
        original_sha256=document.original_sha256,
        added_at=now,
        added_by=person,
    )
    _note(AuditKind.REGISTERS_ATTACHMENT_ADDED, row, actor=actor, now=now)
    return row


def adopt(
    record: Model, stored: StoredFile, *, kind: str, dated_on: date, added_by: User, actor: Actor, now: datetime
) -> Attachment:
    """Make an attachment of a PDF that a record kept by itself before, with its audit event, in one transaction. Of the file as
    it was handed over nothing is known: ``original_sha256`` stays empty.
    """
    with transaction.atomic():
        row = Attachment.objects.create(
            reference=ids.new_reference("AT"),
            about=about(record),
            kind=kind,
            dated_on=dated_on,
            media_type="application/pdf",
            pages=1,
            file=stored,
            sha256=stored.sha256,
            original_sha256="",
            added_at=now,
            added_by=added_by,
        )
        _note(AuditKind.REGISTERS_ATTACHMENT_ADDED, row, actor=actor, now=now)
    return row


def _refuse_twin(record: Model, sha256: str) -> None:
    if Attachment.objects.filter(about=about(record), original_sha256=sha256, ended_at=None).exists():
        raise _attached_already()


def _attached_already() -> Refused:
    return at_field("file", _("This file is attached already."), code="ATTACHED_ALREADY")


def open_file(attachment: Attachment, *, actor: Actor) -> BinaryIO:
    """The clear bytes of a document, for who may read its record; the opening is an audit event of the vault.

    Raises NotAllowed, NotFound for a record that is gone, and Shredded for a document that has ended.
    """
    record = record_of(attachment)
    if record is None:
        raise NotFound(_("Not found."))
    access.require(maker_checker.person_of(actor), holder_of(type(record)).views)
    return files.open_stream(attachment.file, actor=actor, reason="registers.attachment")


def last_day(attachment: Attachment, record: Model | None) -> date | None:
    """The last day on which the document is kept; None while its record has not ended."""
    ended = attachment.added_at if record is None else holder_of(type(record)).ended(record)
    if ended is None:
        return None
    rule = law.house_rule(KEPT_RULE, on=clock.day(ended))
    months = int(rule.amount or 0) * (12 if rule.unit == Unit.YEAR else 1)
    return add_months(clock.day(max(ended, attachment.added_at)), months)


def end_expired(*, now: datetime) -> int:
    """Destroy the file of each document whose last day has passed, each in a transaction of its own with its audit event.

    One that breaks stops no other. Safe to repeat; returns how many ended.
    """
    ended = 0
    with remembering():
        expired = list(_expired(now))
    for attachment in expired:
        try:
            ended += _end(attachment, now=now)
        except Exception as crash:  # noqa: BLE001 - whatever broke, the others end all the same
            log.error("registers.attachment_not_ended", attachment=attachment.pk, error=type(crash).__name__)  # noqa: TRY400
    return ended


def _expired(now: datetime) -> Iterator[Attachment]:
    """Those whose last day has passed; the records of one register are read together."""
    today = clock.day(now)
    kept = Attachment.objects.filter(ended_at=None).select_related("file").order_by("about", "pk")
    for label, some in groupby(kept.iterator(chunk_size=AT_ONCE), key=lambda each: each.about.partition(":")[0]):
        while few := list(islice(some, AT_ONCE)):
            records = _rows_of(apps.get_model(label)).in_bulk({int(each.about.rpartition(":")[2]) for each in few})
            for attachment in few:
                last = last_day(attachment, records.get(int(attachment.about.rpartition(":")[2])))
                if last is not None and last < today:
                    yield attachment


def _rows_of(model: type[Model]) -> QuerySet[Any]:
    rows: QuerySet[Any] = model._default_manager.all()
    return rows.select_related("incident") if model is IncidentDuty else rows


def _end(attachment: Attachment, *, now: datetime) -> bool:
    with transaction.atomic():
        if Attachment.objects.filter(pk=attachment.pk, ended_at=None).update(ended_at=now) != 1:
            return False
        attachment.ended_at = now
        files.shred(subject_ref=attachment.file.subject_ref, retention_class=RetentionClass.REGISTER)
        _note(AuditKind.REGISTERS_ATTACHMENT_ENDED, attachment, actor=SYSTEM, now=now)
    return True


def _note(kind: AuditKind, row: Attachment, *, actor: Actor, now: datetime) -> None:
    facts: dict[str, str | int | bool | None] = {
        "reference": row.reference,
        "kind": row.kind,
        "dated_on": row.dated_on.isoformat(),
        "sha256": row.sha256,
        "original_sha256": row.original_sha256,
        "size": row.file.size,
    }
    audit.record(kind, actor=actor, about=row.about, facts=facts, at=now)
