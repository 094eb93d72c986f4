"""Every error of the interface in one form: problem details (RFC 9457), with a stable code and no personal data."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Final

import structlog
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from portal.fronts.api.signed_requests import TooLarge
from portal.kernel.core import error_pages, errors
from portal.kernel.core.problem_details import of_status, problem
from portal.kernel.core.spool import AWAY
from portal.kernel.core.strict_json import DoubledMember
from portal.kernel.core.webhook_signatures import BadSignature

log = structlog.get_logger(__name__)

#: Where the library says that a field stood.
PARTS: Final = frozenset({"body", "header", "path", "query"})
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


#: What Django raises of a form that came in a shape it cannot read, or was cut off: the client's fault, not ours.
UNREADABLE_FORMS: Final = (MultiPartParserError, BadRequest, SuspiciousOperation, UnreadablePostError)
#: The codes that any operation may answer with, by their status. An operation's own stand in its description.
CODES: Final[tuple[tuple[HTTPStatus, str, str], ...]] = (
    (
        HTTPStatus.BAD_REQUEST,
        "BAD_REQUEST",
        "The body is no JSON in UTF-8 (RFC 8259), or no form (RFC 7578) where one is asked for.",
    ),
    (
        HTTPStatus.BAD_REQUEST,
        DoubledMember.code,
        "An object of the body has a member twice (I-JSON, RFC 7493): `errors` names it. Nothing was taken.",
    ),
    (HTTPStatus.UNAUTHORIZED, "NO_KEY", "This API key is not valid."),
    (HTTPStatus.UNAUTHORIZED, BadSignature.code, "The signature of a signed message is not valid."),
    (HTTPStatus.FORBIDDEN, "SCOPE_MISSING", "The key lacks the scope that this needs."),
    (HTTPStatus.FORBIDDEN, errors.NotAllowed.code, "This is not open to the holder of this key."),
    (HTTPStatus.NOT_FOUND, errors.NotFound.code, "Not found, or it belongs to another."),
    (HTTPStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "`Allow` names the methods of this address."),
    (HTTPStatus.CONFLICT, errors.LostRace.code, "Someone else changed it first. Nothing was changed: ask again."),
    (HTTPStatus.CONFLICT, errors.IllegalMove.code, "This change of state is not possible."),
    (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TooLarge.code, "The request is larger than we take: split it."),
    (HTTPStatus.UNPROCESSABLE_ENTITY, "MALFORMED", "A field is missing, unknown or malformed: `errors` names each."),
    (HTTPStatus.TOO_MANY_REQUESTS, "TOO_MANY", "`Retry-After` says how long to wait."),
    (HTTPStatus.INTERNAL_SERVER_ERROR, "CRASHED", "The fault is ours. Nothing of the request was kept."),
    (HTTPStatus.SERVICE_UNAVAILABLE, errors.Unavailable.code, "Something is down: ask again after `Retry-After`."),
)


#: Of every operation that takes JSON.
UNREADABLE: Final = " ".join(f"`{code}`: {said}" for status, code, said in CODES if status is HTTPStatus.BAD_REQUEST)


def described(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a problem, with the codes that any operation may answer with."""
    codes = "\n".join(f"- `{code}` ({status.value}): {said}" for status, code, said in CODES)
    about = f"A stable code for programs. Any operation may answer with these; more are listed with it:\n\n{codes}"
    return {**schema, "properties": {**schema["properties"], "code": {"type": "string", "description": about}}}


def install(api: NinjaAPI) -> None:
    """Answer every error of ``api`` with a problem."""
    handlers: tuple[tuple[type[Exception], Callable[[HttpRequest, Any], HttpResponse]], ...] = (
        (AuthenticationError, _no_key),
        (ValidationError, _malformed),
        (Http404, _no_such_thing),
        (HttpError, _refused_by_the_library),
        (DoubledMember, _doubled),
        (errors.PortalError, _portal_error),
        (RequestDataTooBig, _too_big),
        *((kind, _unreadable) for kind in UNREADABLE_FORMS),
        *((kind, error_pages.database_away) for kind in AWAY),
        (Exception, _crash),
    )
    for kind, handler in handlers:
        api.add_exception_handler(kind, handler)


def _no_key(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    said = "Send a valid key as: Authorization: Bearer osk_..."
    headers = {"WWW-Authenticate": "Bearer"}
    return problem(request, HTTPStatus.UNAUTHORIZED, "NO_KEY", said, headers=headers)


def _malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Names the field and the rule, never the value."""
    fields = [{"field": _named(entry.get("loc", ())), "message": str(entry.get("msg", ""))} for entry in error.errors]
    said = "Some fields are missing or malformed."
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, "MALFORMED", said, fields=fields)


def _named(place: Sequence[object]) -> str:
    """The field as the client wrote it: without the part of the request and, in a body, the name that we give to it."""
    parts = [str(part) for part in place]
    if parts and parts[0] in PARTS:
        parts = parts[2 if parts[0] == "body" else 1 :] or ["body"]
    return ".".join(parts)


def _no_such_thing(request: HttpRequest, error: Http404) -> HttpResponse:
    return of_status(request, HTTPStatus.NOT_FOUND)


def _refused_by_the_library(request: HttpRequest, error: HttpError) -> HttpResponse:
    """The library wraps what reading the body raised."""
    if isinstance(error.__cause__, DoubledMember):
        return _doubled(request, error.__cause__)
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.BAD_REQUEST:
        return of_status(request, status, "The request cannot be read: send JSON in UTF-8.")
    return problem(request, status, status.name, "The request cannot be read." if status < 500 else "")


def _unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
    said = (
        "The form cannot be read: send multipart/form-data with its boundary, or JSON in UTF-8 where that is asked for."
    )
    return of_status(request, HTTPStatus.BAD_REQUEST, said)


def _too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return _portal_error(request, TooLarge("The request is larger than we take: split it."))


def _doubled(request: HttpRequest, error: DoubledMember) -> HttpResponse:
    fields = [{"field": error.member, "message": "appears twice in one object"}]
    return problem(request, HTTPStatus.BAD_REQUEST, error.code, str(error), fields=fields)


def _portal_error(request: HttpRequest, error: errors.PortalError) -> HttpResponse:
    status = next((status for kind, status in STATUS_OF if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)
    headers = {"Retry-After": "30"} if status is HTTPStatus.SERVICE_UNAVAILABLE else None
    return problem(request, status, error.code, str(error.without_page), headers=headers)


def _crash(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("api.crashed", error=type(error).__name__, reference=getattr(request, "reference", ""), exc_info=error)
    return of_status(request, HTTPStatus.INTERNAL_SERVER_ERROR)
