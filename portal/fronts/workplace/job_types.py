"""Long work that staff start from the workplace."""

from django.utils.translation import gettext_lazy as _

from portal.kernel.audit import services as audit
from portal.kernel.core import actor, lookup_columns, ports
from portal.kernel.jobs.job_types import Handle
from portal.kernel.ledger.choices import Scope

VERIFY_LEDGER = "ledger.verify"
RENEW_LOOKUPS = "lookups.renew"


class VerifyLedger:
    """Every check over every entry. What it finds is a row and an audit event; running twice makes two of each."""

    name = VERIFY_LEDGER
    label = _("Verify the ledger")

    def run(self, handle: Handle) -> None:
        """Raises nothing when a check fails: the failure is the result, and signing has stopped."""
        asked = actor.system(f"jobs.job:{handle.reference}")
        audit.verify_ledger(scope=Scope.ALL, actor=asked, progress=handle.progress)


class RenewLookups:
    """Lookup hashes under the present LOOKUP_KEY. Run again it goes on with what is left: each row says its key itself."""

    name = RENEW_LOOKUPS
    label = _("Write lookup hashes under the new key")

    def run(self, handle: Handle) -> None:
        """What opens no more, because it was erased, keeps its hash; cancelled, it stops between two batches."""
        done, total = 0, sum(column.older().count() for column in ports.lookup_columns)

        def told(rows: int) -> None:
            nonlocal done
            done += rows
            handle.progress(min(done, total), total)

        handle.progress(0, total)
        for column in ports.lookup_columns:
            lookup_columns.renew(column, told=told)
