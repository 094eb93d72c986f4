"""Handing out grievances: what is due first and free goes to exactly one officer, for the time a house rule gives."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from grievances.base import selectors
from grievances.base.choices import OPEN_STATES, TicketKind, TicketState
from grievances.base.models.data_copies import RequestProposal
from grievances.base.models.requests import ProofPaper, RightsRequest
from grievances.base.models.ticket import Ticket
from grievances.base.permissions import GrievancePermission
from grievances.base.request_choices import RequestState
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import access
from portal.kernel.core.actor import Actor
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import User
from portal.kernel.people.services.maker_checker import person_of
from portal.kernel.people.services.work_locks import Claims, free, hand_out


def _taken() -> str:
    return _("A colleague is working on this grievance. Take another one, or wait until it is free.")


CLAIMS = Claims(
    model=Ticket,
    rule="grievances.lock_life",
    permission=GrievancePermission.TICKET_ANSWER,
    kind=AuditKind.GRIEVANCES_TICKET_ASSIGNED,
    about=lambda ticket: ticket.about,
    taken=_taken,
)
claim, release = CLAIMS.claim, CLAIMS.release


def take_next(*, actor: Actor, now: datetime, wanted: Collection[str] = (), without: str = "") -> Ticket | None:
    """Hand this officer the grievance that is due first, of their own and of those nobody has; None where there is none.

    ``without`` is the reference of one that is not handed out. Of ``wanted``, references, the first that is free or theirs comes before all, then what they were handed already; what they gave back stays with colleagues for as long as a claim lasts. On
    PostgreSQL two who ask at once do not wait for each other (SKIP LOCKED); on both databases the claim is one conditional
    UPDATE, so that one of them gets it. In one transaction with its audit event. Raises NotAllowed for a role that may not
    answer.
    """
    user = person_of(actor)
    access.require(user, GrievancePermission.TICKET_ANSWER)
    return hand_out(
        lambda: _first(user, now, wanted, without),
        lambda ticket: claim(ticket, actor=actor, now=now),
        row=lambda ticket: ticket,
    )


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
    open_ones = Ticket.objects.filter(state__one_of=OPEN_STATES)  # what the index has, which is in their order
    rows = open_ones.filter(whose, state__in=[TicketState.RECEIVED, TicketState.WITH_US])
    kept_out = selectors.appeals_against(user.pk).filter(ticket=OuterRef("pk"))
    rows = rows.filter(~Exists(kept_out), ~Q(kind=TicketKind.REQUEST) | ready)
    return rows.order_by("due_at", "pk")  # in the order of the index


def _first(user: User, now: datetime, wanted: Collection[str], without: str) -> Ticket | None:
    """The row stays locked until the transaction ends."""
    waiting = waiting_for(user, now=now).exclude(reference=without)
    waiting = waiting.select_for_update(skip_locked=True, of=("self",), no_key=True)
    is_held = Q(locked_by=user, locked_until__gte=now)
    asked = waiting.filter(is_held | free(now), reference__in=wanted).first() if wanted else None
    return (
        asked
        or waiting.filter(is_held).first()
        or waiting.filter(free(now)).exclude(reference__in=CLAIMS.given_back(user, now=now)).first()
    )
