"""What a worker writes down about a document: one row for each check, and where the document went."""

import json
from datetime import datetime

from django.db import IntegrityError, transaction

from kyc import plans
from kyc.models import Check, CheckEvidence, Document
from kyc.outcomes import CheckOutcome, Severity
from kyc.plans import PlannedCheck
from kyc.rules import Said
from kyc.services import sealing
from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import actor as actors
from portal.core import clock
from portal.core.actor import Actor

WORKER = actors.system("kyc.checks")


def note_check(
    document: Document, planned: PlannedCheck, said: Said, started: datetime, *, inquiry_ref: str = ""
) -> None:
    """One row, its evidence and its audit event. A second worker's row of the same attempt changes nothing.

    A provider that did not answer has said nothing about the document, so it stands against no approval: a person decides.
    """
    is_silent = bool(planned.provider) and said.outcome is CheckOutcome.UNAVAILABLE
    severity = Severity.INFO if is_silent else planned.severity
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
                severity=severity.value,
                document_sha256=sha256,
                plan_version=plans.version(),
                method=planned.method,
                check_version=planned.version,
                key_sha256=said.key_sha256,
                inquiry_ref=inquiry_ref,
                started_at=started,
                ended_at=clock.now(),
            )
            if said.evidence or said.seen_sha256:
                sealed = sealing.seal(document, json.dumps(said.evidence, sort_keys=True))
                seen = sealing.seal(document, said.seen_sha256) if said.seen_sha256 else b""
                CheckEvidence.objects.create(check_run=check, sealed=sealed, seen_sealed=seen)
            record(
                AuditKind.KYC_CHECK_FINISHED,
                actor=WORKER,
                about=f"kyc.document:{document.reference}",
                subject_ref=document.subject_ref,
                facts={
                    "check": planned.name,
                    "outcome": said.outcome.value,
                    "reason_code": said.reason,
                    "severity": severity.value,
                    "sha256": sha256,
                },
            )
    except IntegrityError:
        if not document.checks.filter(name=planned.name, attempt=attempt).exists():
            raise


def note_move(document: Document, *, actor: Actor, now: datetime, to: str = "", proposal: str = "") -> None:
    """The audit event of a document that went to another state, in the caller's transaction.

    ``to`` is where it went when that is no state of its own; ``proposal`` names the decision that moved it.
    """
    facts = {"case": document.case.reference, "to": to or str(document.state)}
    record(
        AuditKind.KYC_DOCUMENT_MOVED,
        actor=actor,
        about=f"kyc.document:{document.reference}",
        subject_ref=document.subject_ref,
        facts=facts | ({"proposal": proposal} if proposal else {}),
        at=now,
    )
