from kyc.models.cases import Case
from kyc.models.checks import Check, CheckEvidence
from kyc.models.decisions import Decision
from kyc.models.deletions import DeletionProposal, DeletionRequest
from kyc.models.documents import Document
from kyc.models.inquiries import Inquiry
from kyc.models.minors import FreezeLift, MinorFound
from kyc.models.parties import Holding, Party
from kyc.models.renewals import Renewal, RenewalNotice
from kyc.models.risk import RiskProposal
from kyc.models.sanctions import Likeness, LikenessAnswer, ListedEntry, SanctionsList, Screening
from kyc.models.second_looks import Draw, SecondLook
from kyc.models.signers import SignerKey, SignerProposal
from kyc.models.takeovers import TakeOver, TakeOverLine
from kyc.models.types import TypeProposal

__all__ = [
    "Case",
    "Check",
    "CheckEvidence",
    "Decision",
    "DeletionProposal",
    "DeletionRequest",
    "Document",
    "Draw",
    "FreezeLift",
    "Holding",
    "Inquiry",
    "Likeness",
    "LikenessAnswer",
    "ListedEntry",
    "MinorFound",
    "Party",
    "Renewal",
    "RenewalNotice",
    "RiskProposal",
    "SanctionsList",
    "Screening",
    "SecondLook",
    "SignerKey",
    "SignerProposal",
    "TakeOver",
    "TakeOverLine",
    "TypeProposal",
]
