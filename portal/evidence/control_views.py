"""The auditors' page of controls."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.core import access
from portal.core.admin.listing import page_of
from portal.evidence import controls, promises
from portal.evidence.controls import Control
from portal.evidence.map_views import as_of
from portal.evidence.permissions import Permission
from portal.evidence.views import staff_page
from portal.law.models import Clock
from portal.registers.permissions import Permission as RegistersPermission


@dataclass(frozen=True)
class Part:
    """One kind of controls, with the links to the evidence of each."""

    title: Any
    about: Any
    rows: list[tuple[Control, list[tuple[str, str]]]]
    counts: dict[str, int]


@staff_page
@require_safe
def control_list(request: HttpRequest) -> HttpResponse:
    """Every control that this login may look into, with its evidence, asked now or at the end of its days."""
    access.require(request.user, Permission.MAP_VIEW)
    now = as_of(request.user)
    found_map = promises.policy_map(now=now)
    parts = [
        _part(request, _("Promises of the privacy policy"), _as_in(found_map), controls.of_map(found_map, now=now))
    ]
    if access.allowed(request.user, RegistersPermission.BOOK_VIEW):
        found = controls.of_measures(now=now)
        about = _("Fresh while the day of the evidence is no older than our own rule.")
        parts.append(_part(request, _("Security measures"), about, found))
    if access.allowed(request.user, Permission.CLOCK_VIEW):
        clocks = access.within_scope(request.user, Clock.objects.all())
        about = _("Each deadline is a clock that ran under the rule. Missing: none has ended yet, or one is overdue.")
        parts.append(_part(request, _("Duties of law that count time"), about, controls.of_law(clocks, now=now)))
    context = {**admin.site.each_context(request), "title": _("Controls"), "parts": parts, "now": now}
    return TemplateResponse(request, "evidence/controls.html", context)


def _as_in(found: promises.Map) -> str:
    """How these counts and those of the policy map are the same."""
    said = _("Fresh is what the policy map calls kept; stale and missing are what it calls not shown.")
    if not found.unnamed:
        return said
    more = _("It counts %(count)s more: what no published notice names.") % {"count": len(found.unnamed)}
    return f"{said} {more}"


def _part(request: HttpRequest, title: Any, about: Any, rows: list[Control]) -> Part:
    # Several questions to one list are one link.
    linked = [
        (row, list(dict.fromkeys(link for where in row.where if (link := _link(request, where))))) for row in rows
    ]
    return Part(title, about, linked, controls.counted(rows))


def _link(request: HttpRequest, where: str) -> tuple[str, str] | None:
    """What shows a control, as words and the address of its page; None where there is no page for this login."""
    word, *rest = where.split()
    if word == "page":
        return _page(rest[0])
    if word == "record":
        return _listed(request, rest[0], "", number=rest[1])
    asked = {
        "acts": ("people.FourEyesRule", f"q={rest[0]}"),
        "event": ("audit.AuditEvent", f"area={rest[0].partition('.')[0]}"),
        "held": (rest[0], ""),
        "list": (rest[0], " ".join(rest[1:])),
        "no": (rest[0], ""),
        "rows": (rest[0], ""),
    }
    return _listed(request, *asked[word]) if word in asked else None


def _page(name: str) -> tuple[str, str] | None:
    try:
        address = reverse(name)
    except NoReverseMatch:
        return None
    return _("Page %(address)s") % {"address": address}, address


def _listed(request: HttpRequest, model: str, query: str, *, number: str = "") -> tuple[str, str] | None:
    try:
        page = page_of(model)
    except (LookupError, NotRegistered):
        return None
    if not page.has_view_permission(request):
        return None
    name = f"admin:{page.opts.app_label}_{page.opts.model_name}"
    if number:
        return str(page.opts.verbose_name), reverse(f"{name}_change", args=[number])
    return str(page.opts.verbose_name_plural), reverse(f"{name}_changelist") + (f"?{query}" if query else "")
