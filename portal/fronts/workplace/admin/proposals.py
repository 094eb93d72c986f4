"""Pages of two-person changes: the maker fills in, the checker sees what differs, its hash, and answers."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from portal.fronts.workplace import profile_changes
from portal.fronts.workplace.forms import ProfileProposalForm, PurposeProposalForm, label_of
from portal.fronts.workplace.models import ProfileProposal, PurposeProposal
from portal.fronts.workplace.permissions import Act, Permission
from portal.kernel.core import clock, date_format
from portal.kernel.core.admin import StaffModelAdmin, service_action
from portal.kernel.core.admin.bases import refusable
from portal.kernel.core.admin.labels import EMPTY
from portal.kernel.core.errors import PortalError
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import LawfulBasis, Regime, Switch
from portal.kernel.law.models import OrganisationProfile, Purpose
from portal.kernel.people.admin.proposals import AnswerForm, answered
from portal.kernel.people.models import FourEyesModel
from portal.kernel.people.services import maker_checker


def why_not(proposal: FourEyesModel, user: Any) -> str:
    """Why this person cannot answer this proposal; empty when they can."""
    try:
        maker_checker.require_checker(proposal, user)
    except PortalError as refusal:
        return str(refusal)
    return ""


class ProposalAdmin(StaffModelAdmin):
    """A proposal is added, read and answered; nobody edits it."""

    change_form_template = "admin/proposal.html"
    list_filter = ("answer",)
    fields_of_answer = ("answer", "checked_by", "checked_at", "reason")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        obj = kwargs.get("obj")
        if obj is not None:
            context["differences"] = self.differences(request, obj)
        return super().render_change_form(request, context, *args, **kwargs)

    def _shown_before(self, request: HttpRequest, row: Any) -> list[tuple[str, Any]]:
        """On the page of the act too, all that would change: whoever answers several at once reads each."""
        shown = [
            (str(label), f"{before} → {after or EMPTY}" if before else after)
            for label, before, after in self.differences(request, row)
        ]
        return [*shown, (str(_("proposed by")), row.made_by.display_name)]


def changed(lines: Mapping[Any, tuple[str, str]]) -> list[tuple[Any, str, str]]:
    return [(label, before, after) for label, (before, after) in lines.items() if before != after]


@admin.register(ProfileProposal)
class ProfileProposalAdmin(AuditedExport, ProposalAdmin):
    export_resource = resource_of(
        ProfileProposal, "id effective_from act made_by made_at checked_by checked_at shown_sha256 answer"
    )
    form = ProfileProposalForm
    view_permission = Permission.PROFILE_VIEW
    add_permission = Permission.PROFILE_PROPOSE
    proposes = Act.PROFILE_CHANGE
    list_display = ("id", "effective_from", "answer", "made_by", "made_at", "checked_by", "checked_at")
    list_display_links = ("id", "effective_from")
    list_select_related = ("made_by", "checked_by")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        present = law.profile(on=clock.day(clock.now()))

        class WithPresent(ProfileProposalForm):
            def __init__(self, *args: Any, **inner: Any) -> None:
                super().__init__(*args, present=present, **inner)

        return refusable(request, WithPresent)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("effective_from", *OrganisationProfile.SWITCHES) if obj is None else ("effective_from",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Adding is proposing."""
        made = profile_changes.propose_profile(
            answers=form.answers,
            effective_from=form.cleaned_data["effective_from"],
            actor=actor_of(request),
        )
        obj.pk = made.pk

    def differences(self, request: HttpRequest, row: ProfileProposal) -> list[tuple[Any, str, str]]:
        present = law.profile(on=row.effective_from)
        return changed(
            {
                label_of(OrganisationProfile, name): (
                    str(Switch(getattr(present, name)).label),
                    str(Switch(value).label),
                )
                for name, value in row.answers.items()
            }
        )

    @service_action(permission=Permission.PROFILE_ANSWER, ask=AnswerForm, label=_("Decide"), skip=why_not)
    def answer_proposal(self, request: HttpRequest, obj: ProfileProposal, answer: dict[str, Any]) -> str:
        return answered(profile_changes.answer_profile, answer, proposal=obj, actor=actor_of(request))


@admin.register(PurposeProposal)
class PurposeProposalAdmin(AuditedExport, ProposalAdmin):
    export_resource = resource_of(
        PurposeProposal,
        "id code effective_from is_correction act made_by made_at checked_by checked_at shown_sha256 answer",
    )
    form = PurposeProposalForm
    view_permission = Permission.PURPOSE_VIEW
    add_permission = Permission.PURPOSE_PROPOSE
    proposes = Act.PURPOSE_ADOPT
    list_display = (
        "code",
        "effective_from",
        "is_correction",
        "answer",
        "made_by",
        "made_at",
        "checked_by",
        "checked_at",
    )
    list_select_related = ("made_by", "checked_by")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None:
            return ("code", "effective_from", "is_correction")
        return list(PurposeProposalForm().fields)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        return refusable(request, PurposeProposalForm)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Adding is proposing."""
        made = profile_changes.propose_purpose(
            code=form.cleaned_data["code"],
            content=form.content,
            effective_from=form.cleaned_data["effective_from"],
            actor=actor_of(request),
            is_correction=form.cleaned_data["is_correction"],
        )
        obj.pk = made.pk

    def differences(self, request: HttpRequest, row: PurposeProposal) -> list[tuple[Any, str, str]]:
        last = Purpose.objects.filter(code=row.code, effective_from__lt=row.effective_from).order_by("-version").first()
        before = {name: getattr(last, name) for name in row.content} if last else {}
        labels = {name: label_of(Purpose, name) for name in row.content}
        return changed(
            {labels[name]: (plain(name, before.get(name)), plain(name, row.content[name])) for name in labels}
        )

    @service_action(permission=Permission.PURPOSE_ANSWER, ask=AnswerForm, label=_("Decide"), skip=why_not)
    def answer_proposal(self, request: HttpRequest, obj: PurposeProposal, answer: dict[str, Any]) -> str:
        return answered(profile_changes.answer_purpose, answer, proposal=obj, actor=actor_of(request))


def plain(name: str, value: Any) -> str:
    """A field's value as lines of text."""
    if not value:
        return ""
    if value is True:
        return str(_("Yes"))
    if name == "bases":
        return "\n".join(f"{Regime(regime).label}: {LawfulBasis(basis).label}" for regime, basis in value.items())
    if isinstance(value, dict):
        return "\n".join(f"{key}: {text}" for key, text in value.items())
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return date_format.day(value) if isinstance(value, date) else str(value)
