"""The auditors' page: make an evidence pack, follow its job, fetch it and its receipt."""

from collections.abc import Callable
from datetime import date
from http import HTTPStatus
from itertools import islice
from typing import Any, cast

from django.contrib import admin, messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.fronts.evidence import samples
from portal.fronts.evidence.forms import PackForm
from portal.fronts.evidence.job_types import EVIDENCE_PACK
from portal.fronts.evidence.models import DrawnSample
from portal.fronts.evidence.period import Period
from portal.fronts.evidence.permissions import Permission
from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import access, answers, clock
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs import services as jobs
from portal.kernel.jobs.choices import FINISHED, JobState
from portal.kernel.jobs.models import Job
from portal.kernel.jobs.services import result_files
from portal.kernel.ledger import services as ledger

#: How many packs the page lists.
LISTED = 30

View = Callable[..., HttpResponseBase]


def staff_page(view: View) -> View:
    """Behind the staff's sign-in and second factor, as every page of the admin."""
    return cast(View, admin.site.admin_view(cast(Any, view)))


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def packs(request: HttpRequest) -> HttpResponse:
    """GET lists what was made and asks for a period; POST starts a job."""
    access.require(request.user, Permission.PACK_VIEW)
    form = PackForm(
        request.POST if request.method == "POST" else None,
        user=request.user,
        drawn=[(row.reference, samples.described(row)) for row in _samples(request.user)],
    )
    if request.method == "POST":
        access.require(request.user, Permission.PACK_MAKE)
        if form.is_valid():
            job = _start(request, form.cleaned_data)
            messages.success(request, _("Job %(reference)s makes the pack. It will appear below.") % {"reference": job})
            return HttpResponseRedirect(reverse("evidence:packs"))
    context = {
        **admin.site.each_context(request),
        "title": _("Evidence packs"),
        "form": form,
        "may_make": access.allowed(request.user, Permission.PACK_MAKE),
        "made": _made(_listed_to(request.user)),
        "vkey": ledger.verifiers()[0].vkey,
        "origin": ledger.verifier().name,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return TemplateResponse(request, "evidence/packs.html", context, status=status)


@staff_page
@require_safe
def download(request: HttpRequest, reference: str) -> FileResponse:
    """A finished pack. Who fetched it is an audit event."""
    access.require(request.user, Permission.PACK_VIEW)
    job = _job_or_404(request, reference)
    stream = result_files.open_result(job, actor=_actor(request))
    with transaction.atomic():
        audit.record(
            AuditKind.EVIDENCE_PACK_DOWNLOADED,
            actor=_actor(request),
            about=f"jobs.job:{job.reference}",
            facts={"job": job.reference},
            personal={},
        )
    return FileResponse(stream, as_attachment=True, filename=job.file_name, content_type="application/zip")


@staff_page
@require_safe
def receipt(request: HttpRequest, reference: str) -> HttpResponse:
    """The proof that a pack as a whole stands in the ledger, for ``verify.py --receipt``."""
    access.require(request.user, Permission.PACK_VIEW)
    job = _job_or_404(request, reference)
    made = AuditEvent.objects.filter(kind=AuditKind.EVIDENCE_PACK_MADE, actor_ref=f"jobs.job:{job.reference}")
    event = made.select_related("entry").order_by("-pk").first()
    if event is None:
        raise Http404
    answer = HttpResponse(ledger.receipt_for(event.entry), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{job.file_name}.tlog-proof"'
    return answer


def _start(request: HttpRequest, asked: dict[str, Any]) -> Job:
    period = Period.of(asked["first_day"], asked["last_day"], now=clock.now())
    parameters = {
        "from": period.first_day.isoformat(),
        "to": period.last_day.isoformat(),
        "until": "" if period.until is None else clock.stamp(period.until),
        "sample": asked["sample"],
        "seed": asked["seed"],
        "drawn": sorted(asked.get("drawn", ())),
    }
    return jobs.start(kind=EVIDENCE_PACK, parameters=parameters, actor=_actor(request))


def _made(listed: list[Job]) -> list[dict[str, Any]]:
    """The jobs with the number of records in each finished pack: an empty one proves nothing and must look so."""
    by_job = {f"jobs.job:{job.reference}": job for job in listed}
    events = AuditEvent.objects.filter(kind=AuditKind.EVIDENCE_PACK_MADE, actor_ref__in=by_job).order_by("pk")
    records = {event.actor_ref: event.facts.get("records") for event in events}
    return [_listed(job, records.get(ref)) for ref, job in by_job.items()]


def _listed(job: Job, records: Any) -> dict[str, Any]:
    is_there = job.state == JobState.DONE and job.result_expires_at is not None and job.result_expires_at > clock.now()
    return {
        "job": job,
        "first_day": date.fromisoformat(job.parameters["from"]),
        "last_day": date.fromisoformat(job.parameters["to"]),
        "is_there": is_there,
        "is_running": job.state not in FINISHED,
        "records": records,
    }


def _jobs() -> Any:
    return Job.objects.filter(kind=EVIDENCE_PACK).order_by("-pk")


def _samples(user: Any) -> list[DrawnSample]:
    """The last frozen samples of which the login may see every day."""
    scope = answers.reading_scope.ask(user)
    rows = (row for row in DrawnSample.objects.all() if scope is None or scope.covers(row.first_day, row.last_day))
    return list(islice(rows, LISTED))


def _listed_to(user: Any) -> list[Job]:
    """The last packs of which the login may see every day."""
    return list(islice((job for job in _jobs() if _is_shown(job, user)), LISTED))


def _is_shown(job: Job, user: Any) -> bool:
    scope = answers.reading_scope.ask(user)
    days = (date.fromisoformat(str(job.parameters[name])) for name in ("from", "to"))
    return scope is None or bool(scope.covers(*days))


def _job_or_404(request: HttpRequest, reference: str) -> Job:
    job = _jobs().filter(reference=reference).select_related("result_file").first()
    if job is None or not _is_shown(job, request.user):
        raise Http404
    return cast(Job, job)


def _actor(request: HttpRequest) -> Any:
    return actor_of(request)
