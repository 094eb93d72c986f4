"""The staff's queue of requests to delete a document: what is asked, what keeps it, by when, and the answers of two."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import DeletionRefusal, DeletionState
from kyc.base.permissions import Act, Permission
from kyc.cases.admin import OpenedForItsCustomer
from kyc.outcomes.models import DeletionProposal, DeletionRequest
from kyc.review.admin.queue import left
from kyc.review.services import deletion_decisions
from portal.kernel.core import clock, field_changes
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.pii_guard import PlainWords
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.law.selectors import due_at
from portal.kernel.people.admin.proposals import not_answerable
from portal.kernel.people.choices import Answer
from portal.kernel.people.forms import RefuseForm


class RefuseDeletionForm(forms.Form):
    """What keeps the document."""

    refusal = forms.ChoiceField(
        label=_("What keeps it"), choices=[("", _("Choose what keeps it")), *DeletionRefusal.choices]
    )
    why = PlainWords(
        label=_("What you reviewed"),
        max_length=500,
        help_text=_("The customer reads the reason above, not this. No names, numbers or addresses."),
    )


class DestroyForm(forms.Form):
    """Why nothing keeps the document."""

    why = PlainWords(
        label=_("Why nothing keeps it"),
        max_length=500,
        help_text=_("The second person reads it. No names, numbers or addresses."),
    )


def _answered(row: DeletionRequest, user: Any) -> str:
    if row.state != DeletionState.ASKED:
        return str(_("It was answered already."))
    if row.proposals.filter(answer=Answer.PENDING).exists():
        return str(_("A proposal to destroy it waits for a second person."))
    return ""


def _kept(row: DeletionRequest, user: Any) -> str:
    return _answered(row, user) or deletion_decisions.said_to_keep(row.document, now=clock.now())


def _not_to_approve(proposal: DeletionProposal, user: Any) -> str:
    """Why this person cannot say yes; empty when they can."""
    if said := not_answerable(proposal, user):
        return said
    document = proposal.request.document
    if deletion_decisions.decided_about(document, user.pk):
        return str(_("You decided about this document: another person must decide now."))
    return deletion_decisions.said_to_keep(document, now=clock.now())


@admin.register(DeletionRequest)
class DeletionRequestAdmin(AuditedExport, OpenedForItsCustomer, ReadOnlyAdmin):
    """Of those that wait for an answer, who has waited longest stands first."""

    view_permission = Permission.DOCUMENT_VIEW
    export_permission = Permission.CASE_EXPORT
    export_resource = resource_of(
        DeletionRequest, "reference document state asked_at refusal kept_by answered_at certificate_sha256"
    )
    list_display = ("reference", "document", "kind", "customer", "state", "asked_at", "due", "answered_at")
    list_filter = ("state", "refusal")
    list_select_related = ("document__case__customer", "document__party")
    search_fields = ("reference", "document__reference", "document__case__reference")
    search_help_text = _("A reference, for example OS-DL-7K4M-9QXC")
    fields = ("reference", "document", "kind", "customer", "state", "asked_at", "due", "keeps")
    shown_before = ("document", "kind", "customer", "asked_at", "due", "keeps")
    ordering = (F("answered_at").desc(nulls_first=True), "asked_at", "pk")

    def get_fields(self, request: HttpRequest, obj: DeletionRequest | None = None) -> Any:
        """The answer once there is one, instead of what it has to look at."""
        if obj is None or obj.state == DeletionState.ASKED:
            return self.fields
        asked = [name for name in self.fields if name not in {"due", "keeps"}]
        answer = ("certificate_sha256",) if obj.state == DeletionState.ERASED else ("refusal", "kept_by")
        return [*asked, *answer, "answered_at", "answered_by"]

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).annotate(due_at=due_at(DeletionRequest.OWNER))

    def subject_ref_of(self, obj: Any) -> Any:
        return obj.document.subject_ref

    @admin.display(description=_("kind"))
    def kind(self, obj: DeletionRequest) -> str:
        return str(obj.document.get_kind_display())

    @admin.display(description=_("customer"))
    def customer(self, obj: DeletionRequest) -> str:
        return obj.document.case.customer.reference

    @admin.display(description=_("answer by"), ordering="due_at")
    def due(self, obj: DeletionRequest) -> str:
        """The earliest of the clocks that run, and how much is left."""
        return left(getattr(obj, "due_at", None))

    @admin.display(description=_("what keeps it"))
    def keeps(self, obj: DeletionRequest) -> str:
        """A hold, the law with its time, or nothing."""
        said = deletion_decisions.said_to_keep(obj.document, now=clock.now())
        return said or str(
            _("No law and no legal hold. Our own period alone does not outweigh the customer's request.")
        )

    @service_action(
        permission=Permission.DELETION_ANSWER,
        label=_("Propose to destroy it"),
        act=Act.DELETION,
        ask=DestroyForm,
        skip=_kept,
        description=_("Nothing is destroyed until a second person, who did not decide about the document, agrees."),
    )
    def propose(self, request: Any, obj: DeletionRequest, given: dict[str, Any]) -> str:
        deletion_decisions.propose(obj, **given, actor=actor_of(request), now=clock.now())
        return str(_("Proposed. The document stays until a second person agrees."))

    @service_action(
        permission=Permission.DELETION_ANSWER,
        label=_("Refuse it"),
        ask=RefuseDeletionForm,
        skip=_answered,
        description=_("The customer reads what keeps it, and until when."),
    )
    def refuse(self, request: Any, obj: DeletionRequest, given: dict[str, Any]) -> None:
        field_changes.watch_row(obj)
        deletion_decisions.refuse(obj, **given, actor=actor_of(request), now=clock.now())


@admin.register(DeletionProposal)
class DeletionProposalAdmin(AuditedExport, ReadOnlyAdmin):
    """Proposals and answers; a proposal is made on the page of its request."""

    view_permission = Permission.DOCUMENT_VIEW
    export_permission = Permission.CASE_EXPORT
    export_resource = resource_of(
        DeletionProposal, "id request act made_by made_at checked_by checked_at shown_sha256 answer"
    )
    list_display = ("request", "document", "answer", "made_by", "made_at", "checked_by")
    list_filter = ("answer",)
    list_select_related = ("request__document", "made_by", "checked_by")
    fields = (
        *("request", "document", "kind", "keeps", "why", "answer"),
        *("made_by", "made_at", "checked_by", "checked_at", "reason", "shown_sha256"),
    )

    @admin.display(description=_("document"))
    def document(self, obj: DeletionProposal) -> str:
        return obj.request.document.reference

    @admin.display(description=_("kind"))
    def kind(self, obj: DeletionProposal) -> str:
        return str(obj.request.document.get_kind_display())

    @admin.display(description=_("what keeps it"))
    def keeps(self, obj: DeletionProposal) -> str:
        return deletion_decisions.said_to_keep(obj.request.document, now=clock.now()) or "–"

    @service_action(
        permission=Permission.DELETION_ANSWER,
        label=_("Approve"),
        skip=_not_to_approve,
        description=_(
            "Its key and texts end for good. The customer gets the certificate, and the case may open again."
        ),
    )
    def approve(self, request: Any, obj: DeletionProposal, given: dict[str, Any]) -> None:
        field_changes.watch_row(obj.request)
        deletion_decisions.answer(obj, approve=True, actor=actor_of(request), now=clock.now())

    @service_action(permission=Permission.DELETION_ANSWER, ask=RefuseForm, label=_("Refuse"), skip=not_answerable)
    def refuse(self, request: Any, obj: DeletionProposal, given: dict[str, Any]) -> None:
        deletion_decisions.answer(obj, approve=False, reason=given["reason"], actor=actor_of(request), now=clock.now())
