from grievances.base.models.appeal import Appeal
from grievances.base.models.data_copies import Bundle, BundleSection, RequestProposal
from grievances.base.models.draft import DraftFile, TicketDraft
from grievances.base.models.external_tasks import OutsideTask
from grievances.base.models.requests import ProofPaper, RightsRequest
from grievances.base.models.thread import Attachment, EntryText, Resolution, TicketEntry
from grievances.base.models.ticket import Ticket, TicketContact, TicketLink
from grievances.base.models.tracking import TrackingCode
from grievances.legacy_imports.models import TicketTakeOver, TicketTakeOverLine
from grievances.mail.models import MailCount, SeenMail
from grievances.nominees.models import Nominee, NomineeStanding

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
