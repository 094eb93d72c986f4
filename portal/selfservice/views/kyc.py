"""Prove who you are: sending one document, looking at it before it is sent, and where it stands."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from kyc import notices, services, words
from kyc.forms import UploadForm
from kyc.inspection import keeps_codes_only
from kyc.models import Case, Document, Party
from kyc.needs import kinds_wanted
from kyc.selectors import document_for, does_not_fit, present_documents, versions_of
from kyc.services.deciding import customer_words
from kyc.services.settling import owner_of
from kyc.states import DecisionReason, DocumentKind, DocumentState
from portal.core import clock
from portal.core.errors import IllegalMove, NotFound, Refused
from portal.law.models import Clock
from portal.people.models import Customer
from portal.people.pages import customer_required
from portal.selfservice.views.kyc_lists import place, upload_url

UNSENT = frozenset({DocumentState.RECEIVED, DocumentState.STALLED, DocumentState.CHECKED})
PROBLEMS = frozenset({DocumentState.REFUSED, DocumentState.ASKED_AGAIN, DocumentState.REJECTED})


@customer_required
@sensitive_post_parameters("number", "share_code")
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, customer: str, kind: str, party: str = "") -> HttpResponse:
    """GET asks for the number and the file; POST takes them and leads to the page that shows them."""
    case, whose = place(request.user, customer, party)
    if kind not in kinds_wanted(case, whose, now=clock.now()):
        raise NotFound("There is no such task.")
    earlier = present_documents(case, whose).get(kind) if case.pk else None
    why_not = services.why_not_now(earlier, now=clock.now()) if earlier is not None else ""
    form = UploadForm(kind=kind)
    if request.method == "POST" and not why_not:
        form = UploadForm(request.POST, request.FILES, kind=kind)
        document = _taken(request, form, case.customer, whose, kind) if form.is_valid() else None
        if document is not None:
            return HttpResponseRedirect(reverse("privacy:kyc-check", args=[document.reference]))
    is_refused = bool(form.errors) or (request.method == "POST" and why_not)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
    context = {
        "form": form,
        "kind": kind,
        "shows": words.shows(kind),
        "label": DocumentKind(kind).label,
        "customer": case.customer,
        "party": whose,
        "earlier": earlier,
        "why_not": why_not,
        "keeps_codes_only": keeps_codes_only(kind),
        "notice": notices.notice_of(case, kind, now=clock.now()),
    }
    return render(request, "selfservice/kyc/upload.html", context, status=status)


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, reference: str) -> HttpResponse:
    """GET shows what we have; POST sends it for checking. Loading the page again shows what the machine has found."""
    document = document_for(request.user, reference)
    if request.method == "POST":
        services.send(document, actor=request.actor, now=clock.now())  # type: ignore[attr-defined]
    if document.sent_at is not None or document.state not in UNSENT:
        return HttpResponseRedirect(reverse("privacy:kyc-document", args=[document.reference]))
    context = {**_about(document), "number": services.own_number(document)}
    return render(request, "selfservice/kyc/check.html", context)


@customer_required
@require_safe
def status(request: HttpRequest, reference: str) -> HttpResponse:
    """Where one document stands, what happens next, and what to do when it is not accepted."""
    document = document_for(request.user, reference)
    return render(request, "selfservice/kyc/status.html", _about(document))


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, reference: str) -> HttpResponse:
    """GET says what a request to delete does; POST records it, or destroys at once what was never sent."""
    document = document_for(request.user, reference)
    if request.method == "POST":
        services.ask_to_delete(document, actor=request.actor, now=clock.now())  # type: ignore[attr-defined]
        return HttpResponseRedirect(reverse("privacy:kyc-document", args=[document.reference]))
    return render(request, "selfservice/kyc/delete.html", _about(document))


@customer_required
@require_safe
def page(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """One page of the person's own document, as a picture."""
    document = document_for(request.user, reference)
    drawn = services.page_of(document, number, actor=request.actor, reason="own_document")  # type: ignore[attr-defined]
    return HttpResponse(drawn, content_type="image/png")


def _taken(
    request: HttpRequest, form: UploadForm, customer: Customer, party: Party | None, kind: str
) -> Document | None:
    """The uploaded document, or None with the refusal as an error of the form."""
    try:
        return services.upload(
            customer=customer,
            kind=kind,
            party=party,
            number=form.cleaned_data.get("number", ""),
            expires_on=form.cleaned_data.get("valid_until"),
            declared=form.declared,
            stream=form.cleaned_data["file"],
            share_code=form.cleaned_data.get("share_code", ""),
            extension=form.extension,
            actor=request.actor,  # type: ignore[attr-defined]
            now=clock.now(),
        )
    except Refused as refused:
        form.add_error("number" if refused.code == "NUMBER" else "file", str(refused))
    except IllegalMove as refused:
        form.add_error(None, str(refused))
    return None


def _due_at(case: Case | None) -> Any:
    clock_row = Clock.objects.filter(owner=owner_of(case), state="running").first() if case else None
    return clock_row.due_at if clock_row else None


def _events(document: Document) -> list[tuple[str, datetime]]:
    """What has happened to it, in the order in which it happened."""
    found = [
        (_("Uploaded"), document.uploaded_at),
        (_("Sent for checking"), document.sent_at),
        (_("Checked by machine"), document.checked_at),
        (_("You asked to delete it"), document.deletion_asked_at),
    ]
    return sorted(((label, at) for label, at in found if at is not None), key=lambda event: event[1])


def _about(document: Document) -> dict[str, Any]:
    """What both pages about one document say."""
    reason_code, message = customer_words(document) if document.state in PROBLEMS else ("", "")
    why = DecisionReason(reason_code).label if reason_code else words.FAULTS.get(document.fault, "")
    is_misfit = does_not_fit(document)
    return {
        "document": document,
        "label": document.get_kind_display(),
        "has_problem": is_misfit or document.state in PROBLEMS,
        "is_misfit": is_misfit,
        "why": words.DOES_NOT_FIT if is_misfit else why,
        "message": message,
        "searched": words.searched(document),
        "notices": words.notices(document),
        "page_numbers": range(1, document.pages + 1) if document.kept_id else range(0),
        "due_at": _due_at(document.case),
        "events": _events(document),
        "versions": versions_of(document),
        "notice": notices.notice_of(document.case, document.kind, now=clock.now()),
        "again_url": upload_url(document.case.customer, document.party, document.kind),
    }
