"""Reports: of any days on demand, of each month as they were kept; as page, as PDF, as CSV."""

import hashlib
from collections.abc import Sequence
from datetime import date
from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.fronts.evidence import monthly_reports
from portal.fronts.evidence.forms import PeriodForm
from portal.fronts.evidence.models import MonthlyReport
from portal.fronts.evidence.period import Period
from portal.fronts.evidence.permissions import Permission
from portal.fronts.evidence.reports import REPORTS, Report, Table
from portal.fronts.evidence.reports.tables import csv_of
from portal.fronts.evidence.views import staff_page
from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import access, answers, clock, date_format, typst_pdf
from portal.kernel.core.requests import actor_of

#: Kept reports that the page lists: those of a year.
MONTHS = 12
FORMS = ("csv", "pdf")


@staff_page
@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """The reports of this login, and those of the last months."""
    access.require(request.user, Permission.REPORT_VIEW)
    own = [report for report in REPORTS.values() if access.allowed(request.user, report.permission)]
    kept = MonthlyReport.objects.filter(code__in=[report.code for report in own]).defer("tables")
    months: dict[date, list[tuple[Report, MonthlyReport]]] = {}
    for row in _kept_within(request.user, kept)[: MONTHS * len(own)]:
        months.setdefault(row.first_day, []).append((REPORTS[row.code], row))
    context = {**admin.site.each_context(request), "title": _("Reports"), "reports": own, "months": months}
    return TemplateResponse(request, "evidence/reports.html", context)


@staff_page
@require_safe
def report(request: HttpRequest, code: str) -> HttpResponse:
    """One report of the days asked for; of this month where none are."""
    found = _report(request, code)
    today = clock.day(clock.now())
    days = {"first_day": today.replace(day=1), "last_day": today}
    asked = {name: request.GET[name] for name in days if name in request.GET}
    form = PeriodForm({**_days_within(request.user, days), **asked}, user=request.user)
    context = {
        **admin.site.each_context(request),
        "title": found.title,
        "report": found,
        "form": form,
        "path": reverse("evidence:report", args=[code]),
    }
    if not form.is_valid():
        return TemplateResponse(request, "evidence/report.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    now = clock.now()
    period = Period.of(form.cleaned_data["first_day"], form.cleaned_data["last_day"], now=now)
    tables = found.tables(period)
    if (wanted := request.GET.get("as")) in FORMS:
        return _file(request, wanted, found, tables, period.first_day, period.last_day)
    context |= {"tables": tables, "period": period, "now": now, "days": urlencode(form.cleaned_data)}
    return TemplateResponse(request, "evidence/report.html", context)


@staff_page
@require_safe
def kept_report(request: HttpRequest, number: int) -> HttpResponse:
    """A report of a month as it was counted when the month was over."""
    access.require(request.user, Permission.REPORT_VIEW)
    row = get_object_or_404(_kept_within(request.user, MonthlyReport.objects.all()), pk=number)
    found = _report(request, row.code)
    tables = monthly_reports.as_tables(row)
    if (wanted := request.GET.get("as")) in FORMS:
        return _file(request, wanted, found, tables, row.first_day, row.last_day)
    context = {
        **admin.site.each_context(request),
        "title": found.title,
        "report": found,
        "row": row,
        "path": reverse("evidence:kept-report", args=[number]),
        "tables": tables,
        "period": row,
    }
    return TemplateResponse(request, "evidence/report.html", context)


def _kept_within(user: Any, rows: QuerySet[MonthlyReport]) -> QuerySet[MonthlyReport]:
    """The kept reports of which the login may see every day."""
    scope = answers.reading_scope.ask(user)
    return rows if scope is None else rows.filter(first_day__gte=scope.first_day, last_day__lte=scope.last_day)


def _days_within(user: Any, days: dict[str, date]) -> dict[str, date]:
    """The days that a report opens with: to an auditor's login, no others than it may see."""
    scope = answers.reading_scope.ask(user)
    if scope is None:
        return days
    last = min(days["last_day"], scope.last_day)
    return {"first_day": max(last.replace(day=1), scope.first_day), "last_day": last}


def _report(request: HttpRequest, code: str) -> Report:
    """Raises NotAllowed, or 404 where there is none."""
    access.require(request.user, Permission.REPORT_VIEW)
    if (found := REPORTS.get(code)) is None:
        raise Http404
    access.require(request.user, found.permission)
    return found


def _file(
    request: HttpRequest, form: str, report: Report, tables: Sequence[Table], first_day: date, last_day: date
) -> HttpResponse:
    """The report as a file. Who took it away is an audit event."""
    if form == "csv":
        kind, content = "text/csv; charset=utf-8", csv_of(tables)
    else:
        kind, content = "application/pdf", _pdf(report, tables, first_day, last_day)
    with transaction.atomic():
        audit.record(
            AuditKind.EXPORT_LIST_MADE,
            actor=actor_of(request),
            about=f"export.list:evidence.report.{report.code}",
            facts={
                "model": f"evidence.report.{report.code}",
                "format": form,
                "rows": sum(len(table.rows) for table in tables),
                "filters": f"{first_day.isoformat()}/{last_day.isoformat()}",
                "sha256": hashlib.sha256(content).hexdigest(),
            },
            personal={},
        )
    name = f"{report.code}-{first_day.isoformat()}-{last_day.isoformat()}.{form}"
    said = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=kind, headers=said)


def _pdf(report: Report, tables: Sequence[Table], first_day: date, last_day: date) -> bytes:
    parts = [
        typst_pdf.part(
            str(table.title), table.as_text(), _("Nothing to count."), heads=[str(head) for head in table.heads]
        )
        for table in tables
    ]
    days = f"{date_format.day(first_day)} – {date_format.day(last_day)}"
    return typst_pdf.paper(f"{report.title}, {days}", parts, at=clock.now(), footer=f"{report.title}, {days}")
