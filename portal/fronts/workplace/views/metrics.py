"""``/metrics`` for Prometheus: states and sizes only, to whoever has METRICS_TOKEN."""

import hmac
from collections.abc import Iterator
from http import HTTPStatus

from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from portal.fronts.workplace.health import Health, findings, host
from portal.kernel.core import clock
from portal.kernel.jobs.models import Job
from portal.kernel.ledger.models import Head, Pending

NUMBER = {Health.WELL: 0, Health.LOOK: 1, Health.BAD: 2}


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """404 while no token is set; 401 without it in ``Authorization: Bearer``."""
    wanted = settings.METRICS_TOKEN
    if not wanted:
        raise Http404
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        refused = HttpResponse("A bearer token is needed.\n", content_type="text/plain", status=HTTPStatus.UNAUTHORIZED)
        refused.headers["WWW-Authenticate"] = "Bearer"
        return refused
    registry = CollectorRegistry()
    registry.register(_Portal())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Portal(Collector):
    """Asked once a request; nothing is counted in between, so every process says the same."""

    def collect(self) -> Iterator[Metric]:
        state = GaugeMetricFamily("portal_check_state", "0 OK, 1 attention, 2 bad", labels=["check"])
        value = GaugeMetricFamily("portal_check_value", "What the check measured", labels=["check", "unit"])
        for one in findings(clock.now()):
            state.add_metric([one.name], NUMBER[one.state])
            if one.number is not None:
                value.add_metric([one.name, one.unit], one.number)
        yield from (state, value)
        queued = GaugeMetricFamily("portal_queue_waiting", "Tasks in the broker", labels=["queue"])
        for queue, count in host.waiting().items():
            queued.add_metric([queue], count)
        yield queued
        jobs = GaugeMetricFamily("portal_jobs", "Background jobs by state", labels=["state"])
        for name, count in Job.objects.order_by().values_list("state").annotate(Count("pk")):
            jobs.add_metric([name], count)
        yield jobs
        size = Head.objects.values_list("size", flat=True).first()
        yield GaugeMetricFamily("portal_ledger_leaves", "Sealed entries", value=size or 0)
        yield GaugeMetricFamily("portal_ledger_waiting", "Entries not sealed yet", value=Pending.objects.count())
        names = {name.lower(): version for name, version in host.versions()}
        yield InfoMetricFamily("portal_version", "What runs here", value=names)

    def describe(self) -> Iterator[Metric]:
        """Nothing is asked before a request."""
        return iter(())
