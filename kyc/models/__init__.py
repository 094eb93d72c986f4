from kyc.models.cases import Case
from kyc.models.checks import Check, CheckEvidence
from kyc.models.decisions import Decision
from kyc.models.documents import Document
from kyc.models.parties import Holding, Party
from kyc.models.signers import SignerKey, SignerProposal

__all__ = [
    "Case",
    "Check",
    "CheckEvidence",
    "Decision",
    "Document",
    "Holding",
    "Party",
    "SignerKey",
    "SignerProposal",
]
