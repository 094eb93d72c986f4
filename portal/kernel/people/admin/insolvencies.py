"""Steps of the insolvency of organisations: proposed on the page of the customer, answered here."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.people.admin.proposals import PROPOSAL, AnswerForm, answered, not_answerable
from portal.kernel.people.models import Insolvency
from portal.kernel.people.permissions import Permission
from portal.kernel.people.services import insolvency


@admin.register(Insolvency)
class InsolvencyAdmin(AuditedExport, ReadOnlyAdmin):
    """Which order says what of which organisation, who proposed it, and who agreed."""

    view_permission = Permission.CUSTOMER_VIEW
    export_resource = resource_of(
        Insolvency,
        "id customer step authority order_number ordered_on paper_sha256 registration made_by made_at checked_by "
        "checked_at shown_sha256 answer",
    )
    list_display = ("customer", "step", "ordered_on", "answer", "made_by", "made_at", "checked_by")
    list_filter = ("step", "answer")
    list_select_related = ("customer", "made_by", "checked_by")
    fields = (
        *("customer", "step", "authority", "order_number", "ordered_on", "paper_sha256", "registration", "email"),
        *("invitation", "acting", *PROPOSAL),
    )
    readonly_fields: ClassVar[tuple[str, ...]] = fields

    @service_action(permission=Permission.CUSTOMER_INSOLVENCY, ask=AnswerForm, label=_("Decide"), skip=not_answerable)
    def answer_insolvency(self, request: HttpRequest, obj: Insolvency, answer: dict[str, Any]) -> str:
        return answered(insolvency.answer, answer, proposal=obj, actor=actor_of(request), now=clock.now())
