"""Audit events of imports: counts, hashes and references, never anything of a row."""

from datetime import datetime

from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core.actor import Actor
from portal.jobs.models import ListImport
from portal.jobs.states import ImportState


def record_step(kind: AuditKind, brought: ListImport, *, actor: Actor, at: datetime) -> None:
    """One event about an import as it is now, in the caller's transaction.

    Its counts are those of the trial until rows are taken in, and from then on what became of the rows.
    """
    is_begun = brought.begun_at is not None
    counts = {name: getattr(brought, f"{'did' if is_begun else 'would'}_{name}") for name in ListImport.COUNTS}
    record(
        kind,
        actor=actor,
        about=f"jobs.listimport:{brought.reference}",
        facts={
            "reference": brought.reference,
            "kind": brought.kind.lower(),
            "state": str(ImportState(brought.state)),
            "sha256": brought.sha256,
            "bytes": brought.size,
            "rows": brought.rows,
            "done": brought.done,
            **counts,
        },
        at=at,
    )
