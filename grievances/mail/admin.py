"""Staff's lists of mail that came in: what became of each, and the daily count of the mailbox."""

from django.contrib import admin

from grievances.base.permissions import GrievancePermission
from grievances.mail.models import MailCount, SeenMail
from portal.kernel.core.admin import ReadOnlyAdmin
from portal.kernel.jobs.audited_export import AuditedExport, resource_of


@admin.register(SeenMail)
class SeenMailAdmin(AuditedExport, ReadOnlyAdmin):
    """No word of a mail stands here: those are in its grievance, or still in the mailbox."""

    export_resource = resource_of(SeenMail, "id source arrived_at seen_at size outcome reason ticket files_left_out")
    view_permission = GrievancePermission.TICKET_VIEW
    list_display = ("seen_at", "source", "outcome", "reason", "ticket", "files_left_out", "size")
    list_filter = ("outcome", "reason", "source")
    list_select_related = ("ticket",)
    fields = ("arrived_at", "seen_at", "source", "size", "outcome", "reason", "ticket", "files_left_out")
    ordering = ("-seen_at",)


@admin.register(MailCount)
class MailCountAdmin(AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(
        MailCount, "id counted_at days in_mailbox tickets lines ignored found_now unexplained"
    )
    view_permission = GrievancePermission.TICKET_VIEW
    list_display = ("counted_at", "days", "in_mailbox", "tickets", "lines", "ignored", "found_now", "unexplained")
    ordering = ("-counted_at",)
