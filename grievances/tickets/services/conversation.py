"""What is said about a grievance: by the person, by staff to the person, and among staff."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from grievances.base import labels, selectors
from grievances.base.choices import MOVES, OPEN_STATES, Author, EntryKind, TicketState
from grievances.base.models.thread import TicketEntry
from grievances.base.models.ticket import Ticket
from grievances.base.number_redaction import without_numbers
from grievances.base.permissions import GrievancePermission
from grievances.base.rules import PersonAction
from grievances.tickets import grievance_status
from grievances.tickets.services import appeals, deadlines, notifications, thread_access, thread_entries, uploads
from grievances.tickets.services.work_allocation import CLAIMS
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import record
from portal.kernel.core import access, date_format
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import LostRace, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.people.models import User

#: Back and "Send" again, or an impatient second press: a technical limit.
SAME_WITHIN: Final = timedelta(minutes=1)
#: Who takes a grievance takes it from whomever has it.
ANYBODY: Final = object()


@dataclass(frozen=True)
class Upload:
    """A file as it came in: bytes to read once, and the name the person gave it."""

    stream: BinaryIO = field(repr=False)
    name: str = field(repr=False)


def person_writes(
    *,
    ticket: Ticket,
    text: str,
    actor: Actor,
    at: datetime,
    once_key: UUID | None = None,
    upload: Upload | None = None,
) -> TicketEntry | None:
    """Add the person's message, and a file. It is our turn again, and paused clocks run on.

    The same words and files again within a minute are one message: None is returned, as for the same ones with the same
    ``once_key``. Other words are another message, whatever their page carried.
    Raises Refused when the grievance is answered or closed: there the person says if it is settled, or reopens it; and
    for a file that is not fit, with what is wrong. Nothing is kept then.
    """
    if ticket.state not in OPEN_STATES:
        raise Refused(_("This grievance is not open. Open it again to write to us."), code="NOT_OPEN")
    digest = _sha256(upload)
    if thread_entries.is_there(
        thread_entries.once_of(once_key, ticket, EntryKind.MESSAGE, {"text": text}, file=digest)
    ):
        return None
    safe = [(uploads.made_safe(upload.stream), upload.name)] if upload is not None else []
    with uploads.encrypted(safe) as ready, transaction.atomic():
        Ticket.objects.select_for_update().get(pk=ticket.pk)  # two sends at once are heard one after the other
        if _said_just_now(ticket, text, upload, at):
            return None
        kept = [uploads.keep(file, subject_ref=ticket.subject_ref, actor=actor) for file in ready]
        entry = thread_entries.add(
            ticket,
            EntryKind.MESSAGE,
            author=Author.PERSON,
            actor=actor,
            at=at,
            texts={"text": text},
            once_key=once_key,
            files=kept,
            file_sha256=digest,
        )
        if entry is None:
            return None
        if ticket.state == TicketState.WITH_YOU:
            move(ticket, TicketState.WITH_US, moves=MOVES, turn_at=at)
            deadlines.go_on(ticket, actor=actor, at=at)
        trace(ticket, AuditKind.GRIEVANCES_MESSAGE_ADDED, entry.kind, actor=actor, at=at)
        return entry


def _sha256(upload: Upload | None) -> str:
    """Of the bytes as they came in, which can be read again after; empty without a file."""
    if upload is None:
        return ""
    digest = hashlib.file_digest(upload.stream, "sha256").hexdigest()  # type: ignore[arg-type]
    upload.stream.seek(0)
    return digest


def _said_just_now(ticket: Ticket, text: str, upload: Upload | None, at: datetime) -> bool:
    """Whether the person's last message, of less than a minute ago, says the same and carries the same file."""
    last = ticket.entries.filter(kind=EntryKind.MESSAGE, at__gt=at - SAME_WITHIN).order_by("-at", "-pk").first()
    if last is None:
        return False
    before = thread_access.line_of(ticket, last)
    names = [file.name for file in before.files]
    said = without_numbers(text)[0]
    return before.texts.get("text", "") == said and names == ([uploads.name_of(upload.name)] if upload else [])


def has_said(ticket: Ticket, kind: EntryKind, text: str) -> bool:
    """Whether the person's last line of this kind has these words."""
    last = ticket.entries.filter(kind=kind, author=Author.PERSON).order_by("-at", "-pk").first()
    if last is None:
        return False
    return thread_access.line_of(ticket, last).texts.get("text", "") == without_numbers(text)[0]


def remind(*, ticket: Ticket, actor: Actor, at: datetime, once_key: UUID | None = None) -> TicketEntry | None:
    """The person reminds us of an answer that is late: once in the time of the house rule ``grievances.remind_again``.

    One line and its audit event, in one transaction. Raises Refused with a code: NOT_LATE when no answer of ours is late,
    TOO_SOON after another reminder.
    """
    if thread_entries.is_there(thread_entries.once_of(once_key, ticket, EntryKind.REMINDED)):
        return None
    with transaction.atomic():
        Ticket.objects.select_for_update().get(pk=ticket.pk)  # two reminders at once are heard one after the other
        if grievance_status.standing_of(ticket, now=at).person != PersonAction.REMIND:
            raise Refused(_("This grievance does not wait for us."), code="NOT_LATE")
        again = selectors.remind_again_from(ticket, now=at)
        if again is not None:
            said = {"when": labels.instant(again, selectors.zone_of(ticket))}
            raise Refused(_("You have reminded us. You can do so again from %(when)s.") % said, code="TOO_SOON")
        entry = thread_entries.add(
            ticket, EntryKind.REMINDED, author=Author.PERSON, actor=actor, at=at, once_key=once_key
        )
        if entry is not None:
            trace(ticket, AuditKind.GRIEVANCES_MESSAGE_ADDED, entry.kind, actor=actor, at=at)
        return entry


def reply(
    *, ticket: Ticket, text: str, by: User, actor: Actor, at: datetime, once_key: UUID | None = None
) -> TicketEntry | None:
    """Write to the person without asking anything: the turn stays with us, the clocks run."""
    access.require(by, GrievancePermission.TICKET_ANSWER)
    appeals.require_another(ticket, by)
    CLAIMS.require_free_for(ticket, by, now=at)
    with access.acting(by, GrievancePermission.TICKET_ANSWER):
        entry = _write(ticket, EntryKind.REPLY, text, actor=actor, at=at, once_key=once_key)
        if entry is None:
            return None
        if ticket.state == TicketState.RECEIVED:
            move(ticket, TicketState.WITH_US, moves=MOVES, turn_at=at)
        begin_with(ticket, by, actor=actor, at=at)
        deadlines.first_word(ticket, actor=actor, at=at)
        notifications.tell(ticket, "replied", about=f"line/{entry.pk}", now=at)
        return entry


def ask(
    *, ticket: Ticket, text: str, by: User, actor: Actor, at: datetime, once_key: UUID | None = None
) -> TicketEntry | None:
    """Ask the person something we cannot go on without: their turn. House clocks pause; the law's run on."""
    access.require(by, GrievancePermission.TICKET_ANSWER)
    appeals.require_another(ticket, by)
    CLAIMS.require_free_for(ticket, by, now=at)
    with access.acting(by, GrievancePermission.TICKET_ANSWER):
        entry = _write(ticket, EntryKind.QUESTION, text, actor=actor, at=at, once_key=once_key)
        if entry is None:
            return None
        if ticket.state != TicketState.WITH_YOU:
            move(ticket, TicketState.WITH_YOU, moves=MOVES, turn_at=at)
            deadlines.wait_for_person(ticket, actor=actor, at=at)
        begin_with(ticket, by, actor=actor, at=at)
        deadlines.first_word(ticket, actor=actor, at=at)
        notifications.tell(ticket, "asked", about=f"line/{entry.pk}", now=at)
        return entry


def note(
    *, ticket: Ticket, text: str, by: User, actor: Actor, at: datetime, once_key: UUID | None = None
) -> TicketEntry | None:
    """Write an internal note. The person never reads it; nothing moves."""
    access.require(by, GrievancePermission.TICKET_NOTE)
    with access.acting(by, GrievancePermission.TICKET_NOTE):
        entry = thread_entries.add(
            ticket,
            EntryKind.NOTE,
            author=Author.STAFF,
            actor=actor,
            at=at,
            texts={"text": text},
            internal=True,
            once_key=once_key,
        )
        if entry is not None:
            trace(ticket, AuditKind.GRIEVANCES_MESSAGE_ADDED, entry.kind, actor=actor, at=at)
        return entry


def assign(*, ticket: Ticket, to: User, by: User, actor: Actor, at: datetime) -> None:
    """Give a grievance to a member of staff who may answer it, in one transaction with its audit event.

    Raises NotAllowed for a role that may not assign; Refused for somebody who may not answer, or answered before an appeal;
    LostRace while a colleague other than the two works on it.
    """
    access.require(by, GrievancePermission.TICKET_ASSIGN)
    with access.acting(by, GrievancePermission.TICKET_ASSIGN):
        _give(ticket, to, by=by, actor=actor, at=at)


def take(*, ticket: Ticket, by: User, actor: Actor, at: datetime, seen_with: int | Any | None = ANYBODY) -> None:
    """Take a grievance oneself. ``seen_with`` is who had it on the page that was confirmed (None for nobody).

    Raises NotAllowed for a role that may not answer, LostRace while a colleague works on it or where another one has got it
    since that page was shown.
    """
    access.require(by, GrievancePermission.TICKET_ANSWER)
    with access.acting(by, GrievancePermission.TICKET_ANSWER):
        _give(ticket, by, by=by, actor=actor, at=at, seen_with=seen_with)


def begin_with(ticket: Ticket, by: User, *, actor: Actor, at: datetime) -> None:
    """In the caller's transaction: what an officer was handed is assigned to them from their first word on."""
    if ticket.holder_id_at(at) == by.pk:
        _give(ticket, by, by=by, actor=actor, at=at)


def let_go(*, user_id: int, at: datetime) -> int:
    """A login was deactivated: its open grievances and what it was handed belong to nobody, in the same transaction, but for
    those at which somebody is working just then: right after it (``Claims.login_left`` says why).

    Returns how many were assigned to it.
    """
    CLAIMS.login_left(user_id=user_id, at=at)
    theirs = Ticket.objects.filter(assigned_to_id=user_id, state__in=OPEN_STATES)
    idle = list(theirs.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
    transaction.on_commit(lambda: theirs.update(assigned_to=None), robust=True)
    return Ticket.objects.filter(pk__in=idle).update(assigned_to=None)


def _require_still_with(ticket: Ticket, seen_with: Any, to: User) -> None:
    """Raises LostRace, which names who has it and since when, where somebody got it since."""
    if seen_with is ANYBODY or ticket.assigned_to_id in {seen_with, to.pk}:
        return
    if ticket.assigned_to is None:
        raise LostRace(_("It was given back since you opened this page. Load the page again."))
    given = AuditEvent.objects.filter(kind=AuditKind.GRIEVANCES_TICKET_ASSIGNED, about=ticket.about).latest("at", "pk")
    raise LostRace(
        _("%(name)s took it at %(time)s. Load the page again if you still want it.")
        % {"name": ticket.assigned_to.full_name or ticket.assigned_to.email, "time": date_format.moment(given.at)}
    )


def _give(
    ticket: Ticket, to: User, *, by: User, actor: Actor, at: datetime, seen_with: int | Any | None = ANYBODY
) -> None:
    if not access.allowed(to, GrievancePermission.TICKET_ANSWER):
        raise Refused(_("Choose a person whose role may answer grievances."), code="MAY_NOT_ANSWER")
    if selectors.is_kept_out(ticket, to.pk):
        raise Refused(_("The appeal is against an answer of this officer. Choose another person."), code="OWN_APPEAL")
    with transaction.atomic():
        # nobody takes it between the question and the giving
        _require_still_with(Ticket.objects.select_for_update().get(pk=ticket.pk), seen_with, to)
        CLAIMS.require_free_for(ticket, by, to, now=at)
        ticket.locked_by = ticket.locked_until = None
        if ticket.assigned_to_id == to.pk:
            ticket.save(update_fields=["locked_by", "locked_until"])
            return
        ticket.assigned_to = to
        ticket.save(update_fields=["assigned_to", "locked_by", "locked_until"])
        record(
            AuditKind.GRIEVANCES_TICKET_ASSIGNED,
            actor=actor,
            about=ticket.about,
            facts={"reference": ticket.reference, "officer": to.pk},
            subject_ref=ticket.subject_ref,
            at=at,
        )


def _write(
    ticket: Ticket, kind: EntryKind, text: str, *, actor: Actor, at: datetime, once_key: UUID | None
) -> TicketEntry | None:
    if ticket.state not in OPEN_STATES:
        raise Refused(
            _("This grievance is answered or closed. The person has to open it again first."), code="NOT_OPEN"
        )
    entry = thread_entries.add(
        ticket, kind, author=Author.STAFF, actor=actor, at=at, texts={"text": text}, once_key=once_key
    )
    if entry is not None:
        trace(ticket, AuditKind.GRIEVANCES_MESSAGE_ADDED, entry.kind, actor=actor, at=at)
    return entry


def trace(ticket: Ticket, kind: AuditKind, line: str, *, actor: Actor, at: datetime) -> None:
    """Write the audit event of one step: what kind of line, never its words."""
    record(
        kind,
        actor=actor,
        about=ticket.about,
        facts={"reference": ticket.reference, "kind": line, "state": ticket.state},
        subject_ref=ticket.subject_ref,
        at=at,
    )
