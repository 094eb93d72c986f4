"""Telling the person: every letter names the reference and the way to the thread, and no matter."""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.utils import translation

from grievances import sealing, selectors, words
from grievances.models import Ticket
from grievances.states import ContactKind
from portal.law.states import Channel
from portal.outbox import services as outbox
from portal.people.models import User

PURPOSE = "support"


def tell(ticket: Ticket, event: str, *, about: str, now: datetime, context: Mapping[str, str] | None = None) -> bool:
    """Promise the letter ``grievances.<event>`` to the person's e-mail address, in the caller's transaction.

    ``about`` tells letters of the same kind apart (an entry's number, a round). Returns False for a person who gave a
    telephone number only: that person reads the thread by reference and tracking key.
    """
    contact = ticket.contacts.filter(kind=ContactKind.EMAIL).first()
    if contact is None:
        return False
    address = sealing.unseal(contact.address_sealed, subject_ref=ticket.subject_ref)["address"]
    with translation.override(ticket.language):
        values = {
            "reference": ticket.reference,
            "track_url": f"{settings.SITE_URL}/privacy/track/?reference={ticket.reference}",
            "sentence": selectors.sentence_for_person(ticket, now=now),
            "due": words.day(ticket.due_at) if ticket.due_at else "",
            **(context or {}),
        }
    outbox.post(
        kind=f"grievances.{event}",
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


def tell_staff(ticket: Ticket, event: str, *, to: User, about: str, now: datetime) -> bool:
    """Promise the letter ``grievances.staff_<event>`` to a member of staff: reference and date, no word of the person.

    Returns False for a login without a subject of its own.
    """
    if to.subject is None:
        return False
    with translation.override(to.language):
        context = {
            "reference": ticket.reference,
            "sentence": selectors.sentence_for_staff(ticket, now=now),
            "page_url": f"{settings.SITE_URL}/admin/grievances/ticket/{ticket.pk}/change/",
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
