"""What a role may allow in this room."""

from enum import StrEnum


class Permission(StrEnum):
    """Alphabetical. Which role holds which is data: ``portal/kernel/people/data/roles.toml``."""

    #: Answer what another proposed about a case as a whole: what the customer counts as, and its risk.
    CASE_ANSWER = "kyc.case:answer"
    CASE_DECIDE = "kyc.case:decide"
    CASE_EXPORT = "kyc.case:export"
    CASE_VIEW = "kyc.case:view"
    DELETION_ANSWER = "kyc.deletion:answer"
    DOCUMENT_BRING = "kyc.document:bring"
    #: Look at a document for a grievance that names it, and nothing else of the desk.
    DOCUMENT_LOOK = "kyc.document:look"
    DOCUMENT_OPEN = "kyc.document:open"
    DOCUMENT_VIEW = "kyc.document:view"
    REVEAL_WATCH = "kyc.reveal:watch"
    SCREENING_VIEW = "kyc.screening:view"
    SIGNER_ANSWER = "kyc.signer:answer"
    SIGNER_PROPOSE = "kyc.signer:propose"
    SIGNER_VIEW = "kyc.signer:view"
    TAKE_OVER_BRING = "kyc.take_over:bring"


class Act(StrEnum):
    """What needs two people in this room."""

    DECISION = "kyc.decision"
    DELETION = "kyc.deletion.carry_out"
    FREEZE_LIFT = "kyc.freeze.lift"
    LIKENESS = "kyc.likeness.answer"
    RISK = "kyc.risk.set"
    SIGNER = "kyc.signer.trust"
    TYPE = "kyc.type.change"
