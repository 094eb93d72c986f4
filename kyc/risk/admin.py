"""Staff pages of risks that two people set against the points."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import Risk, RiskReason
from kyc.base.permissions import Permission
from kyc.risk.models import RiskProposal
from kyc.risk.services import risk_ratings
from portal.kernel.core import clock
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.people.admin.proposals import not_answerable
from portal.kernel.people.forms import RefuseForm

#: Chosen in place of a level.
BY_POINTS = "points"


class RiskForm(forms.Form):
    """Another risk than the points say, and why."""

    level = forms.TypedChoiceField(
        label=_("Risk"),
        choices=[*Risk.choices, (BY_POINTS, _("By the points again"))],
        coerce=lambda chosen: "" if chosen == BY_POINTS else chosen,
        widget=forms.RadioSelect,
    )
    why = forms.ChoiceField(label=_("Why"), choices=[("", _("Choose why")), *RiskReason.choices])


@admin.register(RiskProposal)
class RiskProposalAdmin(AuditedExport, ReadOnlyAdmin):
    """Proposals and answers; a proposal is made on the page of its case."""

    view_permission = Permission.CASE_VIEW
    export_permission = Permission.CASE_EXPORT
    export_resource = resource_of(
        RiskProposal, "id case level why points act made_by made_at checked_by checked_at shown_sha256 answer"
    )
    list_display = ("case", "level", "why", "points", "answer", "made_by", "made_at", "checked_by")
    list_filter = ("answer", "level", "why")
    list_select_related = ("case", "made_by", "checked_by")
    fields = (
        *("case", "risk_now", "level", "why", "points", "answer"),
        *("made_by", "made_at", "checked_by", "checked_at", "reason", "shown_sha256"),
    )

    @admin.display(description=_("risk as it counts now"))
    def risk_now(self, obj: RiskProposal) -> str:
        return str(obj.case.get_risk_display() or _("not rated yet"))

    def differences(self, request: HttpRequest, row: Any) -> list[tuple[Any, str, str]]:
        proposed = str(row.get_level_display() or _("By the points again"))
        return [(_("risk"), self.risk_now(row), proposed), (_("why"), "", row.get_why_display())]

    @service_action(
        permission=Permission.CASE_ANSWER,
        label=_("Approve"),
        skip=not_answerable,
        description=_("The customer counts as this risk until two people say otherwise."),
    )
    def approve(self, request: HttpRequest, obj: RiskProposal, answer: dict[str, Any]) -> None:
        risk_ratings.answer(obj, approve=True, actor=actor_of(request), now=clock.now())

    @service_action(permission=Permission.CASE_ANSWER, ask=RefuseForm, label=_("Refuse"), skip=not_answerable)
    def refuse(self, request: HttpRequest, obj: RiskProposal, answer: dict[str, Any]) -> None:
        risk_ratings.answer(
            obj,
            approve=False,
            reason=answer["reason"],
            actor=actor_of(request),
            now=clock.now(),
        )
