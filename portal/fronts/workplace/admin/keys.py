"""The page on which two people change the ledger's signing key."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.fronts.workplace import rotation
from portal.fronts.workplace.admin.proposals import ProposalAdmin, why_not
from portal.fronts.workplace.models import KeyRotationProposal
from portal.fronts.workplace.permissions import Act, Permission
from portal.kernel.core.admin import service_action
from portal.kernel.core.admin.bases import refusable
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.ledger.choices import RotationCause
from portal.kernel.people.admin.proposals import AnswerForm, answered


class KeyRotationForm(forms.ModelForm):
    """Why, and after a compromise the last size that is still vouched for. The keys come from the settings."""

    cause = forms.ChoiceField(label=_("Why"), choices=RotationCause.choices, widget=forms.RadioSelect)

    class Meta:
        model = KeyRotationProposal
        fields = ("cause", "good_size")
        help_texts: ClassVar = {
            "good_size": _(
                "After a compromise: the last checkpoint that was surely signed by us. After a loss: the size that "
                "ledger_info calls signed last."
            )
        }


@admin.register(KeyRotationProposal)
class KeyRotationProposalAdmin(AuditedExport, ProposalAdmin):
    export_resource = resource_of(
        KeyRotationProposal,
        "id old_vkey new_vkey cause good_size lost_size act made_by made_at checked_by checked_at shown_sha256 answer",
    )
    form = KeyRotationForm
    view_permission = Permission.KEY_VIEW
    add_permission = Permission.KEY_PROPOSE
    proposes = Act.KEY_ROTATE
    list_display = ("id", "cause", "answer", "made_by", "made_at", "checked_by", "checked_at")
    list_display_links = ("id", "cause")
    list_select_related = ("made_by", "checked_by")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("cause", "good_size")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        return refusable(request, KeyRotationForm)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Adding is proposing."""
        said = form.cleaned_data
        made = rotation.propose_key(
            cause=said["cause"],
            good_size=said["good_size"],
            actor=actor_of(request),
        )
        obj.pk = made.pk

    def differences(self, request: HttpRequest, row: KeyRotationProposal) -> list[tuple[Any, str, str]]:
        good = "" if row.good_size is None else str(row.good_size)
        shown = [
            (_("Signing key"), row.old_vkey, row.new_vkey),
            (_("Why"), "", str(RotationCause(row.cause).label)),
            (_("Last good size"), "", good),
        ]
        if row.lost_size is not None:
            root = bytes(row.lost_root or b"").hex()
            shown.append((_("Lost head (size and root)"), f"{row.lost_size}, {root}", ""))
        return shown

    @service_action(permission=Permission.KEY_ANSWER, ask=AnswerForm, label=_("Decide"), skip=why_not)
    def answer_proposal(self, request: HttpRequest, obj: KeyRotationProposal, answer: dict[str, Any]) -> str:
        return answered(rotation.answer_key, answer, proposal=obj, actor=actor_of(request))
