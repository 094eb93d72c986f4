from kyc.models.cases import Case
from kyc.models.checks import Check, CheckEvidence
from kyc.models.decisions import Decision
from kyc.models.documents import Document

__all__ = ["Case", "Check", "CheckEvidence", "Decision", "Document"]
