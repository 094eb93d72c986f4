"""An answer is a proposal: the person says if it settles the grievance. Closing, withdrawing, opening again."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from grievances.base import selectors
from grievances.base.choices import (
    FOR_GOOD,
    MOVES,
    OPEN_STATES,
    Answer,
    AppealOutcome,
    Author,
    ClosedBecause,
    EntryKind,
    TicketState,
)
from grievances.base.models.thread import Resolution
from grievances.base.models.ticket import Ticket
from grievances.base.permissions import GrievancePermission
from grievances.tickets.services import (
    appeals,
    deadlines,
    external_tasks,
    notifications,
    reopened_requests,
    thread_entries,
)
from grievances.tickets.services.conversation import begin_with, trace
from grievances.tickets.services.work_allocation import CLAIMS
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access, clock
from portal.kernel.core.actor import SYSTEM, Actor
from portal.kernel.core.errors import Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.law.choices import Ended
from portal.kernel.people import selectors as people
from portal.kernel.people.models import User
from portal.kernel.retention.services import person_erasure


def propose(
    *,
    ticket: Ticket,
    text: str,
    by: User,
    actor: Actor,
    at: datetime,
    once_key: UUID | None = None,
    outcome: AppealOutcome | None = None,
    late_because: str = "",
) -> Resolution | None:
    """Answer the grievance. Its clocks stop here; the person is asked if this settles it.

    On appeal ``outcome`` says what becomes of the first answer. None when the same page sent the same answer before. Raises
    Refused when it is answered or closed already, an appeal's outcome is not said, a date has passed and nobody says why
    (LATE_REASON, ``law.choices.LateReason``), or it is a request about data, which two people answer (TWO_PEOPLE); NotAllowed
    for a role that may not answer and, on appeal, for whoever answered before.
    """
    access.require(by, GrievancePermission.TICKET_ANSWER)
    _require_grievance(ticket)
    CLAIMS.require_free_for(ticket, by, now=at)
    with access.acting(by, GrievancePermission.TICKET_ANSWER):
        return _propose(
            ticket=ticket,
            text=text,
            by=by,
            actor=actor,
            at=at,
            once_key=once_key,
            outcome=outcome,
            late_because=late_because,
        )


def send_agreed(
    *,
    ticket: Ticket,
    letter: str,
    by: User,
    actor: Actor,
    at: datetime,
    outcome: AppealOutcome | None = None,
    late_because: str = "",
) -> None:
    """Answer a request about data with the letter that two people agreed on, in the caller's transaction (``deciding``).

    ``by`` is the second of them. Raises as ``propose`` does, but for TWO_PEOPLE.
    """
    access.require(by, GrievancePermission.TICKET_ANSWER)
    _propose(ticket=ticket, text=letter, by=by, actor=actor, at=at, outcome=outcome, late_because=late_because)


def _propose(
    *,
    ticket: Ticket,
    text: str,
    by: User,
    actor: Actor,
    at: datetime,
    once_key: UUID | None = None,
    outcome: AppealOutcome | None,
    late_because: str,
) -> Resolution | None:
    appeals.require_another(ticket, by)
    if thread_entries.is_there(thread_entries.once_of(once_key, ticket, EntryKind.PROPOSAL, {"text": text})):
        return None
    if ticket.state not in OPEN_STATES:
        raise Refused(_("This grievance is answered or closed already."), code="NOT_OPEN")
    deadlines.require_reason(ticket, late_because=late_because, at=at)
    with transaction.atomic():
        entry = thread_entries.add(
            ticket,
            EntryKind.PROPOSAL,
            author=Author.STAFF,
            actor=actor,
            at=at,
            texts={"text": text},
            once_key=once_key,
        )
        if entry is None:
            return None
        begin_with(ticket, by, actor=actor, at=at)
        appeals.decide(ticket=ticket, outcome=outcome, by=by, actor=actor, at=at)
        # An appeal that came meanwhile began another round, perhaps without another state: this answer is not to it.
        same = {"round": ticket.round}
        move(
            ticket,
            TicketState.ANSWERED,
            moves=MOVES,
            only_if=same,
            turn_at=at,
            answered_at=at,
            locked_by=None,
            locked_until=None,
        )
        deadlines.stop_answer(ticket, actor=actor, at=at, late_because=late_because)
        resolution = Resolution.objects.create(ticket=ticket, entry=entry, proposed_by=by, proposed_at=at)
        trace(ticket, AuditKind.GRIEVANCES_RESOLUTION_PROPOSED, entry.kind, actor=actor, at=at)
        notifications.tell(ticket, "answered", about=f"line/{entry.pk}", now=at)
        return resolution


def correct(
    *, ticket: Ticket, text: str, by: User, actor: Actor, at: datetime, once_key: UUID | None = None
) -> Resolution | None:
    """Put a corrected answer in the place of one that nobody has spoken about yet; both stay in the thread.

    The clocks stay stopped where the first answer stopped them; the time for the person's word starts anew. Raises
    Refused when no answer waits and for a request about data (TWO_PEOPLE), NotAllowed for a role that may not answer and for
    whoever an appeal keeps out.
    """
    access.require(by, GrievancePermission.TICKET_ANSWER)
    _require_grievance(ticket)
    appeals.require_another(ticket, by)
    with access.acting(by, GrievancePermission.TICKET_ANSWER):
        entry = thread_entries.add(
            ticket,
            EntryKind.CORRECTION,
            author=Author.STAFF,
            actor=actor,
            at=at,
            texts={"text": text},
            once_key=once_key,
        )
        if entry is None:
            return None
        _answer(ticket, Answer.CORRECTED, at)
        resolution = Resolution.objects.create(ticket=ticket, entry=entry, proposed_by=by, proposed_at=at)
        trace(ticket, AuditKind.GRIEVANCES_RESOLUTION_PROPOSED, entry.kind, actor=actor, at=at)
        notifications.tell(ticket, "answered", about=f"line/{entry.pk}", now=at)
        return resolution


def _require_grievance(ticket: Ticket) -> None:
    if selectors.is_request(ticket):
        said = _("Two people answer a request about data: propose the answer on the page of the request.")
        raise Refused(said, code="TWO_PEOPLE")


def close_merged(*, ticket: Ticket, into: Ticket, actor: Actor, at: datetime) -> None:
    """Close a grievance that goes on in another one, which the letter names, in the caller's transaction (``triage.merge``)."""
    if ticket.state == TicketState.ANSWERED:
        _answer(ticket, Answer.WITHDRAWN, at)
    _close(ticket, ClosedBecause.MERGED, actor=actor, at=at, merged_into=into)


def accept(*, ticket: Ticket, actor: Actor, at: datetime) -> None:
    """The person says: this settles it. Raises Refused when there is no answer to accept."""
    with transaction.atomic():
        _answer(ticket, Answer.ACCEPTED, at)
        thread_entries.add(ticket, EntryKind.ACCEPTED, author=Author.PERSON, actor=actor, at=at)
        _close(ticket, ClosedBecause.SETTLED, actor=actor, at=at)


def decline(*, ticket: Ticket, why: str, actor: Actor, at: datetime) -> None:
    """The person says: this does not settle it. The grievance is ours again, with clocks of its own.

    Raises Refused when there is no answer to decline.
    """
    with transaction.atomic():
        _answer(ticket, Answer.DECLINED, at)
        thread_entries.add(ticket, EntryKind.DECLINED, author=Author.PERSON, actor=actor, at=at, texts={"text": why})
        _open_again(ticket, actor=actor, at=at)


def withdraw(*, ticket: Ticket, actor: Actor, at: datetime) -> None:
    """The person takes a grievance back: no word on our answer, if there is one. Raises Refused when it is closed."""
    if ticket.state == TicketState.CLOSED:
        raise Refused(_("This grievance is closed already."), code="CLOSED")
    with transaction.atomic():
        if ticket.state == TicketState.ANSWERED:
            _answer(ticket, Answer.WITHDRAWN, at)
        person_erasure.give_up(because=ticket.reference, now=at)
        _close(ticket, ClosedBecause.WITHDRAWN, actor=actor, at=at)


def close_in_silence(*, ticket: Ticket, at: datetime) -> None:
    """Close an answered grievance after both notices. The sweep decides that it is time; the person can reopen it."""
    with transaction.atomic():
        _answer(ticket, Answer.SILENT, at)
        _close(ticket, ClosedBecause.SILENCE, actor=SYSTEM, at=at)


def close_joined(*, ticket: Ticket, actor: Actor, at: datetime) -> None:
    """Close what is answered within another ticket, in the caller's transaction. Its clocks stop: the other's run."""
    _close(ticket, ClosedBecause.JOINED, actor=actor, at=at)


def reopen(*, ticket: Ticket, why: str, actor: Actor, at: datetime) -> None:
    """The person opens a closed grievance again within the time we promise. Raises Refused after it."""
    may = ticket.state == TicketState.CLOSED and ticket.reopen_until is not None and at < ticket.reopen_until
    if not may or ticket.closed_because in FOR_GOOD:
        raise Refused(_("This grievance can no longer be opened again. File a new one and name it."), code="TOO_LATE")
    with transaction.atomic():
        thread_entries.add(ticket, EntryKind.REOPENED, author=Author.PERSON, actor=actor, at=at, texts={"text": why})
        _open_again(ticket, actor=actor, at=at)


def _answer(ticket: Ticket, answer: Answer, at: datetime) -> None:
    """Record the person's word on the waiting proposal: once, whoever is quicker."""
    if ticket.state != TicketState.ANSWERED:
        raise Refused(_("There is no answer of ours that waits for your word."), code="NOT_ANSWERED")
    waiting = Resolution.objects.filter(ticket=ticket, answer=Answer.WAITING)
    if waiting.update(answer=answer, answered_at=at) != 1:
        raise Refused(_("You have reported this already. Load the page again."), code="ANSWERED_ALREADY")


def _close(
    ticket: Ticket, because: ClosedBecause, *, actor: Actor, at: datetime, merged_into: Ticket | None = None
) -> None:
    move(
        ticket,
        TicketState.CLOSED,
        moves=MOVES,
        closed_because=because,
        closed_at=at,
        turn_at=at,
        reopen_until=at + selectors.promise(selectors.REOPEN_WITHIN, at=at),
        merged_into=merged_into,
    )
    appeals.end(ticket=ticket, actor=actor, at=at)
    # What still runs here was taken back, or has no answer left to wait for: an answer has stopped its clocks before.
    deadlines.stop_answer(ticket, actor=actor, at=at, ended=Ended.WITHDRAWN)
    external_tasks.leave_all(ticket, actor=actor, at=at)
    deadlines.stop_acknowledge(ticket, actor=actor, at=at, ended=Ended.WITHDRAWN)
    thread_entries.add(ticket, EntryKind.CLOSED, author=Author.PORTAL, actor=actor, at=at)
    event = record(
        AuditKind.GRIEVANCES_TICKET_CLOSED,
        actor=actor,
        about=ticket.about,
        facts={
            "reference": ticket.reference,
            "reason_code": because,
            "state": ticket.state,
            "closed_at": clock.stamp(at),
        },
        subject_ref=ticket.subject_ref,
        at=at,
    )
    if because != ClosedBecause.JOINED:  # a request within another one goes on there, and its person was told of it
        receipt = notifications.receipt_of(event, ticket, "closed/")
        goes_on = {"track_url": notifications.track_url(merged_into)} if merged_into is not None else {}
        notifications.tell(ticket, "closed", about=f"closed/{ticket.round}", now=at, context={**receipt, **goes_on})


def _open_again(ticket: Ticket, *, actor: Actor, at: datetime) -> None:
    move(
        ticket,
        TicketState.WITH_US,
        moves=MOVES,
        closed_because="",
        closed_at=None,
        answered_at=None,
        reopen_until=None,
        turn_at=at,
        round=ticket.round + 1,
    )
    deadlines.start_answer(ticket, regimes=people.regimes_of(ticket.subject_ref), actor=actor, at=at)
    reopened_requests.undecide(ticket, at=at)
    record(
        AuditKind.GRIEVANCES_TICKET_REOPENED,
        actor=actor,
        about=ticket.about,
        facts={"reference": ticket.reference, "state": ticket.state},
        subject_ref=ticket.subject_ref,
        at=at,
    )
    notifications.tell(ticket, "reopened", about=f"reopened/{ticket.round}", now=at)
