"""Two people explain ledger entries out of order (check V8); what the checks make of it is in ``portal.kernel.ledger``."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal.fronts.workplace.models import AnomalyProposal
from portal.fronts.workplace.permissions import Act
from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.ledger import services as ledger
from portal.kernel.people.choices import Answer
from portal.kernel.people.services import maker_checker


def shown_anomaly(anomaly: ledger.Anomaly, cause: str) -> dict[str, Any]:
    """What both people see and are bound to."""
    return {
        "check": "V8",
        "cause": str(cause),
        "first": anomaly.first,
        "last": anomaly.last,
        "count": anomaly.count,
        "entries_sha256": anomaly.sha256,
    }


def propose_explanation(*, cause: str, actor: Actor) -> AnomalyProposal:
    """Propose an explanation of every entry that is out of order now. Nothing changes until another person approves.

    One transaction with its audit event. Raises Refused when no entry is, or one is proposed already; NotAllowed when the
    role may not propose.
    """
    if AnomalyProposal.objects.filter(answer=Answer.PENDING).exists():
        raise Refused(_("An explanation is proposed already. Approve or reject it first."))
    anomaly = ledger.unexplained_anomaly()
    with transaction.atomic():
        proposal = maker_checker.propose(
            AnomalyProposal,
            act=Act.ANOMALY_EXPLAIN,
            maker=maker_checker.person_of(actor),
            shown=shown_anomaly(anomaly, cause),
            now=clock.now(),
            cause=cause,
            first=anomaly.first,
            last=anomaly.last,
            count=anomaly.count,
            entries_sha256=anomaly.sha256,
        )
        _record(AuditKind.LEDGER_ANOMALY_PROPOSED, proposal, actor)
    return proposal


def answer_explanation(*, proposal: AnomalyProposal, approve: bool, reason: str, actor: Actor) -> None:
    """Approve or reject. Approved, the audit event is the explanation: a leaf of the ledger that every later check reads.

    Signing starts again by ``resume_signing``, once the sealer has sealed it. One transaction. Other entries than were
    proposed are SHOWN_CHANGED; raises what ``maker_checker.answer`` raises.
    """
    anomaly = ledger.anomaly_between(proposal.first, proposal.last, count=proposal.count)
    with transaction.atomic():
        maker_checker.answer(
            proposal,
            checker=maker_checker.person_of(actor),
            approve=approve,
            shown=shown_anomaly(anomaly, proposal.cause),
            reason=reason,
            now=clock.now(),
        )
        kind = AuditKind.LEDGER_ANOMALY_EXPLAINED if approve else AuditKind.LEDGER_ANOMALY_REFUSED
        _record(kind, proposal, actor)


def _record(kind: AuditKind, proposal: AnomalyProposal, actor: Actor) -> None:
    facts: dict[str, str | int | bool | None] = {
        "proposal": proposal.pk,
        "check": "V8",
        "cause": proposal.cause,
        "first": proposal.first,
        "last": proposal.last,
        "count": proposal.count,
        "entries_sha256": proposal.entries_sha256,
        "shown_sha256": proposal.shown_sha256,
    }
    audit.record(kind, actor=actor, about=f"{proposal._meta.label_lower}:{proposal.pk}", facts=facts)
