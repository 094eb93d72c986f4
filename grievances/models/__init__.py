from grievances.models.draft import DraftFile, TicketDraft
from grievances.models.thread import Attachment, EntryText, Resolution, TicketEntry
from grievances.models.ticket import Ticket, TicketContact
from grievances.models.tracking import TrackingCode

__all__ = [
    "Attachment",
    "DraftFile",
    "EntryText",
    "Resolution",
    "Ticket",
    "TicketContact",
    "TicketDraft",
    "TicketEntry",
    "TrackingCode",
]
