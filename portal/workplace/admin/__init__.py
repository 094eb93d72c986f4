"""Admin pages of the lowest rooms, which have none of their own, and of the workplace's proposals."""

from portal.workplace.admin.anomalies import AnomalyProposalAdmin
from portal.workplace.admin.audit import AuditEventAdmin
from portal.workplace.admin.exports import ListExportAdmin, UnmaskedExportAdmin
from portal.workplace.admin.imports import ListImportAdmin
from portal.workplace.admin.jobs import JobAdmin
from portal.workplace.admin.keys import KeyRotationProposalAdmin
from portal.workplace.admin.law import ClockAdmin, HouseRuleAdmin, LegalRuleAdmin, ProfileAdmin, PurposeAdmin
from portal.workplace.admin.proposals import ProfileProposalAdmin, PurposeProposalAdmin

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
