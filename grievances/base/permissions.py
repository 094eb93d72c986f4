"""What a role may do with grievances (``area.noun:verb``)."""

from enum import StrEnum


class GrievancePermission(StrEnum):
    """Alphabetical. Which role holds which is data: ``portal/kernel/people/data/roles.toml``."""

    #: Look at proofs, collect data, decide with a second person.
    REQUEST_ANSWER = "grievances.request:answer"
    REQUEST_VIEW = "grievances.request:view"
    #: Answer the person: reply, ask, propose a resolution.
    TICKET_ANSWER = "grievances.ticket:answer"
    TICKET_ASSIGN = "grievances.ticket:assign"
    #: Take open grievances of an old system over.
    TICKET_BRING = "grievances.ticket:bring"
    TICKET_EXPORT = "grievances.ticket:export"
    #: File a grievance for a person who rang or wrote by post.
    TICKET_FILE = "grievances.ticket:file"
    #: Write an internal note.
    TICKET_NOTE = "grievances.ticket:note"
    #: Read what people wrote; without it a role sees kinds, states and dates only.
    TICKET_READ = "grievances.ticket:read"
    TICKET_VIEW = "grievances.ticket:view"


class Act(StrEnum):
    """What needs two people in this room."""

    REQUEST_GRANT = "grievances.request.grant"
    REQUEST_REFUSE = "grievances.request.refuse"
