"""Prove who you are: sending one document, looking at it before it is sent, and where it stands."""

from collections.abc import Mapping
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from grievances.base.choices import OPEN_STATES, ForWhom, TicketKind
from grievances.base.models.ticket import Ticket
from grievances.base.selectors import tickets_of
from kyc.base.choices import PROVED_BY_SIGNATURE, DecisionOutcome, DecisionReason, DeletionState, DocumentState, Turn
from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from kyc.base.models.parties import Party
from kyc.cases import labels
from kyc.cases.minor_guard import TAKES_NONE, is_of_a_child
from kyc.cases.outstanding_items import is_due_again, kinds_wanted, needs_of
from kyc.cases.selectors import document_for, does_not_fit, latest_checks, present_documents, versions_of
from kyc.cases.services.declared_values import typed_beside
from kyc.outcomes import notices
from kyc.outcomes.models import DeletionRequest
from kyc.outcomes.services import deletion_requests
from kyc.outcomes.services.deletion_requests import UNDECIDED_STATES, is_said_kept
from kyc.review.forms.document_uploads import HOW_TO_GET, UploadForm
from kyc.review.inspection import keeps_codes_only
from kyc.review.review_appeals import appeals_of
from kyc.review.services import (
    aadhaar_consent,
    deletion_decisions,
    document_uploads,
    protected_access,
    provider_requests,
    signed_documents,
    underage_detections,
)
from kyc.review.services.document_decisions import customer_words
from kyc.review.services.file_reuse import reusable
from portal.fronts.selfservice.views import grievances
from portal.fronts.selfservice.views.digilocker_fetch import ways_to_fetch
from portal.fronts.selfservice.views.kyc_lists import left_to_do, other_ways_url, place, upload_url, whose_name
from portal.kernel.core import answers, clock
from portal.kernel.core.errors import IllegalMove, LostRace, NotFound, Refused, Unavailable
from portal.kernel.core.requests import actor_of
from portal.kernel.law.selectors import running_clocks
from portal.kernel.people import step_up_codes
from portal.kernel.people.choices import Answer, ProvenAct
from portal.kernel.people.customer_access import customer_required, principal_of
from portal.kernel.people.models import Customer
from portal.kernel.people.services import authority
from portal.kernel.vault.services.virus_scan import Scan

PROBLEMS = frozenset({DocumentState.REFUSED, DocumentState.ASKED_AGAIN, DocumentState.REJECTED})


@customer_required
@sensitive_post_parameters("number", "share_code")
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, customer: str, kind: str, party: str = "") -> HttpResponse:
    """GET asks for the number and the file; POST takes them and leads to the page that shows them."""
    case, whose = place(request.user, customer, party)
    if kind not in kinds_wanted(case, whose, now=clock.now()):
        raise NotFound("Task not found.")
    earlier = present_documents(case, whose).get(kind) if case.pk else None
    why_not = _why_not(request, case, whose, earlier)
    question = aadhaar_consent.question(kind, language=get_language() or "en", now=clock.now())
    is_own = aadhaar_consent.is_held_by(principal_of(request), case.customer, whose)
    asks = {"kind": kind, "question": question, "is_own": is_own, "reusable": reusable(case, whose, kind)}
    form = UploadForm(**asks, initial=protected_access.own_typing(earlier) if earlier else {})
    can_be_taken = aadhaar_consent.can_be_taken(kind, now=clock.now())
    if request.method == "POST" and not why_not and can_be_taken:
        form = UploadForm(request.POST, request.FILES, **asks)
        document = _taken(request, form, case.customer, whose, question) if form.is_valid() else None
        if document is not None:
            return HttpResponseRedirect(reverse("privacy:kyc-check", args=[document.reference]))
    is_refused = bool(form.errors) or (request.method == "POST" and (why_not or not can_be_taken))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
    context = {
        "form": form,
        "kind": kind,
        "shows": labels.shows(kind),
        "how_to_get": HOW_TO_GET.get(kind, ()),
        "telling": _telling(request, case, whose, kind),
        "label": labels.within(kind),
        "whose": whose_name(case.customer, whose),
        "earlier": earlier,
        "why_not": why_not,
        "can_be_taken": can_be_taken,
        "question": question,
        "fetches": ways_to_fetch(case.customer, whose, kind),
        "other_url": other_ways_url(case, whose, kind),
        "keeps_codes_only": keeps_codes_only(kind),
        "is_signed": kind in PROVED_BY_SIGNATURE,
        "notice": notices.notice_of(case, kind, now=clock.now()),
    }
    return render(request, "selfservice/kyc/upload.html", context, status=status)


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, reference: str) -> HttpResponse:
    """GET shows what we have; POST sends it for checking. Loading the page again shows what the machine has found."""
    document = document_for(request.user, reference)
    if request.method == "POST":
        document_uploads.send(document, actor=actor_of(request), now=clock.now())
    if not _is_unsent(document):
        return HttpResponseRedirect(reverse("privacy:kyc-document", args=[document.reference]))
    context = {
        **_about(request, document),
        "number": protected_access.own_number(document),
        "typed": typed_beside(document),
        "signature": _signature(request, document),
        "branch": protected_access.own_branch(document),
    }
    return render(request, "selfservice/kyc/check.html", context)


@customer_required
@require_safe
def status(request: HttpRequest, reference: str) -> HttpResponse:
    """Where one document stands, what happens next, and what to do when it is not accepted."""
    document = document_for(request.user, reference)
    context = {**_about(request, document), **_asked(request, document), "left": left_to_do(document.case)}
    return render(request, "selfservice/kyc/status.html", context)


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, reference: str) -> HttpResponse:
    """GET says what a request to delete does; POST records it, or removes at once what was never sent."""
    document = document_for(request.user, reference)
    here = HttpResponseRedirect(reverse("privacy:kyc-document", args=[document.reference]))
    if request.method == "POST":
        company = document.case.customer
        if _may_be_deleted(document) and (
            asked := step_up_codes.ask(request, ProvenAct.DOCUMENT, even_if_recent=False, customer=company)
        ):
            return asked
        try:
            deletion_requests.ask_to_delete(document, actor=actor_of(request), now=clock.now())
        except (IllegalMove, LostRace):
            document.refresh_from_db()
            messages.info(request, _is_asked_or_gone(document))
        return here
    if not _may_be_deleted(document):
        messages.info(request, _is_asked_or_gone(document))
        return here
    return render(request, "selfservice/kyc/delete.html", _about(request, document))


@customer_required
@require_safe
def certificate(request: HttpRequest, reference: str) -> HttpResponse:
    """The proof that a document was destroyed, as a file: the bytes whose SHA-256 its page and our letter name."""
    document = document_for(request.user, reference)
    deletion = _deletion(document)
    if deletion is None:
        raise NotFound("There is no certificate.")
    response = HttpResponse(deletion_decisions.certificate_bytes(deletion), content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{deletion.reference}.json"'
    return response


@customer_required
@require_POST
def appeal(request: HttpRequest, reference: str) -> HttpResponse:
    """A person looks again: a grievance of kind KYC begins, with the document's reference in it."""
    document = document_for(request.user, reference)
    answers = {
        "for_whom": str(ForWhom.SELF),
        "kind": str(TicketKind.KYC),
        "kyc_document": document.get_kind_display(),
        "kyc_reference": document.reference,
    }
    return grievances.begin(request, answers, page="what-happened")


@customer_required
@require_safe
def page(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """One page of the person's own document, as a picture."""
    document = document_for(request.user, reference)
    if not is_said_kept(document):
        raise NotFound("Page not found.")
    drawn = protected_access.page_of(document, number, actor=actor_of(request), reason="own_document")
    return HttpResponse(drawn, content_type="image/png")


def _why_not(request: HttpRequest, case: Case, party: Party | None, earlier: Document | None) -> str:
    """Why nothing can be sent here now; empty when something can."""
    try:
        underage_detections.require_not_frozen(case, party, at=clock.now())
    except Refused as refused:
        return str(refused)
    if said := authority.said_of(case.customer, request.user.pk, at=clock.now()):
        return said
    return document_uploads.why_not_now(earlier, now=clock.now()) if earlier is not None else ""


def _taken(
    request: HttpRequest, form: UploadForm, customer: Customer, party: Party | None, question: Any
) -> Document | None:
    """The uploaded document, or None with the refusal as an error of the form."""
    sent = form.sent(customer, party, yes=_yes(request, form, question))
    given: dict[str, Any] = {"actor": actor_of(request), "now": clock.now()}
    try:
        if form.chosen is not None:
            return document_uploads.use_again(sent, form.chosen, **given)
        return document_uploads.take(document_uploads.judge(sent, form.cleaned_data["file"], now=given["now"]), **given)
    except (Refused, IllegalMove, Unavailable) as refused:
        form.refuse(refused)
    return None


def _telling(request: HttpRequest, case: Case, party: Party | None, kind: str) -> dict[str, Any] | None:
    """How the consent stands under which somebody outside is told of such a document; None where nobody would be."""
    if not notices.asked(kind):
        return None
    now = clock.now()
    asks = answers.consent_question.ask(purpose=provider_requests.PURPOSE, language=get_language() or "en", at=now)
    return {
        "purpose": provider_requests.PURPOSE,
        "receipt": provider_requests.yes_to_telling(case.customer, party, now=now),
        "is_own": aadhaar_consent.is_held_by(principal_of(request), case.customer, party),
        "can_be_asked": asks is not None,
    }


def _yes(request: HttpRequest, form: UploadForm, question: Any) -> aadhaar_consent.Yes | None:
    """The box of consent, if it was shown and ticked."""
    if question is None or not form.cleaned_data.get("agree"):
        return None
    return aadhaar_consent.Yes(
        text_sha256=form.cleaned_data["agreed_to"],
        language=question.language,
        asked_in=str(form.fields["agree"].label),
        said_by=principal_of(request).subject.ref,
    )


def _signature(request: HttpRequest, document: Document) -> str:
    """What the check of its signature says of a document that one proves; empty while nothing has read it, and for others."""
    if document.kind not in PROVED_BY_SIGNATURE:
        return ""
    said = next((str(one.outcome) for one in latest_checks(document) if one.name == "signature"), "")
    return said or signed_documents.said_at_once(document, actor=actor_of(request))


def _asked(request: HttpRequest, document: Document) -> dict[str, Any]:
    """In which grievances a person was asked to look at it, with the address of one's own, and whether one is open."""
    found = appeals_of(document)
    tickets = {one.reference: one for one in Ticket.objects.filter(reference__in=[one.ticket for one in found])}
    own = set(
        tickets_of(request.user).filter(pk__in=[one.pk for one in tickets.values()]).values_list("reference", flat=True)
    )
    urls = {reference: reverse("privacy:track-ticket", args=[reference]) for reference in own}
    return {
        "appeals": [(one.ticket, one.at, urls.get(one.ticket, "")) for one in found],
        "is_appealed": any(one.state in OPEN_STATES for one in tickets.values()),
    }


def _due_at(case: Case | None) -> Any:
    running = running_clocks(case.owner).first() if case else None
    return running.due_at if running else None


def _send_by(document: Document) -> date | None:
    """The day until which the list asks for it; none where no date runs."""
    tasks = needs_of(document.case, now=clock.now()).tasks
    return next((task.due_on for task in tasks if task.document == document and task.turn == Turn.CUSTOMER), None)


def _deletion(document: Document) -> DeletionRequest | None:
    return DeletionRequest.objects.filter(document=document).first()


#: What two people decided, in the history of a document.
DECIDED: Mapping[str, Any] = {
    DecisionOutcome.APPROVE: gettext_lazy("Approved by two people"),
    DecisionOutcome.ASK_AGAIN: gettext_lazy("Asked for again by two people"),
    DecisionOutcome.REJECT: gettext_lazy("Rejected by two people"),
}


def _events(document: Document, deletion: DeletionRequest | None) -> list[tuple[str, datetime]]:
    """What has happened to it, in the order in which it happened."""
    found = [
        (_("Uploaded"), document.uploaded_at),
        (_("Sent for checking"), document.sent_at),
        (_("Checked by machine"), document.checked_at),
        (_("You asked to delete it"), document.deletion_asked_at),
        (_("We have answered your request to delete it"), _answered_at(deletion)),
    ]
    decided = document.decisions.filter(answer=Answer.APPROVED).values_list("outcome", "checked_at")
    found += [(str(DECIDED[outcome]), at) for outcome, at in decided]
    return sorted(((label, at) for label, at in found if at is not None), key=lambda event: event[1])


def _answered_at(deletion: DeletionRequest | None) -> datetime | None:
    """None too where the request ended because its document was removed: that was no answer."""
    return deletion.answered_at if deletion and deletion.state != DeletionState.REMOVED else None


def _may_be_deleted(document: Document) -> bool:
    return document.deletion_asked_at is None and is_said_kept(document)


def _is_asked_or_gone(document: Document) -> str:
    """Why nothing is left to ask for."""
    if is_said_kept(document):
        return _("You have asked for this already. We write to you about it.")
    if document.state == DocumentState.REMOVED:
        return _("You have deleted it already.")
    if document.state == DocumentState.REPLACED:
        return _("You have sent a newer file in its place.")
    return _("It is destroyed already.")


def _is_unsent(document: Document) -> bool:
    return document.sent_at is None and document.erased_at is None and document.state in UNDECIDED_STATES


def _is_left(document: Document) -> bool:
    """Its person was taken off the list before anybody decided about it; by itself a customer deletes only what is unsent."""
    is_sent = document.sent_at is not None
    return document.state == DocumentState.REMOVED and (is_sent or document.deletion_asked_at is None)


def _stands(document: Document) -> str:
    """Where it stands now: nobody waits for what was not sent, and what the customer had destroyed says so."""
    if _is_unsent(document):
        return _("Not sent yet")
    if _is_left(document):
        return _("It is no longer reviewed")
    if document.state == DocumentState.REMOVED:
        return _("Deleted before it was sent")
    if document.state == DocumentState.DESTROYED and document.deletion_asked_at is not None:
        return _("Destroyed at your request")
    return _("Destroyed") if document.erased_at else document.get_state_display()


def _about(request: HttpRequest, document: Document) -> dict[str, Any]:
    """What the pages about one document say."""
    reader = principal_of(request)
    reason_code, message = customer_words(document) if document.state in PROBLEMS else ("", "")
    why = DecisionReason(reason_code).label if reason_code else labels.FAULTS.get(document.fault, "")
    is_misfit, deletion = does_not_fit(document), _deletion(document)
    is_childs = is_of_a_child(document.case, document.party, at=clock.now())
    waits = running_clocks(deletion.owner).first() if deletion and deletion.state == DeletionState.ASKED else None
    return {
        "document": document,
        "label": labels.within(document.kind),
        "whose": whose_name(document.case.customer, document.party),
        "has_problem": is_misfit or document.state in PROBLEMS,
        "is_misfit": is_misfit,
        "is_unsent": _is_unsent(document),
        "is_left": _is_left(document),
        "send_by": _send_by(document),
        "is_due_again": is_due_again(document, now=clock.now()),
        "good_copy": HOW_TO_GET.get(document.kind) or labels.shows(document.kind),
        "why": labels.DOES_NOT_FIT if is_misfit else why,
        "message": message,
        "searched": labels.searched(document),
        # That there is no scanner is for staff to know and to mend.
        "scanned": labels.SCANS[Scan.CLEAN] if document.scanned == Scan.CLEAN else "",
        "notices": labels.notices(document),
        "page_numbers": range(1, document.pages + 1) if document.kept_id else range(0),
        "due_at": _due_at(document.case),
        "events": _events(document, deletion),
        "versions": [(one, _stands(one)) for one in versions_of(document)],
        "notice": notices.notice_of(document.case, document.kind, now=clock.now()),
        "consent_is_own": aadhaar_consent.is_held_by(reader, document.case.customer, document.party),
        "deletion": deletion,
        "deletion_due": waits.due_at if waits else None,
        "may_be_deleted": _may_be_deleted(document),
        "is_kept": is_said_kept(document),
        "is_deleted": deletion is not None and deletion.state == DeletionState.ERASED,
        "is_frozen": document.case.frozen_at is not None or is_childs,
        "takes_none": TAKES_NONE if is_childs else "",
        "stands": _stands(document),
        "kept_until": deletion_decisions.until(document, now=clock.now()),
        "again_url": upload_url(document.case.customer, document.party, document.kind),
    }
