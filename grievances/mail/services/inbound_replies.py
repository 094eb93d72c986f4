"""What a person writes about a grievance that is there, by mail or by message: it goes where it belongs in every state."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction

from grievances.base.choices import MOVES, Author, EntryKind, TicketState
from grievances.base.models.ticket import Ticket
from grievances.base.rules import PersonAction
from grievances.tickets.grievance_status import standing_of
from grievances.tickets.services import conversation, deadlines, resolutions, thread_entries, uploads
from grievances.tickets.services.uploads import ReadyFile
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core.actor import Actor
from portal.kernel.core.state_transitions import move


class Heard(StrEnum):
    """What became of words about a grievance."""

    ADDED = "added"
    BEFORE = "before"
    TOO_LATE = "too_late"


def hear(
    *,
    ticket: Ticket,
    text: str,
    actor: Actor,
    at: datetime,
    once_key: UUID,
    files: Iterable[ReadyFile] = (),
    note: str = "",
) -> Heard:
    """Put what a person wrote into the thread, in one transaction; files were made safe and encrypted before.

    Open: it is our turn again, as with a message on the page. Answered: nobody can press yes or no in a mail, so it is
    taken as "this does not settle it" and opens the grievance. Closed: it opens it while that is promised. ``TOO_LATE``
    where the grievance can no longer be opened (the caller files a new one), ``BEFORE`` where the same ``once_key`` was heard
    already.
    ``note`` is kept with the words: what of the message is not.
    """
    with transaction.atomic():
        fresh = Ticket.objects.select_for_update().select_related("fiduciary").get(pk=ticket.pk)
        texts = {"text": text, "left_out": note}
        if thread_entries.is_there(thread_entries.once_of(once_key, fresh, EntryKind.MESSAGE, texts)):
            return Heard.BEFORE
        if fresh.state == TicketState.CLOSED and standing_of(fresh, now=at).person != PersonAction.REOPEN:
            return Heard.TOO_LATE
        if fresh.state == TicketState.ANSWERED:
            resolutions.decline(ticket=fresh, why="", actor=actor, at=at)
        elif fresh.state == TicketState.CLOSED:
            resolutions.reopen(ticket=fresh, why="", actor=actor, at=at)
        kept = [uploads.keep(file, subject_ref=fresh.subject_ref, actor=actor) for file in files]
        entry = thread_entries.add(
            fresh,
            EntryKind.MESSAGE,
            author=Author.PERSON,
            actor=actor,
            at=at,
            texts=texts,
            once_key=once_key,
            files=kept,
        )
        if entry is None:
            return Heard.BEFORE
        if fresh.state == TicketState.WITH_YOU:
            move(fresh, TicketState.WITH_US, moves=MOVES, turn_at=at)
            deadlines.go_on(fresh, actor=actor, at=at)
        conversation.trace(fresh, AuditKind.GRIEVANCES_MESSAGE_ADDED, entry.kind, actor=actor, at=at)
    return Heard.ADDED


def can_hear(ticket: Ticket, *, now: datetime) -> bool:
    """Whether a message about this grievance still goes into it."""
    return ticket.state != TicketState.CLOSED or standing_of(ticket, now=now).person == PersonAction.REOPEN
