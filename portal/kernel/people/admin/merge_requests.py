"""Mergings of persons: proposed on the page of a person, answered here."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.people.admin.proposals import PROPOSAL, AnswerForm, answered, not_answerable
from portal.kernel.people.models import MergeProposal
from portal.kernel.people.permissions import Permission
from portal.kernel.people.services import person_merge


@admin.register(MergeProposal)
class MergeProposalAdmin(AuditedExport, ReadOnlyAdmin):
    """Who proposed that two records are one person, and who agreed."""

    view_permission = Permission.CUSTOMER_VIEW
    export_resource = resource_of(MergeProposal, "id old new made_by made_at checked_by checked_at shown_sha256 answer")
    list_display = ("old", "new", "answer", "made_by", "made_at", "checked_by")
    list_filter = ("answer",)
    list_select_related = ("old", "new")
    fields = ("old", "new", "why", *PROPOSAL)
    readonly_fields: ClassVar[tuple[str, ...]] = fields

    @service_action(permission=Permission.PRINCIPAL_MERGE, ask=AnswerForm, label=_("Decide"), skip=not_answerable)
    def answer_merge(self, request: HttpRequest, obj: MergeProposal, answer: dict[str, Any]) -> str:
        return answered(person_merge.answer, answer, proposal=obj, actor=actor_of(request), now=clock.now())
