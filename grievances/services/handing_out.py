"""Handing out grievances: what is due first and free goes to exactly one officer, for the time a house rule gives."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from grievances import selectors
from grievances.models import ProofPaper, RequestProposal, RightsRequest, Ticket
from grievances.permissions import GrievancePermission
from grievances.request_states import RequestState
from grievances.states import TicketKind, TicketState
from portal.audit.kinds import AuditKind
from portal.audit.models import AuditEvent
from portal.audit.services import record
from portal.core import access, changes
from portal.core import actor as actors
from portal.core.actor import Actor
from portal.core.errors import LostRace
from portal.people.models import User
from portal.people.services.four_eyes import person_of
from portal.people.states import Answer

LOCK_LIFE = "grievances.lock_life"
#: Losing so many races one after the other means that colleagues take everything.
TRIES = 20


def take_next(*, actor: Actor, now: datetime) -> Ticket | None:
    """Hand this officer the grievance that is due first, of their own and of those nobody has; None where there is none.

    What they were handed already comes first; what they gave back stays with colleagues for as long as a claim lasts. On
    PostgreSQL two who ask at once do not wait for each other (SKIP LOCKED); on both databases the claim is one conditional
    UPDATE, so that one of them gets it. In one transaction with its audit event. Raises NotAllowed for a role that may not
    answer.
    """
    user = person_of(actor)
    access.require(user, GrievancePermission.TICKET_ANSWER)
    for _attempt in range(TRIES):
        with transaction.atomic():
            ticket = _first(user, now)
            if ticket is None:
                return None
            changes.watch_row(ticket)
            try:
                claim(ticket, actor=actor, now=now)
            except LostRace:
                continue
            return ticket
    return None


def waiting_for(user: User, *, now: datetime) -> QuerySet[Ticket]:
    """Open grievances that wait for us and that this officer may answer: theirs and nobody's, what is due first in front.

    A request about data waits once it was shown who asks, or a paper that is to show it has come, and until somebody has
    proposed its answer.
    """
    asked = RightsRequest.objects.filter(ticket=OuterRef("pk"))
    papers = ProofPaper.objects.filter(request__ticket=OuterRef("pk"), finding="", destroyed_at=None)
    proposed = RequestProposal.objects.filter(request__ticket=OuterRef("pk"), answer=Answer.PENDING)
    ready = Exists(asked.filter(state=RequestState.SHOWN)) & ~Exists(proposed) | Exists(papers)
    whose = Q(assigned_to=None) | Q(assigned_to=user) | Q(assigned_to__is_active=False)
    rows = Ticket.objects.filter(whose, state__in=[TicketState.RECEIVED, TicketState.WITH_US])
    kept_out = selectors.appeals_against(user.pk).filter(ticket=OuterRef("pk"))
    rows = rows.filter(~Exists(kept_out), ~Q(kind=TicketKind.REQUEST) | ready)
    return rows.order_by(F("due_at").asc(nulls_last=True), "pk")


def _first(user: User, now: datetime) -> Ticket | None:
    """The row stays locked until the transaction ends."""
    waiting = waiting_for(user, now=now).select_for_update(skip_locked=True, of=("self",), no_key=True)
    held = waiting.filter(locked_by=user, locked_until__gte=now).first()
    return held or waiting.filter(_free(now)).exclude(reference__in=given_back(user, now=now)).first()


def _free(now: datetime) -> Q:
    return Q(locked_by=None) | Q(locked_until__lt=now)


def claim(ticket: Ticket, *, actor: Actor, now: datetime) -> None:
    """Take it for a while, or keep it longer, in the caller's transaction. Raises LostRace when another officer has it."""
    user = person_of(actor)
    free = _free(now) | Q(locked_by=user)
    until = now + selectors.promise(LOCK_LIFE, at=now)
    if Ticket.objects.filter(free, pk=ticket.pk).update(locked_by=user, locked_until=until) != 1:
        raise LostRace(_("A colleague has just taken this grievance. Take another one, or wait until it is free."))
    if ticket.holder_id_at(now) != user.pk:
        _trace(ticket, "taken", actor=actor, at=now)
    ticket.refresh_from_db()


def given_back(user: User, *, now: datetime) -> list[str]:
    """References of what this officer gave back so lately that the next one should be another."""
    begin = now - selectors.promise(LOCK_LIFE, at=now)
    mine = AuditEvent.objects.filter(kind=AuditKind.GRIEVANCES_TICKET_ASSIGNED, actor_ref=actors.staff(user.pk).ref)
    events = mine.filter(at__gt=begin, facts__kind="given_back")
    return [about.partition(":")[2] for about in events.values_list("about", flat=True)]


def release(ticket: Ticket, *, actor: Actor, now: datetime) -> None:
    """Give it back; nothing when this officer was not handed it."""
    mine = Ticket.objects.filter(pk=ticket.pk, locked_by=person_of(actor))
    with transaction.atomic():
        if mine.update(locked_by=None, locked_until=None) == 1:
            _trace(ticket, "given_back", actor=actor, at=now)
        ticket.refresh_from_db()


def require_free_for(ticket: Ticket, by: User, *, at: datetime) -> None:
    """Raises LostRace while another officer was handed the grievance: two letters to one person cross."""
    holder = Ticket.objects.filter(pk=ticket.pk, locked_until__gte=at).exclude(locked_by=by)
    if holder.exclude(locked_by=None).exists():
        raise LostRace(_("A colleague is working on this grievance. Take another one, or wait until it is free."))


def _trace(ticket: Ticket, what: str, *, actor: Actor, at: datetime) -> None:
    record(
        AuditKind.GRIEVANCES_TICKET_ASSIGNED,
        actor=actor,
        about=ticket.about,
        facts={"reference": ticket.reference, "kind": what},
        subject_ref=ticket.subject_ref,
        at=at,
    )
