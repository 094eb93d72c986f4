"""What a person agreed to: the history, its downloads, and each receipt."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.core.paginator import Paginator
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
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent.base.choices import Way
from consent.base.labels import change_identified_words, event_identified_words, stop_identified_words
from consent.base.models.notices import NoticeText
from consent.base.rules.status_fold import YES
from consent.collection.services import non_consent_processing
from consent.preferences.forms import HistoryForm
from consent.records.models.events import ConsentEvent, ConsentReceipt
from consent.records.pdfs import history_columns, history_pdf, purpose_names
from consent.records.selectors import consent_activity, history
from consent.records.selectors.consent_activity import Acts, Told
from consent.records.services import receipts
from consent.suppressions.services.withdrawals import withdraw as withdraw_consent
from portal.kernel.core import clock
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.export_columns import stream_csv
from portal.kernel.law.choices import Channel
from portal.kernel.ledger.errors import NotSealed
from portal.kernel.people import selectors as people
from portal.kernel.people.customer_access import customer_required, principal_of
from portal.kernel.people.models import ContactPoint
from portal.kernel.registers.recipients.selectors import recipients

A_PAGE = 25


def _filtered(request: HttpRequest, names: Mapping[str, str]) -> tuple[HistoryForm, Acts]:
    """What the person told us, as the filters of the address say; a wrong filter is named and filters nothing."""
    refs = people.refs_of(principal_of(request).subject)
    used = sorted(set(history.events_by(refs).order_by().values_list("purpose", flat=True)))
    choices = [(code, names.get(code, code)) for code in used]
    if consent_activity.has_blocked(refs):
        choices.append((consent_activity.DO_NOT_DISTURB, _("Do not disturb")))
    is_asked = any(name in request.GET for name in HistoryForm.base_fields)  # a page of the list is no filter
    form = HistoryForm(request.GET if is_asked else None, purposes=choices)
    if not form.is_bound or not form.is_valid():
        return form, Acts(refs)
    asked = form.cleaned_data
    since, until = asked.get("since"), asked.get("until")
    return form, Acts(
        refs,
        wanted={name: asked[name] for name in ("purpose", "channel", "answer") if asked.get(name)},
        since=datetime.combine(since, time(), tzinfo=clock.IST) if since else None,
        before=datetime.combine(until + timedelta(days=1), time(), tzinfo=clock.IST) if until else None,
    )


@customer_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The history, some on a page; as many queries for a full page as for one line."""
    names = purpose_names(clock.now())
    form, acts = _filtered(request, names)
    pages: Paginator[Told] = Paginator(acts, A_PAGE)  # type: ignore[arg-type]  # cut by slices alone
    page = pages.get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    lines = [(act, names.get(act.event.purpose, act.event.purpose) if act.event else "") for act in page.object_list]
    waiting = history.waiting(acts.refs)
    context = {"form": form, "page": page, "lines": lines, "query": query.urlencode(), "waiting": waiting}
    return render(request, "selfservice/consents/list.html", context)


def _named_on_the_page(request: HttpRequest) -> HttpResponse:
    """To the page, which names the wrong filter: a file with the whole list would pass for the filtered one."""
    return HttpResponseRedirect(f"{reverse('privacy:consents')}?{request.GET.urlencode()}")


@customer_required
@require_safe
def as_csv(request: HttpRequest) -> HttpResponseBase:
    """The filtered history as CSV: codes for programs, and a column in the reader's language."""
    names = purpose_names(clock.now())
    form, acts = _filtered(request, names)
    if form.errors:
        return _named_on_the_page(request)
    lines = stream_csv(history_columns(names, get_language() or "en"), acts, for_spreadsheets=True)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="onesetu-consents.csv"'
    return response


@customer_required
@require_safe
def as_pdf(request: HttpRequest) -> HttpResponse:
    """The filtered history as PDF."""
    now = clock.now()
    names = purpose_names(now)
    form, acts = _filtered(request, names)
    if form.errors:
        return _named_on_the_page(request)
    response = HttpResponse(history_pdf(acts, names, at=now), content_type="application/pdf")
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
        "rows": _rows(events, masked),
        "is_sealed": is_sealed,
        "checked": checked,
        "genuine": [one for one in checked or () if one.genuine],
        "progress": recipients.progress_of(f"consent.receipt:{found.reference}"),
        "now": clock.now(),
        "goes_on": non_consent_processing.without_consent(
            at=found.made_at, regimes=people.regimes_of(principal.subject.ref)
        ),
        "told": [
            (change, change_identified_words(change))
            for change in found.preference_changes.select_related("entry__leaf", "entry__auditevent")
        ],
        "standings": list(found.standings_ended.select_related("entry__leaf")),
        **_stopped(found, masked),
    }
    return render(request, "selfservice/consents/receipt.html", context)


def _stopped(found: ConsentReceipt, masked: dict[bytes, str]) -> dict[str, Any]:
    """A stop that changed no answer is one fact about several addresses: those of them that the person still has."""
    rows = list(
        found.suppressions.filter(event=None)
        .select_related("fiduciary", "entry__leaf", "entry__auditevent")
        .order_by("pk")
    )
    places = [masked[key] for row in rows if (key := bytes(row.address_key)) in masked]
    identified = stop_identified_words(rows[0]) if rows else ""
    return {"stop": rows[0] if rows else None, "stopped_at": places, "stop_identified": identified}


def _checked(events: list[ConsentEvent]) -> list[receipts.Checked] | None:
    try:
        return [receipts.check(receipts.file_for(event)) for event in events]
    except NotSealed:
        return None


def _rows(events: list[ConsentEvent], masked: dict[bytes, str]) -> list[dict[str, Any]]:
    """Each answer; ``text_at`` is the number of the first that was asked by the same text, which stands there alone."""
    texts: dict[tuple[int, str], NoticeText | None] = {}
    first: dict[tuple[int, str], int] = {}
    followed = set(ConsentEvent.objects.filter(previous__in=events).values_list("previous_id", flat=True))
    rows = []
    for number, event in enumerate(events, 1):
        asked = (event.notice_version_id or 0, event.notice_sha256)
        if asked not in texts:
            version = event.notice_version
            texts[asked] = version.texts.filter(sha256=event.notice_sha256).first() if version else None
        is_latest = event.pk not in followed
        row = {
            "number": number,
            "event": event,
            "who": masked.get(bytes(event.address_key), ""),
            "identified": event_identified_words(event),
            "is_latest": is_latest,
            "may_withdraw": is_latest and event.answer in YES,
            "text": texts[asked],
            "text_at": first.setdefault(asked, number),
        }
        rows.append(row)
    return rows


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
        sender=event.sender,
        way=Way.PAGE,
        actor=actor_of(request),
    )
    if done.receipt is None:
        return HttpResponseRedirect(reverse("privacy:consent-receipt", args=[reference]))
    receipts.seal(done.receipt)
    return HttpResponseRedirect(reverse("privacy:consent-receipt", args=[done.receipt.reference]))
