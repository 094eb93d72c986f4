"""What a role may allow in this room."""

from enum import StrEnum


class Permission(StrEnum):
    """Alphabetical. Which role holds which is data: ``portal/people/data/roles.toml``."""

    CASE_DECIDE = "kyc.case:decide"
    CASE_EXPORT = "kyc.case:export"
    CASE_VIEW = "kyc.case:view"
    DOCUMENT_OPEN = "kyc.document:open"
    DOCUMENT_VIEW = "kyc.document:view"
    SIGNER_ANSWER = "kyc.signer:answer"
    SIGNER_PROPOSE = "kyc.signer:propose"
    SIGNER_VIEW = "kyc.signer:view"


class Act(StrEnum):
    """What needs two people in this room."""

    DECISION = "kyc.decision"
    SIGNER = "kyc.signer.trust"
