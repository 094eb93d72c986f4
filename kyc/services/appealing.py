"""A customer wants a person to look at a document again: the grievance that says so is tied to it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from kyc.appeals import ABOUT
from kyc.models import Document
from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core.actor import Actor
from portal.people.models import Membership
from portal.people.selectors import refs_of


def note(*, ticket: str, documents: Iterable[str], subject_ref: UUID, actor: Actor, now: datetime) -> int:
    """Record, in the caller's transaction, that a grievance names documents that were sent to us: one audit event each.

    Only those of customers that its person acts for count: whoever names another's document ties nothing to it. Returns
    how many there were.
    """
    acts_for = Membership.objects.filter(principal__subject__ref__in=refs_of(subject_ref), ended_at=None)
    rows = Document.objects.filter(
        reference__in=list(documents), sent_at__isnull=False, case__customer__in=acts_for.values("customer")
    )
    found = list(rows.select_related("case", "party").order_by("pk"))
    for document in found:
        record(
            AuditKind.KYC_DOCUMENT_APPEALED,
            actor=actor,
            about=f"{ABOUT}{document.reference}",
            subject_ref=document.subject_ref,
            facts={"case": document.case.reference, "document": document.reference, "ticket": ticket},
            at=now,
        )
    return len(found)
