"""Two officers at one grievance: who else has opened it, and that nobody sends over a line that they have not seen."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from grievances.base.choices import Author, EntryKind
from grievances.base.models.thread import TicketEntry
from grievances.base.models.ticket import Ticket
from grievances.base.permissions import GrievancePermission
from grievances.tickets.services import thread_entries
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import access, answers
from portal.kernel.core import actor as actors
from portal.kernel.core.errors import LostRace
from portal.kernel.people.models import User

#: The code of the refusal to send over a line that its writer has not seen.
UNSEEN_LINE: Final = "UNSEEN_LINE"
#: Kinds of lines by which staff write to the person.
TO_PERSON: Final = (EntryKind.REPLY, EntryKind.QUESTION, EntryKind.PROPOSAL, EntryKind.CORRECTION)
#: Purposes of whoever opens a grievance to answer it; others only read.
TO_ANSWER: Final = ("grievance", "rights_request")


@dataclass(frozen=True)
class Colleague:
    """Who else has a grievance open: their name, and since when."""

    name: str
    since: datetime


def colleagues_at(ticket: Ticket, *, user: User, now: datetime) -> list[Colleague]:
    """Who else opened it to answer it and may still read it, the latest first: from the audit events of opening.

    An opening lasts as long as the purpose that was given for it (house rule ``admin.opening_life``). Nobody says when they
    leave a page, so this names the moment of opening and no more.
    """
    opened = AuditEvent.objects.filter(
        kind=AuditKind.ADMIN_RECORD_OPENED,
        about=ticket.about,
        at__gt=now - answers.opening_life.ask(at=now),
        facts__purpose__in=TO_ANSWER,
    ).exclude(actor_ref=actors.staff(user.pk).ref)
    since = {
        int(ref.removeprefix("user:")): at
        for ref, at in opened.order_by("at", "pk").values_list("actor_ref", "at")
        if ref.startswith("user:")
    }
    known = User.objects.in_bulk(since)
    found = [Colleague(known[key].full_name or known[key].email, at) for key, at in since.items() if key in known]
    return sorted(found, key=lambda one: one.since, reverse=True)


def is_of_others(entry: TicketEntry, user: User) -> bool:
    """Whether a line is the person's or a colleague's: what the portal and the reader wrote needs no reading."""
    return entry.author != Author.PORTAL and entry.written_by_id != user.pk


def lines_of_others(ticket: Ticket, *, user: User) -> int:
    """How many lines of the person and of colleagues there are. A page carries the number to say what its reader saw: lines
    are never taken away, and a key says nothing of the order in which they came to be seen.
    """
    return ticket.entries.exclude(author=Author.PORTAL).exclude(written_by=user).count()


@contextmanager
def having_read(ticket: Ticket, *, seen: int, text: str, once_key: UUID | None, by: User) -> Iterator[None]:
    """One transaction in which nobody else writes, on the grievance as it is now: whoever sends has seen every line up to here.

    Raises LostRace (UNSEEN_LINE) where the person or a colleague wrote since the page showed ``seen`` of their lines, but for a
    message that is in the thread already; NotAllowed for a role that may not answer. Nothing is sent then.
    """
    with access.acting(by, GrievancePermission.TICKET_ANSWER):
        ticket.refresh_from_db(  # two sends at once are heard one after the other
            fields=["state", "round", "assigned_to", "locked_by", "locked_until"],
            from_queryset=Ticket.objects.select_for_update(),
        )
        is_new = lines_of_others(ticket, user=by) > seen
        if is_new and not _is_sent(ticket, text, once_key):
            said = _(
                "Something was written here since you opened this page. Read it, then send your message or change it."
            )
            raise LostRace(said, code=UNSEEN_LINE)
        yield


def _is_sent(ticket: Ticket, text: str, once_key: UUID | None) -> bool:
    """Whether the same page has sent these words before, as whatever kind of message."""
    marks = (thread_entries.once_of(once_key, ticket, kind, {"text": text}) for kind in TO_PERSON)
    return any(thread_entries.is_there(mark) for mark in marks)
