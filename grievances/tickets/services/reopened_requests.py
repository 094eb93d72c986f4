"""A request about data whose ticket goes on is to be answered again: after a no, a reopening and an appeal alike."""

from datetime import datetime

from grievances.base.models.requests import RightsRequest
from grievances.base.models.ticket import Ticket
from grievances.base.request_choices import DECIDED, MOVES, RequestState
from portal.kernel.core.state_transitions import move
from portal.kernel.retention.services import person_erasure


def undecide(ticket: Ticket, *, at: datetime) -> RightsRequest | None:
    """Put the answered request of a ticket back to where it was before its answer, in the caller's transaction, which
    writes the event. Who was never shown has still to be shown; what the answer had erased and is not gone yet stays. None
    for a grievance, and where no answer stands.
    """
    request = RightsRequest.objects.filter(ticket=ticket, state__in=DECIDED).first()
    if request is None:
        return None
    before = RequestState.ASKED if request.shown_at is None else RequestState.SHOWN
    person_erasure.give_up(because=ticket.reference, now=at)
    move(request, before, moves=MOVES, decided_at=None)
    return request
