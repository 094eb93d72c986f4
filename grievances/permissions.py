"""What a role may do with grievances (``area.noun:verb``)."""

from enum import StrEnum


class GrievancePermission(StrEnum):
    """Alphabetical. Which role holds which is data: ``portal/people/data/roles.toml``."""

    TICKET_ASSIGN = "grievances.ticket:assign"
    TICKET_ANSWER = "grievances.ticket:answer"
    TICKET_NOTE = "grievances.ticket:note"
    TICKET_READ = "grievances.ticket:read"
    TICKET_VIEW = "grievances.ticket:view"
