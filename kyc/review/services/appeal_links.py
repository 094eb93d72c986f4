"""A customer wants a person to look at a document again: the grievance that says so is tied to it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from kyc.base.models.documents import Document
from kyc.review.review_appeals import ABOUT, appeals_of, rejected_at
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core.actor import Actor
from portal.kernel.people.models import Membership
from portal.kernel.people.selectors import refs_of


def note(*, ticket: str, documents: Iterable[str], subject_ref: UUID | None, actor: Actor, at: datetime) -> int:
    """Record, in the caller's transaction, that a grievance names documents that were sent to us: one audit event each.

    ``at`` is when its person wrote it: what they wrote before a rejection is no word against it. Only documents of
    customers that they act for count: whoever names another's ties nothing to it. Without a ``subject_ref`` an officer
    answers for that. What a grievance was tied to since the rejection stays as it is. Returns how many are tied by this.
    """
    rows = Document.objects.filter(reference__in=list(documents), sent_at__isnull=False)
    if subject_ref is not None:
        acts_for = Membership.objects.filter(principal__subject__ref__in=refs_of(subject_ref), ended_at=None)
        rows = rows.filter(case__customer__in=acts_for.values("customer"))
    rows = rows.select_related("case", "party").order_by("pk")
    found = [document for document in rows if not _is_noted(document, ticket, at)]
    for document in found:
        record(
            AuditKind.KYC_DOCUMENT_APPEALED,
            actor=actor,
            about=f"{ABOUT}{document.reference}",
            subject_ref=document.subject_ref,
            facts={"case": document.case.reference, "document": document.reference, "ticket": ticket},
            at=at,
        )
    return len(found)


def _is_noted(document: Document, ticket: str, at: datetime) -> bool:
    """Whether this grievance is tied to it already, or what was written then is past."""
    since = rejected_at(document)
    if since is not None and at < since:
        return True
    return any(one.ticket == ticket and (since is None or one.at >= since) for one in appeals_of(document))
