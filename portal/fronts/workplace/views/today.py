"""The first page of the workplace with its charts."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from portal.fronts.workplace import approvals, charts, figures, pages, queues, row_names, svg_charts, worklist
from portal.kernel.core import answers, clock, date_format, error_pages, ports
from portal.kernel.core.admin import labels
from portal.kernel.core.admin.actions import Outcome
from portal.kernel.core.admin.lists import page_of
from portal.kernel.core.queues import HandsOut
from portal.kernel.jobs.export_columns import Column, stream_csv
from portal.kernel.people.login_roles import roles_held

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
    """The worklist, the figures and the charts of a login. ``?scope=`` says whose work, ``?group=`` shows one group whole."""
    now = clock.now()
    if answers.reading_scope.ask(request.user) is not None:
        return _room(request)
    shown = admin.site.each_context(request)
    plan = pages.first_page(roles_held(request.user))
    listed = worklist.worklist(
        request,
        now=now,
        scope=request.GET.get("scope", ""),
        whole=request.GET.get("group", ""),
        waiting=approvals.to_answer(request.user, shown["approvals"], now=now),
        refused=approvals.refused_lately(request.user, now=now),
    )
    filters = [name for name in ("scope", "group") if request.GET.get(name)]
    groups = row_names.with_names(request, listed.groups, filters=filters)
    context = {
        **shown,
        "title": _("Today, %(date)s") % {"date": date_format.day(now)},
        "bands": figures.bands(figures.figures(request, now=now)),
        "worklist": replace(listed, groups=groups),
        "next": _next(listed.first, queues.handed_out(request)),
        "plan": plan,
        "charts": [
            (one, svg_charts.draw(one), svg_charts.key(one)) for one in charts.charts(request, plan.charts, now=now)
        ],
        "now": now,
        # Said to whom nothing opens any more; who still holds a role finds it on the page that does not open.
        "ended_roles": [] if shown["navigation"].menu else error_pages.ended_roles(request),
    }
    return TemplateResponse(request, "admin/index.html", context)


@dataclass(frozen=True)
class Next:
    """The first row as a button: a link, or the record that is handed out by a post."""

    label: str
    url: str
    record: str = ""


def _next(row: worklist.Row | None, handed_out: list[HandsOut]) -> Next | None:
    if row is None:
        return None
    said = row.time.says if row.time is not None else row.says
    label = f"{row.verb}, {said}" if said else row.verb
    for one in handed_out:
        if any(label_of.startswith(start) for label_of in row.labels for start in one.labels):
            return Next(label, reverse(one.url_name), " ".join(sorted(row.keys)))
    return Next(label, row.url)


@require_POST
def act(request: HttpRequest, code: str, number: str) -> HttpResponseBase:
    """POST: do what a row of a queue offers, by the action of its list's own page, and show the first page again.

    What the action still asks for, or refuses, stands on its own page. Raises Http404 for a row that is not there.
    """
    queue = next((one for one in ports.queues if one.code == code), None)
    act = queue.work.act if queue is not None and queue.work is not None else ""
    if queue is None or not act or not queues.open_to(request, queue.model):
        raise Http404
    row_page = page_of(queue.model)
    response: HttpResponseBase = row_page.action_view(request, act, number)
    outcome = (getattr(response, "context_data", None) or {}).get("outcome")
    if not isinstance(outcome, Outcome):
        return response
    for one in outcome.results:
        said = messages.success if one.done else messages.error
        said(request, f"{labels.heading(one.row)}: {one.message}")
    return HttpResponseRedirect(reverse("admin:index"))


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


def _value_at(place: int, row: Any) -> Any:
    return row.values[place]


@require_safe
def chart_file(request: HttpRequest, code: str) -> StreamingHttpResponse:
    """The numbers of one chart as CSV: counts only, nothing of a person."""
    found = charts.chart(request, code, now=clock.now())
    if found is None:
        raise Http404
    columns: list[Column[Any]] = [Column(str(found.kind.first), lambda row: row.label)]
    columns += [Column(str(label), partial(_value_at, place)) for place, label in enumerate(found.kind.series)]
    name = f"{found.kind.code}-{clock.day(clock.now()).isoformat()}.csv"
    said = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(stream_csv(columns, found.rows), content_type="text/csv; charset=utf-8", headers=said)
