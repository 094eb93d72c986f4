"""The search of every page of the workplace."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.workplace import finding

#: No name or address is longer.
LONGEST = 254


@sensitive_post_parameters("find")
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """POST: what was found, in the answer itself: the words stand in no address, no session and no log. GET: what to ask.

    A reference of one record opens that record's page.
    """
    context = {**admin.site.each_context(request), "title": _("Find")}
    text = request.POST.get("find", "").strip() if request.method == "POST" else ""
    if text:
        asked, kinds = finding.find(request, text[:LONGEST], actor=request.actor)  # type: ignore[attr-defined]
        if only := finding.only_record(asked, kinds):
            return HttpResponseRedirect(only)
        context |= {"find_words": asked.text, "kinds": kinds, "is_wrong_reference": asked.is_wrong_reference}
    return TemplateResponse(request, "workplace/find.html", context)
