"""What this room does when law says that the review of a text is due soon or late."""

from datetime import datetime

from consent.notices.services import policy_reviews
from portal.kernel.core.clock import day
from portal.kernel.law.models import Clock
from portal.kernel.law.services.due_dates import alarm_share


class NoticeClocks:
    """Registered in ``ports.clock_owners``; called in the transaction that marks the clock."""

    def owns(self, owner: str) -> bool:
        """Labels of notices begin with their model."""
        return owner.startswith(policy_reviews.OWNER)

    def due_soon(self, clock: Clock, *, percent: int, now: datetime) -> None:
        """Tell whoever may propose a text, at the last share before the time is over: half a year ahead is no news."""
        if percent >= alarm_share(day(now)):
            policy_reviews.tell_staff(
                clock, kind="consent.staff_review_due", about=f"due_soon/{clock.pk}/{percent}", now=now
            )

    def late(self, clock: Clock, *, now: datetime) -> None:
        """Tell them again, once for each clock."""
        policy_reviews.tell_staff(clock, kind="consent.staff_review_late", about=f"late/{clock.pk}", now=now)
