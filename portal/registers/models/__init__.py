"""The books of the company."""

from portal.registers.models.company import CompanyDetails
from portal.registers.models.dated import DatedEntry
from portal.registers.models.instructions import Instruction, InstructionFact, ReportedSend, Telling
from portal.registers.models.managers import ConsentManager
from portal.registers.models.officers import Officer
from portal.registers.models.recipients import Recipient, RecipientSecret
from portal.registers.models.senders import LastInbound, ListedTarget, Sender, SendingEntity
from portal.registers.models.templates import ConsentTemplate, ContentTemplate, SenderDefect

__all__ = [
    "CompanyDetails",
    "ConsentManager",
    "ConsentTemplate",
    "ContentTemplate",
    "DatedEntry",
    "Instruction",
    "InstructionFact",
    "LastInbound",
    "ListedTarget",
    "Officer",
    "Recipient",
    "RecipientSecret",
    "ReportedSend",
    "Sender",
    "SenderDefect",
    "SendingEntity",
    "Telling",
]
