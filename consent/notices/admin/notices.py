"""Texts in their versions, and what is wrong with them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from consent.base.choices import VersionState
from consent.base.models.notices import NoticeVersion, PolicyDefect
from consent.base.permissions import Permission
from consent.base.selectors.notices import defects_in_drafts, open_defects
from consent.notices.admin.changes import ChangesBeside, changes_of
from consent.notices.admin.defects import cannot_be_overridden, defect_standing, place_of
from consent.notices.admin.draft_editor import ClausePages
from consent.notices.admin.languages import LanguagesPage
from consent.notices.admin.new_version import NewVersionPage
from consent.notices.admin.studio import checks_of, studio
from consent.notices.forms import WeightForm
from consent.notices.selectors.languages import language_of
from consent.notices.services import policy_reviews, publication
from portal.kernel.core import clock
from portal.kernel.core.admin import ReadOnlyAdmin, RowsBeside, service_action
from portal.kernel.core.admin.bases import ReasonForm
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of


def not_a_draft(version: NoticeVersion, user: Any) -> str:
    return "" if version.state == VersionState.DRAFT else _("Only a draft can be published or dropped.")


def cannot_be_proposed(version: NoticeVersion, user: Any) -> str:
    """A draft with an open defect is not proposed; the page names each, with the way to what has to be mended."""
    if reason := not_a_draft(version, user):
        return reason
    left = open_defects(version)
    if not left:
        return ""
    links = format_html_join(
        " ", '<a href="{}">{} {}: {}</a>', ((place_of(d), d.code, d.clause, d.message) for d in left)
    )
    said = ngettext("%(count)s defect is open:", "%(count)s defects are open:", len(left)) % {"count": len(left)}
    return format_html("{} {}", said, links)


def cannot_be_reviewed(version: NoticeVersion, user: Any) -> str:
    return policy_reviews.not_in_force(version, at=clock.now())


class DefectInline(RowsBeside):
    model = PolicyDefect
    fields = ("clause", "what", "standing")
    readonly_fields = ("what", "standing")

    @admin.display(description=gettext_lazy("what is wrong"))
    def what(self, obj: PolicyDefect) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:consent_policydefect_change", args=[obj.pk]), obj.message
        )

    @admin.display(description=gettext_lazy("standing"))
    def standing(self, obj: PolicyDefect) -> str:
        return defect_standing(obj)


@admin.register(NoticeVersion)
class NoticeVersionAdmin(NewVersionPage, LanguagesPage, ChangesBeside, ClausePages, AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(NoticeVersion, "id notice number state weight effective_on drafted_at published_at")
    view_permission = Permission.NOTICE_VIEW
    list_display = ("notice", "number", "state", "effective_on", "published_at", "defects_open")
    list_select_related = ("notice",)
    list_filter = ("notice", "state")
    fields = (
        "notice",
        "number",
        "state",
        "weight",
        "effective_on",
        "purposes",
        "what_changed",
        "drafted_at",
        "published_at",
        "summaries_in_words",
    )
    readonly_fields = fields
    inlines = (DefectInline,)
    change_form_template = "admin/consent/version.html"
    import_export_change_list_template = "admin/consent/versions.html"

    @admin.display(description=gettext_lazy("open defects"))
    def defects_open(self, obj: NoticeVersion) -> int:
        return len(open_defects(obj))

    @admin.display(description=gettext_lazy("what changed, in other languages"))
    def summaries_in_words(self, obj: NoticeVersion) -> str:
        return "\n\n".join(f"{language_of(code).name}:\n{text}" for code, text in sorted(obj.summaries.items())) or "–"

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page of a version shows its texts as people read them."""
        obj = kwargs.get("obj")
        if obj is not None:
            context["texts"] = changes_of(obj)["texts"]
            context |= {"studio": studio(request, obj), "checks": checks_of(request, obj)}
        return super().render_change_form(request, context, *args, **kwargs)

    @service_action(
        permission=Permission.NOTICE_PROPOSE,
        ask=WeightForm,
        label=gettext_lazy("Propose to publish"),
        skip=cannot_be_proposed,
    )
    def propose_publication(self, request: HttpRequest, obj: NoticeVersion, answer: dict[str, Any]) -> str:
        publication.propose(version=obj, weight=answer["weight"], actor=actor_of(request))
        return _("Proposed. Another person has to approve it.")

    @service_action(
        permission=Permission.NOTICE_PROPOSE,
        label=gettext_lazy("Record a review: nothing to change"),
        skip=cannot_be_reviewed,
        description=gettext_lazy(
            "You have read the text and it still says what is done. The time until the next review starts anew."
        ),
    )
    def record_review(self, request: HttpRequest, obj: NoticeVersion, answer: dict[str, Any]) -> str:
        policy_reviews.record_review(version=obj, actor=actor_of(request))
        return _("Recorded.")

    @service_action(permission=Permission.NOTICE_PROPOSE, label=gettext_lazy("Drop the draft"), skip=not_a_draft)
    def drop_draft(self, request: HttpRequest, obj: NoticeVersion, answer: dict[str, Any]) -> str:
        publication.drop(version=obj, actor=actor_of(request))
        return _("Dropped.")


class DefectFilter(admin.SimpleListFilter):
    title = gettext_lazy("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", gettext_lazy("Open, in a draft"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return defects_in_drafts(queryset) if self.value() == "open" else queryset


@admin.register(PolicyDefect)
class PolicyDefectAdmin(AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(PolicyDefect, "id version code clause message found_at")
    view_permission = Permission.NOTICE_VIEW
    list_display = ("version", "code", "clause", "message", "standing")
    list_select_related = ("version__notice",)
    list_filter = (DefectFilter, "code")
    fields = ("version", "code", "clause", "message", "found_at", "standing")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("mended").prefetch_related("overrides")

    @admin.display(description=gettext_lazy("standing"))
    def standing(self, obj: PolicyDefect) -> str:
        return defect_standing(obj)

    @service_action(
        permission=Permission.NOTICE_PROPOSE,
        ask=ReasonForm,
        label=gettext_lazy("Propose to let the defect stand"),
        skip=cannot_be_overridden,
    )
    def propose_override(self, request: HttpRequest, obj: PolicyDefect, answer: dict[str, Any]) -> str:
        publication.propose_override(defect=obj, why=answer["reason"], actor=actor_of(request))
        return _("Proposed. Another person has to agree.")
