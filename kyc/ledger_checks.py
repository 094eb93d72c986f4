"""What audit events state of KYC documents, of the decisions about them and of sanctions lists: check V11 holds the rows against them."""

from typing import Final

from kyc.base.choices import DocumentState
from kyc.base.models.decisions import Decision
from kyc.base.models.documents import Document
from kyc.base.models.sanctions import SanctionsList
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import UNSTATED, Facts, StatedRows

_IMPORTED: Final = AuditKind.KYC_SANCTIONS_IMPORTED
_BOTH: Final = (AuditKind.KYC_DECISION_PROPOSED, AuditKind.KYC_DECISION_ANSWERED)


def _moved(facts: Facts) -> object:
    """Where it went; being sent for checking is no state of its own."""
    return UNSTATED if facts["to"] == "sent" else facts["to"]


DOCUMENTS: Final = StatedRows(
    model=Document,
    about="kyc.document",
    begins=AuditKind.KYC_DOCUMENT_UPLOADED,
    fields={
        "state": {
            AuditKind.KYC_DOCUMENT_UPLOADED: lambda facts: str(DocumentState.RECEIVED),
            AuditKind.KYC_DOCUMENT_CHECKED: lambda facts: str(DocumentState.CHECKED),
            AuditKind.KYC_DOCUMENT_REFUSED: lambda facts: str(DocumentState.REFUSED),
            AuditKind.KYC_DOCUMENT_MOVED: _moved,
        },
        "kind": {AuditKind.KYC_DOCUMENT_UPLOADED: "type"},
        "provenance": {AuditKind.KYC_DOCUMENT_UPLOADED: "provenance"},
        "consent_ref": {AuditKind.KYC_DOCUMENT_UPLOADED: "consent"},
    },
)
DECISIONS: Final = StatedRows(
    model=Decision,
    about="kyc.decision",
    begins=AuditKind.KYC_DECISION_PROPOSED,
    fields={
        "outcome": dict.fromkeys(_BOTH, "outcome"),
        "reason_code": dict.fromkeys(_BOTH, "reason_code"),
        "document_sha256": dict.fromkeys(_BOTH, "sha256"),
        "shown_sha256": dict.fromkeys(_BOTH, "shown_sha256"),
        "answer": {AuditKind.KYC_DECISION_ANSWERED: "answer"},
    },
)
LISTS: Final = StatedRows(
    model=SanctionsList,
    about="kyc.sanctions_list",
    key="id",
    fields={
        "source": {_IMPORTED: "source"},
        "version": {_IMPORTED: "version"},
        "sha256": {_IMPORTED: "sha256"},
        "names_sha256": {_IMPORTED: "names_sha256"},
        "size": {_IMPORTED: "count"},
    },
)
