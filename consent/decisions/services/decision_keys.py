"""Every public key that decisions were signed with: a change of LEDGER_KEY changes it, and older answers stay provable."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from consent.decisions.services import decision_signatures
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import record
from portal.kernel.core import actor

SIGNER: Final = actor.system("consent.decisions")


@dataclass(frozen=True)
class DecisionKey:
    """A public key in hex; ``since`` is when it was first noted, None for one that signs and is not noted yet."""

    key: str
    since: datetime | None


def note(*, now: datetime) -> bool:
    """Write down the key that signs now, as an audit event and so a leaf of the ledger, unless it is known. Own transaction.

    Returns whether it was new. Two workers at once may both write it: the first counts.
    """
    key = decision_signatures.public_key().hex()
    if any(one.key == key and one.since is not None for one in known()):
        return False
    with transaction.atomic():
        record(
            AuditKind.CONSENT_DECISION_KEY_USED,
            actor=SIGNER,
            about=f"consent.decision_key:{key}",
            facts={"key": key},
            at=now,
        )
    return True


def known() -> list[DecisionKey]:
    """The key that signs now, and those before it, the newest first."""
    noted = AuditEvent.objects.filter(kind=AuditKind.CONSENT_DECISION_KEY_USED).order_by("pk")
    first: dict[str, datetime | None] = {}
    for facts, at in noted.values_list("facts", "at"):
        first.setdefault(str(facts["key"]), at)
    present = decision_signatures.public_key().hex()
    older = [DecisionKey(key, at) for key, at in reversed(first.items()) if key != present]
    return [DecisionKey(present, first.get(present)), *older]
