"""What KYC does when our promise to look at documents, or the answer to a request to delete one, is late."""

from datetime import datetime

from kyc.base.models.cases import Case
from kyc.outcomes.models import DeletionRequest
from kyc.outcomes.services import customer_notifications
from portal.kernel.law.models import Clock


class KycClocks:
    """Registered in ``ports.clock_owners``; called in the transaction that marks the clock."""

    def owns(self, owner: str) -> bool:
        """Labels of cases begin with their model."""
        return owner.startswith((Case.OWNER, DeletionRequest.OWNER))

    def due_soon(self, clock: Clock, *, percent: int, now: datetime) -> None:
        """The queue is ordered by age already: nobody is written to before a case is late."""

    def late(self, clock: Clock, *, now: datetime) -> None:
        """Tell everybody who may decide, once for each clock."""
        if clock.owner.startswith(DeletionRequest.OWNER):
            customer_notifications.deletion_late(
                clock.owner.removeprefix(DeletionRequest.OWNER), about=f"late/{clock.pk}", now=now
            )
            return
        case = Case.objects.filter(reference=clock.owner.removeprefix(Case.OWNER)).first()
        if case is not None:
            customer_notifications.staff_late(case, about=f"late/{clock.pk}", now=now)
