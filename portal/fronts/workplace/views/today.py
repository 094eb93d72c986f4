"""The first page of the workplace with its charts."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from portal.fronts.workplace import approvals, charts, figures, queues, svg_charts, worklist
from portal.kernel.core import clock, date_format, error_pages, ports
from portal.kernel.jobs.export_columns import Column, stream_csv

#: What an auditor comes for, by the name of its page, and what it is for; the registers follow below.
AUDITORS_WORK = (
    ("evidence:controls", gettext_lazy("Promises, measures and duties, each with its last evidence")),
    ("evidence:requests", gettext_lazy("Ask to be shown something by a day")),
    ("evidence:samples", gettext_lazy("Draw rows of a register, and freeze them")),
    ("evidence:packs", gettext_lazy("Take a period away, with proofs")),
    ("evidence:promises", gettext_lazy("What our privacy policy promises, and what shows it")),
    ("evidence:reports", gettext_lazy("Counts of any days, and of each month")),
    ("admin:ledger", gettext_lazy("How far it is signed, and who witnessed it")),
)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    if ports.reading_scope.ask(request.user) is not None:
        return _room(request)
    shown = admin.site.each_context(request)
    context = {
        **shown,
        "title": _("Today, %(date)s") % {"date": date_format.day(now)},
        "bands": figures.bands(figures.figures(request, now=now)),
        "worklist": worklist.groups(
            request.user,
            now=now,
            whole=request.GET.get("group", ""),
            waiting=approvals.to_answer(request.user, shown["approvals"], now=now),
        ),
        "hands_out": queues.handed_out(request),
        "charts": [(one, svg_charts.draw(one), svg_charts.key(one)) for one in charts.charts(request, now=now)],
        "now": now,
        # Said to whom nothing opens any more; who still holds a role finds it on the page that does not open.
        "ended_roles": [] if shown["navigation"].menu else error_pages.ended_roles(request),
    }
    return TemplateResponse(request, "admin/index.html", context)


def _room(request: HttpRequest) -> HttpResponse:
    """An auditor's first page. No figure of today: most of them count days that the login does not show."""
    shown = admin.site.each_context(request)
    spots = {spot.key: spot for spot in shown["navigation"].spots}
    work = [(spots[name], what) for name, what in AUDITORS_WORK if name in spots]
    context = {
        **shown,
        "title": _("Auditors' room"),
        "work": work,
        "exports": figures.exports_running(request.user, clock.now()),
    }
    return TemplateResponse(request, "workplace/auditors_room.html", context)


@require_safe
def chart_file(request: HttpRequest, code: str) -> StreamingHttpResponse:
    """The numbers of one chart as CSV: counts only, nothing of a person."""
    found = charts.chart(request, code, now=clock.now())
    if found is None:
        raise Http404
    columns: list[Column[Any]] = [Column(str(found.kind.first), lambda row: row[0])]
    columns += [
        Column(str(label), lambda row, place=place: row[1][place])  # type: ignore[misc]
        for place, label in enumerate(found.kind.series)
    ]
    name = f"{found.kind.code}-{clock.day(clock.now()).isoformat()}.csv"
    said = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(stream_csv(columns, found.rows), content_type="text/csv; charset=utf-8", headers=said)
