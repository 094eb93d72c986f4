"""What the words and the states mean."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from portal.fronts.workplace import help_glossary
from portal.kernel.core.admin.bases import KEYS_OFF

#: The single keys of every page; a page with keys of its own lists them itself.
KEYS = (
    ("/", gettext_lazy("Go into the box that finds")),
    ("t", gettext_lazy("Today")),
    ("q", gettext_lazy("Queues")),
    ("n", gettext_lazy("Get next, where the button is")),
    ("?", gettext_lazy("This page")),
)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("What the words mean"),
        "kinds": help_glossary.STATES,
        "glossary": help_glossary.GLOSSARY,
        "keys": KEYS,
    }
    return TemplateResponse(request, "workplace/help.html", context)


@require_POST
def switch_keys(request: HttpRequest) -> HttpResponse:
    """Single keys on or off, for this session and every page."""
    request.session[KEYS_OFF] = not request.session.get(KEYS_OFF, False)
    return HttpResponseRedirect(f"{reverse('admin:help')}#keys")
