"""The stop buttons while the database is away: what was pressed is kept, and the page says so (``consent.collection.services.deferred_opt_outs``)."""

from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from consent.collection.services import deferred_opt_outs
from consent.suppressions.services import one_click_unsubscribe
from portal.fronts.selfservice.views.one_click_unsubscribe import ALL, ONE_CLICK, THESE
from portal.kernel.core import clock, error_pages
from portal.kernel.core.errors import PortalError

#: Pages whose stop button carries a ticket.
WITH_TICKET: Final = ("stop-messages", "stop-code", "stop-choose")


def answer(request: HttpRequest) -> HttpResponse | None:
    """What to say to a request of these pages; None for any other, and where nothing could be kept.

    Fills ``answers.answer_while_away``. Touches neither session nor login: both are in the database.
    """
    try:
        match = resolve(request.path_info)
        if match.namespace == "privacy" and match.url_name == "one-click":
            return _of_link(request, match.kwargs["token"])
        if match.namespace == "privacy" and match.url_name in WITH_TICKET and "ticket" in request.POST:
            return _of_ticket(request)
    except (Resolver404, PortalError):
        pass  # the page of the fault says that nothing was taken
    return None


def _of_link(request: HttpRequest, token: str) -> HttpResponse | None:
    if request.method != "POST":
        one_click_unsubscribe.reference_in(token)
        return error_pages.page(request, HTTPStatus.OK, "stop_offered", button=THESE)
    is_program = request.POST.get("List-Unsubscribe") == ONE_CLICK
    act = THESE if is_program else request.POST.get("act", "")
    if act not in {THESE, ALL}:
        return None
    deferred_opt_outs.keep_link(token, act=act, at=clock.now())
    if is_program:
        return HttpResponse(status=HTTPStatus.OK, content_type="text/plain")
    return error_pages.page(request, HTTPStatus.ACCEPTED, "stop_taken")


def _of_ticket(request: HttpRequest) -> HttpResponse | None:
    act, typed = request.POST.get("act", ""), request.POST.get("code", "")
    if act in {"undo", "leave", "show"} or "again" in request.POST:
        return None
    language = getattr(request, "LANGUAGE_CODE", "en")
    deferred_opt_outs.keep_ticket(request.POST["ticket"], act=act, typed=typed, language=language, at=clock.now())
    return error_pages.page(request, HTTPStatus.ACCEPTED, "stop_taken_by_code" if typed else "stop_taken")
