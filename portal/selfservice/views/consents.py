"""What a person agreed to: the history, its downloads, and each receipt."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent.forms import HistoryForm
from consent.letters import history_pdf
from consent.models import ConsentEvent, ConsentReceipt
from consent.rules.fold import YES
from consent.selectors import history
from consent.services import going_on, receipts
from consent.services import withdraw as withdraw_consent
from consent.states import Way
from portal.core import clock
from portal.jobs.exports import Column, stream_csv
from portal.law.states import Channel
from portal.ledger.errors import NotSealed
from portal.people import selectors as people
from portal.people.models import ContactPoint
from portal.people.pages import customer_required, principal_of
from portal.registers.selectors import recipients
from portal.selfservice.templatetags.consent_pages import purpose_name

A_PAGE = 25


def _filtered(request: HttpRequest) -> tuple[HistoryForm, QuerySet[ConsentEvent]]:
    """The person's events as the filters of the address say; a wrong filter is named and filters nothing."""
    events = history.events_of(principal_of(request).subject.ref)
    used = sorted(set(events.order_by().values_list("purpose", flat=True)))
    form = HistoryForm(request.GET or None, purposes=[(code, purpose_name(code)) for code in used])
    if not form.is_bound or not form.is_valid():
        return form, events
    asked = form.cleaned_data
    wanted: dict[str, Any] = {name: asked[name] for name in ("purpose", "channel", "answer") if asked.get(name)}
    if asked.get("since"):
        wanted["occurred_at__gte"] = datetime.combine(asked["since"], time(), tzinfo=clock.IST)
    if asked.get("until"):
        wanted["occurred_at__lt"] = datetime.combine(asked["until"] + timedelta(days=1), time(), tzinfo=clock.IST)
    return form, events.filter(**wanted)


@customer_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    form, events = _filtered(request)
    page = Paginator(events, A_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {"form": form, "page": page, "query": query.urlencode()}
    return render(request, "selfservice/consents/list.html", context)


COLUMNS: list[Column[ConsentEvent]] = [
    Column("receipt", lambda event: event.receipt.reference),
    Column("answered_at", lambda event: event.occurred_at),
    Column("recorded_at", lambda event: event.recorded_at),
    Column("purpose", lambda event: event.purpose),
    Column("channel", lambda event: event.channel),
    Column("answer", lambda event: event.answer),
    Column("way", lambda event: event.way),
    Column("notice", lambda event: event.notice_version.notice.code if event.notice_version else None),
    Column("notice_version", lambda event: event.notice_version.number if event.notice_version else None),
    Column("notice_sha256", lambda event: event.notice_sha256),
    Column("ends_at", lambda event: event.expires_at),
    Column("ledger_entry", lambda event: event.entry.event_id),
    Column("ledger_index", lambda event: event.entry.index),
]


@customer_required
@require_safe
def as_csv(request: HttpRequest) -> HttpResponseBase:
    """The filtered history as CSV."""
    _form, events = _filtered(request)
    rows: Iterator[ConsentEvent] = events.iterator(chunk_size=500)
    response = StreamingHttpResponse(
        stream_csv(COLUMNS, rows, for_spreadsheets=True), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="onesetu-consents.csv"'
    return response


@customer_required
@require_safe
def as_pdf(request: HttpRequest) -> HttpResponse:
    """The filtered history as PDF."""
    _form, events = _filtered(request)
    response = HttpResponse(history_pdf(events, at=clock.now()), content_type="application/pdf")
    response["Content-Disposition"] = 'attachment; filename="onesetu-consents.pdf"'
    return response


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def receipt(request: HttpRequest, reference: str) -> HttpResponse:
    """One receipt with each answer in full; POST checks the receipt files of its answers against the ledger."""
    principal = principal_of(request)
    found = history.receipt_of(principal.subject.ref, reference)
    events = list(found.events.select_related("entry__leaf", "fiduciary", "notice_version__notice").order_by("pk"))
    contacts = ContactPoint.objects.filter(principal=principal)
    masked = {bytes(contact.address_key): contact.masked for contact in contacts}
    is_sealed = receipts.is_sealed(found)
    checked = _checked(events) if request.method == "POST" else None
    context = {
        "receipt": found,
        "rows": [_row(number, event, masked) for number, event in enumerate(events, 1)],
        "is_sealed": is_sealed,
        "checked": checked,
        "progress": recipients.progress_of(f"consent.receipt:{found.reference}"),
        "now": clock.now(),
        "goes_on": going_on.without_consent(at=found.made_at, regimes=people.regimes_of(principal.subject.ref)),
        "told": list(found.preference_changes.select_related("entry__leaf")),
        "standings": list(found.standings_ended.select_related("entry__leaf")),
        "stopped": list(found.suppressions.filter(event=None).select_related("fiduciary", "entry__leaf")),
    }
    return render(request, "selfservice/consents/receipt.html", context)


def _checked(events: list[ConsentEvent]) -> list[receipts.Checked] | None:
    try:
        return [receipts.check(receipts.file_for(event)) for event in events]
    except NotSealed:
        return None


def _row(number: int, event: ConsentEvent, masked: dict[bytes, str]) -> dict[str, Any]:
    text = event.notice_version.texts.filter(sha256=event.notice_sha256).first() if event.notice_version else None
    is_latest = not ConsentEvent.objects.filter(previous=event).exists()
    return {
        "number": number,
        "event": event,
        "who": masked.get(bytes(event.address_key), ""),
        "text": text,
        "is_latest": is_latest,
        "may_withdraw": is_latest and event.answer in YES,
    }


def event_of(request: HttpRequest, reference: str, number: int) -> tuple[ConsentReceipt, ConsentEvent]:
    """A person's own receipt and one of its answers, counted from 1."""
    found = history.receipt_of(principal_of(request).subject.ref, reference)
    events = list(found.events.select_related("entry__leaf", "fiduciary", "notice_version__notice").order_by("pk"))
    if not 1 <= number <= len(events):
        raise Http404
    return found, events[number - 1]


@customer_required
@require_POST
def withdraw(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """Withdraw what one answer agreed to, at every address of the person. One press, as easy as saying yes."""
    _found, event = event_of(request, reference, number)
    done = withdraw_consent(
        subject_ref=principal_of(request).subject.ref,
        fiduciary=event.fiduciary,
        purpose=event.purpose,
        channel=Channel(event.channel),
        way=Way.PAGE,
        actor=request.actor,  # type: ignore[attr-defined]
    )
    if done.receipt is None:
        return HttpResponseRedirect(reverse("privacy:consent-receipt", args=[reference]))
    receipts.seal(done.receipt)
    return HttpResponseRedirect(reverse("privacy:consent-receipt", args=[done.receipt.reference]))
