"""Tables of retention."""

from portal.retention.models.books import BooksRow
from portal.retention.models.children import ChildDecision, ChildReport
from portal.retention.models.claims import LegalClaim
from portal.retention.models.holds import Hold, HoldRelease
from portal.retention.models.rules import RetentionRule, RuleProposal
from portal.retention.models.runs import ErasureItem, ErasureRun, ErasureStep, KeptRecord, PlanApproval

__all__ = [
    "BooksRow",
    "ChildDecision",
    "ChildReport",
    "ErasureItem",
    "ErasureRun",
    "ErasureStep",
    "Hold",
    "HoldRelease",
    "KeptRecord",
    "LegalClaim",
    "PlanApproval",
    "RetentionRule",
    "RuleProposal",
]
