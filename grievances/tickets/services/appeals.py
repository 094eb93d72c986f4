"""Appeals: the same grievance before another officer. Who answered before does not decide, by whatever door they come."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from grievances.base import labels, selectors
from grievances.base.choices import MOVES, OPEN_STATES, Answer, AppealOutcome, Author, EntryKind, TicketState
from grievances.base.models.appeal import Appeal
from grievances.base.models.thread import Resolution
from grievances.base.models.ticket import Ticket
from grievances.base.permissions import GrievancePermission
from grievances.base.rules import NoAppeal
from grievances.tickets import grievance_status
from grievances.tickets.services import deadlines, notifications, reopened_requests, thread_entries
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.people import selectors as people
from portal.kernel.people.models import User


def appeal(*, ticket: Ticket, why: str, actor: Actor, at: datetime, once_key: UUID | None = None) -> Appeal | None:
    """The person takes the grievance to another officer, in one transaction.

    An answer that waits for the person's word is declined by it. The grievance is open again, in a round of its own, with
    the clocks of the plan ``appeal`` and with nobody's name on it; clocks of the law that were late run on until the answer.
    A request about data is to be answered again, by two others.
    Staff who may assign it are told, also where too few are left who may answer it, and the person by letter. None when the same page sent the same before. Raises Refused
    with the reason of ``rules.NoAppeal`` where there is nothing to appeal against, or no longer.
    """
    texts = {"text": why}
    if thread_entries.is_there(thread_entries.once_of(once_key, ticket, EntryKind.APPEALED, texts)):
        return None
    with transaction.atomic():
        fresh = Ticket.objects.select_for_update().get(
            pk=ticket.pk
        )  # two appeals at once are heard one after the other
        refused = grievance_status.why_no_appeal(fresh, now=at)
        if refused is not None:
            raise Refused(why_not(fresh, refused), code=refused.upper())
        last = fresh.resolutions.order_by("-proposed_at", "-pk").first()
        Resolution.objects.filter(ticket=fresh, answer=Answer.WAITING).update(answer=Answer.DECLINED, answered_at=at)
        made = Appeal.objects.create(
            ticket=fresh,
            round=fresh.round + 1,
            made_at=at,
            handled_by_id=last.proposed_by_id if last is not None else fresh.assigned_to_id,
        )
        thread_entries.add(
            fresh, EntryKind.APPEALED, author=Author.PERSON, actor=actor, at=at, texts=texts, once_key=once_key
        )
        _open_for_another(fresh, at)
        reopened_requests.undecide(fresh, at=at)
        regimes = people.regimes_of(fresh.subject_ref)
        deadlines.start_answer(fresh, regimes=regimes, actor=actor, at=at, kind=deadlines.APPEAL)
        record(
            AuditKind.GRIEVANCES_APPEAL_MADE,
            actor=actor,
            about=fresh.about,
            facts={"reference": fresh.reference, "appeal": made.reference, "officer": made.handled_by_id},
            subject_ref=fresh.subject_ref,
            at=at,
        )
        notifications.tell(fresh, "appealed", about=f"appealed/{made.number}", now=at)
        lacking = str(selectors.lacking_for_appeal(fresh, now=at) or "")
        for user in people.staff_with(GrievancePermission.TICKET_ASSIGN, now=at):
            notifications.tell_staff(
                fresh, "appealed", to=user, about=f"appealed/{made.number}", now=at, lacking=lacking
            )
    ticket.refresh_from_db()
    return made


def _open_for_another(ticket: Ticket, at: datetime) -> None:
    """With us, in a new round, and nobody's. An open grievance that is late keeps its state: it is with us or with them."""
    changes: dict[str, Any] = {
        "assigned_to": None,
        "locked_by": None,
        "locked_until": None,
        "answered_at": None,
        "reopen_until": None,
        "turn_at": at,
        "round": ticket.round + 1,
    }
    if ticket.state in OPEN_STATES and ticket.state != TicketState.WITH_YOU:
        for name, value in changes.items():
            setattr(ticket, name, value)
        ticket.save(update_fields=list(changes))
        return
    move(ticket, TicketState.WITH_US, moves=MOVES, closed_because="", closed_at=None, **changes)


def require_another(ticket: Ticket, by: User) -> None:
    """Raises NotAllowed where an appeal is before another officer than ``by``: who answered before writes no answer."""
    if selectors.is_kept_out(ticket, by.pk):
        raise NotAllowed(
            _("This grievance is on appeal against your answer. Another officer answers it; you can add a note."),
            code="OWN_APPEAL",
        )


def decide(*, ticket: Ticket, outcome: AppealOutcome | None, by: User, actor: Actor, at: datetime) -> None:
    """Write down what the second officer made of the first answer, in the caller's transaction, which answers.

    Nothing happens without an appeal that waits. Raises Refused when the outcome of one is not said.
    """
    waiting = Appeal.objects.filter(ticket=ticket, outcome=AppealOutcome.WAITING).first()
    if waiting is None:
        return
    if outcome not in {AppealOutcome.CHANGED, AppealOutcome.STAYS}:
        raise Refused(_("Say if the first answer stays or is changed."), code="NO_OUTCOME")
    _end(waiting, outcome, by=by, actor=actor, at=at)


def end(*, ticket: Ticket, actor: Actor, at: datetime) -> None:
    """The grievance ended before the second officer answered; in the caller's transaction."""
    waiting = Appeal.objects.filter(ticket=ticket, outcome=AppealOutcome.WAITING).first()
    if waiting is not None:
        _end(waiting, AppealOutcome.ENDED, by=None, actor=actor, at=at)


def _end(waiting: Appeal, outcome: AppealOutcome, *, by: User | None, actor: Actor, at: datetime) -> None:
    waiting.outcome, waiting.decided_by, waiting.decided_at = outcome, by, at
    waiting.save(update_fields=["outcome", "decided_by", "decided_at"])
    record(
        AuditKind.GRIEVANCES_APPEAL_DECIDED,
        actor=actor,
        about=waiting.ticket.about,
        facts={"reference": waiting.ticket.reference, "appeal": waiting.reference, "answer": outcome},
        subject_ref=waiting.ticket.subject_ref,
        at=at,
    )


def why_not(ticket: Ticket, refused: NoAppeal) -> str:
    """In the person's words, why no appeal can be made."""
    if refused == NoAppeal.ALREADY:
        return _("You have appealed already. Another officer reviews it, or has answered it.")
    if refused == NoAppeal.ENDED:
        return _("This grievance was withdrawn or erased. File a new one.")
    if refused == NoAppeal.NOT_YET:
        return _("You can appeal when we have answered, or when our answer is late.")
    until = selectors.appeal_until(ticket)
    said = labels.day(until, selectors.zone_of(ticket)) if until else ""
    return _("The time to appeal ended on %(day)s. These bodies can still help you: see the end of the page.") % {
        "day": said
    }
