"""Problem details (RFC 9457): the form of every error under ``/api/``, with a stable code and no personal data."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse

log = structlog.get_logger(__name__)

#: Where machines ask: nobody there reads a page.
PLACE: Final = "/api/"
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
        "reference": {"type": "string", "description": "It is in our log, too: give it when you ask"},
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
#: What is said of a status that no rule of ours explains: the code for programs, the sentence for people.
OF_STATUS: Final[Mapping[HTTPStatus, tuple[str, str]]] = {
    HTTPStatus.BAD_REQUEST: ("BAD_REQUEST", "The request cannot be read."),
    HTTPStatus.FORBIDDEN: ("NOT_ALLOWED", "This is not open to you."),
    HTTPStatus.NOT_FOUND: ("NOT_FOUND", "Not found."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("METHOD_NOT_ALLOWED", "This address does not take this method: see Allow."),
    HTTPStatus.CONFLICT: ("CONFLICT", "This does not fit what is recorded now."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("TOO_LARGE", "The request is larger than we take. Split it."),
    HTTPStatus.TOO_MANY_REQUESTS: ("TOO_MANY", "Too many requests. Try again later."),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "CRASHED",
        "Something went wrong on our side. Nothing of this request was kept.",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: ("UNAVAILABLE", "Something that we lean on is down. Try again later."),
}


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


def of_status(request: HttpRequest, status: HTTPStatus, detail: str = "") -> HttpResponse:
    """The problem that a status means by itself; ``detail`` takes the place of its sentence."""
    code, said = OF_STATUS[status]
    return problem(request, status, code, detail or said)
