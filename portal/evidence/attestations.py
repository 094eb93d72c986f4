"""What a person attests of a promise that no row can show, with a date and a file."""

import io
from collections.abc import Mapping
from datetime import date, datetime
from typing import BinaryIO
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import access, changes, clock
from portal.core.actor import Actor
from portal.core.errors import NotAllowed, NotFound, Refused
from portal.evidence.models import Attestation
from portal.evidence.permissions import Permission
from portal.evidence.states import Judgement
from portal.evidence.verdicts import Attested
from portal.law.counting import add_months
from portal.people.models import User
from portal.people.promises import number
from portal.registers.services import duties
from portal.vault.inspection.verdict import Limits
from portal.vault.services import files, inspections
from portal.vault.states import RetentionClass

LIMITS = Limits(pixels=50_000_000, pages=100)
PDF = b"%PDF-"
#: What the files are in the vault.
KIND = "evidence.attestation"


def latest(*, at: datetime) -> Mapping[str, Attested]:
    """The last attestation of each promise that was made by then. It counts as long as other evidence (house rule)."""
    months = number(duties.EVIDENCE, now=at, otherwise=12)
    rows = Attestation.objects.filter(made_at__lte=at).select_related("made_by").order_by("judged_on", "pk")
    found: dict[str, Attested] = {}
    for row in rows:
        until = add_months(row.judged_on, months)
        found[row.promise] = Attested(
            row.outcome == Judgement.KEPT,
            row.judged_on,
            until,
            str(row.made_by),
            row.sha256,
            row.pk,
            counts=until >= clock.day(at),
        )
    return found


def attest(
    *, promise: str, outcome: str, judged_on: date, document: BinaryIO, actor: Actor, now: datetime
) -> Attestation:
    """Attest a promise: the encrypted file, the row and the audit event with the file's SHA-256, in one transaction.

    The file is checked first, in a child process, and rewritten where it holds more than it shows. Raises NotAllowed, Refused
    for a day ahead or a file that cannot be kept, Unavailable while files cannot be checked.
    """
    user = User.objects.filter(pk=actor.user_id or 0).first()
    if user is None or not access.allowed(user, Permission.ATTESTATION_MAKE):
        raise NotAllowed(_("Your role may not attest promises."), code="NOT_ALLOWED")
    if judged_on > clock.day(now):
        raise Refused(_("This date is in the future. Enter the date of the judgement."), code="DAY_AHEAD")
    kept = _checked(document)
    with files.encrypted(io.BytesIO(kept)) as bytes_of, transaction.atomic():
        file_ref = uuid4()
        stored = files.keep(
            bytes_of, subject_ref=file_ref, retention_class=RetentionClass.REGISTER, kind=KIND, actor=actor
        )
        row = Attestation.objects.create(
            promise=promise,
            outcome=Judgement(outcome),
            judged_on=judged_on,
            file=stored,
            file_ref=file_ref,
            sha256=stored.sha256,
            made_by=user,
            made_at=now,
        )
        changes.watch_created(row)
        facts: dict[str, str | int] = {
            "promise": promise,
            "outcome": row.outcome,
            "judged_on": judged_on.isoformat(),
            "sha256": stored.sha256,
            "bytes": stored.size,
        }
        record(AuditKind.EVIDENCE_PROMISE_ATTESTED, actor=actor, about=about(row), facts=facts, at=now)
    return row


def _checked(document: BinaryIO) -> bytes:
    _given, verdict, kept = inspections.read_checked(document, extension=None, limits=LIMITS)
    if verdict.fault is not None:
        raise Refused(_("This file cannot be kept. Upload a PDF of up to 100 pages."), code=verdict.fault)
    if not kept.startswith(PDF):
        raise Refused(_("This is not a PDF. Save the document as a PDF and upload it again."), code="NOT_PDF")
    return kept


def open_file(number: int, *, actor: Actor) -> tuple[Attestation, BinaryIO]:
    """The row and the clear bytes of its file; opening it is an audit event. Raises NotFound."""
    row = Attestation.objects.select_related("file").filter(pk=number).first()
    if row is None:
        raise NotFound(_("Not found"))
    return row, files.open_stream(row.file, actor=actor, reason="attestation")


def about(row: Attestation) -> str:
    """Its label in audit events."""
    return f"evidence.attestation:{row.pk}"
