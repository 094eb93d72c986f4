"""How the installation is, for whoever runs it and for auditors."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.core import access, clock
from portal.workplace.health import Health, findings, logs_kept, machine
from portal.workplace.models import HealthState
from portal.workplace.permissions import Permission

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
        "versions": machine.versions(),
        "logs": list(logs_kept.logs()),
    }
    return TemplateResponse(request, "workplace/system.html", context)
