"""Tables of retention."""

from portal.retention.models.holds import Hold, HoldRelease
from portal.retention.models.rules import RetentionRule
from portal.retention.models.runs import ErasureRun, ErasureStep

__all__ = ["ErasureRun", "ErasureStep", "Hold", "HoldRelease", "RetentionRule"]
