"""The grievances in which the customer asked a person to look at a document, folded from the audit events."""

from dataclasses import dataclass
from datetime import datetime

from kyc.models import Document
from portal.audit.kinds import AuditKind
from portal.audit.models import AuditEvent

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
