"""What a person complained of and asked for, for the one-person file."""

from django.utils.translation import gettext_lazy as _

from grievances.permissions import GrievancePermission
from grievances.states import TicketState
from portal.core.strands import GIVEN, Strand

STRANDS = (
    Strand(
        code="tickets",
        label=_("Grievances"),
        needs=GrievancePermission.TICKET_VIEW,
        acts=("grievances.",),
        states={
            "grievances.": ("ticket", "state"),
            "grievances.ticket.filed": ("ticket", f"{GIVEN}{TicketState.RECEIVED}"),
        },
    ),
    Strand(
        code="requests",
        label=_("Requests about their data"),
        needs=GrievancePermission.REQUEST_VIEW,
        acts=("grievances.bundle.", "grievances.nominee.", "grievances.proof.", "grievances.request."),
        states={
            "grievances.request.": ("request", "state"),
            "grievances.bundle.": ("copy", "state"),
        },
    ),
)
