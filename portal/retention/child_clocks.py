"""What happens when a report of a child still waits for its freeze."""

from datetime import datetime

from portal.law.models import Clock
from portal.retention.models import ChildReport
from portal.retention.services import children


class ChildClocks:
    """Registered in ``hooks.clock_owners``; called in the transaction that marks the clock."""

    def owns(self, owner: str) -> bool:
        """Labels of reports begin with their model."""
        return owner.startswith(ChildReport.OWNER)

    def due_soon(self, clock: Clock, *, percent: int, now: datetime) -> None:
        """An hour is short: each share of it is told."""
        children.remind(clock)

    def late(self, clock: Clock, *, now: datetime) -> None:
        """The same, when it is over."""
        children.remind(clock)
