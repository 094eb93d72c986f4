"""Audit events of imports: counts, hashes and references, never anything of a row."""

from datetime import datetime

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core.actor import Actor
from portal.kernel.jobs.choices import ImportState
from portal.kernel.jobs.models import ListImport


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
