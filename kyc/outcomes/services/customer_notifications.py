"""Letters to the people who act for a customer: by e-mail where there is an address, and always in the dashboard."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format

from kyc.base.choices import DecisionOutcome, DecisionReason, DeletionRefusal, DeletionState, RenewalReason
from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from kyc.base.models.renewals import Renewal
from kyc.base.permissions import Permission
from kyc.cases import labels
from kyc.outcomes import notices
from kyc.outcomes.models import DeletionRequest
from portal.kernel.core.clock import day
from portal.kernel.law.choices import Channel
from portal.kernel.outbox import templates
from portal.kernel.outbox.services import post, write_to_staff
from portal.kernel.people.choices import MemberRole
from portal.kernel.people.models import Membership, User
from portal.kernel.people.selectors import contact_for

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


@dataclass(frozen=True)
class Letter:
    """A letter as somebody would read it."""

    language: str
    subject: str
    body: str


#: The letter about a decision, by what is proposed.
LETTERS = {
    DecisionOutcome.APPROVE: "kyc.document_approved",
    DecisionOutcome.ASK_AGAIN: "kyc.document_asked_again",
    DecisionOutcome.REJECT: "kyc.document_rejected",
}


def preview(document: Document, *, outcome: str, reason_code: str, message: str) -> list[Letter]:
    """The letter about a proposed decision, once in each language in which one of the customer's people reads it."""
    found = []
    for language in languages_of(document.case):
        template = templates.load(LETTERS[DecisionOutcome(outcome)], language)
        context = _context(document.case, language, document, reason_code, message)
        subject, body = templates.render(template, context, footer="")
        found.append(Letter(template.language, subject, body))
    return found


def languages_of(case: Case) -> list[str]:
    """In which languages the people who act for the customer are written to."""
    owners = Membership.objects.filter(customer=case.customer, ended_at=None, role=MemberRole.OWNER).order_by("pk")
    return list(dict.fromkeys(owners.values_list("principal__language", flat=True)))


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


def document_brought(document: Document) -> None:
    """Our staff brought in what had reached us by post, by e-mail or in person."""
    _tell(document.case, "kyc.document_brought", f"kyc.document:{document.reference}/brought", document)


def signer_is_known(document: Document) -> None:
    """The file could not be verified when it came, and its signer may be known now: sent again, it is read anew. Told once."""
    _tell(document.case, "kyc.signer_is_known", f"kyc.document:{document.reference}/signer_is_known", document)


def case_approved(case: Case) -> None:
    """Everything is approved. The day of the decision makes each approval a letter of its own."""
    on = day(case.decided_at).isoformat() if case.decided_at else ""
    _tell(case, "kyc.approved", f"{case.owner}/approved/{on}")


def renewal_due(renewal: Renewal, *, days: int) -> int:
    """KYC is done again: why, and by when; or that its day has passed. Returns how many messages were posted."""
    kind = "kyc.renewal_before" if days <= 0 else "kyc.renewal_after"
    about = f"{renewal.case.owner}/renewal/{renewal.pk}/{days:+d}"
    return _tell(renewal.case, kind, about, renewal.document, renewal=renewal)


def minor_found(document: Document) -> int:
    """A signed date of birth shows a child: the account is frozen, or a person is taken off the list. How many messages."""
    kind = "kyc.minor_found" if document.party_id is None else "kyc.minor_behind_found"
    return _tell(document.case, kind, f"kyc.document:{document.reference}/minor", document)


def deletion_answered(request: DeletionRequest) -> int:
    """The customer's document is gone, with the certificate; or what keeps it, and until when."""
    document = request.document
    kind = "kyc.deletion_done" if request.state == DeletionState.ERASED else "kyc.deletion_refused"
    return _tell(document.case, kind, f"{request.owner}/answered", document, deletion=request)


def deletion_late(reference: str, *, about: str, now: datetime) -> int:
    """Tell everybody who may answer that a request to delete a document is late. Returns how many."""
    url = f"{settings.SITE_URL}/admin/kyc/deletionrequest/?state__exact={DeletionState.ASKED}"
    context = {"reference": reference, "url": url}
    return write_to_staff(
        kind="kyc.staff_deletion_late",
        permission=Permission.DELETION_ANSWER,
        purpose=PURPOSE,
        about=f"{DeletionRequest.OWNER}{reference}/{about}",
        context=context,
        now=now,
    )


def staff_late(case: Case, *, about: str, now: datetime) -> int:
    """Tell everybody who may decide that a case is late: its reference, no word of the customer. Returns how many."""
    return _tell_deciders("kyc.staff_late", case, about=about, page="/admin/kyc/document/?queue=review", now=now)


def staff_nobody_told(renewal: Renewal, *, days: int, now: datetime) -> int:
    """Nobody owns the account of a customer that is due again. Told once for each notice; returns how many were told."""
    page = f"/admin/kyc/renewal/{renewal.pk}/change/"
    about = f"renewal/{renewal.pk}/{days:+d}/nobody_told"
    return _tell_deciders("kyc.staff_nobody_told", renewal.case, about=about, page=page, now=now)


def staff_answer_came_late(document: Document, *, about: str, now: datetime) -> int:
    """A register says no about a document that was approved without its answer. Returns how many were told."""
    page = f"/admin/kyc/document/{document.pk}/change/"
    return _tell_deciders("kyc.staff_answer_late", document.case, about=about, page=page, now=now)


def many_reveals(user: User, *, count: int, now: datetime) -> int:
    """Tell everybody who watches that somebody had more shown than the rule allows; once a day. Returns how many."""
    context = {"login": str(user.pk), "count": str(count), "url": f"{settings.SITE_URL}/admin/audit/auditevent/"}
    about = f"people.user:{user.pk}/reveals/{day(now).isoformat()}"
    return write_to_staff(
        kind="kyc.staff_reveals_many",
        permission=Permission.REVEAL_WATCH,
        purpose=PURPOSE,
        about=about,
        context=context,
        now=now,
    )


def _tell_deciders(kind: str, case: Case, *, about: str, page: str, now: datetime) -> int:
    context = {"reference": case.reference, "url": f"{settings.SITE_URL}{page}"}
    return write_to_staff(
        kind=kind,
        permission=Permission.CASE_DECIDE,
        purpose=PURPOSE,
        about=f"{case.owner}/{about}",
        context=context,
        now=now,
    )


def _tell(
    case: Case,
    kind: str,
    about: str,
    document: Document | None = None,
    reason_code: str = "",
    message: str = "",
    other: Document | None = None,
    renewal: Renewal | None = None,
    deletion: DeletionRequest | None = None,
) -> int:
    told = 0
    memberships = Membership.objects.filter(customer=case.customer, ended_at=None, role=MemberRole.OWNER)
    for membership in memberships.select_related("principal__subject"):
        person = membership.principal
        context = _context(case, person.language, document, reason_code, message, other, renewal, deletion)
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
            told += 1
    return told


def _context(
    case: Case,
    language: str,
    document: Document | None = None,
    reason_code: str = "",
    message: str = "",
    other: Document | None = None,
    renewal: Renewal | None = None,
    deletion: DeletionRequest | None = None,
) -> dict[str, str]:
    with translation.override(language):
        return {
            "reference": case.reference,
            "document": labels.within(document.kind) if document else "",
            "other": labels.within(other.kind) if other else "",
            "why": str(RenewalReason(renewal.reason).label) if renewal else _why(document, reason_code),
            "due": date_format(renewal.due_on, "j F Y") if renewal else "",
            "message": message,
            **_deletion_context(deletion),
            "url": settings.SITE_URL + PAGE,
        }


def _why(document: Document | None, reason_code: str) -> str:
    if reason_code:
        return str(DecisionReason(reason_code).label)
    return str(labels.FAULTS.get(document.fault, "")) if document else ""


def _deletion_context(deletion: DeletionRequest | None) -> dict[str, str]:
    if deletion is None:
        return {}
    document, answered_at = deletion.document, deletion.answered_at
    return {
        "refusal": str(DeletionRefusal(deletion.refusal).label) if deletion.refusal else "",
        "until": notices.until(document.case, document.retention_class, now=answered_at)
        if answered_at is not None and deletion.refusal == DeletionRefusal.LAW
        else "",
        "certificate": deletion.certificate_sha256,
    }
