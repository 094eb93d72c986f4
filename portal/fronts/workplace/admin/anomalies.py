"""The page on which two people explain ledger entries out of order."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.fronts.workplace import anomalies
from portal.fronts.workplace.admin.proposals import ProposalAdmin, why_not
from portal.fronts.workplace.models import AnomalyProposal
from portal.fronts.workplace.permissions import Act, Permission
from portal.kernel.core.admin import service_action
from portal.kernel.core.admin.bases import refusable
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.ledger.choices import AnomalyCause
from portal.kernel.people.admin.proposals import AnswerForm, answered


class AnomalyForm(forms.ModelForm):
    """The cause. Which entries are out of order is found when it is proposed."""

    cause = forms.ChoiceField(
        label=_("Cause"),
        choices=AnomalyCause.choices,
        widget=forms.RadioSelect,
        help_text=_("For every entry that check V8 finds now. Find the cause first, and fix it."),
    )

    class Meta:
        model = AnomalyProposal
        fields: ClassVar = ("cause",)


@admin.register(AnomalyProposal)
class AnomalyProposalAdmin(AuditedExport, ProposalAdmin):
    export_resource = resource_of(
        AnomalyProposal,
        "id cause first last count entries_sha256 act made_by made_at checked_by checked_at shown_sha256 answer",
    )
    form = AnomalyForm
    view_permission = Permission.KEY_VIEW
    add_permission = Permission.KEY_PROPOSE
    proposes = Act.ANOMALY_EXPLAIN
    list_display = ("id", "cause", "first", "last", "answer", "made_by", "made_at", "checked_by", "checked_at")
    list_display_links = ("id", "cause")
    list_select_related = ("made_by", "checked_by")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("cause",)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        return refusable(request, AnomalyForm)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Adding is proposing."""
        made = anomalies.propose_explanation(cause=form.cleaned_data["cause"], actor=actor_of(request))
        obj.pk = made.pk

    def differences(self, request: HttpRequest, row: AnomalyProposal) -> list[tuple[Any, str, str]]:
        return [
            (_("Cause"), "", str(AnomalyCause(row.cause).label)),
            (_("First entry"), "", str(row.first)),
            (_("Last entry"), "", str(row.last)),
            (_("Entries out of order"), "", str(row.count)),
            (_("Hash of the entries"), "", row.entries_sha256),
        ]

    @service_action(permission=Permission.KEY_ANSWER, ask=AnswerForm, label=_("Decide"), skip=why_not)
    def answer_proposal(self, request: HttpRequest, obj: AnomalyProposal, answer: dict[str, Any]) -> str:
        return answered(anomalies.answer_explanation, answer, proposal=obj, actor=actor_of(request))
