from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock, ports
from portal.kernel.core.admin import ReadOnlyAdmin, RowsBeside, StaffModelAdmin, service_action
from portal.kernel.core.admin.filters import recent
from portal.kernel.core.admin.opening_view import Nothing
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.people import name_columns
from portal.kernel.people.admin.proposals import PROPOSAL, AnswerForm, answered, not_answerable
from portal.kernel.retention import (  # noqa: F401 - three register their records
    certificate_labels,
    claim_admin,
    field_actions,
    financial_record_admin,
    labels,
    rule_words,
    underage_report_admin,
)
from portal.kernel.retention.choices import OPEN_RUNS, RunState
from portal.kernel.retention.forms import ChangeForm, HoldForm, PlanForm, WhyForm
from portal.kernel.retention.models import (
    ErasureRun,
    Hold,
    HoldRelease,
    KeptRecord,
    PlanApproval,
    RetentionRule,
    RuleProposal,
)
from portal.kernel.retention.permissions import Act, Permission
from portal.kernel.retention.person_pages import record_pages
from portal.kernel.retention.retention_check_view import KeepOrErasePage, page_of_run
from portal.kernel.retention.run_steps import StepInline, kept_in_words
from portal.kernel.retention.selectors import failed_runs
from portal.kernel.retention.services import certificates, erasure_plans, holds, plan_approvals, rule_changes


def _not_to_change(rule: RetentionRule, user: Any) -> str:
    newest = RetentionRule.objects.filter(retention_class=rule.retention_class).order_by("-version").first()
    return "" if rule == newest else str(_("A newer version exists. Change that one."))


def _nothing_shipped(rule: RetentionRule, user: Any) -> str:
    return (
        "" if rule in rule_changes.shipped_changes_left() else str(_("This release proposes no change of this rule."))
    )


@admin.register(RetentionRule)
class RetentionRuleAdmin(KeepOrErasePage, AuditedExport, ReadOnlyAdmin):
    """How long each class is kept, through time. Rules come from their file (``sync_rules``)."""

    export_resource = resource_of(
        RetentionRule,
        "retention_class version name counts_from house_rule legal_rules erasing_rules notice_rules needs_approval "
        "system "
        "effective_from source sha256 recorded_at",
    )
    view_permission = Permission.RULE_VIEW
    list_display = (
        "kind",
        "kept_for",
        "version",
        "needs_approval",
        "effective_from",
    )
    list_filter = ("retention_class",)
    fields = (
        *("kind", "kept_for", "version", "counts_from", "house_rule", "legal_rules", "erasing_rules"),
        *("notice_rules", "needs_approval", "system", "field_acts", "effective_from", "source", "note", "sha256"),
        "recorded_at",
    )

    @admin.display(description=_("how long it is kept"))
    def kept_for(self, obj: RetentionRule) -> str:
        """The longest period that counts for this version today, from when, and whether a law or our own rule asks for it."""
        return rule_words.kept_for(obj, on=clock.day(clock.now()))

    @admin.display(description=_("kind of data"), ordering="retention_class")
    def kind(self, obj: RetentionRule) -> str:
        """As the preview of an erasure, the letter that answers it and the public page call it."""
        return labels.kind_name(obj.retention_class, obj.name)

    @service_action(
        permission=Permission.RULE_CHANGE,
        ask=ChangeForm,
        label=_("Propose a change"),
        act=Act.RULE_CHANGE,
        skip=_not_to_change,
    )
    def propose_change(self, request: HttpRequest, obj: RetentionRule, answer: dict[str, Any]) -> str:
        why, effective_from = answer.pop("why"), answer.pop("effective_from")
        taken_away: dict[str, Any] = {name: [] for name in answer.pop("none_of")}
        rule_changes.propose(
            retention_class=obj.retention_class,
            changes={name: value for name, value in answer.items() if value not in ("", None, [])} | taken_away,
            effective_from=effective_from,
            why=why,
            actor=actor_of(request),
            now=clock.now(),
        )
        return str(_("Proposed. It counts once a second person agrees, from its day on."))

    @service_action(
        permission=Permission.RULE_CHANGE,
        label=_("Propose the change of this release"),
        act=Act.RULE_CHANGE,
        skip=_nothing_shipped,
    )
    def propose_shipped(self, request: HttpRequest, obj: RetentionRule, answer: dict[str, Any]) -> str:
        rule_changes.propose_shipped(retention_class=obj.retention_class, actor=actor_of(request), now=clock.now())
        return str(_("Proposed. It counts once a second person agrees, from its day on."))

    @admin.display(description=_("what becomes of each field"))
    def field_acts(self, obj: RetentionRule) -> str:
        """Delete, anonymise or pseudonymise, for each field of what its erasers cover."""
        covered = {label for one in ports.erasers if one.retention_class == obj.retention_class for label in one.covers}
        said = field_actions.acts_of(covered)
        return "\n".join(f"{label}.{name}: {act}" for label, acts in said.items() for name, act in acts.items()) or "-"


def _released(hold: Hold, user: Any) -> str:
    return str(_("This legal hold has ended already.")) if hold.released_at is not None else ""


@admin.register(Hold)
class HoldAdmin(AuditedExport, StaffModelAdmin):
    """Placing a hold takes one person, ending it takes two."""

    export_resource = resource_of(
        Hold, "id subject_ref retention_class order_reference placed_by placed_at released_at"
    )
    form = HoldForm
    view_permission = Permission.HOLD_VIEW
    add_permission = Permission.HOLD_PLACE
    list_display = ("order_reference", name_columns.of_subjects(), "retention_class", "placed_at", "released_at")
    list_filter = ("retention_class",)
    search_fields = ("order_reference",)

    def get_fields(self, request: HttpRequest, obj: Hold | None = None) -> tuple[str, ...]:
        asked = ("subject_ref", "retention_class", "order_reference", "why")
        return (*asked, "placed_by", "placed_at", "released_at") if obj is not None else asked

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """From the page of a person: theirs."""
        return {"subject_ref": request.GET.get("subject_ref", "")}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        """With the way to whose data it holds, by name."""
        hold = self.get_object(request, object_id)
        beside = record_pages(hold.subject_ref, request.user) if hold is not None else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "beside": beside})

    def save_model(self, request: HttpRequest, obj: Hold, form: ModelForm, change: bool) -> None:  # noqa: FBT001
        """Adding is placing."""
        obj.pk = holds.place(**form.cleaned_data, actor=actor_of(request)).pk

    @service_action(
        permission=Permission.HOLD_PLACE,
        ask=WhyForm,
        label=_("Propose hold release"),
        act=Act.HOLD_RELEASE,
        skip=_released,
    )
    def propose_release(self, request: HttpRequest, obj: Hold, answer: dict[str, Any]) -> str:
        holds.propose_release(hold=obj, why=answer["why"], actor=actor_of(request))
        return str(_("Proposed. The legal hold ends once a second person approves."))


@admin.register(HoldRelease)
class HoldReleaseAdmin(AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(HoldRelease, "id hold act made_by made_at checked_by checked_at shown_sha256 answer")
    view_permission = Permission.HOLD_VIEW
    list_display = ("hold", "answer", "made_at", "checked_at")
    list_filter = ("answer",)
    list_select_related = ("hold",)

    @service_action(permission=Permission.HOLD_RELEASE, ask=AnswerForm, label=_("Decide"), skip=not_answerable)
    def answer_release(self, request: HttpRequest, obj: HoldRelease, answer: dict[str, Any]) -> str:
        return answered(holds.answer_release, answer, release=obj, actor=actor_of(request))


def _not_waiting(run: ErasureRun, user: Any) -> str:
    return "" if run.state == RunState.PLANNED else str(_("This plan no longer waits for approval."))


class ApprovalInline(RowsBeside):
    """Who proposed to carry the plan out, and who agreed."""

    model = PlanApproval
    fields = ("answer", "made_by", "made_at", "checked_by", "checked_at", "why", "reason")


class OpenFilter(admin.SimpleListFilter):
    """Runs in which something could not be erased and that nobody has followed up with another one."""

    title = _("to follow up")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("failed", _("Something was not erased"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ErasureRun]) -> QuerySet[ErasureRun]:
        return queryset.filter(pk__in=failed_runs().order_by().values("pk")) if self.value() == "failed" else queryset


def _unfinished() -> Q:
    """Runs that wait for somebody, whatever their age."""
    return Q(state__in=OPEN_RUNS) | Q(pk__in=failed_runs().order_by().values("pk"))


@admin.register(ErasureRun)
class ErasureRunAdmin(AuditedExport, ReadOnlyAdmin):
    """Each plan: what it would erase, who agreed, what came of it, and its certificate."""

    export_resource = resource_of(
        ErasureRun,
        "reference state cause because plan_sha256 planned_at approved_at started_by started_at finished_at due held "
        "disputed stale kept_by_law erased certificate_sha256",
    )
    view_permission = Permission.RUN_VIEW
    list_display = ("planned_at", "cause", "due", "erased", "held", "kept_by_rule", "stale", "state", "reference")
    list_display_links = ("reference",)
    list_filter = (recent("planned_at", unless=_unfinished), "state", "cause", OpenFilter)
    opens_with: ClassVar[Mapping[str, str]] = {"period": "30"}
    nothing = Nothing(
        _("Runs of the last 30 days, and older ones that are not done, would be here. There is none now."),
        _("All erasure runs"),
        "retention.ErasureRun",
        "all=1",
    )
    search_fields = ("reference", "because")
    inlines = (StepInline, ApprovalInline)
    fields = (
        *("reference", "state", "cause", "because", "asked_at", "needs_approval", "started_by", "planned_at"),
        *("approved_at", "decided_in"),
        *("started_at", "finished_at", "due", "held", "disputed", "stale", "kept_by_a_rule", "erased", "left_to_erase"),
        *("recipients", "decided_now", "plan_sha256", "readable_certificate", "certificate_sha256"),
    )

    @service_action(
        permission=Permission.RUN_APPROVE,
        ask=PlanForm,
        label=_("Propose to carry the plan out"),
        act=Act.RUN_CARRY_OUT,
        skip=_not_waiting,
    )
    def propose_plan(self, request: HttpRequest, obj: ErasureRun, answer: dict[str, Any]) -> str:
        plan_approvals.propose(run=obj, why=answer["why"], actor=actor_of(request))
        return str(_("Proposed. Nothing is erased before a second person agrees."))

    @admin.display(description=_("kept by a rule"), ordering="kept_by_law")
    def kept_by_rule(self, obj: ErasureRun) -> int:
        """In the list: the number alone."""
        return int(obj.kept_by_law)

    @admin.display(description=_("kept by a rule"))
    def kept_by_a_rule(self, obj: ErasureRun) -> str:
        return kept_in_words(obj.kept_by_law, KeptRecord.objects.filter(step__run=obj))

    @admin.display(description=_("decided by two people in"))
    def decided_in(self, obj: ErasureRun) -> str:
        """The decision about a request or a case that is the approval of its run."""
        return str(obj.agreed["decision"]) if obj.agreed and "decision" in obj.agreed else "-"

    @admin.display(description=_("still to erase"))
    def left_to_erase(self, obj: ErasureRun) -> int:
        return erasure_plans.left_to_erase(obj)

    @admin.display(description=_("recipients notified to erase"))
    def recipients(self, obj: ErasureRun) -> str:
        """How far each recipient is that was told: three facts, told, acknowledged, done."""
        counts = certificates.confirmations(obj)
        said = _("%(told)s notified, %(acknowledged)s acknowledged, %(acted)s done")
        return str(said % counts) if counts["told"] else "-"

    @admin.display(description=_("certificate"))
    def readable_certificate(self, obj: ErasureRun) -> str:
        """Every fact of it with its label; the SHA-256 below is that of the certificate as written."""
        return certificate_labels.table(obj.certificate) if obj.certificate else "-"

    @admin.display(description=_("keep or erase"))
    def decided_now(self, obj: ErasureRun) -> str:
        """The way to what is decided today about each record of the one person of the run."""
        url = page_of_run(obj)
        return format_html('<a href="{}">{}</a>', url, _("Decided today about each record")) if url else "-"


@admin.register(PlanApproval)
class PlanApprovalAdmin(AuditedExport, ReadOnlyAdmin):
    """The second person's answer to a plan. What would be erased stands on the plan's page."""

    export_resource = resource_of(PlanApproval, "id run act made_by made_at checked_by checked_at shown_sha256 answer")
    view_permission = Permission.RUN_VIEW
    list_display = ("run", "answer", "made_at", "checked_at")
    list_filter = ("answer",)
    list_select_related = ("run",)
    fields = ("the_plan", "because", "parts", "left_to_erase", "plan_sha256", "why", *PROPOSAL)
    readonly_fields: ClassVar[tuple[str, ...]] = fields

    @admin.display(description=_("plan"))
    def the_plan(self, obj: PlanApproval) -> str:
        url = reverse("admin:retention_erasurerun_change", args=[obj.run_id])
        return format_html('<a href="{}">{}</a>', url, obj.run.reference)

    @admin.display(description=_("because of"))
    def because(self, obj: PlanApproval) -> str:
        return obj.run.because

    @admin.display(description=_("what it lets go of"))
    def parts(self, obj: PlanApproval) -> str:
        """Part by part, as the second person has to have it before them."""
        said = _("%(part)s: %(due)s due, %(held)s under legal hold, %(kept)s retained by a rule")
        lines = [
            said % {"part": step.eraser, "due": step.due, "held": step.held, "kept": step.kept_by_law}
            for step in obj.run.steps.order_by("pk")
        ]
        return "\n".join(lines) or "-"

    @admin.display(description=_("to erase"))
    def left_to_erase(self, obj: PlanApproval) -> int:
        return erasure_plans.left_to_erase(obj.run)

    @admin.display(description=_("SHA-256 of the plan"))
    def plan_sha256(self, obj: PlanApproval) -> str:
        return obj.run.plan_sha256

    @service_action(permission=Permission.RUN_APPROVE, ask=AnswerForm, label=_("Decide"), skip=not_answerable)
    def answer_plan(self, request: HttpRequest, obj: PlanApproval, answer: dict[str, Any]) -> str:
        approve = answer["decision"] == "approve"
        plan_approvals.answer(
            approval=obj,
            approve=approve,
            reason=answer["reason"],
            actor=actor_of(request),
            now=clock.now(),
        )
        return str(_("Approved. A worker carries it out now.") if approve else _("Refused."))


@admin.register(RuleProposal)
class RuleProposalAdmin(AuditedExport, ReadOnlyAdmin):
    """A change of how long a class is kept waits for a second person."""

    export_resource = resource_of(
        RuleProposal, "id retention_class effective_from act made_by made_at checked_by checked_at shown_sha256 answer"
    )
    view_permission = Permission.RULE_VIEW
    list_display = ("retention_class", "effective_from", "answer", "made_at", "checked_at")
    list_filter = ("answer",)

    def differences(self, request: HttpRequest, row: Any) -> list[tuple[Any, str, str]]:
        """Against the newest version of the rule, by which both people are bound."""
        newest = RetentionRule.objects.filter(retention_class=row.retention_class).order_by("-version").first()
        changes = labels.changes_of_rule(newest, row.content)
        return [*changes, (_("why"), "", row.why)]

    @service_action(permission=Permission.RULE_CHANGE, ask=AnswerForm, label=_("Decide"), skip=not_answerable)
    def answer_change(self, request: HttpRequest, obj: RuleProposal, answer: dict[str, Any]) -> str:
        approve = answer["decision"] == "approve"
        rule_changes.answer(
            proposal=obj,
            approve=approve,
            reason=answer["reason"],
            actor=actor_of(request),
            now=clock.now(),
        )
        return str(_("Approved. The new version counts from its day on.") if approve else _("Refused."))
