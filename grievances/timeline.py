"""What a person complained of and asked for, for the one-person file."""

from django.utils.translation import gettext_lazy as _

from grievances.base.choices import TicketState
from grievances.base.permissions import GrievancePermission
from portal.kernel.core.timeline_api import GIVEN, Strand

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
