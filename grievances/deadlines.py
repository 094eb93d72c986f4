"""What grievances do when law says that one of their clocks is due soon or late, longer, or counted from another moment."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import translation

from grievances import scheduled_checks
from grievances.base import labels, selectors
from grievances.base.choices import Author, EntryKind
from grievances.base.models.ticket import Ticket
from grievances.tickets.services import deadlines, notifications, thread_entries
from portal.kernel.core.actor import Actor
from portal.kernel.law.models import Clock
from portal.kernel.law.rules import LATE, clock_state


class GrievanceClocks:
    """Registered in ``ports.clock_owners``; called in the transaction that marks the clock."""

    def owns(self, owner: str) -> bool:
        """Labels of this room begin with its name."""
        return owner.startswith("grievances.")

    def lock(self, owner: str) -> None:
        """The grievance is locked before its clocks, as when its person is asked, answered or put off."""
        list(Ticket.objects.select_for_update(no_key=True).filter(reference=selectors.reference_of_owner(owner)))

    def due_soon(self, clock: Clock, *, percent: int, now: datetime) -> None:
        """Tell those who are to hear of that share of the time; nobody hears that the first word is due soon."""
        ticket = _ticket(clock) if clock.kind != deadlines.INTERIM else None
        if ticket is not None:
            about = f"due_soon/{clock.pk}/{percent}"
            scheduled_checks.raise_alarm(ticket=ticket, event="due_soon", percent=percent, about=about, now=now)

    def late(self, clock: Clock, *, now: datetime) -> None:
        """Say so in the thread and to the person, and raise it with those who answer for it."""
        ticket = _ticket(clock)
        if ticket is None:
            return
        if clock.owner == selectors.answer_owner(ticket):
            scheduled_checks.note_late(ticket=ticket, now=now)
        event = "no_word" if clock.kind == deadlines.INTERIM else "late"
        scheduled_checks.raise_alarm(ticket=ticket, event=event, percent=LATE, about=f"late/{clock.pk}", now=now)

    def extended(self, clock: Clock, *, text: str, actor: Actor, now: datetime) -> bool:
        """Tell the person of the new date, its ground and its reason; False where nothing can be sent to them."""
        ticket = _ticket(clock)
        if ticket is None or clock.extended_by is None:
            return False
        deadlines.follow(ticket, now=now)
        texts = {"text": text} if text else None
        thread_entries.add(ticket, EntryKind.EXTENDED, author=Author.STAFF, actor=actor, at=now, texts=texts)
        with translation.override(ticket.language):
            context = {
                "new_due": labels.day(clock_state(clock, now).due_at, selectors.zone_of(ticket)),
                "law": f"{clock.extended_by.law}, {clock.extended_by.provision}",
                "reason": str(labels.EXTENSION_REASONS[clock.extended_because]),
            }
        return notifications.tell(ticket, "extended", about=f"extended/{clock.pk}", now=now, context=context)

    def filed_at(self, owner: str) -> datetime | None:
        """When the grievance was filed here; of a later round only its clocks know."""
        return None if "/" in owner else selectors.filed_at(selectors.reference_of_owner(owner))

    def corrected(self, clocks: Sequence[Clock], *, actor: Actor, now: datetime) -> None:
        """What began with it begins anew with it, and the row follows: when it reached us, and by when it is due.

        ``received_at`` is the start of the first round's clocks, in whichever round that is corrected: evidence packs
        compare it with the audit event of the correction. The thread says so.
        """
        ticket = _ticket(clocks[0])
        if ticket is None:
            return
        deadlines.move_along(ticket, clocks, actor=actor, at=now)
        if clocks[0].owner == ticket.about:
            ticket.received_at = clocks[0].started_at
            ticket.save(update_fields=["received_at"])
        if clocks[0].owner != selectors.answer_owner(ticket):
            return
        deadlines.follow(ticket, now=now)
        thread_entries.add(ticket, EntryKind.START_CORRECTED, author=Author.STAFF, actor=actor, at=now)


def _ticket(clock: Clock) -> Ticket | None:
    reference = selectors.reference_of_owner(clock.owner)
    return Ticket.objects.select_related("fiduciary", "assigned_to__subject").filter(reference=reference).first()
