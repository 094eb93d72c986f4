"""Texts, their defects, and the two people who publish."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.models import DefectOverride, NoticeText, NoticeVersion, PolicyDefect, PublicationProposal
from consent.permissions import Permission
from consent.selectors.notices import open_defects
from consent.services import publishing
from consent.states import VersionState
from portal.core.admin import ReadOnlyAdmin, service_action
from portal.core.admin.bases import ReasonForm
from portal.jobs.audited_export import AuditedExport, resource_of
from portal.people.models import FourEyesModel
from portal.people.states import Answer

PROPOSAL = ("answer", "made_by", "made_at", "checked_by", "checked_at", "reason", "shown_sha256")


class AnswerForm(forms.Form):
    """The second person's answer. What it is about stands above it."""

    decision = forms.ChoiceField(
        label=gettext_lazy("Your answer"),
        choices=[("approve", gettext_lazy("Approve")), ("refuse", gettext_lazy("Refuse"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Needed when you refuse: what the other person should change."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == "refuse" and not cleaned.get("reason", "").strip():
            self.add_error("reason", _("Say why you refuse, so that the other person can mend it."))
        return cleaned


def not_answerable(proposal: FourEyesModel, user: Any) -> str:
    """Why this person cannot answer this proposal; empty when they can."""
    if proposal.answer != Answer.PENDING:
        return _("This was answered already.")
    if proposal.made_by_id == user.pk:
        return _("You proposed this: somebody else must answer.")
    return ""


def not_a_draft(version: NoticeVersion, user: Any) -> str:
    return "" if version.state == VersionState.DRAFT else _("Only a draft can be published or dropped.")


def cannot_be_proposed(version: NoticeVersion, user: Any) -> str:
    """A draft with an open defect is not proposed; the page says which one comes first."""
    if reason := not_a_draft(version, user):
        return reason
    left = open_defects(version)
    if not left:
        return ""
    return _("%(count)s defects are open, the first is %(first)s.") % {"count": len(left), "first": str(left[0])}


def cannot_be_overridden(defect: PolicyDefect, user: Any) -> str:
    if defect.version.state != VersionState.DRAFT:
        return _("This version is no draft any more.")
    if defect.overrides.exclude(answer=Answer.REFUSED).exists():
        return _("Somebody proposed this already, or two people agreed.")
    return ""


class _Shown(admin.TabularInline):
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TextInline(_Shown):
    model = NoticeText
    fields = ("language", "sha256", "needs_native_review", "added_at")


class DefectInline(_Shown):
    model = PolicyDefect
    fields = ("code", "clause", "message", "standing")
    readonly_fields = ("standing",)

    @admin.display(description=gettext_lazy("standing"))
    def standing(self, obj: PolicyDefect) -> str:
        return defect_standing(obj)


def defect_standing(defect: PolicyDefect) -> str:
    """Open, waiting for a second person, or overridden by two."""
    answers = {override.answer for override in defect.overrides.all()}
    if Answer.APPROVED in answers:
        return _("may stay: two people agreed")
    if Answer.PENDING in answers:
        return _("waits for a second person")
    return _("open")


@admin.register(NoticeVersion)
class NoticeVersionAdmin(AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(NoticeVersion, "id notice number state effective_on drafted_at published_at")
    view_permission = Permission.NOTICE_VIEW
    list_display = ("notice", "number", "state", "effective_on", "published_at", "defects_open")
    list_select_related = ("notice",)
    list_filter = ("notice", "state")
    fields = (
        "notice",
        "number",
        "state",
        "effective_on",
        "purposes",
        "what_changed",
        "drafted_at",
        "published_at",
        "binding_text",
    )
    readonly_fields = fields
    inlines = (TextInline, DefectInline)

    @admin.display(description=gettext_lazy("open defects"))
    def defects_open(self, obj: NoticeVersion) -> int:
        return len(open_defects(obj))

    @admin.display(description=gettext_lazy("binding text"))
    def binding_text(self, obj: NoticeVersion) -> str:
        return obj.binding.text

    @service_action(
        permission=Permission.NOTICE_PROPOSE, label=gettext_lazy("Propose to publish"), skip=cannot_be_proposed
    )
    def propose_publication(self, request: HttpRequest, obj: NoticeVersion, answer: dict[str, Any]) -> str:
        publishing.propose(version=obj, actor=request.actor)  # type: ignore[attr-defined]
        return _("Proposed. Another person has to approve it.")

    @service_action(permission=Permission.NOTICE_PROPOSE, label=gettext_lazy("Drop the draft"), skip=not_a_draft)
    def drop_draft(self, request: HttpRequest, obj: NoticeVersion, answer: dict[str, Any]) -> str:
        publishing.drop(version=obj, actor=request.actor)  # type: ignore[attr-defined]
        return _("Dropped.")


@admin.register(PolicyDefect)
class PolicyDefectAdmin(AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(PolicyDefect, "id version code clause message found_at")
    view_permission = Permission.NOTICE_VIEW
    list_display = ("version", "code", "clause", "message", "standing")
    list_select_related = ("version__notice",)
    list_filter = ("code",)
    fields = ("version", "code", "clause", "message", "found_at", "standing")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("overrides")

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
        publishing.propose_override(defect=obj, why=answer["reason"], actor=request.actor)  # type: ignore[attr-defined]
        return _("Proposed. Another person has to agree.")


@admin.register(DefectOverride)
class DefectOverrideAdmin(AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(
        DefectOverride, "id defect act made_by made_at checked_by checked_at shown_sha256 answer"
    )
    view_permission = Permission.NOTICE_VIEW
    list_display = ("defect", "answer", "made_by", "made_at", "checked_by", "checked_at")
    list_select_related = ("defect__version__notice", "made_by", "checked_by")
    list_filter = ("answer",)
    fields = ("defect", "why", *PROPOSAL)
    readonly_fields = fields

    @service_action(
        permission=Permission.NOTICE_PUBLISH,
        ask=AnswerForm,
        label=gettext_lazy("Answer: may the defect stand?"),
        skip=not_answerable,
    )
    def answer_override(self, request: HttpRequest, obj: DefectOverride, answer: dict[str, Any]) -> str:
        approve = answer["decision"] == "approve"
        publishing.answer_override(
            override=obj,
            approve=approve,
            reason=answer["reason"],
            actor=request.actor,  # type: ignore[attr-defined]
        )
        return _("Agreed.") if approve else _("Refused.")


@admin.register(PublicationProposal)
class PublicationProposalAdmin(AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(
        PublicationProposal, "id version act made_by made_at checked_by checked_at shown_sha256 answer"
    )
    view_permission = Permission.NOTICE_VIEW
    list_display = ("version", "answer", "made_by", "made_at", "checked_by", "checked_at")
    list_select_related = ("version__notice", "made_by", "checked_by")
    list_filter = ("answer",)
    fields = ("version", "what_is_published", *PROPOSAL)
    readonly_fields = fields

    @admin.display(description=gettext_lazy("what would be published"))
    def what_is_published(self, obj: PublicationProposal) -> str:
        return "\n".join(f"{name}: {value}" for name, value in publishing.shown(obj.version).items())

    @service_action(
        permission=Permission.NOTICE_PUBLISH,
        ask=AnswerForm,
        label=gettext_lazy("Answer the proposal to publish"),
        skip=not_answerable,
        description=gettext_lazy("Approving publishes the text at once. From then on its words cannot be changed."),
    )
    def answer_proposal(self, request: HttpRequest, obj: PublicationProposal, answer: dict[str, Any]) -> str:
        approve = answer["decision"] == "approve"
        publishing.answer(
            proposal=obj,
            approve=approve,
            reason=answer["reason"],
            actor=request.actor,  # type: ignore[attr-defined]
        )
        return _("Published.") if approve else _("Refused.")
