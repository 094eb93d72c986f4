"""Staff's page of the log of Californian requests: the figures of a period, and both lists to take away."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from grievances.base.models.requests import RightsRequest
from grievances.base.permissions import GrievancePermission
from grievances.requests import ccpa_request_log
from portal.kernel.core import access, clock
from portal.kernel.core.admin import StaffModelAdmin
from portal.kernel.core.requests import actor_of
from portal.kernel.core.time_range import DayField, day_input
from portal.kernel.jobs.audited_export import listed_response
from portal.kernel.law import selectors as law

LOG, FIGURES = "log", "figures"


class PeriodForm(forms.Form):
    """The days on which the requests came in, both included."""

    first_day = DayField(label=_("First day"), widget=day_input())
    last_day = DayField(label=_("Last day"), widget=day_input())

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if "first_day" in found and "last_day" in found and found["last_day"] < found["first_day"]:
            self.add_error("last_day", _("The period ends before it begins. Give the earlier day first."))
        return found


class RequestLogPage(StaffModelAdmin):
    """Adds ``log/``. GET shows a period, POST takes the log or the figures of it away."""

    import_export_change_list_template = "admin/grievances/rightsrequest/list.html"

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.log_view)
        return [path("log/", page, name="grievances_rightsrequest_log"), *super().get_urls()]

    def log_view(self, request: HttpRequest) -> HttpResponse:
        """Raises NotAllowed for a role that may not see requests, or may not take them away."""
        access.require(request.user, GrievancePermission.REQUEST_VIEW)
        today = clock.day(clock.now())
        opened = {"first_day": ccpa_request_log.kept_from(today=today), "last_day": today}
        given = request.POST if request.method == "POST" else request.GET
        form = PeriodForm(given or opened)
        rows: list[RightsRequest] = []
        if form.is_valid():
            rows = list(access.within_scope(request.user, ccpa_request_log.entries(**form.cleaned_data)))
        found = ccpa_request_log.figures(rows)
        if request.method == "POST":
            access.require(request.user, GrievancePermission.TICKET_EXPORT)
            if form.is_valid():
                actor = actor_of(request)
                if request.POST.get("what") == FIGURES:
                    columns, label = ccpa_request_log.FIGURE_COLUMNS, "grievances.request_figures"
                    return listed_response("request-figures", label, columns, found, actor=actor)
                return listed_response(
                    "request-log", "grievances.request_log", ccpa_request_log.LOG_COLUMNS, rows, actor=actor
                )
        context = {
            **self.admin_site.each_context(request),
            "title": _("Log of Californian requests"),
            "opts": self.opts,
            "form": form,
            "found": found,
            "count": len(rows),
            "kept": law.legal_rule(ccpa_request_log.KEPT, on=today),
            "from_how_many": law.legal_rule(ccpa_request_log.PUBLISHED_FROM, on=today),
            "may_take": access.allowed(request.user, GrievancePermission.TICKET_EXPORT),
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return TemplateResponse(request, "admin/grievances/rightsrequest/log.html", context, status=status)
