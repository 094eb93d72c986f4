"""What happens when a report of a child still waits for its freeze."""

from datetime import datetime

from portal.kernel.law.models import Clock
from portal.kernel.retention.models import ChildReport
from portal.kernel.retention.services import underage_reports


class ChildClocks:
    """Registered in ``ports.clock_owners``; called in the transaction that marks the clock."""

    def owns(self, owner: str) -> bool:
        """Labels of reports begin with their model."""
        return owner.startswith(ChildReport.OWNER)

    def due_soon(self, clock: Clock, *, percent: int, now: datetime) -> None:
        """An hour is short: each share of it is told."""
        underage_reports.remind(clock)

    def late(self, clock: Clock, *, now: datetime) -> None:
        """The same, when it is over."""
        underage_reports.remind(clock)
