"""The checks on a document, run by a worker. Safe to kill and to repeat at any line.

1. Claim the document by a lease; a second worker finds it taken.
2. Each check of the plan writes one row and its audit event in one transaction; a check that has a row is not run again.
   The first, the safety of the file, stores the kept copy in the same transaction as its row.
3. The last transaction moves the document on and ends the quarantine's key.
A worker that dies between leaves rows and a lease; when the lease has run out, the sweep nudges and the next run goes on.
"""

import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.utils import OperationalError

from kyc import plans, rules
from kyc.inspection.process import inspect
from kyc.inspection.verdict import Verdict
from kyc.models import Check, CheckEvidence, Document
from kyc.outcomes import CheckOutcome, TextMatch
from kyc.plans import PlannedCheck
from kyc.rules import Said
from kyc.selectors import is_done, others_with_number, present_documents, waiting_to_check
from kyc.services import settling, telling
from kyc.states import DOCUMENT_MOVES, DocumentKind, DocumentState
from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import actor as actors
from portal.core import clock
from portal.core.enqueue import enqueue
from portal.core.errors import Unavailable
from portal.core.moves import move
from portal.people.states import CustomerKind
from portal.vault.services import files, texts
from portal.vault.states import RetentionClass

log = structlog.get_logger(__name__)

WORKER = actors.system("kyc.checks")
LEASE = timedelta(minutes=2)
#: What "something is down" looks like: it ends this run, not the document.
OUTAGES = (Unavailable, OSError, OperationalError)


def run_plan(document_id: int, *, now: datetime) -> str:
    """Run what is left of the plan; returns the document's state, or "taken" when another worker has it.

    A fault of the file ends in ``refused`` and a letter; an outage is written down as UNAVAILABLE and tried again later.
    """
    document = _claim(document_id, now)
    if document is None:
        return "taken"
    for planned in plans.checks_for(document.kind):
        if is_done(document, planned.name):
            continue
        try:
            _run_one(document, planned)
        except OUTAGES as error:
            log.warning("kyc.check_unavailable", check=planned.name, error=type(error).__name__)
            _write(document, planned, Said(CheckOutcome.UNAVAILABLE, "SERVICE_DOWN"), clock.now())
            return str(document.state)
        if document.state != DocumentState.RECEIVED:
            return str(document.state)
    _finish(document)
    return str(document.state)


def sweep(*, now: datetime) -> int:
    """Nudge the checks of documents that nobody works on; returns how many."""
    waiting = list(waiting_to_check(now=now))
    for document_id in waiting:
        enqueue("kyc.tasks.check_document", document_id)
    return len(waiting)


def _claim(document_id: int, now: datetime) -> Document | None:
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    rows = Document.objects.filter(free, pk=document_id, state=DocumentState.RECEIVED)
    if rows.update(leased_until=now + LEASE) != 1:
        return None
    return Document.objects.select_related("case__customer", "quarantined", "kept").get(pk=document_id)


def _run_one(document: Document, planned: PlannedCheck) -> None:
    started = clock.now()
    if planned.name == "file_safety":
        _judge_file(document, planned, started)
        return
    _write(document, planned, STEPS[planned.name](document), started)


def _judge_file(document: Document, planned: PlannedCheck, started: datetime) -> None:
    with files.open_stream(document.quarantined, actor=WORKER, reason="file_safety") as stream:
        data = stream.read()
    verdict, kept = inspect(data, extension=document.extension)
    with transaction.atomic():
        if not verdict.is_accepted:
            _write(document, planned, Said(CheckOutcome.FAIL, str(verdict.fault)), started)
            _refuse(document, verdict)
            return
        _keep(document, verdict, kept)
        evidence: dict[str, str | int] = {
            "mime": verdict.mime,
            "pages": verdict.pages,
            "width": verdict.width,
            "height": verdict.height,
            "searched": str(verdict.search),
        }
        _write(document, planned, Said(CheckOutcome.PASS, "", evidence), started)


def _keep(document: Document, verdict: Verdict, kept: bytes) -> None:
    """Store the copy written anew, and what was read of it; the numbers themselves are not kept."""
    document.kept = files.store(
        io.BytesIO(kept),
        subject_ref=document.case.subject_ref,
        retention_class=RetentionClass.KYC,
        kind="kyc.document",
        actor=WORKER,
    )
    read = verdict.numbers.get(plans.number_type(document.kind), [])
    document.number_in_text = rules.match_in_text(_number(document), found=read).value
    document.mime, document.pages, document.searched = verdict.mime, verdict.pages, str(verdict.search)
    document.save(update_fields=["kept", "number_in_text", "mime", "pages", "searched"])


def _refuse(document: Document, verdict: Verdict) -> None:
    move(document, DocumentState.REFUSED, moves=DOCUMENT_MOVES, fault=str(verdict.fault), leased_until=None)
    record(
        AuditKind.KYC_DOCUMENT_REFUSED,
        actor=WORKER,
        about=f"kyc.document:{document.reference}",
        subject_ref=document.case.subject_ref,
        facts={"case": document.case.reference, "reason_code": str(verdict.fault)},
    )
    _end_quarantine(document)
    telling.document_refused(document)
    settling.settle(document.case, actor=WORKER, now=clock.now())


def _finish(document: Document) -> None:
    now = clock.now()
    with transaction.atomic():
        move(document, DocumentState.CHECKED, moves=DOCUMENT_MOVES, checked_at=now, leased_until=None)
        record(
            AuditKind.KYC_DOCUMENT_CHECKED,
            actor=WORKER,
            about=f"kyc.document:{document.reference}",
            subject_ref=document.case.subject_ref,
            facts={"case": document.case.reference, "sha256": document.kept.sha256 if document.kept else ""},
            at=now,
        )
        _end_quarantine(document)
        settling.settle(document.case, actor=WORKER, now=now)


def _end_quarantine(document: Document) -> None:
    files.shred(subject_ref=document.quarantine_ref, retention_class=RetentionClass.QUARANTINE, actor=WORKER)


def _write(document: Document, planned: PlannedCheck, said: Said, started: datetime) -> None:
    """One row, its evidence and its audit event. A second worker's row of the same attempt changes nothing."""
    attempt = document.checks.filter(name=planned.name).count() + 1
    sha256 = (document.kept or document.quarantined).sha256
    try:
        with transaction.atomic():
            check = Check.objects.create(
                document=document,
                name=planned.name,
                attempt=attempt,
                outcome=said.outcome.value,
                reason=said.reason,
                severity=planned.severity.value,
                document_sha256=sha256,
                plan_version=plans.version(),
                started_at=started,
                ended_at=clock.now(),
            )
            if said.evidence:
                sealed = texts.seal(
                    json.dumps(said.evidence, sort_keys=True),
                    subject_ref=document.case.subject_ref,
                    retention_class=RetentionClass.KYC,
                )
                CheckEvidence.objects.create(check_run=check, sealed=sealed)
            record(
                AuditKind.KYC_CHECK_FINISHED,
                actor=WORKER,
                about=f"kyc.document:{document.reference}",
                subject_ref=document.case.subject_ref,
                facts={
                    "check": planned.name,
                    "outcome": said.outcome.value,
                    "reason_code": said.reason,
                    "severity": planned.severity.value,
                    "sha256": sha256,
                },
            )
    except IntegrityError:
        if not document.checks.filter(name=planned.name, attempt=attempt).exists():
            raise


def _number(document: Document) -> str:
    return texts.open(
        bytes(document.number_sealed or b""),
        subject_ref=document.case.subject_ref,
        retention_class=RetentionClass.KYC,
    )


def _number_check(document: Document) -> Said:
    return rules.number(plans.number_type(document.kind), _number(document))


def _holder(document: Document) -> Said:
    is_individual = document.case.customer.kind == CustomerKind.INDIVIDUAL
    return rules.holder(_number(document), is_individual=is_individual)


def _declared(document: Document) -> Said:
    return rules.declared_number(TextMatch(document.number_in_text))


def _gstin_contains_pan(document: Document) -> Said:
    present = present_documents(document.case)
    pan, gst = present.get(DocumentKind.PAN_CARD), present.get(DocumentKind.GST_CERTIFICATE)
    return rules.gstin_contains_pan(_number(gst) if gst else None, _number(pan) if pan else None)


def _duplicate(document: Document) -> Said:
    return rules.duplicate(others_with_number(document, _number(document)).values("case").distinct().count())


def _expiry(document: Document) -> Said:
    return rules.expiry(document.expires_on, today=clock.now().astimezone(clock.IST).date())


STEPS: dict[str, Callable[[Document], Said]] = {
    "declared_number": _declared,
    "duplicate": _duplicate,
    "expiry": _expiry,
    "gstin_contains_pan": _gstin_contains_pan,
    "holder": _holder,
    "number": _number_check,
}
