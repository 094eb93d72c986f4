"""Is the process alive, and may this node be given requests?"""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from portal.kernel.core import readiness


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nothing else, so that an outage elsewhere does not restart it."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when this node may be given requests, else 503; names and codes only.

    What concerns the whole installation is in ``/metrics``, on the system page and in alerts.
    """
    states = readiness.of_this_node()
    ready = all(ok for _name, ok, _detail in states)
    body = {"ready": ready, "parts": {name: {"ok": ok, "detail": detail} for name, ok, detail in states}}
    return JsonResponse(body, status=HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE)
