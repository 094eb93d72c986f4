"""Messages stopped from a message itself: without signing in, at one press. Opening the link changes nothing (RFC 8058)."""

from http import HTTPStatus
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from consent.base.choices import Way
from consent.records.models.events import ConsentReceipt
from consent.records.selectors.undos import undo_until
from consent.records.services import receipts
from consent.suppressions.services import one_click_unsubscribe, withdrawals
from consent.suppressions.services.one_click_unsubscribe import WayOut
from consent.suppressions.services.undos import undo_stop
from portal.fronts.selfservice.languages import speak_as_chosen_or
from portal.fronts.selfservice.views.preferences import STOPPED
from portal.kernel.core import clock
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.core.requests import actor_of

#: What a mail program sends when its own button is pressed, and what the buttons of the page send.
ONE_CLICK, THESE, ALL, UNDO = "One-Click", "these", "all", "undo"


@csrf_exempt  # the link itself is the secret; a mail program has neither cookie nor token (RFC 8058 section 3.1)
@require_http_methods(["GET", "HEAD", "POST"])
def one_click_page(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows whose messages these are and what can be stopped; POST stops. The same again is harmless."""
    found = one_click_unsubscribe.way_out(token)
    speak_as_chosen_or(found.message.language, request)
    if request.method != "POST":
        return _show(request, found, token)
    if request.POST.get("List-Unsubscribe") == ONE_CLICK:
        done = one_click_unsubscribe.stop_these(found, actor=actor_of(request))
        if done.receipt is not None:
            receipts.seal(done.receipt)
        return HttpResponse(status=HTTPStatus.OK, content_type="text/plain")  # a redirect would not be followed
    act = request.POST.get("act")
    if act == UNDO:
        return _undo(request, found, token)
    stop = {THESE: one_click_unsubscribe.stop_these, ALL: one_click_unsubscribe.stop_all}.get(act or "")
    if stop is None:
        return _show(request, found, token, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    done = stop(found, actor=actor_of(request))
    if done.receipt is None:
        return _back(token, done="before")
    receipts.seal(done.receipt)
    if act == ALL:
        request.session[STOPPED] = done.receipt.reference
    return _back(token, receipt=done.receipt.reference)


def _undo(request: HttpRequest, found: WayOut, token: str) -> HttpResponse:
    """Only in the browser that stopped, and only for the promised minutes."""
    try:
        receipt = one_click_unsubscribe.receipt_of(found, str(request.session.get(STOPPED, "")))
        undone = undo_stop(receipt=receipt, actor=actor_of(request))
    except (Refused, NotFound):
        return _back(token, done="late")
    request.session.pop(STOPPED, None)
    if undone.receipt is None:
        return _back(token)
    receipts.seal(undone.receipt)
    return _back(token, receipt=undone.receipt.reference)


def _back(token: str, **query: str) -> HttpResponseRedirect:
    address = reverse("privacy:one-click", args=[token])
    return HttpResponseRedirect(f"{address}?{urlencode(query)}" if query else address)


def _show(request: HttpRequest, found: WayOut, token: str, *, status: int = HTTPStatus.OK) -> HttpResponse:
    receipt = _receipt(request, found)
    ways = set(receipt.events.values_list("way", flat=True)) if receipt else set()
    until = None
    if receipt is not None and ways == {Way.STOP_ALL} and request.session.get(STOPPED) == receipt.reference:
        until = undo_until(receipt)
    context = {
        "found": found,
        "token": token,
        "receipt": receipt,
        "is_undo": ways == {Way.UNDO},
        "is_all": ways == {Way.STOP_ALL},
        "since": withdrawals.all_promotion_stopped_since(found.message.subject_ref, found.fiduciary, at=clock.now()),
        "undo_until": until if until is not None and clock.now() <= until else None,
        "done": request.GET.get("done", ""),
        "more": f"{reverse('privacy:preferences')}?{urlencode({'for': one_click_unsubscribe.mark_of(found.fiduciary)})}",
    }
    return render(request, "selfservice/preferences/one_click.html", context, status=status)


def _receipt(request: HttpRequest, found: WayOut) -> ConsentReceipt | None:
    try:
        return one_click_unsubscribe.receipt_of(found, request.GET.get("receipt", ""))
    except NotFound:
        return None
