"""The state of the ledger, and "Verify now"."""

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.fronts.workplace.job_types import VERIFY_LEDGER
from portal.fronts.workplace.permissions import Permission
from portal.kernel.core import access, clock
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs import services as jobs
from portal.kernel.jobs.choices import FINISHED
from portal.kernel.jobs.models import Job
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import Checkpoint, Entry, Head, Leaf, Pending, Verification, WitnessRefusal
from portal.kernel.ledger.services import witnesses

#: How many runs and entries the page lists.
RUNS = 10
ENTRIES = 20


@require_safe
def state(request: HttpRequest) -> HttpResponse:
    access.require(request.user, Permission.LEDGER_VIEW)
    now = clock.now()
    checkpoint = Checkpoint.objects.order_by("-size").first()
    job = Job.objects.filter(kind=VERIFY_LEDGER).exclude(state__in=FINISHED).order_by("-pk").first()
    sealed = Leaf.objects.select_related("entry").order_by("-index")[:ENTRIES]
    context = {
        **admin.site.each_context(request),
        "title": _("Ledger"),
        "head": Head.objects.first(),
        "entries": Entry.objects.count(),
        "waiting": Pending.objects.count(),
        "checkpoint": checkpoint,
        "root": bytes(checkpoint.root).hex() if checkpoint else "",
        "terms": list(reversed(ledger.terms())),
        "witnesses": [(one, witnesses.is_late(one, now=now)) for one in witnesses.seen()],
        "is_witnessed": bool(witnesses.independent()),
        "refusals": WitnessRefusal.objects.order_by("-pk")[:RUNS],
        "checks": ledger.state_of_checks(),
        "runs": Verification.objects.order_by("-pk")[:RUNS],
        "leaves": [(leaf.index, leaf.entry, bytes(leaf.entry.leaf_hash).hex()[:16]) for leaf in sealed],
        "job": job,
        "may_verify": access.allowed(request.user, Permission.LEDGER_VERIFY),
    }
    # As a header: a refresh in the page itself is an accessibility fault (axe, meta-refresh).
    again = {"Refresh": "10"} if job is not None else None
    return TemplateResponse(request, "workplace/ledger.html", context, headers=again)


@require_POST
def verify_now(request: HttpRequest) -> HttpResponse:
    """Start a check of all entries as a job; a check that already runs is not started twice."""
    access.require(request.user, Permission.LEDGER_VERIFY)
    running = Job.objects.filter(kind=VERIFY_LEDGER).exclude(state__in=FINISHED).first()
    if running is None:
        jobs.start(kind=VERIFY_LEDGER, parameters={}, actor=actor_of(request))
        messages.success(request, _("The check of all entries has started. Its result will appear here."))
    else:
        messages.info(request, _("A check is running already. Its result will appear here."))
    return HttpResponseRedirect(reverse("admin:ledger"))
