from kyc.base.models.cases import Case
from kyc.base.models.checks import Check, CheckEvidence
from kyc.base.models.decisions import Decision
from kyc.base.models.documents import Document
from kyc.base.models.parties import Holding, Party
from kyc.base.models.renewals import Renewal, RenewalNotice
from kyc.base.models.sanctions import Likeness, LikenessAnswer, ListedEntry, SanctionsList, Screening
from kyc.legacy_imports.models import TakeOver, TakeOverLine
from kyc.outcomes.models import DeletionProposal, DeletionRequest
from kyc.qa_reviews.models import Draw, SecondLook
from kyc.review.models.provider_requests import Inquiry
from kyc.review.models.type_changes import TypeProposal
from kyc.review.models.underage_detections import FreezeLift, MinorFound
from kyc.risk.models import RiskProposal
from kyc.signers.models import SignerKey, SignerProposal

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
