"""The staff's report of children: what was done when a signed date of birth showed one, and when."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from kyc.base.permissions import Act, Permission
from kyc.cases import staff_labels
from kyc.cases.admin import OpenedForItsCustomer
from kyc.review.models.underage_detections import FreezeLift, MinorFound
from kyc.review.services import underage_detections
from portal.kernel.core import clock, field_changes
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.admin.filters import has_or_not
from portal.kernel.core.pii_guard import PlainWords
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.people.admin.proposals import PROPOSAL, AnswerForm, answered, not_answerable
from portal.kernel.people.choices import Answer

TIMES = "found_at frozen_at stopped_at erased_at told_at erased kept messages lifted_at"


class LiftForm(forms.Form):
    """Why a freeze ends."""

    why = PlainWords(
        label=_("Why"),
        max_length=500,
        help_text=_("No names, numbers or addresses."),
    )


def _lifted(row: MinorFound, user: Any) -> str:
    if row.lifted_at:
        return str(_("This freeze has ended already."))
    waits = FreezeLift.objects.filter(minor=row, answer=Answer.PENDING).exists()
    return str(_("A proposal to end this freeze waits for a second person already.")) if waits else ""


@admin.register(MinorFound)
class MinorFoundAdmin(AuditedExport, OpenedForItsCustomer, ReadOnlyAdmin):
    """One row for each child that a document showed, with the times of each act."""

    view_permission = Permission.CASE_VIEW
    export_permission = Permission.CASE_EXPORT
    export_resource = resource_of(MinorFound, f"case document {TIMES}")
    list_display = (
        "case",
        "found_at",
        "frozen_at",
        "stopped_at",
        "erased_at",
        "told_at",
        "erased",
        "kept",
        "lifted_at",
    )
    list_filter = (("lifted_at", has_or_not(without=_("Frozen"), having=_("Freeze ended"))),)
    list_select_related = ("case",)
    search_fields = ("case__reference",)
    search_help_text = _("A reference, for example OS-KY-7K4M-9QXN")
    fields = ("case", "who", "document", *TIMES.split())
    shown_before = ("case", "document", "found_at", "erased", "kept")
    ordering = ("-found_at",)

    def subject_ref_of(self, obj: Any) -> Any:
        return obj.document.subject_ref

    @admin.display(description=_("who"))
    def who(self, obj: MinorFound) -> str:
        return obj.party.reference if obj.party else str(staff_labels.ITSELF)

    @service_action(
        permission=Permission.CASE_DECIDE,
        label=_("Propose to end the freeze"),
        act=Act.FREEZE_LIFT,
        ask=LiftForm,
        skip=_lifted,
        description=_(
            "Once another person approves, the account opens again and documents are asked for, unless another "
            "document or an underage report still freezes the account. What was erased stays erased."
        ),
    )
    def propose_lift(self, request: Any, obj: MinorFound, given: dict[str, Any]) -> str:
        underage_detections.propose_lift(obj, **given, actor=actor_of(request), now=clock.now())
        return str(_("Proposed. The freeze stays until a second person approves."))


@admin.register(FreezeLift)
class FreezeLiftAdmin(AuditedExport, ReadOnlyAdmin):
    """Proposals and answers; a proposal is made on the page of the person found to be under age."""

    view_permission = Permission.CASE_VIEW
    export_permission = Permission.CASE_EXPORT
    export_resource = resource_of(FreezeLift, "id minor act made_by made_at checked_by checked_at shown_sha256 answer")
    list_display = ("minor", "answer", "made_by", "made_at", "checked_by")
    list_filter = ("answer",)
    list_select_related = ("minor__case", "made_by", "checked_by")
    fields = ("minor", "why", *PROPOSAL)

    @service_action(
        permission=Permission.CASE_DECIDE,
        ask=AnswerForm,
        label=_("Decide"),
        skip=not_answerable,
        description=_(
            "An approval opens the account again and asks for documents, unless another document or an underage "
            "report still freezes the account. What was erased stays erased."
        ),
    )
    def answer_lift(self, request: Any, obj: FreezeLift, answer: dict[str, Any]) -> str:
        field_changes.watch_row(obj.minor)
        return answered(underage_detections.answer_lift, answer, proposal=obj, actor=actor_of(request), now=clock.now())
