"""The auditors' pages of the policy map and of the data inventory."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.fronts.evidence import policy_commitments
from portal.fronts.evidence.permissions import Permission
from portal.fronts.evidence.verdicts import State
from portal.fronts.evidence.views import staff_page
from portal.kernel.core import access, answers, clock
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs import export_columns
from portal.kernel.jobs.audited_export import listed_response
from portal.kernel.jobs.permissions import Permission as JobsPermission
from portal.kernel.registers.entries.selectors import inventory


def _column(name: str) -> export_columns.Column[Any]:
    def value(row: inventory.Column) -> export_columns.Cell:
        found = getattr(row, name)
        return " ".join(found) if isinstance(found, tuple) else str(found)

    return export_columns.Column(name, value)


NAMES = ("database", "table", "column", "model", "category", "purposes", "ended_by", "retention_class")
COLUMNS = [_column(name) for name in NAMES]


def as_of(user: Any) -> datetime:
    """Now; to an auditor's login whose days are over, the end of the last of them."""
    scope = answers.reading_scope.ask(user)
    return clock.now() if scope is None else min(clock.now(), scope.end)


@staff_page
@require_safe
def policy_map(request: HttpRequest) -> HttpResponse:
    """Every promise with its evidence, asked now."""
    access.require(request.user, Permission.MAP_VIEW)
    found = policy_commitments.policy_map(now=as_of(request.user))
    context = {
        **admin.site.each_context(request),
        "title": _("Policy map"),
        "found": found,
        "kept": found.counts[State.KEPT],
        "not_shown": found.counts[State.NOT_SHOWN],
        "no_case": found.counts[State.NO_CASE],
        "not_stated": found.counts[State.NOT_STATED],
    }
    return TemplateResponse(request, "evidence/promises.html", context)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def data_inventory(request: HttpRequest) -> HttpResponse:
    """GET shows the personal columns and the differences; POST gives every column as CSV, with an audit event."""
    access.require(request.user, Permission.MAP_VIEW)
    rows = inventory.columns()
    if request.method == "POST":
        access.require(request.user, JobsPermission.LIST_EXPORT)
        actor = actor_of(request)
        return listed_response("inventory", "registers.inventory", COLUMNS, rows, actor=actor)
    context = {
        **admin.site.each_context(request),
        "title": _("Data inventory"),
        "difference": inventory.difference(),
        "rows": [row for row in rows if row.is_personal],
        "may_take": access.allowed(request.user, JobsPermission.LIST_EXPORT),
    }
    return TemplateResponse(request, "evidence/inventory.html", context)
