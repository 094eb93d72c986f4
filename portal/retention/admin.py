import json
from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.core.admin import ReadOnlyAdmin, RowsBeside, StaffModelAdmin, service_action
from portal.jobs.audited_export import AuditedExport, resource_of
from portal.people.admin.answering import AnswerForm, not_answerable
from portal.retention.forms import HoldForm, WhyForm
from portal.retention.models import ErasureRun, ErasureStep, Hold, HoldRelease, RetentionRule
from portal.retention.permissions import Permission
from portal.retention.services import holds


@admin.register(RetentionRule)
class RetentionRuleAdmin(AuditedExport, ReadOnlyAdmin):
    """How long each class is kept, through time. Rules come from their file (``sync_rules``)."""

    export_resource = resource_of(
        RetentionRule, "retention_class version name counts_from house_rule effective_from source sha256 recorded_at"
    )
    view_permission = Permission.RULE_VIEW
    list_display = ("retention_class", "version", "name", "counts_from", "house_rule", "effective_from")
    list_filter = ("retention_class",)


def _released(hold: Hold, user: Any) -> str:
    return str(_("This hold has ended already.")) if hold.released_at is not None else ""


@admin.register(Hold)
class HoldAdmin(AuditedExport, StaffModelAdmin):
    """Placing a hold takes one person, ending it takes two."""

    export_resource = resource_of(
        Hold, "id subject_ref retention_class order_reference placed_by placed_at released_at"
    )
    form = HoldForm
    view_permission = Permission.HOLD_VIEW
    add_permission = Permission.HOLD_PLACE
    list_display = ("order_reference", "retention_class", "subject_ref", "placed_at", "released_at")
    list_filter = ("retention_class",)
    search_fields = ("order_reference",)

    def get_fields(self, request: HttpRequest, obj: Hold | None = None) -> tuple[str, ...]:
        asked = ("subject_ref", "retention_class", "order_reference", "why")
        return (*asked, "placed_by", "placed_at", "released_at") if obj is not None else asked

    def save_model(self, request: HttpRequest, obj: Hold, form: ModelForm, change: bool) -> None:  # noqa: FBT001
        """Adding is placing."""
        obj.pk = holds.place(**form.cleaned_data, actor=request.actor).pk  # type: ignore[attr-defined]

    @service_action(permission=Permission.HOLD_PLACE, ask=WhyForm, label=_("Propose to end the hold"), skip=_released)
    def propose_release(self, request: HttpRequest, obj: Hold, answer: dict[str, Any]) -> str:
        holds.propose_release(hold=obj, why=answer["why"], actor=request.actor)  # type: ignore[attr-defined]
        return str(_("Proposed. The hold ends once a second person agrees."))


@admin.register(HoldRelease)
class HoldReleaseAdmin(AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(HoldRelease, "id hold act made_by made_at checked_by checked_at shown_sha256 answer")
    view_permission = Permission.HOLD_VIEW
    list_display = ("hold", "answer", "made_at", "checked_at")
    list_filter = ("answer",)
    list_select_related = ("hold",)

    @service_action(
        permission=Permission.HOLD_RELEASE, ask=AnswerForm, label=_("Answer the proposal"), skip=not_answerable
    )
    def answer_release(self, request: HttpRequest, obj: HoldRelease, answer: dict[str, Any]) -> str:
        approve = answer["decision"] == "approve"
        holds.answer_release(release=obj, approve=approve, reason=answer["reason"], actor=request.actor)  # type: ignore[attr-defined]
        return str(_("Approved.") if approve else _("Refused."))


class StepInline(RowsBeside):
    """What each room let go of."""

    model = ErasureStep
    fields = ("eraser", "retention_class", "rule_version", "cutoff", "due", "held", "kept_by_law", "erased", "failure")


@admin.register(ErasureRun)
class ErasureRunAdmin(AuditedExport, ReadOnlyAdmin):
    """Each nightly pass and its certificate."""

    export_resource = resource_of(
        ErasureRun, "reference state started_by started_at finished_at due held kept_by_law erased certificate_sha256"
    )
    view_permission = Permission.RUN_VIEW
    list_display = ("reference", "state", "started_at", "due", "held", "kept_by_law", "erased")
    list_filter = ("state",)
    inlines = (StepInline,)
    fields = (
        *("reference", "state", "started_by", "started_at", "finished_at"),
        *("due", "held", "kept_by_law", "erased", "readable_certificate", "certificate_sha256"),
    )

    @admin.display(description=_("certificate"))
    def readable_certificate(self, obj: ErasureRun) -> str:
        return json.dumps(obj.certificate, indent=2, ensure_ascii=False) if obj.certificate else "-"
