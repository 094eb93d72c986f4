"""How the installation is, for whoever runs it and for auditors."""

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.fronts.workplace import lookup_rekey
from portal.fronts.workplace.health import Health, findings, host, log_retention
from portal.fronts.workplace.models import HealthState
from portal.fronts.workplace.permissions import Permission
from portal.kernel.core import access, clock
from portal.kernel.core.requests import actor_of
from portal.kernel.people.services import factor_ages

#: Each state with its tone and its shape: nobody needs the colour.
SHOWN = {Health.WELL: ("ok", "✓"), Health.LOOK: ("warn", "▲"), Health.BAD: ("err", "■")}

#: What needs somebody stands first.
WORST = (Health.BAD, Health.LOOK, Health.WELL)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Every check, asked now; what runs; the logs that are kept."""
    access.require(request.user, Permission.SYSTEM_VIEW)
    found = findings(clock.now())
    since = dict(HealthState.objects.filter(is_bad=True).values_list("name", "since"))
    context = {
        **admin.site.each_context(request),
        "title": _("System"),
        "rows": [
            (one, *SHOWN[one.state], since.get(one.name))
            for one in sorted(found, key=lambda one: WORST.index(one.state))
        ],
        "bad": sum(one.state == Health.BAD for one in found),
        "look": sum(one.state == Health.LOOK for one in found),
        "versions": host.versions(),
        "lookups": lookup_rekey.older_lookups() if settings.LOOKUP_KEYS_OLD else [],
        "may_renew": bool(settings.LOOKUP_KEYS_OLD) and access.allowed(request.user, Permission.LOOKUPS_RENEW),
        "job": lookup_rekey.running(),
        "logs": list(log_retention.logs()),
    }
    return TemplateResponse(request, "workplace/system.html", context)


@require_POST
def renew_lookups(request: HttpRequest) -> HttpResponse:
    """Start the job; one that runs is not started twice."""
    access.require(request.user, Permission.LOOKUPS_RENEW)
    factor_ages.require(factor_ages.LOOKUP_KEYS, now=clock.now())
    if lookup_rekey.start(actor=actor_of(request)):
        messages.success(request, _("The hashes are being rebuilt. The progress is here, and under “Jobs”."))
    else:
        messages.info(request, _("They are being written anew already."))
    return HttpResponseRedirect(reverse("admin:system"))
