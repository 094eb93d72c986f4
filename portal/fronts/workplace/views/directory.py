"""One box on each page of the workplace, which leads to places, acts and records; and the directory of all places."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.fronts.workplace import search
from portal.kernel.core.requests import actor_of

#: No name or address is longer.
LONGEST = 254


@sensitive_post_parameters("find")
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """GET: every list and page of this login. POST: what the words lead to, in the answer itself: they are in no address, no
    session and no log.

    A reference of one record opens that record's page, the whole name of one place that place.
    """
    shown = admin.site.each_context(request)
    navigation = shown["navigation"]
    text = request.POST.get("find", "").strip()[:LONGEST] if request.method == "POST" else ""
    if not text:
        context = {**shown, "title": _("Directory"), "groups": navigation.directory()}
        return TemplateResponse(request, "workplace/directory.html", context)
    asked, kinds = search.find(request, text, actor=actor_of(request))
    places, acts = navigation.places(text), navigation.acts(text)
    if only := search.only_record(asked, kinds) or (not kinds and navigation.only_place(text)):
        return HttpResponseRedirect(only)
    context = {
        **shown,
        "title": _("Go to"),
        "find_words": asked.text,
        "kinds": kinds,
        "places": places,
        "acts": acts,
        "is_wrong_reference": asked.is_wrong_reference,
    }
    return TemplateResponse(request, "workplace/found.html", context)
