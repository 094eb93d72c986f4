"""What audit events state of erasure runs, holds and legal claims: check V11 holds the rows against them."""

from typing import Final

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import SUBJECT, UNSTATED, StatedRows
from portal.kernel.people.choices import Answer
from portal.kernel.retention.models import ErasureRun, Hold, LegalClaim

_RUN: Final = AuditKind.RETENTION_ERASURE_RUN
_PLACED: Final = AuditKind.RETENTION_HOLD_PLACED
_PROPOSED: Final = AuditKind.RETENTION_CLAIM_PROPOSED
_CLAIM: Final = (_PROPOSED, AuditKind.RETENTION_CLAIM_APPROVED, AuditKind.RETENTION_CLAIM_REFUSED)

RUNS: Final = StatedRows(
    model=ErasureRun,
    about="retention.run",
    fields={
        "state": {_RUN: "state"},
        "certificate_sha256": {_RUN: "certificate"},
        "due": {_RUN: "due"},
        "held": {_RUN: "held"},
        "disputed": {_RUN: "disputed"},
        "stale": {_RUN: "stale"},
        "kept_by_law": {_RUN: "kept_by_law"},
        "erased": {_RUN: "erased"},
        "finished_at": {_RUN: "finished_at"},
    },
)
HOLDS: Final = StatedRows(
    model=Hold,
    about="retention.hold",
    key="id",
    fields={
        "subject_ref": {_PLACED: SUBJECT},
        "retention_class": {_PLACED: "retention_class"},
        "placed_at": {_PLACED: "placed_at"},
        # Until an event says that two people ended it, it has not ended; the event does not repeat the instant.
        "released_at": {AuditKind.RETENTION_HOLD_RELEASED: lambda _facts: UNSTATED},
    },
    at_first={"released_at": None},
)
CLAIMS: Final = StatedRows(
    model=LegalClaim,
    about="retention.claim",
    key="id",
    fields={
        "subject_ref": dict.fromkeys(_CLAIM, SUBJECT),
        "rule_key": dict.fromkeys(_CLAIM, "rule"),
        "disputed_on": dict.fromkeys(_CLAIM, "disputed_on"),
        "last_day": dict.fromkeys(_CLAIM, "last_day"),
        "records": dict.fromkeys(_CLAIM, "records"),
        "replaces_id": dict.fromkeys(_CLAIM, "replaces"),
        "retention_classes": dict.fromkeys(_CLAIM, "retention_class"),
        "shown_sha256": dict.fromkeys(_CLAIM, "shown_sha256"),
        "answer": {
            _PROPOSED: lambda _facts: str(Answer.PENDING),
            AuditKind.RETENTION_CLAIM_APPROVED: lambda _facts: str(Answer.APPROVED),
            AuditKind.RETENTION_CLAIM_REFUSED: lambda _facts: str(Answer.REFUSED),
        },
    },
    at_first={"answer": ""},  # a row with which no event began keeps nothing: it is found
)
