"""Rounds of telling everybody: how far each one reached, and the proof of it to take away."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.base.permissions import Permission
from consent.notices.jobs import REACH_PROOF
from consent.notices.models.policy_notifications import Announcement
from consent.notices.selectors import notification_reach
from consent.notices.services import policy_notifications
from portal.kernel.core import access
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.errors import Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs import services as jobs
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.jobs.choices import FINISHED
from portal.kernel.jobs.permissions import Permission as JobPermission


def is_told_now(announcement: Announcement, user: Any) -> str:
    """Why telling does not go on; empty when it may."""
    if announcement.job is not None and announcement.job.state not in FINISHED:
        return _("A job is at work on it.")
    return ""


@admin.register(Announcement)
class AnnouncementAdmin(AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(Announcement, "id version kind round job begun_at finished_at")
    change_form_template = "admin/consent/announcement.html"
    view_permission = Permission.NOTICE_VIEW
    list_display = ("version", "kind", "round", "begun_at", "finished_at", "how_it_stands", "job")
    list_filter = ("kind",)
    list_select_related = ("version__notice", "job")
    fields = ("version", "kind", "round", "begun_at", "finished_at", "job")
    readonly_fields = fields

    @admin.display(description=gettext_lazy("State"))
    def how_it_stands(self, obj: Announcement) -> str:
        """A telling that stopped looks else like one that still runs: both have no end yet."""
        if policy_notifications.has_stopped(obj):
            return format_html(
                "<strong>▲ {}</strong>", _("Stopped before everyone was notified. Open it and resume sending.")
            )
        return _("Everyone was notified") if obj.finished_at else _("Under way")

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page of a round shows how far it reached."""
        obj = kwargs.get("obj")
        if obj is not None:
            context["reach"] = notification_reach.reach_of(obj, audience=policy_notifications.audience(obj).count())
            context["has_stopped"] = policy_notifications.has_stopped(obj)
            may_see = obj.job_id and access.allowed(request.user, JobPermission.JOB_VIEW)
            context["job_url"] = reverse("admin:jobs_job_change", args=[obj.job_id]) if may_see else ""
        return super().render_change_form(request, context, *args, **kwargs)

    @service_action(
        permission=Permission.NOTICE_PROPOSE,
        label=gettext_lazy("Resume sending"),
        skip=is_told_now,
        description=gettext_lazy("A job notifies the people who were not notified yet. No one is notified twice."),
    )
    def go_on(self, request: HttpRequest, obj: Announcement, answer: dict[str, Any]) -> str:
        if not policy_notifications.go_on(obj, actor=actor_of(request), is_asked=True):
            raise Refused(_("Everyone was notified already."), code="NOBODY_LEFT")
        return _("A job continues it.")

    @service_action(
        permission=JobPermission.LIST_EXPORT,
        label=gettext_lazy("Make the proof"),
        description=gettext_lazy(
            "A job writes a line for each person and channel: sent, delivered, opened, read, new choice. "
            "References and times, no address. Download the file on the job's page."
        ),
    )
    def make_proof(self, request: HttpRequest, obj: Announcement, answer: dict[str, Any]) -> str:
        job = jobs.start(kind=REACH_PROOF, parameters={"announcement": obj.pk}, actor=actor_of(request))
        return _("Job %(reference)s writes it.") % {"reference": job.reference}
