"""Audit events of lists: counts, hashes and references, never an address."""

from datetime import datetime

from consent.consent_imports.models import ConsentList
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core.actor import Actor


def record_step(kind: AuditKind, row: ConsentList, *, actor: Actor, at: datetime) -> None:
    """One event about a list as it is now, in the caller's transaction."""
    record(
        kind,
        actor=actor,
        about=f"consent.list:{row.reference}",
        facts={
            "reference": row.reference,
            "fiduciary": row.fiduciary.code,
            "sha256": row.sha256,
            "state": str(row.state),
            "count": row.done or row.lines,
        },
        at=at,
    )
