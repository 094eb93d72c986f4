"""What this room does when law says that the review of a text is due soon or late."""

from datetime import datetime

from consent.services import reviewing
from portal.law.models import Clock

#: Half a year ahead is no news: staff are told when four fifths of the time are gone.
ALARM_PERCENT = 80


class NoticeClocks:
    """Registered in ``hooks.clock_owners``; called in the transaction that marks the clock."""

    def owns(self, owner: str) -> bool:
        """Labels of notices begin with their model."""
        return owner.startswith(reviewing.OWNER)

    def due_soon(self, clock: Clock, *, percent: int, now: datetime) -> None:
        """Tell whoever may propose a text."""
        if percent >= ALARM_PERCENT:
            reviewing.tell_staff(
                clock, kind="consent.staff_review_due", about=f"due_soon/{clock.pk}/{percent}", now=now
            )

    def late(self, clock: Clock, *, now: datetime) -> None:
        """Tell them again, once for each clock."""
        reviewing.tell_staff(clock, kind="consent.staff_review_late", about=f"late/{clock.pk}", now=now)
