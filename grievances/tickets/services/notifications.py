"""Telling the person: every letter names the reference and the way to the thread, and no matter."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import translation

from grievances.base import encryption, labels, selectors
from grievances.base.choices import ContactKind, Door
from grievances.base.models.ticket import Ticket
from grievances.tickets import grievance_status
from portal.kernel.audit.models import AuditEvent
from portal.kernel.law.choices import Channel
from portal.kernel.outbox import services as outbox
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.selectors import can_send
from portal.kernel.people.choices import CodePurpose
from portal.kernel.people.models import User
from portal.kernel.people.services import codes

PURPOSE = "support"
_CODE_GOES_BY = {ContactKind.EMAIL: Channel.EMAIL, ContactKind.PHONE: Channel.SMS}
#: One line for a mobile number, whatever happened: that there is something to read, and where. No matter, no words.
SHORT = "grievances.news_short"
#: Channels on which a person wrote to us: they hear of the answer on the same, where this installation can send there.
ANSWERED_WHERE_IT_CAME = frozenset({Door.SMS, Door.WHATSAPP, Door.RCS})
#: What goes to an e-mail address only: the page itself acknowledges and shows the tracking key to everybody else.
BY_EMAIL_ONLY = frozenset({"acknowledged", "tracking_code"})
#: What tells the letter of an acknowledgement apart, and the kinds it has.
ACKNOWLEDGED = "acknowledged"
ACKNOWLEDGEMENTS = frozenset({"grievances.acknowledged", "grievances.request_acknowledged"})
#: Letters that have words of their own where the ticket is a request about data.
OF_REQUESTS = frozenset(
    {"acknowledged", "answered", "asked", "closed", "late", "replied", "reopened", "silence_notice"}
)


def acknowledged_by(message: Message) -> str | None:
    """The reference of the ticket that a message acknowledges; None for any other message."""
    if message.kind not in ACKNOWLEDGEMENTS:
        return None
    return message.about.removeprefix("grievances.ticket:").removesuffix(f"/{ACKNOWLEDGED}")


def tell(ticket: Ticket, event: str, *, about: str, now: datetime, context: Mapping[str, str] | None = None) -> bool:
    """Promise the letter ``grievances.<event>`` to the person's e-mail address, in the caller's transaction.

    ``about`` tells letters of the same kind apart (an entry's number, a round). A person who gave a mobile number only
    gets a line that there is something to read: by the channel they wrote on, else by SMS. Returns False where nothing goes out: that person reads the
    thread by reference and tracking key.
    """
    contact = ticket.contacts.filter(kind=ContactKind.EMAIL).first()
    if contact is None:
        return event not in BY_EMAIL_ONLY and _tell_by_number(ticket, about=about)
    address = encryption.unseal(contact.address_sealed, subject_ref=ticket.subject_ref)["address"]
    with translation.override(ticket.language):
        values = {
            "reference": ticket.reference,
            "track_url": track_url(ticket),
            "sentence": grievance_status.sentence_for_person(ticket, now=now),
            "due": labels.day(ticket.due_at, selectors.zone_of(ticket)) if ticket.due_at else "",
            **(context or {}),
        }
    own = event in OF_REQUESTS and selectors.is_request(ticket)
    outbox.post(
        kind=f"grievances.request_{event}" if own else f"grievances.{event}",
        subject_ref=ticket.subject_ref,
        channel=Channel.EMAIL,
        address=address,
        language=ticket.language,
        purpose=PURPOSE,
        about=f"{ticket.about}/{about}",
        context=values,
        fiduciary=ticket.fiduciary.code,
        # A code opens the case to whoever reads it: only at the address that asked.
        only_here=event == "tracking_code",
    )
    return True


def send_code(
    kind: str,
    *,
    ticket: Ticket,
    place: tuple[str, str],
    opens: str,
    about: str,
    at: datetime,
    context: Mapping[str, str] | None = None,
) -> None:
    """Promise a letter ``grievances.<kind>`` with a fresh code to a place (kind of address, address), in the caller's
    transaction. ``opens`` is what the code is for, ``about`` tells its letters apart from others.

    Raises Refused (TOO_MANY_CODES) after too many codes.
    """
    contact_kind, address = place
    code = codes.issue(purpose=CodePurpose.TRACK, kind=contact_kind, address=address, about=opens, now=at)
    outbox.post(
        kind=f"grievances.{kind}",
        subject_ref=ticket.subject_ref,
        channel=_CODE_GOES_BY[ContactKind(contact_kind)],
        address=address,
        language=ticket.language,
        purpose=PURPOSE,
        about=f"{about}/{code.pk}",
        context={
            "reference": ticket.reference,
            "code": codes.plain(code),
            "minutes": str((code.expires_at - code.made_at) // timedelta(minutes=1)),
            **(context or {}),
        },
        fiduciary=ticket.fiduciary.code,
        only_here=True,
    )


def receipt_of(event: AuditEvent, ticket: Ticket, part: str = "") -> dict[str, str]:
    """What a letter says of the ledger's receipt for an event: the leaf, and where its proof is downloaded."""
    return {
        "leaf": bytes(event.entry.leaf_hash).hex(),
        "receipt_url": f"{settings.SITE_URL}/privacy/grievances/{ticket.reference}/receipt/{part}",
    }


def way_to(ticket: Ticket) -> str:
    """On which channel the person hears of news in the thread; empty when they have to look by themselves."""
    kinds = set(ticket.contacts.values_list("kind", flat=True))
    if ContactKind.EMAIL in kinds:
        return Channel.EMAIL
    if ContactKind.PHONE not in kinds:
        return ""
    own = Channel(ticket.door) if ticket.door in ANSWERED_WHERE_IT_CAME else Channel.SMS
    return next((channel for channel in (own, Channel.SMS) if can_send(channel)), "")


def _tell_by_number(ticket: Ticket, *, about: str) -> bool:
    channel = way_to(ticket)
    if not channel:
        return False
    contact = ticket.contacts.get(kind=ContactKind.PHONE)
    outbox.post(
        kind=SHORT,
        subject_ref=ticket.subject_ref,
        channel=Channel(channel),
        address=encryption.unseal(contact.address_sealed, subject_ref=ticket.subject_ref)["address"],
        language=ticket.language,
        purpose=PURPOSE,
        about=f"{ticket.about}/{about}",
        context={"reference": ticket.reference, "track_url": track_url(ticket)},
        fiduciary=ticket.fiduciary.code,
    )
    return True


def track_url(ticket: Ticket) -> str:
    """Where the person follows a grievance or a request."""
    return f"{settings.SITE_URL}/privacy/track/?reference={ticket.reference}"


def tell_staff(ticket: Ticket, event: str, *, to: User, about: str, now: datetime, **facts: str) -> bool:
    """Promise the letter ``grievances.staff_<event>`` to a member of staff: reference and date, no word of the person.
    ``facts``: what this letter says besides.

    Returns False for a login without a subject of its own.
    """
    if to.subject is None:
        return False
    with translation.override(to.language):
        context = {
            "reference": ticket.reference,
            "sentence": grievance_status.sentence_for_staff(ticket, now=now),
            "page_url": f"{settings.SITE_URL}/admin/grievances/ticket/{ticket.pk}/change/",
            **facts,
        }
    outbox.post(
        kind=f"grievances.staff_{event}",
        subject_ref=to.subject.ref,
        channel=Channel.EMAIL,
        address=to.email,
        language=to.language,
        purpose=PURPOSE,
        about=f"{ticket.about}/{about}",
        context=context,
        fiduciary=ticket.fiduciary.code,
    )
    return True
