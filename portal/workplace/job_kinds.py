"""Long work that staff start from the workplace."""

from django.utils.translation import gettext_lazy as _

from portal.audit import services as audit
from portal.core import actor
from portal.jobs.kinds import Handle
from portal.ledger.states import Scope

VERIFY_LEDGER = "ledger.verify"


class VerifyLedger:
    """Every check over every entry. What it finds is a row and an audit event; running twice makes two of each."""

    name = VERIFY_LEDGER
    label = _("Verify the ledger")

    def run(self, handle: Handle) -> None:
        """Raises nothing when a check fails: the failure is the result, and signing has stopped."""
        asked = actor.system(f"jobs.job:{handle.reference}")
        audit.verify_ledger(scope=Scope.ALL, actor=asked, progress=handle.progress)
