"""What a person attests of a promise that no row can show, with a date and a file."""

import hashlib
import io
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import BinaryIO

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from portal.fronts.evidence.choices import Judgement
from portal.fronts.evidence.models import Attestation
from portal.fronts.evidence.permissions import Permission
from portal.fronts.evidence.verdicts import Attested
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access, clock, field_changes
from portal.kernel.core.actor import SYSTEM, Actor
from portal.kernel.core.errors import NotAllowed, NotFound, Refused
from portal.kernel.law.date_arithmetic import add_months
from portal.kernel.people.models import User
from portal.kernel.people.signin_limits import number
from portal.kernel.registers.base.choices import AttachmentKind
from portal.kernel.registers.entries.services import attachments, register_tasks
from portal.kernel.registers.entries.services.attachments import Holder
from portal.kernel.vault.services import files

PDF = "application/pdf"


def latest(*, at: datetime) -> Mapping[str, Attested]:
    """The last attestation of each promise that was made by then. It counts as long as other evidence (house rule)."""
    months = number(register_tasks.EVIDENCE, now=at, otherwise=12)
    rows = Attestation.objects.filter(made_at__lte=at).select_related("made_by").order_by("judged_on", "pk")
    found: dict[str, Attested] = {}
    for row in rows:
        until = add_months(row.judged_on, months)
        found[row.promise] = Attested(
            row.outcome == Judgement.KEPT,
            row.judged_on,
            until,
            row.made_by.display_name,
            row.sha256,
            row.pk,
            counts=until >= clock.day(at),
        )
    return found


def attest(
    *, promise: str, outcome: str, judged_on: date, document: BinaryIO, actor: Actor, now: datetime
) -> Attestation:
    """Attest a promise: the row, its document as an attachment, and the audit events with its SHA-256, in one transaction.

    The document is judged before, as every attachment. Raises NotAllowed, Refused
    for a day ahead or a file that cannot be kept, Unavailable while files cannot be checked.
    """
    user = User.objects.filter(pk=actor.user_id or 0).first()
    if user is None or not access.allowed(user, Permission.ATTESTATION_MAKE):
        raise NotAllowed(_("Your role may not attest promises."), code="NOT_ALLOWED")
    if judged_on > clock.day(now):
        raise Refused(_("This date is in the future. Enter the date of the judgement."), code="DAY_AHEAD")
    judged = attachments.judge(document, extension=None)
    if judged.media_type != PDF:
        raise Refused(_("This is not a PDF. Save the document as a PDF and upload it again."), code="NOT_PDF")
    with files.encrypted(io.BytesIO(judged.kept)) as bytes_of, transaction.atomic():
        row = Attestation.objects.create(
            promise=promise,
            outcome=Judgement(outcome),
            judged_on=judged_on,
            sha256=hashlib.sha256(judged.kept).hexdigest(),
            made_by=user,
            made_at=now,
        )
        field_changes.watch_created(row)
        kept = attachments.keep(
            row, judged, bytes_of, kind=AttachmentKind.ATTESTATION, dated_on=judged_on, actor=actor, now=now
        )
        facts: dict[str, str | int] = {
            "promise": promise,
            "outcome": row.outcome,
            "judged_on": judged_on.isoformat(),
            "sha256": row.sha256,
            "bytes": kept.file.size,
        }
        record(AuditKind.EVIDENCE_PROMISE_ATTESTED, actor=actor, about=about(row), facts=facts, at=now)
    return row


def ended_at(row: Attestation) -> datetime | None:
    """When an attestation ended: another took its place, or it counts no longer; None while it counts."""
    later = Attestation.objects.filter(promise=row.promise).filter(
        Q(judged_on__gt=row.judged_on) | Q(judged_on=row.judged_on, pk__gt=row.pk)
    )
    replaced = later.order_by("made_at").values_list("made_at", flat=True).first()
    now = clock.now()
    until = add_months(row.judged_on, number(register_tasks.EVIDENCE, now=now, otherwise=12))
    over = datetime.combine(until + timedelta(days=1), time.min, clock.IST)
    ends = [each for each in (replaced, over) if each is not None and each <= now]
    return min(ends, default=None)


HOLDER = Holder(Permission.MAP_VIEW, Permission.ATTESTATION_MAKE, ended_at)


def attach_earlier(*, now: datetime) -> int:
    """Make attachments of the files of attestations that had none yet, each in a transaction of its own with its audit event.
    Safe to repeat; returns how many.
    """
    done = 0
    waiting = Attestation.objects.filter(file__isnull=False).select_related("file", "made_by").order_by("pk")
    for row in waiting:
        with transaction.atomic():
            Attestation.objects.select_for_update().get(pk=row.pk)  # another worker may adopt the same file
            if row.file is None or attachments.of(row).exists():
                continue
            attachments.adopt(
                row,
                row.file,
                kind=AttachmentKind.ATTESTATION,
                dated_on=row.judged_on,
                added_by=row.made_by,
                actor=SYSTEM,
                now=now,
            )
            done += 1
    return done


def open_file(number: int, *, actor: Actor) -> tuple[Attestation, BinaryIO]:
    """The row and the clear bytes of its file; opening it is an audit event. Raises NotAllowed, NotFound, and Shredded for a file
    that has ended.
    """
    row = Attestation.objects.filter(pk=number).first()
    kept = attachments.of(row).first() if row is not None else None
    if row is None or kept is None:
        raise NotFound(_("Not found"))
    return row, attachments.open_file(kept, actor=actor)


def about(row: Attestation) -> str:
    """Its label in audit events."""
    return attachments.about(row)
