"""The first page of the workplace, and the list of proposals that wait."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.core import clock, moments
from portal.workplace import figures, proposals


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    context = {
        **admin.site.each_context(request),
        "title": _("Today, %(date)s") % {"date": moments.day(now)},
        "figures": list(figures.figures(request.user, now=now)),
        "deadlines": figures.next_deadlines(request.user, now=now),
        "now": now,
    }
    return TemplateResponse(request, "admin/index.html", context)


@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """Every proposal that this login may answer."""
    context = {
        **admin.site.each_context(request),
        "title": _("Waiting for a second person"),
        "waiting": proposals.waiting_for(request.user, now=clock.now()),
    }
    return TemplateResponse(request, "workplace/proposals.html", context)
