"""Is the process alive, and may it be given work?"""

from http import HTTPStatus

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from portal.core import append_only, hooks

log = structlog.get_logger(__name__)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nothing else, so that an outage elsewhere does not restart it."""
    return HttpResponse("ok\n", content_type="text/plain")


def _databases() -> list[tuple[str, bool, str]]:
    states = []
    for alias in settings.DATABASES:
        try:
            loose = append_only.unfrozen(connections[alias])
            states.append((f"database.{alias}", True, "answers"))
            states.append((f"frozen.{alias}", not loose, f"{len(loose)} tables can be changed"))
        except DatabaseError as error:
            states.append((f"database.{alias}", False, type(error).__name__))
    return states


def _broker() -> tuple[str, bool, str]:
    if not settings.REDIS_URL:
        return ("broker", True, "in-process")
    try:
        cache.set("readyz", 1, 5)
    except Exception as error:  # noqa: BLE001 - any fault of the client means "not ready", by type only
        return ("broker", False, type(error).__name__)
    return ("broker", True, "answers")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database, the broker and every registered part are ready, else 503; names and codes only."""
    states = [*_databases(), _broker()]
    for part in hooks.readiness:
        try:
            states.append(part())
        except DatabaseError as error:
            states.append((getattr(part, "__name__", "part"), False, type(error).__name__))
    ready = all(ok for _name, ok, _detail in states)
    body = {"ready": ready, "parts": {name: {"ok": ok, "detail": detail} for name, ok, detail in states}}
    return JsonResponse(body, status=HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE)
