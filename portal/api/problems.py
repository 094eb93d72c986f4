"""Every error of the interface in one form: problem details (RFC 9457), with a stable code and no personal data."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import structlog
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from portal.api.signed_bodies import TooLarge
from portal.core import errors
from portal.core.signed_messages import BadSignature

log = structlog.get_logger(__name__)

CONTENT_TYPE: Final = "application/problem+json"
#: As the interface describes it.
SCHEMA: Final[dict[str, Any]] = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "reference"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "The status in words"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "A stable code for programs"},
        "detail": {"type": "string", "description": "A sentence for people"},
        "reference": {"type": "string", "description": "Stands in our log, too: name it when you ask"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
#: The status of the portal's own errors; the first class that fits counts.
STATUS_OF: Final[tuple[tuple[type[errors.PortalError], HTTPStatus], ...]] = (
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.BadReference, HTTPStatus.NOT_FOUND),
    (BadSignature, HTTPStatus.UNAUTHORIZED),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (errors.NotAllowed, HTTPStatus.FORBIDDEN),
    (errors.IllegalMove, HTTPStatus.CONFLICT),
    (errors.LostRace, HTTPStatus.CONFLICT),
    (errors.Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.Refused, HTTPStatus.UNPROCESSABLE_ENTITY),
)


def problem(
    request: HttpRequest,
    status: HTTPStatus,
    code: str,
    detail: str = "",
    *,
    fields: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """A problem: ``title`` names the status, ``code`` is for programs, ``detail`` for people, ``reference`` for both."""
    reference = getattr(request, "reference", "")
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "code": code,
        "detail": detail,
        "reference": reference,
    }
    if fields is not None:
        body["errors"] = fields
    log.warning("api.refused", status=status.value, code=code, reference=reference)
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE, headers=dict(headers or {}))


def install(api: NinjaAPI) -> None:
    """Answer every error of ``api`` with a problem."""
    handlers: tuple[tuple[type[Exception], Callable[[HttpRequest, Any], HttpResponse]], ...] = (
        (AuthenticationError, _no_key),
        (ValidationError, _malformed),
        (Http404, _no_such_thing),
        (HttpError, _refused_by_the_library),
        (errors.PortalError, _portal_error),
        (Exception, _crash),
    )
    for kind, handler in handlers:
        api.add_exception_handler(kind, handler)


def _no_key(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    said = "Send a key that holds as: Authorization: Bearer osk_..."
    headers = {"WWW-Authenticate": "Bearer"}
    return problem(request, HTTPStatus.UNAUTHORIZED, "NO_KEY", said, headers=headers)


def _malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Names the field and the rule, never the value."""
    fields = [
        {"field": ".".join(str(part) for part in entry.get("loc", ())), "message": str(entry.get("msg", ""))}
        for entry in error.errors
    ]
    said = "Some fields are missing or malformed."
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, "MALFORMED", said, fields=fields)


def _no_such_thing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(request, HTTPStatus.NOT_FOUND, "NOT_FOUND", "There is no such thing.")


def _refused_by_the_library(request: HttpRequest, error: HttpError) -> HttpResponse:
    status = HTTPStatus(error.status_code)
    return problem(request, status, status.name, "The request cannot be read." if status < 500 else "")


def _portal_error(request: HttpRequest, error: errors.PortalError) -> HttpResponse:
    status = next((status for kind, status in STATUS_OF if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)
    headers = {"Retry-After": "30"} if status is HTTPStatus.SERVICE_UNAVAILABLE else None
    return problem(request, status, error.code, str(error), headers=headers)


def _crash(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("api.crashed", error=type(error).__name__, reference=getattr(request, "reference", ""), exc_info=error)
    said = "Something went wrong on our side. Nothing of this request was kept."
    return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, "CRASHED", said)
