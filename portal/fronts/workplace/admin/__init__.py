"""Admin pages of the lowest rooms, which have none of their own, and of the workplace's proposals."""

from portal.fronts.workplace.admin.anomalies import AnomalyProposalAdmin
from portal.fronts.workplace.admin.audit import AuditEventAdmin
from portal.fronts.workplace.admin.exports import ListExportAdmin, UnmaskedExportAdmin
from portal.fronts.workplace.admin.imports import ListImportAdmin
from portal.fronts.workplace.admin.jobs import JobAdmin
from portal.fronts.workplace.admin.keys import KeyRotationProposalAdmin
from portal.fronts.workplace.admin.law import ClockAdmin, HouseRuleAdmin, LegalRuleAdmin, ProfileAdmin, PurposeAdmin
from portal.fronts.workplace.admin.proposals import ProfileProposalAdmin, PurposeProposalAdmin

__all__ = [
    "AnomalyProposalAdmin",
    "AuditEventAdmin",
    "ClockAdmin",
    "HouseRuleAdmin",
    "JobAdmin",
    "KeyRotationProposalAdmin",
    "LegalRuleAdmin",
    "ListExportAdmin",
    "ListImportAdmin",
    "ProfileAdmin",
    "ProfileProposalAdmin",
    "PurposeAdmin",
    "PurposeProposalAdmin",
    "UnmaskedExportAdmin",
]
