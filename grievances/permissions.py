"""What a role may do with grievances (``area.noun:verb``)."""

from enum import StrEnum


class GrievancePermission(StrEnum):
    """Alphabetical. Which role holds which is data: ``portal/people/data/roles.toml``."""

    #: Answer the person: reply, ask, propose a resolution.
    TICKET_ANSWER = "grievances.ticket:answer"
    TICKET_ASSIGN = "grievances.ticket:assign"
    TICKET_EXPORT = "grievances.ticket:export"
    #: Write an internal note.
    TICKET_NOTE = "grievances.ticket:note"
    #: Read what people wrote; without it a role sees kinds, states and dates only.
    TICKET_READ = "grievances.ticket:read"
    TICKET_VIEW = "grievances.ticket:view"
