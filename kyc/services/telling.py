"""Letters to the people who act for a customer: by e-mail where there is an address, and always in the dashboard."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.utils import translation

from kyc import words
from kyc.models import Case, Document
from kyc.permissions import Permission
from kyc.states import DecisionReason, DocumentKind
from portal.core.clock import day
from portal.law.states import Channel
from portal.outbox.services import post
from portal.people.models import Membership
from portal.people.selectors import contact_for, staff_with
from portal.people.states import MemberRole

PURPOSE = "account_service"
PAGE = "/privacy/kyc/"


def document_refused(document: Document) -> None:
    """The file cannot be used: why, and what to do."""
    _tell(document.case, "kyc.document_refused", f"kyc.document:{document.reference}/refused", document)


def document_approved(document: Document) -> None:
    _tell(document.case, "kyc.document_approved", f"kyc.document:{document.reference}/approved", document)


def document_asked_again(document: Document, *, reason_code: str, message: str) -> None:
    _tell(
        document.case,
        "kyc.document_asked_again",
        f"kyc.document:{document.reference}/asked_again",
        document,
        reason_code,
        message,
    )


def document_rejected(document: Document, *, reason_code: str, message: str) -> None:
    _tell(
        document.case,
        "kyc.document_rejected",
        f"kyc.document:{document.reference}/rejected",
        document,
        reason_code,
        message,
    )


def documents_do_not_fit(document: Document, others: Iterable[Document]) -> None:
    """The document just sent contradicts another: the customer looks which of them is wrong or out of date."""
    for other in others:
        _tell(
            document.case,
            "kyc.documents_do_not_fit",
            f"kyc.document:{document.reference}/does_not_fit/{other.reference}",
            document,
            other=other,
        )


def case_approved(case: Case) -> None:
    """Everything is approved. The day of the decision makes each approval a letter of its own."""
    on = day(case.decided_at).isoformat() if case.decided_at else ""
    _tell(case, "kyc.approved", f"kyc.case:{case.reference}/approved/{on}")


def staff_late(case: Case, *, about: str, now: datetime) -> int:
    """Tell everybody who may decide that a case is late: its reference, no word of the customer. Returns how many."""
    told = 0
    for user in staff_with(Permission.CASE_DECIDE, now=now).select_related("subject"):
        if user.subject is None:
            continue
        post(
            kind="kyc.staff_late",
            subject_ref=user.subject.ref,
            channel=Channel.EMAIL,
            address=user.email,
            language=user.language,
            purpose=PURPOSE,
            about=f"kyc.case:{case.reference}/{about}",
            context={"reference": case.reference, "url": f"{settings.SITE_URL}/admin/kyc/document/?queue=review"},
        )
        told += 1
    return told


def _tell(
    case: Case,
    kind: str,
    about: str,
    document: Document | None = None,
    reason_code: str = "",
    message: str = "",
    other: Document | None = None,
) -> None:
    memberships = Membership.objects.filter(customer=case.customer, ended_at=None, role=MemberRole.OWNER)
    for membership in memberships.select_related("principal__subject"):
        person = membership.principal
        with translation.override(person.language):
            context = {
                "reference": case.reference,
                "document": str(DocumentKind(document.kind).label) if document else "",
                "other": str(DocumentKind(other.kind).label) if other else "",
                "why": _why(document, reason_code),
                "message": message,
                "url": settings.SITE_URL + PAGE,
            }
        contact = contact_for(person, Channel.EMAIL)
        ways = [(Channel.DASHBOARD, "")] + ([(Channel.EMAIL, contact.address)] if contact else [])
        for channel, address in ways:
            post(
                kind=kind,
                subject_ref=person.subject.ref,
                channel=channel,
                address=str(address),
                language=person.language,
                purpose=PURPOSE,
                about=about,
                context=context,
            )


def _why(document: Document | None, reason_code: str) -> str:
    if reason_code:
        return str(DecisionReason(reason_code).label)
    return str(words.FAULTS.get(document.fault, "")) if document else ""
