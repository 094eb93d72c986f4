"""What other rooms hand over: a message that a person wrote back to us, and that is a grievance."""

from datetime import datetime
from uuid import UUID, uuid5

from django.conf import settings

from grievances.services import filing
from grievances.states import ForWhom, TicketKind
from portal.core import addresses
from portal.core.actor import Actor
from portal.law.states import Channel
from portal.outbox import services as outbox
from portal.people.models import Principal
from portal.people.services import subjects
from portal.people.states import SubjectKind

#: Names of messages in it are filing keys: the same message again is the same grievance.
_MESSAGES = UUID("6f2d3c1e-6d0e-4f0c-9a53-1f0a8f6f6a11")


def message_came_in(
    *,
    key: str,
    fiduciary: str,
    channel: str,
    address: str,
    sender: str,
    text: str,
    language: str,
    principal: Principal | None,
    actor: Actor,
    at: datetime,
) -> str:
    """Fills ``hooks.inbound_grievance``: files what somebody wrote in answer to a message; returns the reference.

    In the caller's transaction. ``key`` names the message: the same again files nothing. The reply, on the channel it
    came by, gives the reference and the key to follow it with; no e-mail address is known.
    """
    subject = subjects.new(SubjectKind.STRANGER, now=at)
    filed = filing.file_ticket(
        filing_key=uuid5(_MESSAGES, key),
        subject_ref=subject.ref,
        story=filing.Story(
            kind=TicketKind.UNWANTED_MESSAGES,
            for_whom=ForWhom.SELF,
            what_happened=text,
            sender=sender,
            received_at_number=address,
        ),
        reach=filing.Reach(language=language, phone=addresses.normalise(addresses.PHONE, address)),
        actor=actor,
        at=at,
        principal=principal,
        fiduciary=fiduciary,
    )
    ticket = filed.ticket
    if filed.is_new:
        outbox.post(
            kind="grievances.by_message",
            subject_ref=ticket.subject_ref,
            channel=Channel.SMS if channel == Channel.VOICE else Channel(channel),
            address=address,
            language=language,
            purpose="support",
            about=f"{ticket.about}/by_message",
            context={
                "reference": ticket.reference,
                "key": filed.tracking_key or "",
                "track_url": f"{settings.SITE_URL}/privacy/track/",
            },
            fiduciary=fiduciary,
            only_here=True,
        )
    return ticket.reference
