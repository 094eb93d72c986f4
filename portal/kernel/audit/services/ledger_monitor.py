"""The ledger's checks, run by beat or by a person, with their trace in the audit log."""

from pathlib import Path

from django.db import transaction

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services.events import record
from portal.kernel.core import actor as actors
from portal.kernel.core.actor import Actor, ActorKind
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.choices import Scope
from portal.kernel.ledger.models import Head, Verification


def verify_ledger(*, scope: Scope, actor: Actor, progress: ledger.Progress | None = None) -> Verification:
    """Check new or all leaves; a failure stops signing and is an audit event. Returns the run.

    A clean run over all leaves, or one that a person asked for, is an audit event too; the hourly ones are rows only.
    """
    run = ledger.check_ledger(scope=scope, progress=progress)
    facts: dict[str, str | int | bool | None] = {"scope": str(scope), "size": run.size}
    with transaction.atomic():
        about = f"ledger.verification:{run.pk}"
        if not run.ok:
            checks = ",".join(sorted({failure[0] for failure in run.failures}))
            facts |= {"failures": len(run.failures), "checks": checks}
            record(AuditKind.LEDGER_VERIFICATION_FAILED, actor=actor, about=about, facts=facts)
        elif scope == Scope.ALL or actor.kind != ActorKind.SYSTEM:
            record(AuditKind.LEDGER_VERIFICATION_PASSED, actor=actor, about=about, facts=facts)
    return run


def resume_signing(*, actor: Actor) -> None:
    """Allow signing again, after every check has passed. Raises Refused when one still fires."""
    report = ledger.resume_signing_after_check()
    with transaction.atomic():
        facts = {"size": report.size}
        record(AuditKind.LEDGER_SIGNING_RESUMED, actor=actor, about="ledger.head:1", facts=facts)


def accept_rollback(*, evidence: Path, actor: Actor, progress: ledger.Progress | None = None) -> ledger.Lost:
    """Go on after a restore that lost sealed entries, with its trace first. Raises Refused as the ledger's services do."""
    lost = ledger.lost_entries()
    with transaction.atomic():
        facts: dict[str, str | int | bool | None] = {
            "size": lost.good.size,
            "anchored_size": lost.known.size,
            "anchored_root": lost.known.root.hex(),
        }
        record(AuditKind.LEDGER_ROLLBACK_ACCEPTED, actor=actor, about="ledger.head:1", facts=facts)
    ledger.begin_again(lost, evidence=evidence, progress=progress)
    return lost


def anomalies_explained() -> list[int]:
    """Answer of the hook ``anomalies_explained``: the ledger entries in which two people explain others."""
    explained = AuditEvent.objects.filter(kind=AuditKind.LEDGER_ANOMALY_EXPLAINED)
    return list(explained.values_list("entry_id", flat=True))


def signing_was_stopped(*, check: str, index: int | None) -> None:
    """Answer of the hook ``ledger_stopped``, in the transaction of the stop: the alarm's own audit event."""
    size = Head.objects.values_list("size", flat=True).first()
    facts = {"check": check, "index": index, "size": size}
    record(AuditKind.LEDGER_SIGNING_STOPPED, actor=actors.system("ledger"), about="ledger.head:1", facts=facts)
