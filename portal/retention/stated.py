"""What audit events state of erasure runs and of holds: check V11 holds the rows against them."""

from typing import Final

from portal.audit.kinds import AuditKind
from portal.audit.services import SUBJECT, StatedRows
from portal.retention.models import ErasureRun, Hold

_RUN: Final = AuditKind.RETENTION_ERASURE_RUN
_PLACED: Final = AuditKind.RETENTION_HOLD_PLACED

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
    },
)
HOLDS: Final = StatedRows(
    model=Hold,
    about="retention.hold",
    key="id",
    fields={"subject_ref": {_PLACED: SUBJECT}, "retention_class": {_PLACED: "retention_class"}},
)
