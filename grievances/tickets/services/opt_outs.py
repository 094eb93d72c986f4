"""A grievance about unwanted messages ends with a stop: at the address that got them, for whoever sent them."""

from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ObjectDoesNotExist
from django.utils import translation
from django.utils.translation import gettext as _

from grievances.base.choices import Author, EntryKind, TicketKind
from grievances.base.encryption import Shredded
from grievances.base.models.ticket import Ticket
from grievances.base.permissions import GrievancePermission
from grievances.tickets.services import appeals, intake, notifications, thread_access, thread_entries
from grievances.tickets.services.conversation import trace
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import access, addresses, answers
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.law.choices import Channel
from portal.kernel.people.models import User
from portal.kernel.registers.senders.selectors import senders


@dataclass(frozen=True)
class Wanted:
    """Where a stop is wanted, and from whom."""

    fiduciary: str
    #: Kind and address: what the person wrote got the messages, else where they can be reached.
    places: list[tuple[str, str]] = field(repr=False)


def wanted(ticket: Ticket, *, at: datetime) -> Wanted:
    """What the person complains of: the addresses, and the fiduciary whose registered sender they name, else the ticket's.

    The caller answers for who may see an address. Empty places where everything was erased.
    """
    told: dict[str, str] = {}
    first = ticket.entries.filter(kind=EntryKind.FILED).select_related("text").order_by("pk").first()
    try:
        told = thread_access.line_of(ticket, first).texts if first is not None else {}
        reach = intake.addresses_of(ticket)
    except (ObjectDoesNotExist, Shredded):
        reach = {}
    owner = senders.owner_of(channel=Channel.SMS, sender=told["sender"], at=at) if told.get("sender") else None
    got = told.get("received_at_number", "")
    places = [(addresses.kind_of(got), got)] if got else list(reach.items())
    return Wanted(owner.code if owner is not None else ticket.fiduciary.code, places)


def stop_messages(*, ticket: Ticket, by: User, actor: Actor, at: datetime) -> list[str]:
    """Stop everything promotional where the person got it, write it into the thread and tell them, in one transaction.

    Returns the receipts. Again: what is stopped already changes nothing, and nothing more is said. Raises NotAllowed for a
    role that may not answer or that an appeal keeps out, Refused for a grievance about something else or without an address.
    """
    access.require(by, GrievancePermission.TICKET_ANSWER)
    appeals.require_another(ticket, by)
    if ticket.kind != TicketKind.UNWANTED_MESSAGES:
        raise Refused(_("Only a grievance about unwanted messages ends with a stop."), code="NOT_ABOUT_MESSAGES")
    found = wanted(ticket, at=at)
    if not found.places:
        raise Refused(_("This grievance has no address: ask the person which one got the messages."), code="NO_ADDRESS")
    with access.acting(by, GrievancePermission.TICKET_ANSWER):
        Ticket.objects.select_for_update().get(pk=ticket.pk)
        stopped = {
            addresses.mask(kind, address): answers.stop_at_address.ask(
                kind=kind, address=address, fiduciary=found.fiduciary, actor=actor, at=at
            )
            for kind, address in found.places
        }
        receipts = [receipt for receipt in stopped.values() if receipt]
        if not receipts and ticket.entries.filter(kind=EntryKind.STOPPED).exists():
            return []
        with translation.override(ticket.language):
            text = "\n".join(_said(masked, receipt) for masked, receipt in stopped.items())
        entry = thread_entries.add(
            ticket, EntryKind.STOPPED, author=Author.STAFF, actor=actor, at=at, texts={"text": text}
        )
        trace(ticket, AuditKind.GRIEVANCES_MESSAGE_ADDED, EntryKind.STOPPED, actor=actor, at=at)
        if entry is not None:
            notifications.tell(ticket, "replied", about=f"line/{entry.pk}", now=at)
    return receipts


def _said(masked: str, receipt: str) -> str:
    if receipt:
        said = _("Promotional messages to %(address)s are stopped. The receipt is %(receipt)s.")
        return said % {"address": masked, "receipt": receipt}
    return _("Promotional messages to %(address)s were stopped before.") % {"address": masked}
