"""The books of the company."""

from portal.registers.models.assessments import DpiaQuestionnaire
from portal.registers.models.attachments import Attachment
from portal.registers.models.books import BookEntry, CodesField
from portal.registers.models.company import CompanyDetails
from portal.registers.models.dated import DatedEntry
from portal.registers.models.disclosures import Disclosure
from portal.registers.models.incidents import (
    Incident,
    IncidentDecision,
    IncidentDuty,
    IncidentFact,
    IncidentLetter,
    IncidentPendingFact,
    IncidentPerson,
    IncidentSearch,
)
from portal.registers.models.instructions import Instruction, InstructionFact, ReportedSend, Telling
from portal.registers.models.managers import ConsentManager
from portal.registers.models.officers import Officer
from portal.registers.models.orders import AuthorityOrder, OrderAnswer, SilenceEnd
from portal.registers.models.papers import Contract, CountryRule, RecipientCheck, Transfer
from portal.registers.models.processing import Dataset, Dpia, ProcessingActivity, Product
from portal.registers.models.recipients import Recipient, RecipientSecret
from portal.registers.models.security import (
    AccessReview,
    AccountBlock,
    AuditFinding,
    ContentAccess,
    ExternalLink,
    Measure,
)
from portal.registers.models.senders import LastInbound, ListedTarget, Sender, SendingEntity
from portal.registers.models.tasks import BookTask
from portal.registers.models.templates import ConsentTemplate, ContentTemplate, SenderDefect
from portal.registers.models.trainings import Training

__all__ = [
    "AccessReview",
    "AccountBlock",
    "Attachment",
    "AuditFinding",
    "AuthorityOrder",
    "BookEntry",
    "BookTask",
    "CodesField",
    "CompanyDetails",
    "ConsentManager",
    "ConsentTemplate",
    "ContentAccess",
    "ContentTemplate",
    "Contract",
    "CountryRule",
    "Dataset",
    "DatedEntry",
    "Disclosure",
    "Dpia",
    "DpiaQuestionnaire",
    "ExternalLink",
    "Incident",
    "IncidentDecision",
    "IncidentDuty",
    "IncidentFact",
    "IncidentLetter",
    "IncidentPendingFact",
    "IncidentPerson",
    "IncidentSearch",
    "Instruction",
    "InstructionFact",
    "LastInbound",
    "ListedTarget",
    "Measure",
    "Officer",
    "OrderAnswer",
    "ProcessingActivity",
    "Product",
    "Recipient",
    "RecipientCheck",
    "RecipientSecret",
    "ReportedSend",
    "Sender",
    "SenderDefect",
    "SendingEntity",
    "SilenceEnd",
    "Telling",
    "Training",
    "Transfer",
]
