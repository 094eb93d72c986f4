"""Filing a grievance: one transaction makes the ticket, its thread, its clocks, its trace and the letter that acknowledges it."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from grievances.base import encryption, ticket_summaries
from grievances.base.choices import Author, ContactKind, Door, EntryKind, TicketState
from grievances.base.models.draft import DraftFile
from grievances.base.models.ticket import Ticket, TicketContact
from grievances.tickets import category_details
from grievances.tickets.services import deadlines, notifications, thread_entries
from grievances.tickets.services.uploads import KeptFile
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import record
from portal.kernel.core import addresses, ciphers, clock, field_changes
from portal.kernel.core.actor import SYSTEM, Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import Refused
from portal.kernel.core.ids import new_reference
from portal.kernel.outbox.models import Message
from portal.kernel.people import selectors as people
from portal.kernel.people.models import Fiduciary, Principal
from portal.kernel.people.services import subjects

KEY_DIGITS = 16
TRACKING_KEY = "grievances.tracking_key"
_REFERENCE_TRIES = 5


@dataclass(frozen=True)
class Story:
    """What the grievance is about. The texts are the person's own words."""

    kind: str
    for_whom: str
    what_happened: str = field(repr=False)
    wanted: str = field(default="", repr=False)
    sender: str = field(default="", repr=False)
    received_at_number: str = field(default="", repr=False)
    received_on: str = field(default="", repr=False)
    #: Names of files that came along and are not kept, with the reason.
    left_out: str = field(default="", repr=False)
    #: Answers to the questions of the kind (``grievances.tickets.category_details``), by their names.
    details: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: The organisation it is for; with its reference where the person acts for it here.
    organisation: str = field(default="", repr=False)
    organisation_reference: str = field(default="", repr=False)


@dataclass(frozen=True)
class Reach:
    """How and in which language to answer. Addresses in their normal form; at least one."""

    language: str
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    #: Of who is known; a person who is signed in has theirs on record.
    zone: str = deadlines.DEFAULT_ZONE
    door: str = Door.PAGE


@dataclass(frozen=True)
class Filed:
    """``tracking_key`` is handed out once, to a person who cannot be sent a code; only its hash is kept."""

    ticket: Ticket
    is_new: bool
    tracking_key: str | None = field(default=None, repr=False)


@retried
def file_ticket(
    *,
    filing_key: UUID,
    subject_ref: UUID,
    story: Story,
    reach: Reach,
    actor: Actor,
    at: datetime,
    principal: Principal | None = None,
    files: Sequence[DraftFile | KeptFile] = (),
    fiduciary: str = "onesetu",
    now: datetime | None = None,
    plan: str = deadlines.ANSWER,
    acknowledged_at: datetime | None = None,
) -> Filed:
    """File a grievance received at ``at`` and post its acknowledgement, all in one transaction.

    ``now`` is when it is entered, where that is later than ``at``: the clocks run from the receipt (any channel's counts),
    what is done is done now.

    ``acknowledged_at`` is when another system told the person already that it arrived: then nothing is sent.

    ``subject_ref`` is a subject issued for this grievance; it is joined to ``principal`` where the person is signed in.
    The same ``filing_key`` again returns the ticket that is there and changes nothing. Clocks start at ``at`` under
    every rule in force of the ``plan`` (DPDP Act s.13, SPDI Rules r.5(9), IT Rules 2021 r.3(2)(a)). Raises Refused without an address.
    """
    now = now or at
    if not reach.email and not reach.phone:
        raise Refused(_("A grievance needs an email address or a phone number for the answer."), code="NO_ADDRESS")
    with transaction.atomic():
        found = Ticket.objects.filter(filing_key=filing_key).first()
        if found is not None:
            return Filed(found, is_new=False)
        key = None if reach.email else "".join(secrets.choice("0123456789") for _ in range(KEY_DIGITS))
        zone = principal.zone if principal is not None else reach.zone
        ticket, is_new = _insert(filing_key, subject_ref, story, reach, at, key, fiduciary, plan, zone)
        if not is_new:
            return Filed(ticket, is_new=False)
        if principal is not None and principal.subject.ref != subject_ref:
            subjects.join(old_ref=subject_ref, new_ref=principal.subject.ref, actor=actor, now=now)
        field_changes.watch_created(ticket)
        _keep_addresses(ticket, reach)
        texts = {
            "text": story.what_happened,
            "wanted": story.wanted,
            "sender": story.sender,
            "received_at_number": story.received_at_number,
            "received_on": story.received_on,
            "organisation": story.organisation,
            "organisation_reference": story.organisation_reference,
            "left_out": story.left_out,
            **{
                name: story.details.get(name, "")
                for name in category_details.names_of(story.kind)
                if name in story.details
            },
        }
        record(
            AuditKind.GRIEVANCES_TICKET_FILED,
            actor=actor,
            about=ticket.about,
            facts={
                "reference": ticket.reference,
                "category": ticket.kind,
                "language": ticket.language,
                "channel": ticket.door,
                "received_at": clock.stamp(at),
            },
            subject_ref=subject_ref,
            at=now,
        )
        thread_entries.add(ticket, EntryKind.FILED, author=Author.PERSON, actor=actor, at=at, texts=texts, files=files)
        deadlines.start(ticket, regimes=people.regimes_of(subject_ref), actor=actor, at=at)
        if acknowledged_at is None:
            acknowledge(ticket=ticket, at=now)
        else:
            _acknowledged(ticket, channel="legacy", actor=actor, at=acknowledged_at, now=now)
    return Filed(ticket, is_new=True, tracking_key=key)


def acknowledge(*, ticket: Ticket, at: datetime) -> None:
    """Tell the person that we have the grievance, in the caller's transaction: by a letter where there is an email address, else
    by the page, or the answer of the API, that shows the reference.

    What is shown acknowledges at once. A letter does when a channel has accepted it (``letters_sent``): until then the clock
    for it runs (IT Rules 2021 r.3(2)(a)(i)). Doing it again changes nothing.
    """
    filed = AuditEvent.objects.select_related("entry").get(
        about=ticket.about, kind=str(AuditKind.GRIEVANCES_TICKET_FILED)
    )
    receipt = notifications.receipt_of(filed, ticket)
    if not notifications.tell(ticket, "acknowledged", about=notifications.ACKNOWLEDGED, now=at, context=receipt):
        _acknowledged(ticket, channel="page", actor=SYSTEM, at=at, now=at)


def letters_sent(*, messages: Sequence[Message]) -> None:
    """Fills ``ports.messages_sent``: an acknowledgement was handed over, by whichever channel, which stops its clock. In the
    transaction in which the message is marked as sent; one more letter of the same ticket changes nothing, nor does the letter
    of a ticket that was closed meanwhile, whose clock ended with it.
    """
    sent = {notifications.acknowledged_by(message): message for message in messages}
    sent.pop(None, None)
    for ticket in Ticket.objects.filter(reference__in=sent).order_by("pk"):
        message = sent[ticket.reference]
        if message.sent_at is not None:
            _acknowledged(ticket, channel=message.channel, actor=SYSTEM, at=message.sent_at, now=message.sent_at)


def _acknowledged(ticket: Ticket, *, channel: str, actor: Actor, at: datetime, now: datetime) -> None:
    """``at`` is when the person was told, ``now`` when that is written down."""
    waiting = Ticket.objects.filter(pk=ticket.pk, acknowledged_at=None).exclude(state=TicketState.CLOSED)
    if not waiting.update(acknowledged_at=at):
        return
    ticket.refresh_from_db()
    thread_entries.add(ticket, EntryKind.ACKNOWLEDGED, author=Author.PORTAL, actor=actor, at=at)
    deadlines.stop_acknowledge(ticket, actor=actor, at=at)
    record(
        AuditKind.GRIEVANCES_TICKET_ACKNOWLEDGED,
        actor=actor,
        about=ticket.about,
        facts={"reference": ticket.reference, "channel": channel, "acknowledged_at": clock.stamp(at)},
        subject_ref=ticket.subject_ref,
        at=now,
    )


def tracking_key_hashes(reference: str, key: str) -> list[bytes]:
    """The keyed hashes of a tracking key, newest key first; the reference takes part, so a key opens one grievance."""
    return ciphers.blind_indexes(f"{reference}:{key}", domain=TRACKING_KEY)


def _insert(
    filing_key: UUID,
    subject_ref: UUID,
    story: Story,
    reach: Reach,
    at: datetime,
    key: str | None,
    fiduciary: str,
    plan: str,
    zone: str,
) -> tuple[Ticket, bool]:
    """The row itself. Two requests at once meet at the unique filing key; two equal references are drawn anew."""
    owner = Fiduciary.objects.get(code=fiduciary)
    for _attempt in range(_REFERENCE_TRIES):
        reference = new_reference("GR")
        try:
            with transaction.atomic():
                ticket = Ticket.objects.create(
                    reference=reference,
                    filing_key=filing_key,
                    fiduciary=owner,
                    subject_ref=subject_ref,
                    kind=story.kind,
                    door=reach.door,
                    for_whom=story.for_whom,
                    state=TicketState.RECEIVED,
                    plan=plan,
                    language=reach.language,
                    zone=zone,
                    received_at=at,
                    turn_at=at,
                    gist_sealed=ticket_summaries.seal_gist(story.what_happened, subject_ref=subject_ref),
                    tracking_key_hash=tracking_key_hashes(reference, key)[0] if key else None,
                )
        except IntegrityError:
            if (found := Ticket.objects.filter(filing_key=filing_key).first()) is not None:
                return found, False
        else:
            return ticket, True
    raise RuntimeError("No free reference was drawn.")


def _keep_addresses(ticket: Ticket, reach: Reach) -> None:
    for kind, address in ((ContactKind.EMAIL, reach.email), (ContactKind.PHONE, reach.phone)):
        if address:
            TicketContact.objects.create(
                ticket=ticket,
                kind=kind,
                address_sealed=encryption.seal({"address": address}, subject_ref=ticket.subject_ref),
                address_key=addresses.address_key(address),
            )


def addresses_of(ticket: Ticket) -> dict[str, str]:
    """The addresses of a grievance in the clear, by kind. The caller answers for who may see them."""
    return {
        contact.kind: encryption.unseal(contact.address_sealed, subject_ref=ticket.subject_ref)["address"]
        for contact in ticket.contacts.all()
    }
