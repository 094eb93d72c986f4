"""The grievances in which the customer asked a person to look at a document, folded from the audit events."""

from dataclasses import dataclass
from datetime import datetime

from kyc.base.choices import DecisionOutcome
from kyc.base.models.documents import Document
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.people.choices import Answer

ABOUT = "kyc.document:"


@dataclass(frozen=True)
class Appeal:
    """One grievance about a document: its reference, and when it was filed."""

    ticket: str
    at: datetime


def appeals_of(document: Document) -> list[Appeal]:
    """The grievances of the document's own people that name it, oldest first. One query."""
    rows = AuditEvent.objects.filter(kind=AuditKind.KYC_DOCUMENT_APPEALED, about=f"{ABOUT}{document.reference}")
    return [Appeal(row.facts["ticket"], row.at) for row in rows.order_by("at", "pk")]


def rejected_at(document: Document) -> datetime | None:
    """When two people last rejected it; None where nobody did."""
    last = document.decisions.filter(answer=Answer.APPROVED, outcome=DecisionOutcome.REJECT).order_by("-checked_at")
    return last.values_list("checked_at", flat=True).first()


def is_appealed(document: Document) -> bool:
    """Whether one of them came after the document was rejected: only then may it be decided once more."""
    since = rejected_at(document)
    return since is not None and any(appeal.at >= since for appeal in appeals_of(document))
