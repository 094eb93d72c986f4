"""Error pages in the reader's language and in the two others, each with a reference that also stands in the log."""

import sys
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal.kernel.core import answers, date_format, ids, problem_details
from portal.kernel.core.error_texts import FRAME, TEXTS
from portal.kernel.core.errors import Unavailable
from portal.kernel.core.form_recovery import written_in
from portal.kernel.core.spool import AWAY

#: Seconds after which a request may be sent again; the 503 page says 5 minutes too.
TRY_AGAIN_AFTER = 300
#: The same where only the database does not answer.
SOON_AGAIN_AFTER = 30
#: Seconds after which tries are counted anew; the 429 page says an hour too. Every limit of our pages has this window.
COUNTED_ANEW_AFTER = 3600
#: How Django begins its reason where a form was not sent by a page of ours.
FOREIGN = ("Origin checking", "Referer checking")

log = structlog.get_logger(__name__)


def page(
    request: HttpRequest,
    status: HTTPStatus,
    name: str,
    *,
    message: object = "",
    kept: Sequence[str] = (),
    notes: Sequence[str] = (),
    button: str = "",
) -> HttpResponse:
    """The page ``name`` of ``error_texts``; under ``/api/`` a problem (RFC 9457) in its place.

    It asks no database and no session, so it works when those are down.

    ``message`` is what a rule said in the reader's language; it takes the place of the general sentence. ``kept`` is what
    the person wrote, to be copied: it goes back to them and nowhere else. ``notes`` follow the sentence. ``button``: what a press on this page sends as ``act`` to the same address.
    """
    if request.path.startswith(problem_details.PLACE):
        return problem_details.of_status(request, status, str(message or ""))
    reference = getattr(request, "reference", None) or ids.new_reference("ER")
    if status >= HTTPStatus.BAD_REQUEST:  # a stop that was taken is no refusal
        log.warning("request.refused", status=status.value, reference=reference, page=name)
    language = get_language() or settings.LANGUAGE_CODE
    own = language if language in FRAME else "en"
    context: dict[str, Any] = {
        "language": own,
        "frame_text": FRAME[own],
        "error": TEXTS[name][own],
        "message": str(message or ""),
        "kept": kept,
        "notes": notes,
        "others": [(code, TEXTS[name][code], FRAME[code]) for code in FRAME if code != own],
        "reference": reference,
        # Written out, not looked up: a missing list of static files must not break the page that reports it.
        "static_url": settings.STATIC_URL,
        "is_staff_page": request.path.startswith(("/admin/", "/staff/")),
        "button": button,
        "again": request.path if name == "session_ended" else "",
    }
    return HttpResponse(render_to_string("errors/page.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400, or 413 where Django gave up reading because of the size."""
    if isinstance(exception, RequestDataTooBig | TooManyFilesSent):
        return too_large(request)
    return page(request, HTTPStatus.BAD_REQUEST, "400", message=getattr(exception, "message", ""))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403; to a login whose role has ended it says so, and when."""
    return page(request, HTTPStatus.FORBIDDEN, "403", notes=ended_roles(request))


def ended_roles(request: HttpRequest) -> list[str]:
    """A sentence for each role of this login that ended and is not held now. Empty where nobody is signed in, and where the
    database does not answer: a page about a fault does not wait for it.
    """
    user = getattr(request, "user", None)
    try:
        ended = answers.ended_roles.ask(user) if user is not None and user.is_authenticated else []
    except Error:
        return []
    said = _("Your role %(role)s ended on %(day)s. Ask an administrator if you still need it.")
    return [said % {"role": label, "day": date_format.day(ends_at)} for label, ends_at in ended]


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, HTTPStatus.NOT_FOUND, "404")


def wrong_method(request: HttpRequest, allowed: str) -> HttpResponse:
    """405 with the methods the page takes (RFC 9110, 15.5.6 asks for ``Allow``)."""
    response = page(request, HTTPStatus.METHOD_NOT_ALLOWED, "405")
    response.headers["Allow"] = allowed
    return response


def conflict(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, HTTPStatus.CONFLICT, "409", message=getattr(exception, "message", ""))


def too_large(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "413")


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429 with ``Retry-After`` (RFC 6585, 4): so many tries in an hour and no more; what was written stands on the page."""
    response = page(request, HTTPStatus.TOO_MANY_REQUESTS, "429", kept=written_in(request))
    response.headers["Retry-After"] = str(COUNTED_ANEW_AFTER)
    return response


def unavailable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """503 with ``Retry-After`` (RFC 9110, 10.2.3): what we lean on is down; the same request may work later."""
    response = page(request, HTTPStatus.SERVICE_UNAVAILABLE, "503", message=getattr(exception, "message", ""))
    response.headers["Retry-After"] = str(TRY_AGAIN_AFTER)
    return response


def read_only(request: HttpRequest, *, kept: Sequence[str] = ()) -> HttpResponse:
    """503 with ``Retry-After`` while the portal takes nothing in; what was written stands on the page."""
    message = TEXTS["read_only"]["en"].text if request.path.startswith(problem_details.PLACE) else ""
    response = page(request, HTTPStatus.SERVICE_UNAVAILABLE, "read_only", message=message, kept=kept)
    response.headers["Retry-After"] = str(TRY_AGAIN_AFTER)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500; where something that we lean on is away or full, 503 as if a view had said so."""
    fault = sys.exc_info()[1]
    if isinstance(fault, AWAY):
        return database_away(request)
    if isinstance(fault, Unavailable):
        return unavailable(request, fault)
    return page(request, HTTPStatus.INTERNAL_SERVER_ERROR, "500")


def database_away(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """503 with ``Retry-After``, and what was written; a stop is kept and answered (``answers.answer_while_away``).

    Away is a database that does not answer, is locked, or took longer than a statement may.
    """
    fault = exception or sys.exc_info()[1]
    # With the places where it was raised: a wrong statement of ours is an OperationalError too.
    log.error("database.away", code=getattr(fault.__cause__, "sqlstate", "") if fault else "", exc_info=fault)
    return not_here(request)


def not_here(request: HttpRequest) -> HttpResponse:
    """503 with what was written, where this machine cannot write now; a stop is kept and answered."""
    answer: HttpResponse | None = answers.answer_while_away.ask(request)
    if answer is not None:
        return answer
    response = page(request, HTTPStatus.SERVICE_UNAVAILABLE, "503", kept=written_in(request))
    response.headers["Retry-After"] = str(SOON_AGAIN_AFTER)
    return response


def session_ended(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token no longer fits: the session ended or the page stood open for too long.

    No browser keeps our pages, so what was written stands on this one. What another site sent is not repeated: its words
    would look like ours.
    """
    kept = () if reason.startswith(FOREIGN) else written_in(request)
    return page(request, HTTPStatus.FORBIDDEN, "session_ended", kept=kept)
