"""Staff pages of changes of what a customer is, to us or in law."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kyc.base.permissions import Permission
from kyc.review.models.type_changes import TypeProposal
from kyc.review.services import type_changes
from portal.kernel.core import clock, field_changes
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.people.admin.proposals import not_answerable
from portal.kernel.people.forms import RefuseForm


@admin.register(TypeProposal)
class TypeProposalAdmin(AuditedExport, ReadOnlyAdmin):
    """Proposals and answers; a proposal is made on the page of its case."""

    view_permission = Permission.CASE_VIEW
    export_permission = Permission.CASE_EXPORT
    export_resource = resource_of(
        TypeProposal, "id case relation customer_type act made_by made_at checked_by checked_at shown_sha256 answer"
    )
    list_display = ("case", "relation", "customer_type", "answer", "made_by", "made_at", "checked_by")
    list_filter = ("answer", "relation", "customer_type")
    list_select_related = ("case", "made_by", "checked_by")
    fields = (
        *("case", "as_now", "relation", "customer_type", "why", "answer"),
        *("made_by", "made_at", "checked_by", "checked_at", "reason", "shown_sha256"),
    )

    @admin.display(description=_("what the customer counts as now"))
    def as_now(self, obj: TypeProposal) -> str:
        return f"{obj.case.get_relation_display()}, {obj.case.get_customer_type_display() or '–'}"

    def differences(self, request: HttpRequest, row: Any) -> list[tuple[Any, str, str]]:
        proposed = f"{row.get_relation_display()}, {row.get_customer_type_display()}"
        return [(_("what the customer counts as"), self.as_now(row), proposed), (_("why"), "", row.why)]

    @service_action(
        permission=Permission.CASE_ANSWER,
        label=_("Approve"),
        skip=not_answerable,
        description=_("The list of documents follows from it at once. Documents that were sent stay."),
    )
    def approve(self, request: HttpRequest, obj: TypeProposal, answer: dict[str, Any]) -> None:
        field_changes.watch_row(obj.case)
        type_changes.answer(obj, approve=True, actor=actor_of(request), now=clock.now())

    @service_action(permission=Permission.CASE_ANSWER, ask=RefuseForm, label=_("Refuse"), skip=not_answerable)
    def refuse(self, request: HttpRequest, obj: TypeProposal, answer: dict[str, Any]) -> None:
        type_changes.answer(
            obj,
            approve=False,
            reason=answer["reason"],
            actor=actor_of(request),
            now=clock.now(),
        )
