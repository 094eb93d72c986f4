"""What of a grievance leaves in an export: reference, kinds, states and dates. No word and no address of a person."""

from grievances.base.models.ticket import Ticket
from portal.kernel.jobs.audited_export import AuditedResource


class TicketResource(AuditedResource):
    class Meta(AuditedResource.Meta):
        model = Ticket
        fields = (
            "reference",
            "fiduciary__code",
            "kind",
            "door",
            "for_whom",
            "state",
            "closed_because",
            "language",
            "received_at",
            "acknowledged_at",
            "due_at",
            "answered_at",
            "closed_at",
            "round",
        )
        export_order = fields
