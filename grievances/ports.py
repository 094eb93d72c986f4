"""What other rooms hand over or ask: a message that is a grievance, and what a grievance is about."""

from datetime import datetime
from uuid import UUID, uuid5

from django.conf import settings
from django.utils.translation import gettext as _

from grievances.base import selectors
from grievances.base.choices import OPEN_STATES, Author, Door, EntryKind, ForWhom, TicketKind, TicketState
from grievances.base.models.ticket import Ticket
from grievances.base.permissions import GrievancePermission
from grievances.mail.services import inbound_replies
from grievances.tickets.services import intake, thread_access, thread_entries
from portal.kernel.core import access, addresses
from portal.kernel.core.actor import Actor
from portal.kernel.core.ids import references_in
from portal.kernel.law.channels import DESCRIPTIONS, answered_on
from portal.kernel.law.choices import Channel
from portal.kernel.outbox import services as outbox
from portal.kernel.people.choices import SubjectKind
from portal.kernel.people.labels import order_line
from portal.kernel.people.models import Customer, Membership, Principal, User
from portal.kernel.people.selectors import acts_elsewhere, every_ref
from portal.kernel.people.services import subjects

#: Names of messages in it are filing keys: the same message again is the same grievance.
_MESSAGES = UUID("6f2d3c1e-6d0e-4f0c-9a53-1f0a8f6f6a11")


def named_in_grievance(*, ticket: str, reference: str, user: User) -> bool:
    """Fills ``answers.named_in_grievance``: whether whoever answers this open grievance may look at what it is about.

    Its person wrote the reference themself; whom an appeal keeps out looks at nothing for it.
    """
    found = Ticket.objects.filter(reference=ticket, state__in=OPEN_STATES).first()
    if found is None or not access.allowed(user, GrievancePermission.TICKET_ANSWER):
        return False
    if selectors.is_kept_out(found, user.pk):
        return False
    return reference in thread_access.references_named(
        thread_access.thread(found, internal=False), reference.split("-")[1]
    )


def insolvent(*, customer: int, actor: Actor, at: datetime) -> None:
    """Registered in ``ports.insolvency_changed``: an internal note on each open grievance of the organisation: who may settle
    it now. No clock changes.

    Those of whoever acts for it count as its own where they act for nobody else; else where they name it.
    """
    organisation = Customer.objects.select_related("subject").get(pk=customer)
    text = order_line(organisation) or _("The insolvency of %(customer)s has ended.") % {
        "customer": organisation.reference
    }
    whole: set[UUID] = {organisation.subject.ref}
    part: set[UUID] = set()
    live = Membership.objects.filter(customer=organisation, ended_at=None).select_related("principal__subject")
    for member in live:
        (part if acts_elsewhere(member) else whole).add(member.principal.subject.ref)
    own, others = every_ref(whole), every_ref(part)
    for ticket in Ticket.objects.filter(subject_ref__in=own | others, state__in=OPEN_STATES).order_by("pk"):
        if ticket.subject_ref in own or _names(ticket, organisation):
            said = {"text": text}
            thread_entries.add(
                ticket, EntryKind.NOTE, author=Author.PORTAL, actor=actor, at=at, texts=said, internal=True
            )


def _names(ticket: Ticket, organisation: Customer) -> bool:
    """Whether the person named the organisation in it, say as the one for which they write."""
    return organisation.reference in thread_access.references_named(thread_access.thread(ticket, internal=False), "CU")


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
    """Fills ``answers.inbound_grievance``: files what somebody wrote in answer to a message; returns the reference.

    In the caller's transaction. ``key`` names the message: the same again files nothing. What names a grievance of this
    number, or answers the question that one asks, goes into its thread. The reply to a new one, on the channel it came by,
    gives the reference and the key to follow it with; no e-mail address is known.
    """
    known = _meant(text, address, fiduciary=fiduciary, at=at)
    if known is not None:
        once_key = uuid5(_MESSAGES, f"heard:{key}")
        heard = inbound_replies.hear(ticket=known, text=text, actor=actor, at=at, once_key=once_key)
        if heard is not inbound_replies.Heard.TOO_LATE:
            return known.reference
    subject = subjects.new(SubjectKind.STRANGER, now=at)
    filed = intake.file_ticket(
        filing_key=uuid5(_MESSAGES, key),
        subject_ref=subject.ref,
        story=intake.Story(
            kind=TicketKind.UNWANTED_MESSAGES,
            for_whom=ForWhom.SELF,
            what_happened=text,
            sender=sender,
            received_at_number=address,
        ),
        reach=intake.Reach(
            language=language,
            phone=addresses.normalise(addresses.PHONE, address),
            door=Door(DESCRIPTIONS[channel].reply),
        ),
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
            channel=Channel(answered_on(channel)),
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


def _meant(text: str, address: str, *, fiduciary: str, at: datetime) -> Ticket | None:
    """The grievance that a message from this number is about: one it names, else the one whose question it answers."""
    keys = addresses.address_keys(addresses.normalise(addresses.PHONE, address))
    of_number = Ticket.objects.filter(contacts__address_key__in=keys, fiduciary__code=fiduciary).distinct()
    named = of_number.filter(reference__in=references_in(text, "GR")).first()
    if named is not None:
        return named if inbound_replies.can_hear(named, now=at) else None
    waiting = list(of_number.filter(state=TicketState.WITH_YOU)[:2])
    return waiting[0] if len(waiting) == 1 else None
