"""Tables of retention."""

from portal.kernel.retention.models.claims import LegalClaim
from portal.kernel.retention.models.financial_records import BooksRow
from portal.kernel.retention.models.holds import Hold, HoldRelease
from portal.kernel.retention.models.rules import RetentionRule, RuleProposal
from portal.kernel.retention.models.runs import ErasureItem, ErasureRun, ErasureStep, KeptRecord, PlanApproval
from portal.kernel.retention.models.underage_reports import ChildDecision, ChildReport

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
