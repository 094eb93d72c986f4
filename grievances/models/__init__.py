from grievances.models.appeal import Appeal
from grievances.models.bundles import Bundle, BundleSection, RequestProposal
from grievances.models.draft import DraftFile, TicketDraft
from grievances.models.mail import MailCount, SeenMail
from grievances.models.nominees import Nominee, NomineeStanding
from grievances.models.outside_tasks import OutsideTask
from grievances.models.requests import ProofPaper, RightsRequest
from grievances.models.takeovers import TicketTakeOver, TicketTakeOverLine
from grievances.models.thread import Attachment, EntryText, Resolution, TicketEntry
from grievances.models.ticket import Ticket, TicketContact, TicketLink
from grievances.models.tracking import TrackingCode

__all__ = [
    "Appeal",
    "Attachment",
    "Bundle",
    "BundleSection",
    "DraftFile",
    "EntryText",
    "MailCount",
    "Nominee",
    "NomineeStanding",
    "OutsideTask",
    "ProofPaper",
    "RequestProposal",
    "Resolution",
    "RightsRequest",
    "SeenMail",
    "Ticket",
    "TicketContact",
    "TicketDraft",
    "TicketEntry",
    "TicketLink",
    "TicketTakeOver",
    "TicketTakeOverLine",
    "TrackingCode",
]
