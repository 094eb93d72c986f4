"""What ends a use of somebody's data at a wish: opting out, withdrawal, restriction, objection. Carried out here, by nobody's hand.

An opt-out holds as soon as it is shown who asks: no letter and no second person is waited for (CCPA regulations 7026(f)).
The others hold with the decision of two people, in its transaction.
"""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from grievances.base.models.requests import RightsRequest
from grievances.base.request_choices import OPT_OUTS, STOPS, Capacity, Right
from grievances.requests.services import data_copies
from grievances.tickets.services import deadlines, intake
from portal.kernel.core import answers
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.people import selectors as people


def carry_out(request: RightsRequest, *, actor: Actor, at: datetime) -> None:
    """Record the wish to opt out for each person whom the request turned out to be of, in the caller's transaction, which
    shows the address. Nothing for another right, for somebody else's data, and for a stranger whom nobody here knows.
    """
    if request.right not in OPT_OUTS or request.capacity != Capacity.SELF or request.address_shown_at is None:
        return
    deadlines.start_effect(request.ticket, actor=actor, at=at)
    _stop(request, actor, at)


def carry_out_for_other(request: RightsRequest, *, actor: Actor, at: datetime) -> None:
    """The same for a child, a person represented or one who sent an agent, in the caller's transaction, in which the papers
    turned out to prove it. Where it is not clear yet who that is, the answer does it.
    """
    if request.right in OPT_OUTS and request.capacity not in {Capacity.SELF, Capacity.NOMINEE}:
        deadlines.start_effect(request.ticket, actor=actor, at=at)
        with suppress(Refused):
            _stop(request, actor, at)


def granted(request: RightsRequest, *, actor: Actor, at: datetime) -> None:
    """Carry out what two people granted, in the caller's transaction; nothing for a right that stops nothing.

    The same wish, joined with it, is granted with it. Of other wishes an opt-out alone can be joined (``ACTED_ON``), and that
    held before. Raises Refused (WHOSE) where it is not clear whose data it is.
    """
    if request.right in STOPS and not _held_before(request):
        _stop(request, actor, at)
    for joined in request.joined.filter(right__in=STOPS).select_related("ticket__fiduciary").order_by("pk"):
        if not _held_before(joined):
            with suppress(Refused):  # a joined one for somebody whom nobody here knows must not stop this answer
                _stop(joined, actor, at)


def require_known(request: RightsRequest) -> None:
    """Raises Refused (WHOSE) where a yes would stop nothing, because nobody, or more than one, is known at the address named."""
    if request.right in STOPS and request.capacity != Capacity.SELF:
        data_copies.data_refs(request)


def letter_lines(request: RightsRequest) -> list[str]:
    """What the answer did, for the letter, in the person's language."""
    with translation.override(request.ticket.language):
        if request.right == Right.WITHDRAWAL:
            return [_("Every consent that was given to us is withdrawn. It can be given again at any time.")]
        if request.right in {Right.RESTRICTION, Right.OBJECTION}:
            return [
                _(
                    "From now on we do nothing with the data that waits for a consent or that one may object to, and send "
                    "nothing promotional. It can be allowed again at any time."
                )
            ]
    return []


def _held_before(request: RightsRequest) -> bool:
    """An opt-out of one's own held with the proof: a yes that the person has given since was meant."""
    return request.right in OPT_OUTS and request.capacity == Capacity.SELF and request.address_shown_at is not None


def _stop(request: RightsRequest, actor: Actor, at: datetime) -> None:
    for ref in _people(request):
        if request.right in OPT_OUTS:
            answers.opted_out.ask(subject_ref=ref, actor=actor, at=at)
        elif request.right == Right.WITHDRAWAL:
            is_nominee = request.capacity == Capacity.NOMINEE
            answers.withdraw_everything.ask(subject_ref=ref, by_nominee=is_nominee, actor=actor, at=at)
        else:
            is_restricted = request.right == Right.RESTRICTION
            answers.use_stopped.ask(subject_ref=ref, is_restricted=is_restricted, actor=actor, at=at)
    if request.right not in OPT_OUTS and request.capacity == Capacity.SELF:
        _stop_where_shown(request, actor, at)
    deadlines.stop_effect(request.ticket, actor=actor, at=at)


def _people(request: RightsRequest) -> list[UUID]:
    if request.capacity == Capacity.SELF:
        return people.known_people(request.ticket.subject_ref)
    return sorted({known for ref in data_copies.data_refs(request) for known in people.known_people(ref)})


def _stop_where_shown(request: RightsRequest, actor: Actor, at: datetime) -> None:
    """Promotion at the address itself: whoever asks may be nobody we know, or one of two who share it."""
    ticket = request.ticket
    shown = set(ticket.contacts.filter(verified_at__isnull=False).values_list("kind", flat=True))
    for kind, address in intake.addresses_of(ticket).items():
        if kind in shown:
            answers.stop_at_address.ask(
                kind=kind,
                address=address,
                fiduciary=ticket.fiduciary.code,
                is_complaint=False,
                actor=actor,
                at=at,
            )
