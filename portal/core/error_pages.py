"""Error pages in the reader's language, each with a reference that also stands in the log."""

from http import HTTPStatus
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from portal.core import ids

log = structlog.get_logger(__name__)


def page(request: HttpRequest, status: HTTPStatus, template: str, **context: Any) -> HttpResponse:
    """Render ``errors/<template>.html``. It asks no database and no session, so it works when those are down."""
    reference = getattr(request, "reference", None) or ids.new_reference("ER")
    log.warning("request.refused", status=status.value, reference=reference, page=template)
    body = render_to_string(f"errors/{template}.html", {"reference": reference, "path": request.path, **context})
    return HttpResponse(body, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, HTTPStatus.BAD_REQUEST, "400", message=getattr(exception, "message", ""))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, HTTPStatus.FORBIDDEN, "403")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, HTTPStatus.NOT_FOUND, "404")


def conflict(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, HTTPStatus.CONFLICT, "409", message=getattr(exception, "message", ""))


def too_large(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "413")


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, HTTPStatus.TOO_MANY_REQUESTS, "429")


def server_error(request: HttpRequest) -> HttpResponse:
    return page(request, HTTPStatus.INTERNAL_SERVER_ERROR, "500")


def session_ended(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token no longer fits: the session ended or the page stood open for too long."""
    return page(request, HTTPStatus.FORBIDDEN, "session_ended")
