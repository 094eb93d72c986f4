"""The page of all queues and kept views, and keeping and removing a view."""

from http import HTTPStatus
from itertools import groupby
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.fronts.workplace import pages, queues, saved_views
from portal.fronts.workplace.forms import ViewForm
from portal.fronts.workplace.models import SavedView
from portal.kernel.core import clock, ports, records
from portal.kernel.core.admin.lists import page_of
from portal.kernel.core.errors import PortalError
from portal.kernel.core.requests import actor_of


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Every queue that this login may open, by kind of work, and its views, all counted in one query."""
    kept = list(saved_views.of(request.user, now=clock.now()))  # type: ignore[arg-type]
    asked = [*ports.queues, *(saved_views.as_queue(view) for view in kept)]
    found = {one.queue.code: one for one in queues.counted(request, asked)}
    ours = sorted(
        (found[queue.code] for queue in ports.queues if queue.code in found),
        key=lambda one: pages.place_of(one.queue.model)[0],
    )
    groups = groupby(ours, key=lambda one: pages.place_of(one.queue.model)[0])
    context = {
        **admin.site.each_context(request),
        "title": _("Queues"),
        "groups": [(pages.name_of(number), list(rows)) for number, rows in groups],
        "views": [(view, found[code]) for view in kept if (code := f"view-{view.pk}") in found],
        "hands_out": queues.handed_out(request),
    }
    return TemplateResponse(request, "workplace/queues.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def save(request: HttpRequest, model: str) -> HttpResponse:
    """GET: what is kept, and under which name. POST: keeps it. The filters stand in the address, as on the list itself."""
    if not queues.open_to(request, model):
        raise Http404
    query = saved_views.filters_of(model, request.GET.dict())
    form = ViewForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            saved_views.save(
                request,
                **form.cleaned_data,
                model=model,
                query=query,
                actor=actor_of(request),
                now=clock.now(),
            )
        except PortalError as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, _("The view is saved."))
            return HttpResponseRedirect(reverse("admin:queues"))
    list_name = records.list_name(page_of(model).model)
    shown = next(iter(queues.counted(request, [saved_views.as_queue(SavedView(model=model, query=query))])), None)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Save this view"),
        "form": form,
        "list_name": list_name,
        "shown": shown,
        "back": queues.url_of(model, query),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return TemplateResponse(request, "workplace/save_view.html", context, status=status)


@require_POST
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Remove one's own view."""
    view = get_object_or_404(SavedView.objects.select_related("shared_with"), pk=number, owner=request.user.pk)
    saved_views.remove(view, actor=actor_of(request))
    messages.success(request, _("The view is removed."))
    return HttpResponseRedirect(reverse("admin:queues"))
