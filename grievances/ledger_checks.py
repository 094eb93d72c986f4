"""What audit events state of grievances and requests about data: check V11 holds the rows against them."""

from typing import Final

from grievances.base.choices import TicketState
from grievances.base.models.requests import RightsRequest
from grievances.base.models.ticket import Ticket
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import SUBJECT, UNSTATED, Facts, StatedRows

_CLOSED: Final = AuditKind.GRIEVANCES_TICKET_CLOSED
_REOPENED: Final = AuditKind.GRIEVANCES_TICKET_REOPENED
#: Between filing and closing a grievance goes to and fro; no event states each step.
_OPEN: Final = frozenset(str(state) for state in TicketState if state != TicketState.CLOSED)


def _to(facts: Facts) -> object:
    """Sorting may be about the kind, or about the cause alone."""
    return facts.get("to", UNSTATED)


TICKETS: Final = StatedRows(
    model=Ticket,
    about="grievances.ticket",
    begins=AuditKind.GRIEVANCES_TICKET_FILED,
    fields={
        "subject_ref": {AuditKind.GRIEVANCES_TICKET_FILED: SUBJECT},
        "received_at": {AuditKind.GRIEVANCES_TICKET_FILED: "received_at"},
        "kind": {AuditKind.GRIEVANCES_TICKET_FILED: "category", AuditKind.GRIEVANCES_TICKET_SORTED: _to},
        "acknowledged_at": {AuditKind.GRIEVANCES_TICKET_ACKNOWLEDGED: "acknowledged_at"},
        "state": {
            AuditKind.GRIEVANCES_TICKET_FILED: lambda facts: _OPEN,
            _CLOSED: "state",
            _REOPENED: lambda facts: _OPEN,
        },
        "closed_because": {
            AuditKind.GRIEVANCES_TICKET_FILED: lambda facts: "",
            _CLOSED: "reason_code",
            _REOPENED: lambda facts: "",
        },
        "closed_at": {
            AuditKind.GRIEVANCES_TICKET_FILED: lambda facts: None,
            _CLOSED: "closed_at",
            _REOPENED: lambda facts: None,
        },
    },
)
REQUESTS: Final = StatedRows(
    model=RightsRequest,
    about="grievances.ticket",
    key="ticket__reference",
    fields={
        "right": {AuditKind.GRIEVANCES_REQUEST_ASKED: "request"},
        "capacity": {AuditKind.GRIEVANCES_REQUEST_ASKED: "category"},
    },
)
