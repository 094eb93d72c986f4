"""What the words and the states mean."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.workplace import words


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("What the words mean"),
        "kinds": words.STATES,
        "glossary": words.GLOSSARY,
    }
    return TemplateResponse(request, "workplace/help.html", context)
