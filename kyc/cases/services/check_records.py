"""What a worker writes down about a document: one row for each check, and where the document went."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from kyc.base.check_outcomes import CheckOutcome, Severity
from kyc.base.models.checks import Check, CheckEvidence
from kyc.base.models.documents import Document
from kyc.cases import check_plans
from kyc.cases.check_plans import PlannedCheck
from kyc.cases.rules.document_checks import Said
from kyc.cases.services import document_encryption
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import Act, record, record_many
from portal.kernel.core import actor as actors
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor

WORKER = actors.system("kyc.checks")


@dataclass(frozen=True)
class Ran:
    """One check that has run on a document, and when."""

    planned: PlannedCheck
    said: Said
    started: datetime
    ended: datetime
    inquiry_ref: str = ""


def note_check(
    document: Document, planned: PlannedCheck, said: Said, started: datetime, *, inquiry_ref: str = ""
) -> None:
    """One row, its evidence and its audit event. A second worker's row of the same attempt changes nothing."""
    ran = Ran(planned, said, started, clock.now(), inquiry_ref)
    attempts = _attempts(document, [ran])
    try:
        _write(document, [ran], attempts)
    except IntegrityError:
        if not document.checks.filter(name=planned.name, attempt=attempts[planned.name] + 1).exists():
            raise


def note_checks(document: Document, ran: Sequence[Ran]) -> None:
    """Several of them, each as ``note_check`` writes it, set by set; the caller holds the document's row (``locking``)."""
    if ran:
        _write(document, ran, _attempts(document, ran))


def _attempts(document: Document, ran: Sequence[Ran]) -> Counter[str]:
    names = [one.planned.name for one in ran]
    return Counter(document.checks.filter(name__in=names).values_list("name", flat=True))


def _write(document: Document, ran: Sequence[Ran], attempts: Counter[str]) -> None:
    sha256 = (document.kept or document.quarantined).sha256
    rows = [_row(document, one, attempts[one.planned.name] + 1, sha256) for one in ran]
    with transaction.atomic():
        Check.objects.bulk_create(rows)
        _keep_evidence(document, rows, ran)
        record_many(
            AuditKind.KYC_CHECK_FINISHED,
            actor=WORKER,
            acts=[
                Act(
                    f"kyc.document:{document.reference}",
                    {
                        "check": row.name,
                        "outcome": row.outcome,
                        "reason_code": row.reason,
                        "severity": row.severity,
                        "sha256": sha256,
                    },
                    document.subject_ref,
                )
                for row in rows
            ],
        )


def _row(document: Document, one: Ran, attempt: int, sha256: str) -> Check:
    """A provider that did not answer has said nothing about the document, so it stands against no approval: a person decides."""
    is_silent = bool(one.planned.provider) and one.said.outcome is CheckOutcome.UNAVAILABLE
    severity = Severity.INFO if is_silent else one.planned.severity
    return Check(
        document=document,
        name=one.planned.name,
        attempt=attempt,
        outcome=one.said.outcome.value,
        reason=one.said.reason,
        severity=severity.value,
        document_sha256=sha256,
        plan_version=check_plans.version(),
        method=one.planned.method,
        check_version=one.planned.version,
        key_sha256=one.said.key_sha256,
        inquiry_ref=one.inquiry_ref,
        started_at=one.started,
        ended_at=one.ended,
    )


def _keep_evidence(document: Document, rows: Sequence[Check], ran: Sequence[Ran]) -> None:
    """What each saw and the hash of what it looked at, sealed under the document's key, which is asked for once."""
    found = [(row, one.said) for row, one in zip(rows, ran, strict=True) if one.said.evidence or one.said.seen_sha256]
    if not found:
        return
    sealed = iter(
        document_encryption.seal_all(
            document,
            [text for _row, said in found for text in (json.dumps(said.evidence, sort_keys=True), said.seen_sha256)],
        )
    )
    CheckEvidence.objects.bulk_create(
        CheckEvidence(check_run=row, sealed=next(sealed), seen_sealed=_or_nothing(said.seen_sha256, next(sealed)))
        for row, said in found
    )


def _or_nothing(text: str, sealed: bytes) -> bytes:
    return sealed if text else b""


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
