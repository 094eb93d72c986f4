"""What grievances do when law says that one of their clocks is due soon or late."""

from datetime import datetime

from grievances import selectors
from grievances.models import Ticket
from grievances.services import sweeping
from portal.core.clock import day
from portal.law.models import Clock
from portal.law.services.timing import alarm_share


class GrievanceClocks:
    """Registered in ``hooks.clock_owners``; called in the transaction that marks the clock."""

    def owns(self, owner: str) -> bool:
        """Labels of this room begin with its name."""
        return owner.startswith("grievances.")

    def due_soon(self, clock: Clock, *, percent: int, now: datetime) -> None:
        """Tell the officer at the last share before the time is over: half of it is no news to anybody."""
        ticket = _ticket(clock)
        if ticket is not None and percent >= alarm_share(day(now)):
            sweeping.raise_alarm(ticket=ticket, event="due_soon", about=f"due_soon/{clock.pk}/{percent}", now=now)

    def late(self, clock: Clock, *, now: datetime) -> None:
        """Say so in the thread and to the person, and raise it with everybody who may assign it."""
        ticket = _ticket(clock)
        if ticket is None:
            return
        if clock.owner == selectors.answer_owner(ticket):
            sweeping.note_late(ticket=ticket, now=now)
        sweeping.raise_alarm(ticket=ticket, event="late", about=f"late/{clock.pk}", now=now)


def _ticket(clock: Clock) -> Ticket | None:
    reference = selectors.reference_of_owner(clock.owner)
    return Ticket.objects.select_related("fiduciary", "assigned_to__subject").filter(reference=reference).first()
