"""The person's word on how a grievance was dealt with, after its end."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from grievances.base.choices import Author, ClosedBecause, EntryKind, TicketState
from grievances.base.models.ticket import Ticket
from grievances.tickets.services import thread_entries
from grievances.tickets.services.conversation import trace
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused


def can_rate(ticket: Ticket) -> bool:
    """Whether the person may rate it: closed after an answer of ours, and not rated yet."""
    answered = {ClosedBecause.SETTLED, ClosedBecause.SILENCE}
    return ticket.state == TicketState.CLOSED and ticket.closed_because in answered and ticket.rating is None


def rate(*, ticket: Ticket, rating: int, why: str, actor: Actor, at: datetime) -> None:
    """Keep the rating, once, with the person's words, in one transaction. Nothing depends on it but a count.

    Raises Refused when it was rated before or there is nothing to rate.
    """
    with transaction.atomic():
        fresh = Ticket.objects.select_for_update().get(pk=ticket.pk)
        if not can_rate(fresh):
            raise Refused(_("This grievance is rated already, or is not over."), code="NOT_NOW")
        fresh.rating, fresh.rated_at = rating, at
        fresh.save(update_fields=["rating", "rated_at"])
        thread_entries.add(
            fresh,
            EntryKind.RATED,
            author=Author.PERSON,
            actor=actor,
            at=at,
            texts={"text": why, "rating": str(rating)},
        )
        trace(fresh, AuditKind.GRIEVANCES_MESSAGE_ADDED, EntryKind.RATED, actor=actor, at=at)
    ticket.refresh_from_db()
