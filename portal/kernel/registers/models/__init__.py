"""The books of the company. A register is a module in ``entries.models`` that nothing else has to name."""

from importlib import import_module
from pkgutil import iter_modules

from portal.kernel.registers.base.models.company import CompanyDetails
from portal.kernel.registers.base.models.dated_entry import DatedEntry
from portal.kernel.registers.base.models.officers import Officer
from portal.kernel.registers.base.models.orders import AuthorityOrder, OrderAnswer, SilenceEnd
from portal.kernel.registers.base.models.register_entries import BookEntry, CodesField
from portal.kernel.registers.base.models.register_tasks import BookTask
from portal.kernel.registers.base.models.security import (
    AccessReview,
    AccountBlock,
    AuditFinding,
    ContentAccess,
    ExternalLink,
    Measure,
)
from portal.kernel.registers.entries import models as entries
from portal.kernel.registers.entries.models.assessments import DpiaQuestionnaire
from portal.kernel.registers.entries.models.attachments import Attachment
from portal.kernel.registers.entries.models.consent_managers import ConsentManager
from portal.kernel.registers.entries.models.processing import Dataset, Dpia, ProcessingActivity, Product
from portal.kernel.registers.entries.models.trainings import Training
from portal.kernel.registers.incidents.models import (
    Incident,
    IncidentDecision,
    IncidentDuty,
    IncidentFact,
    IncidentLetter,
    IncidentPendingFact,
    IncidentPerson,
    IncidentSearch,
)
from portal.kernel.registers.recipients.models.disclosures import Disclosure
from portal.kernel.registers.recipients.models.instructions import Instruction, InstructionFact, ReportedSend, Telling
from portal.kernel.registers.recipients.models.recipients import Recipient, RecipientSecret
from portal.kernel.registers.recipients.models.vendor_assurance import Contract, CountryRule, RecipientCheck, Transfer
from portal.kernel.registers.senders.models.senders import LastInbound, ListedTarget, Sender, SendingEntity
from portal.kernel.registers.senders.models.templates import ConsentTemplate, ContentTemplate, SenderDefect

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

for found in iter_modules(entries.__path__, f"{entries.__name__}."):
    import_module(found.name)
