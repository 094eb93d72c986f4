"""Whose data a request for somebody else is about: an officer enters the address, and a code that comes there confirms it.

Until then nobody is known by it: what was asked is carried out for nobody whom an officer only guessed or was told.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from grievances.base import encryption
from grievances.base.models.data_copies import Bundle, RequestProposal
from grievances.base.models.requests import RightsRequest
from grievances.base.models.ticket import Ticket
from grievances.base.permissions import GrievancePermission
from grievances.base.request_choices import UNDECIDED, Right
from grievances.nominees.services.nominee_authority import ADDRESS_WAITS
from grievances.requests import rules
from grievances.requests.services import processing_objections
from grievances.tickets.services import appeals, conversation, notifications, thread_access
from grievances.tickets.services.work_allocation import CLAIMS
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access, addresses
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.selectors import can_send
from portal.kernel.people.choices import Answer, CodePurpose
from portal.kernel.people.models import User
from portal.kernel.people.services import codes

#: The last part of the name of what such a code opens.
PERSON = "person"


def name_person(*, request: RightsRequest, address: str, why: str, by: User, actor: Actor, at: datetime) -> None:
    """Enter the address of the person whose data is meant, and send a code there, in one transaction with its audit event.

    It takes the place of what the asking person wrote, and counts once ``confirm`` has its code; entering it again sends
    another one. ``why`` is kept as an internal note. Raises NotAllowed; LostRace while a colleague works on it; Refused for a
    request that needs no such address or was answered (NOT_NEEDED), without a reason (REASON_MISSING), for what is no address,
    one to which no code can go (NO_CODE), and after too many codes (TOO_MANY_CODES).
    """
    access.require(by, GrievancePermission.REQUEST_ANSWER)
    appeals.require_another(request.ticket, by)
    if not why.strip():
        raise Refused(_("Say how you know the address."), code="REASON_MISSING")
    kind = addresses.kind_of(address)
    normal = addresses.normalise(kind, address)
    if kind != addresses.EMAIL and not can_send(Channel.SMS):
        raise Refused(_("No code can be sent to a number here. Enter an email address."), code="NO_CODE")
    with access.acting(by, GrievancePermission.REQUEST_ANSWER):
        fresh = _fresh(request)
        CLAIMS.require_free_for(fresh.ticket, by, now=at)
        _keep(fresh, {**thread_access.details_of(fresh), "person_address": normal, ADDRESS_WAITS: at.isoformat()})
        about = _about(fresh)
        page = f"{settings.SITE_URL}/privacy/requests/for-you/?reference={fresh.ticket.reference}"
        notifications.send_code(
            "person_code",
            ticket=fresh.ticket,
            place=(kind, normal),
            opens=about,
            about=about,
            at=at,
            context={"page": page},
        )
        conversation.note(ticket=fresh.ticket, text=why, by=by, actor=actor, at=at)
        _note(AuditKind.GRIEVANCES_REQUEST_PERSON_NAMED, fresh, actor, at)


def confirm(*, reference: str, kind: str, address: str, typed: str, actor: Actor, at: datetime) -> None:
    """Take the code that came to the person's address, from the page that its letter names: from now on the request is about
    whoever has it. No officer types it in: whoever asks a person for a code teaches them to tell it to a thief.

    An opt-out that waited for that is carried out, in the same transaction. A wrong code costs each open code of that pair
    a try; the work is the same whether there is such a request or not, and Refused (CODE_WRONG) says one thing for a code that
    is wrong, used or too old. Raises Refused (NOT_NEEDED) where the request was answered since.
    """
    with transaction.atomic():
        found = codes.attempt(
            purpose=CodePurpose.TRACK,
            kind=kind,
            address=address,
            typed=typed,
            about=f"{Ticket(reference=reference).about}/{PERSON}",
            now=at,
        )
        if not isinstance(found, Refused):
            _confirmed(reference, address, actor, at)
            return
    # Not within the transaction: what the wrong code counted stays.
    raise Refused(_("This code does not fit, or its time is over."), code="CODE_WRONG")


def _confirmed(reference: str, address: str, actor: Actor, at: datetime) -> None:
    fresh = _fresh(RightsRequest.objects.get(ticket__reference=reference))
    details = thread_access.details_of(fresh)
    if not waits(details) or details["person_address"] != address:
        raise Refused(_("This address is no longer waited for."), code="NOT_NEEDED")
    _keep(fresh, {name: value for name, value in details.items() if name != ADDRESS_WAITS})
    _note(AuditKind.GRIEVANCES_REQUEST_PERSON_CONFIRMED, fresh, actor, at)
    if fresh.shown_at is not None:
        processing_objections.carry_out_for_other(fresh, actor=actor, at=at)


def waits(details: dict[str, str]) -> bool:
    """Whether the person's address was entered by an officer and nobody has typed its code."""
    return bool(details.get(ADDRESS_WAITS))


def why_not(request: RightsRequest) -> str:
    """Why no address can be entered for a request; empty where one can."""
    if not rules.needs_papers(right=request.right, capacity=request.capacity) or request.right == Right.CLAIM:
        return _("It is for the requester's own data, or a nominee's: no one else is meant.")
    if request.state not in UNDECIDED:
        return _("It was answered already.")
    rests = Bundle.objects.filter(request=request).exists()
    if rests or RequestProposal.objects.filter(request=request, answer=Answer.PENDING).exists():
        return _("A copy or a proposed answer depends on the address that is there now.")
    return ""


def _fresh(request: RightsRequest) -> RightsRequest:
    fresh = RightsRequest.objects.select_for_update(of=("self",)).select_related("ticket__fiduciary").get(pk=request.pk)
    if said := why_not(fresh):
        raise Refused(said, code="NOT_NEEDED")
    return fresh


def _keep(request: RightsRequest, details: dict[str, str]) -> None:
    request.details_sealed = encryption.seal(details, subject_ref=request.ticket.subject_ref)
    request.save(update_fields=["details_sealed"])


def _about(request: RightsRequest) -> str:
    """Apart from the codes that open the request itself: this one shows nothing to whoever has it."""
    return f"{request.ticket.about}/{PERSON}"


def _note(kind: AuditKind, request: RightsRequest, actor: Actor, at: datetime) -> None:
    ticket = request.ticket
    facts = {"reference": ticket.reference, "request": request.right, "category": request.capacity}
    record(kind, actor=actor, about=ticket.about, facts=facts, subject_ref=ticket.subject_ref, at=at)
