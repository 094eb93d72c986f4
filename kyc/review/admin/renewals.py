"""The staff's register of renewals: why KYC is done again, by when, and what the customer was told."""

from typing import Any

from django.contrib import admin
from django.db.models import F
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from kyc.base.models.renewals import Renewal
from kyc.base.permissions import Permission
from kyc.cases import labels
from kyc.cases.admin import OpenedForItsCustomer
from kyc.cases.outstanding_items import needs_of
from portal.kernel.core import clock, date_format
from portal.kernel.core.admin import ReadOnlyAdmin
from portal.kernel.core.admin.filters import has_or_not
from portal.kernel.jobs.audited_export import AuditedExport, resource_of


@admin.register(Renewal)
class RenewalAdmin(AuditedExport, OpenedForItsCustomer, ReadOnlyAdmin):
    """One row for each reason for which a customer is looked at again."""

    view_permission = Permission.CASE_VIEW
    export_permission = Permission.CASE_EXPORT
    export_resource = resource_of(Renewal, "case reason document opened_at due_on closed_at")
    list_display = ("case", "reason", "document", "opened_at", "due_on", "closed_at")
    list_filter = (("closed_at", has_or_not(without=_("Waits for the customer"), having=_("Done"))), "reason")
    list_select_related = ("case", "document")
    search_fields = ("case__reference", "case__customer__reference")
    search_help_text = _("A reference, for example OS-KY-7K4M-9QXN")
    ordering = (F("closed_at").desc(nulls_first=True), "due_on", "pk")
    fields = ("case", "reason", "document", "opened_at", "due_on", "closed_at", "missing", "notices")

    def subject_ref_of(self, obj: Any) -> Any:
        return obj.case.subject_ref

    @admin.display(description=_("notices"))
    def notices(self, obj: Renewal) -> str:
        """Each notice that was given: when, how many days before or after the due day, by how many messages."""
        lines = (
            (f"{date_format.moment(row.told_at)}, {_place(row.days)}: {_sent(row.messages)}",)
            for row in obj.notices.all()
        )
        return format_html_join("", "<p>{}</p>", lines) or date_format.NONE

    @admin.display(description=_("still to come"))
    def missing(self, obj: Renewal) -> str:
        """What the customer still has to show, line by line; nothing of a renewal that is done."""
        lines = labels.task_lines(needs_of(obj.case, now=clock.now()), only_open=True) if obj.closed_at is None else []
        return format_html_join("", "<p>{}</p>", ((line,) for line in lines)) or date_format.NONE


def _place(days: int) -> str:
    """Where a notice stands beside the due day."""
    if not days:
        return str(_("on the day"))
    if days < 0:
        return ngettext("%(count)d day before", "%(count)d days before", -days) % {"count": -days}
    return ngettext("%(count)d day after", "%(count)d days after", days) % {"count": days}


def _sent(count: int) -> str:
    return ngettext("%(count)d message", "%(count)d messages", count) % {"count": count}
