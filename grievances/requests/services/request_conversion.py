"""What came by mail, by post, by telephone or from another system may be a request about data: staff say so, nobody asks again."""

from collections.abc import Mapping
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from grievances.base import encryption, request_labels, selectors
from grievances.base.choices import OPEN_STATES, Author, Door, EntryKind, TicketKind
from grievances.base.models.requests import RightsRequest
from grievances.base.models.ticket import Ticket
from grievances.base.number_redaction import without_numbers
from grievances.base.permissions import GrievancePermission
from grievances.base.request_choices import Capacity, Proof, Right
from grievances.requests import rules
from grievances.requests.services import identity_verification, request_intake
from grievances.tickets.services import appeals, deadlines, notifications, thread_entries
from grievances.tickets.services.work_allocation import CLAIMS
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.people.models import User

#: What has pages of its own that ask more: a nominee is named by whoever is signed in, and claims with papers.
NOT_BY_STAFF = frozenset({Right.NOMINATION, Right.CLAIM})
#: Not the address of somebody else: one that an officer types means nobody before its code was typed (``naming``).
KEPT = tuple(name for name in request_intake.DETAILS if name != "person_address")


def become_request(
    *,
    ticket: Ticket,
    right: Right,
    capacity: Capacity,
    details: Mapping[str, str],
    by: User,
    actor: Actor,
    at: datetime,
) -> RightsRequest:
    """Make a grievance the request about data that it is, in one transaction; the person is told, and asked to show who asks.

    The clocks of the right start from the receipt (CCPA regulations 7021(b)); those of the grievance run on, so that nothing
    becomes due later. ``details`` as the pages ask them (``request_details.DETAILS``), but for the address of somebody else, which
    ``subject_identification.name_person`` takes. Raises NotAllowed; Refused for a request (REQUEST), what is answered or closed (NOT_OPEN), a
    right that only its own pages take (RIGHT), and where something is missing that the pages ask for (INCOMPLETE); LostRace
    while a colleague works on it.
    """
    access.require(by, GrievancePermission.TICKET_ANSWER)
    appeals.require_another(ticket, by)
    kept = {name: without_numbers(details.get(name, "").strip())[0] for name in KEPT}
    if right in NOT_BY_STAFF or capacity in {Capacity.NOMINEE, Capacity.RELATIVE}:
        raise Refused(_("Only the pages for it ask what this needs: /privacy/requests/new/."), code="RIGHT")
    answers = {**kept, "right": right, "capacity": capacity, "language": ticket.language, "email": "known"}
    if request_intake.missing(answers):
        raise Refused(_("Say for whom it is, and of a correction how it should be."), code="INCOMPLETE")
    with access.acting(by, GrievancePermission.TICKET_ANSWER):
        fresh = Ticket.objects.select_for_update().select_related("fiduciary").get(pk=ticket.pk)
        CLAIMS.require_free_for(fresh, by, now=at)
        if selectors.is_request(fresh):
            raise Refused(_("It is a request about data."), code="REQUEST")
        if fresh.state not in OPEN_STATES:
            raise Refused(_("It is answered or closed."), code="NOT_OPEN")
        before = fresh.kind
        fresh.kind, fresh.plan = TicketKind.REQUEST, rules.plan_of(right)
        fresh.save(update_fields=["kind", "plan"])
        request = RightsRequest.objects.create(
            ticket=fresh,
            right=right,
            capacity=capacity,
            was_signed_in=fresh.door == Door.ACCOUNT,
            details_sealed=encryption.seal(
                {name: value for name, value in kept.items() if value}, subject_ref=fresh.subject_ref
            ),
        )
        deadlines.start_as_request(fresh, actor=actor, at=at)
        for kind, facts in (
            (AuditKind.GRIEVANCES_TICKET_SORTED, {"from": before, "to": TicketKind.REQUEST}),
            (AuditKind.GRIEVANCES_REQUEST_ASKED, {"request": right, "category": capacity}),
        ):
            record(
                kind,
                actor=actor,
                about=fresh.about,
                facts={"reference": fresh.reference, **facts},
                subject_ref=fresh.subject_ref,
                at=at,
            )
        _tell(fresh, right, actor, at)
        if rules.needs_code(right=right, capacity=capacity, is_signed_in=request.was_signed_in):
            identity_verification.send_code(request=request, at=at)
        else:
            identity_verification.address_shown(request=request, proof=Proof.SESSION, actor=actor, at=at)
    ticket.refresh_from_db()
    request.refresh_from_db()
    return request


def _tell(ticket: Ticket, right: Right, actor: Actor, at: datetime) -> None:
    with translation.override(ticket.language):
        text = _(
            "What you wrote is a request about data: %(right)s. It counts from the day on which it reached us. Before we "
            "answer we have to know who asks: open this page and show it."
        ) % {"right": request_labels.RIGHTS[right]}
    entry = thread_entries.add(ticket, EntryKind.REPLY, author=Author.PORTAL, actor=actor, at=at, texts={"text": text})
    if entry is not None:
        notifications.tell(ticket, "replied", about=f"line/{entry.pk}", now=at)
