"""The staff page of a case: its tasks and whose turn it is, the people behind the customer, and its type."""

from typing import Any

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from kyc import words
from kyc.forms import ReclassifyForm
from kyc.models import Case
from kyc.needs import needs_of, ownership_of, parties_of
from kyc.permissions import Permission
from kyc.resources import CaseResource
from kyc.services import reclassify
from portal.core import changes, clock, moments
from portal.core.admin import OpenedWithPurpose, ReadOnlyAdmin, service_action
from portal.jobs.audited_export import AuditedExport


@admin.register(Case)
class CaseAdmin(AuditedExport, OpenedWithPurpose, ReadOnlyAdmin):
    """One row for each customer's KYC."""

    view_permission = Permission.CASE_VIEW
    export_permission = Permission.CASE_EXPORT
    export_resource = CaseResource
    list_display = (
        "reference",
        "customer",
        "relation",
        "customer_type",
        "state",
        "opened_at",
        "review_since",
        "decided_at",
        "rekyc_on",
    )
    list_filter = ("state", "relation", "customer_type")
    list_select_related = ("customer",)
    search_fields = ("reference", "customer__reference")
    search_help_text = _("A reference, for example OS-KY-7K4M-9QX2")
    ordering = ("-opened_at",)
    fields = (
        "reference",
        "customer",
        "relation",
        "customer_type",
        "state",
        "tasks",
        "people",
        "ownership",
        "opened_at",
        "review_since",
        "decided_at",
        "rekyc_on",
        "retained_until",
    )

    @admin.display(description=_("tasks"))
    def tasks(self, obj: Case) -> str:
        """What is asked for, of whom, how it stands and whose turn it is, line by line."""
        return format_html_join("", "<p>{}</p>", ((line,) for line in words.task_lines(needs_of(obj, now=clock.now()))))

    @admin.display(description=_("people behind the customer"))
    def people(self, obj: Case) -> str:
        """References and capacities: who they are is behind the page of the person."""
        owned = ownership_of(obj, now=clock.now())
        lines = (
            f"{party.reference}: {words.capacities(party, owned.percents.get(party.pk) if owned else None)}"
            for party in parties_of(obj)
        )
        return format_html_join("", "<p>{}</p>", ((line,) for line in lines)) or moments.NONE

    @admin.display(description=_("ownership"))
    def ownership(self, obj: Case) -> str:
        """What is doubtful about the shares that were named."""
        owned = ownership_of(obj, now=clock.now())
        faults = sorted(owned.faults) if owned else []
        return format_html_join("", "<p>{}</p>", ((words.OWNERSHIP[fault],) for fault in faults)) or moments.NONE

    @service_action(
        permission=Permission.CASE_DECIDE,
        label=_("Change the type"),
        ask=ReclassifyForm,
        description=_("The list of papers follows from it. Documents that were sent stay."),
    )
    def reclassify(self, request: Any, obj: Case, given: dict[str, Any]) -> None:
        changes.watch_row(obj)
        reclassify(obj, **given, actor=request.actor, now=clock.now())
