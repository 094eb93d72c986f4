from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from portal.fronts.workplace.job_parameters import in_words
from portal.fronts.workplace.permissions import Permission as WorkplacePermission
from portal.kernel.core import access, clock, ports
from portal.kernel.core import actor as actors
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.admin.labels import EMPTY
from portal.kernel.core.admin.lists import page_of
from portal.kernel.core.admin.opening_view import Nothing
from portal.kernel.core.errors import NotAllowed
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs import services
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.jobs.choices import FINISHED, JobState
from portal.kernel.jobs.job_types import label_of
from portal.kernel.jobs.models import Job, ListExport
from portal.kernel.jobs.permissions import Permission
from portal.kernel.jobs.services import result_files
from portal.kernel.jobs.services.exports import LIST
from portal.kernel.people.services import factor_ages

#: Seconds after which the page of an unfinished job loads itself again, without any script.
REFRESH = 5
#: In the address: the reader wants the page to stand still (WCAG 2.2.2).
STILL = "still"


def _ended(job: Job, user: Any) -> str:
    return str(_("This job has ended already.")) if job.state in FINISHED else ""


def _not_to_take_back(job: Job, user: Any) -> str:
    """Whoever asked for a list takes it back, also with a role that only reads."""
    if job.kind != LIST or not may_fetch(job, user):
        return str(_("This is no export of yours."))
    return _ended(job, user)


def _not_failed(job: Job, user: Any) -> str:
    return "" if job.state == JobState.FAILED else str(_("This job has not failed."))


def may_fetch(job: Job, user: Any) -> bool:
    """Whoever asked for a result fetches it, and nobody else: it was made with that person's rights. Who lost the right to
    have one made (``JobKind.needs``) lost that to fetch it too.
    """
    needs = next((getattr(kind, "needs", "") for kind in ports.job_kinds if kind.name == job.kind), "")
    return job.started_by == actors.staff(user.pk).label and (not needs or access.allowed(user, needs))


class WorkFilter(admin.SimpleListFilter):
    """Kinds of long work in words."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.name, label_of(kind.name)) for kind in ports.job_kinds]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class OpenFilter(admin.SimpleListFilter):
    """What has not ended, and what failed."""

    title = _("to watch")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Running or failed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        over = (JobState.DONE, JobState.CANCELLED)
        return queryset.exclude(state__in=over) if self.value() == "yes" else queryset


class AskedFilter(admin.SimpleListFilter):
    """One's own."""

    title = _("asked by")
    parameter_name = "asked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("me", _("me"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        return (
            queryset.filter(started_by=actors.staff(request.user.pk or 0).label) if self.value() == "me" else queryset
        )


@admin.register(Job)
class JobAdmin(AuditedExport, ReadOnlyAdmin):
    """Long work: how far it is, what came of it."""

    export_resource = resource_of(
        Job, "reference kind state started_by created_at started_at finished_at attempts failure_code"
    )
    view_permission = Permission.JOB_VIEW
    change_form_template = "admin/jobs/job/page.html"
    list_display = ("work", "asked_for", "state", "progress", "started_by", "finished_at", "reference")
    list_display_links = ("reference",)
    list_filter = (OpenFilter, "state", WorkFilter, AskedFilter)
    opens_with: ClassVar[Mapping[str, str]] = {"open": "yes"}
    nothing = Nothing(
        _("Jobs that run or failed would be here: long exports, imports and sends. There is none now."),
        _("All jobs"),
        "jobs.Job",
        "all=1",
    )
    search_fields = ("reference",)
    fields = ("reference", "work", "asked", "state", "failure_code", "started_by", "attempts", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        """What one asked for oneself is there under every scope of days: it is made today."""
        rows: QuerySet[Job] = super().get_queryset(request)
        return rows | Job.objects.filter(started_by=actors.staff(request.user.pk or 0).label)

    @admin.display(description=_("kind"), ordering="kind")
    def work(self, job: Job) -> str:
        return label_of(job.kind)

    @admin.display(description=_("for"))
    def asked_for(self, job: Job) -> str:
        return ", ".join(in_words(job.parameters)) or EMPTY

    @admin.display(description=_("parameters"))
    def asked(self, job: Job) -> str:
        return "\n".join(in_words(job.parameters)) or EMPTY

    @admin.display(description=_("progress"))
    def progress(self, job: Job) -> str:
        return f"{job.done:,} / {job.total:,}" if job.total is not None else f"{job.done:,}"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        job = self.get_object(request, object_id)
        context = {**(extra_context or {}), "refreshes": False}
        if job is not None:
            context |= self._state_of(job, request.user, clock.now())
        context["refreshes"] = context["refreshes"] and STILL not in request.GET
        answer = super().change_view(request, object_id, form_url, context)
        if context["refreshes"]:
            answer.headers["Refresh"] = str(REFRESH)
        return answer

    def _state_of(self, job: Job, user: Any, now: datetime) -> dict[str, Any]:
        is_there = job.state == JobState.DONE and job.result_expires_at is not None and job.result_expires_at > now
        url = reverse("admin:jobs_job_result", args=[job.pk]) if is_there and may_fetch(job, user) else ""
        export = ListExport.objects.filter(job=job).first()
        may_see = export is not None and access.allowed(user, WorkplacePermission.EXPORT_VIEW)
        export_url = reverse("admin:jobs_listexport_change", args=[export.pk]) if export and may_see else ""
        return {
            "job": job,
            "refreshes": job.state not in FINISHED,
            "result_url": url,
            "export": export,
            "export_url": export_url,
        }

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [path("<int:pk>/result/", wrap(self.result), name="jobs_job_result")]
        return own + super().get_urls()

    def result(self, request: HttpRequest, pk: int) -> FileResponse:
        """The file, for whoever asked for it. Raises NotFound when it has expired."""
        access.require(request.user, Permission.JOB_VIEW)
        job = Job.objects.select_related("result_file").filter(pk=pk).first()
        if job is None or not may_fetch(job, request.user):
            raise Http404
        if job.kind == LIST and not page_of(job.parameters["list"]).has_export_permission(request):
            raise NotAllowed(_("Your role may not take this list away."))
        if ListExport.objects.filter(job=job, is_masked=False).exists():
            factor_ages.require("jobs.list.unmask", now=clock.now())
        stream = result_files.open_result(job, actor=actor_of(request))
        return FileResponse(stream, as_attachment=True, filename=job.file_name, content_type="application/octet-stream")

    @service_action(permission=Permission.JOB_CANCEL, label=_("Cancel"), skip=_ended)
    def cancel_job(self, request: HttpRequest, obj: Job, answer: dict[str, Any]) -> str:
        services.cancel(obj, actor_of(request))
        return str(_("Cancelled.") if obj.state == JobState.CANCELLED else _("Will stop at its next step."))

    @service_action(permission=Permission.JOB_VIEW, label=_("Take my export back"), skip=_not_to_take_back)
    def take_back(self, request: HttpRequest, obj: Job, answer: dict[str, Any]) -> str:
        said: str = self.cancel_job(request, obj, answer)
        return said

    @service_action(permission=Permission.JOB_RESTART, label=_("Retry"), skip=_not_failed)
    def restart_job(self, request: HttpRequest, obj: Job, answer: dict[str, Any]) -> str:
        services.restart(obj, actor_of(request))
        return str(_("Will start again now."))
