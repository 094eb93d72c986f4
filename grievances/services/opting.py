"""Opting out of sale, sharing and sensitive uses at a person's wish: it holds as soon as it is shown who asks.

No letter and no second person is waited for (CCPA regulations 7026(f)): the answer only says what holds already.
"""

from datetime import datetime

from grievances.models import RightsRequest
from grievances.request_states import OPT_OUTS, Capacity
from portal.core import hooks
from portal.core.actor import Actor
from portal.people import selectors as people


def carry_out(request: RightsRequest, *, actor: Actor, at: datetime) -> None:
    """Record the wish for each person whom the request turned out to be of, in the caller's transaction, which shows the
    address. Nothing for another right, for somebody else's data, and for a stranger whom nobody here knows.
    """
    if request.right not in OPT_OUTS or request.capacity != Capacity.SELF or request.address_shown_at is None:
        return
    for ref in people.known_people(request.ticket.subject_ref):
        hooks.opted_out.ask(subject_ref=ref, actor=actor, at=at)
