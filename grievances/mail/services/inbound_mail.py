"""Mail that comes in: each one becomes a grievance or a line of one, or is kept out with a reason; none is lost or done twice."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from io import BytesIO
from typing import Final
from uuid import UUID, uuid5

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from grievances.base.choices import Author, Door, EntryKind, ForWhom, MailOutcome, MailSource, TicketKind
from grievances.base.inbound_mail import classification
from grievances.base.inbound_mail.classification import Reason
from grievances.base.inbound_mail.parser import Attached, Mail
from grievances.base.models.ticket import Ticket
from grievances.mail import reader
from grievances.mail.models import SeenMail
from grievances.mail.services import inbound_replies
from grievances.tickets.services import assisted_intake, notifications, thread_entries, uploads
from grievances.tickets.services.intake import Reach, Story
from grievances.tickets.services.uploads import ReadyFile, SafeFile
from portal.kernel.core import actor, addresses, ciphers
from portal.kernel.core.clock import day
from portal.kernel.core.errors import Refused, Unavailable
from portal.kernel.core.ids import references_in
from portal.kernel.core.shared_counters import counted
from portal.kernel.outbox.models import Message
from portal.kernel.registers.base.selectors import current_entries
from portal.kernel.vault.inspection import client

log = structlog.get_logger(__name__)

RECEIVER: Final = actor.system("grievances.mail")
CONTENT: Final = "grievances.mail.content"
#: What parses a mail in the confined child, and how large a mail that is.
READER: Final = "grievances.mail.reader"
#: Names of mails in it are filing keys and marks of lines.
_MAILS: Final = UUID("b2f6b1a8-3f0d-4f0e-8f83-0b0c3a1c9a55")
#: Technical limits: of one mail, its files, and what one sender may start in an hour.
LONGEST: Final = 40 * 1024 * 1024
LIMITS: Final = replace(client.LIMITS, size=LONGEST)
MOST_FILES: Final = 10
HOUR: Final = timedelta(hours=1)
LANGUAGE_OF_STAFF: Final = "en"
KEYS_OF_A_QUERY: Final = 500
MOST_TICKETS, MOST_LINES = 10, 60


@dataclass(frozen=True)
class Files:
    """What of a mail's files is kept, and the names of those that are not, each with the reason."""

    kept: list[tuple[SafeFile, str]] = field(repr=False)
    left_out: list[str] = field(repr=False)


def take(raw: bytes, *, source: MailSource, place: str, arrived_at: datetime, now: datetime) -> SeenMail:
    """Take one mail, once however often it comes: by its ``place`` (a name there), and by what it says at every place.

    A mail that names a grievance (by its reference in the subject, or by answering a letter of ours) and comes from an
    address of that grievance goes into its thread, as an internal note where nothing shows that its sender wrote it; every other that a person may have written is a grievance of its own,
    answered to the sender (``_answered_at``). It is parsed in the confined child. Files are checked and encrypted before the
    transaction, in which mail, grievance and trace are written together. The clocks of a new grievance run from ``arrived_at``. Raises Unavailable when mail cannot be read or
    files cannot be checked now: nothing is kept, and the mail is taken another time.
    """
    key = key_of(source, place)
    there = SeenMail.objects.filter(source_key=key).first()
    if there is not None:
        return there
    row = SeenMail(source=source, source_key=key, arrived_at=min(arrived_at, now), seen_at=now, size=len(raw))
    try:
        mail = reader.read(*client.ask_for_bytes(READER, raw[:LONGEST], asked={}, limits=LIMITS))
        row.content_key = ciphers.blind_index(_said(mail), domain=CONTENT)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - no mail may stop the others; it stands in the list for a person
        log.warning("grievances.mail_unreadable", error=type(error).__name__)
        row.content_key = ciphers.blind_index(hashlib.sha256(raw).hexdigest(), domain=CONTENT)
        return _ignored(row, Reason.UNREADABLE)
    reason = classification.why_ignored(mail, own=own_addresses(now=now)) or _unfit(mail)
    if reason is None and _is_known(mail):
        reason = Reason.KNOWN
    if reason is not None:
        return _ignored(row, reason)
    files = _made_safe(mail)
    row.files_left_out = len(files.left_out)
    try:
        with uploads.encrypted(files.kept) as ready, transaction.atomic():
            row.outcome, row.reason, row.ticket = _filed(mail, row, ready, ", ".join(files.left_out), now)
            row.save(force_insert=True)
    except IntegrityError:  # another worker takes the same mail in this instant
        again = SeenMail.objects.filter(source_key=key).first()
        if again is not None:
            return again
        if not _is_known(mail):
            raise
        return _ignored(SeenMail(**_bare(row)), Reason.KNOWN)
    return row


def key_of(source: MailSource, place: str) -> str:
    """The name under which a mail at its place is written down."""
    return hashlib.sha256(f"{source}:{place}".encode()).hexdigest()


def outcomes_of(source_keys: Sequence[str]) -> dict[str, str]:
    """What became of mails, by ``key_of`` their places; those that are nothing yet are left out. Some hundreds a query."""
    found: dict[str, str] = {}
    for start in range(0, len(source_keys), KEYS_OF_A_QUERY):
        some = SeenMail.objects.filter(source_key__in=source_keys[start : start + KEYS_OF_A_QUERY])
        found |= dict(some.values_list("source_key", "outcome"))
    return found


def own_addresses(*, now: datetime) -> frozenset[str]:
    """Addresses that are ours: what we send from, what is fetched, and the officers' own."""
    officer = current_entries.current_officer("grievance_officer", on=day(now))
    found = [settings.DEFAULT_FROM_EMAIL.rpartition("<")[2].strip("> "), *settings.MAIL_IN_ADDRESSES]
    return frozenset(address.lower() for address in [*found, officer.email if officer is not None else ""] if address)


def _said(mail: Mail) -> str:
    """What makes two mails the same: name, sender, subject, words and files; not the way they came."""
    files = [hashlib.sha256(file.content).hexdigest() for file in mail.files]
    return "\0".join([mail.message_id, mail.sender, mail.subject, mail.text, *files])


def _bare(row: SeenMail) -> dict[str, object]:
    names = ("source", "source_key", "content_key", "arrived_at", "seen_at", "size")
    return {name: getattr(row, name) for name in names}


def _is_known(mail: Mail) -> bool:
    keys = ciphers.blind_indexes(_said(mail), domain=CONTENT)
    return SeenMail.objects.filter(content_key__in=keys).exclude(outcome=MailOutcome.IGNORED).exists()


def _unfit(mail: Mail) -> Reason | None:
    """An address to which nothing can be answered is nobody."""
    return None if _address(mail.sender) else Reason.NO_SENDER


def _ignored(row: SeenMail, reason: Reason) -> SeenMail:
    row.outcome, row.reason = MailOutcome.IGNORED, reason
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return SeenMail.objects.get(source_key=row.source_key)
    return row


def _made_safe(mail: Mail) -> Files:
    """The files of a mail as they may be kept. What cannot be is named: nothing is dropped unseen."""
    kept: list[tuple[SafeFile, str]] = []
    left_out: list[str] = []
    for file in mail.files:
        if file.is_decoration:
            continue
        if len(kept) >= MOST_FILES:
            left_out.append(file.name)
            continue
        fault = _keep(file, kept)
        if fault:
            left_out.append(f"{file.name} ({fault})")
    return Files(kept, left_out)


def _keep(file: Attached, kept: list[tuple[SafeFile, str]]) -> str:
    try:
        kept.append((uploads.made_safe(BytesIO(file.content)), file.name))
    except uploads.FileFault as fault:
        return str(fault.message)
    return ""


def _filed(
    mail: Mail, row: SeenMail, files: list[ReadyFile], note: str, now: datetime
) -> tuple[MailOutcome, str, Ticket]:
    """The grievance or the line, in the caller's transaction."""
    mark = uuid5(_MAILS, row.source_key)
    known = _meant(mail, now=now)
    if known is not None and not _is_verified(mail, known):
        return _noted(mail, known, files, mark, note, now)
    if known is not None:
        heard = inbound_replies.hear(
            ticket=known,
            text=classification.own_words(mail.text) or mail.subject,
            actor=RECEIVER,
            at=now,
            once_key=mark,
            files=files,
            note=note,
        )
        if heard is not inbound_replies.Heard.TOO_LATE:
            return MailOutcome.LINE, "", known
    address = _answered_at(mail, now)
    crowded = _crowded(address, now)
    if crowded is not None:
        return _joined(mail, crowded, files, mark, note, now)
    filed = assisted_intake.file_with_files(
        filing_key=mark,
        story=Story(kind=TicketKind.OTHER, for_whom=ForWhom.SELF, what_happened=_words(mail), left_out=note),
        reach=Reach(language=classification.language_of(f"{mail.subject} {mail.text}"), email=address, door=Door.EMAIL),
        actor=RECEIVER,
        at=row.arrived_at,
        now=now,
        files=files,
    )
    return MailOutcome.TICKET, "", filed.ticket


def _joined(
    mail: Mail, crowded: Ticket, files: list[ReadyFile], mark: UUID, note: str, now: datetime
) -> tuple[MailOutcome, str, Ticket]:
    """One more mail of a sender who floods us: a line of their newest grievance, with a letter an hour that says so."""
    if crowded.entries.filter(kind=EntryKind.MESSAGE, at__gt=now - HOUR).count() >= MOST_LINES:
        return MailOutcome.IGNORED, Reason.FLOOD, crowded
    if not _is_verified(mail, crowded):
        return _noted(mail, crowded, files, mark, note, now)
    heard = inbound_replies.hear(
        ticket=crowded, text=_words(mail), actor=RECEIVER, at=now, once_key=mark, files=files, note=note
    )
    if heard is inbound_replies.Heard.TOO_LATE:
        return MailOutcome.IGNORED, Reason.FLOOD, crowded
    notifications.tell(crowded, "joined", about=f"joined/{now:%Y%m%d%H}", now=now)
    return MailOutcome.LINE, Reason.FLOOD, crowded


def _noted(
    mail: Mail, known: Ticket, files: list[ReadyFile], mark: UUID, note: str, now: datetime
) -> tuple[MailOutcome, str, Ticket]:
    """Anybody may write somebody else's address into From: what nobody proved moves nothing and is no word of the person.

    It waits as an internal note for the officer; a letter an hour tells the address, and an answer to it is verified.
    """
    notes = known.entries.filter(kind=EntryKind.NOTE, author=Author.PORTAL, at__gt=now - HOUR)
    if notes.count() >= MOST_LINES:
        return MailOutcome.IGNORED, Reason.FLOOD, known
    with translation.override(LANGUAGE_OF_STAFF):
        said = _(
            "Email with an unverified sender. It names an address of this grievance; anyone could have written it."
        )
    thread_entries.add(
        known,
        EntryKind.NOTE,
        author=Author.PORTAL,
        actor=RECEIVER,
        at=now,
        texts={"text": f"{said}\n\n{classification.own_words(mail.text) or mail.subject}", "left_out": note},
        internal=True,
        once_key=mark,
        files=[uploads.keep(file, subject_ref=known.subject_ref, actor=RECEIVER) for file in files],
    )
    notifications.tell(known, "unverified", about=f"unverified/{now:%Y%m%d%H}", now=now)
    return MailOutcome.LINE, Reason.UNVERIFIED, known


def _is_verified(mail: Mail, known: Ticket) -> bool:
    """Whether the sender of a mail is shown: our receiving server says so, or it answers a letter that went to this address.

    The Message-ID of our letter is random, and only who got the letter has it.
    """
    if classification.is_authentic(mail, server=settings.MAIL_IN_SERVER):
        return True
    keys = addresses.address_keys(addresses.normalise(addresses.EMAIL, mail.sender))
    ours = Message.objects.filter(message_id__in=mail.answers[:50], subject_ref=known.subject_ref)
    return ours.filter(destination__address_key__in=keys).exists()


def _words(mail: Mail) -> str:
    """Subject and words as one text: what a person writes in the subject belongs to it, and where they want an answer."""
    wanted = _address(mail.reply_to)
    elsewhere = f"Reply-To: {wanted}" if wanted and wanted != _address(mail.sender) else ""
    return "\n\n".join(part for part in (mail.subject, mail.text, elsewhere) if part) or "–"


def _address(text: str) -> str:
    """The address in its normal form; empty for what is none."""
    try:
        return addresses.normalise(addresses.EMAIL, text)
    except Refused:
        return ""


def _answered_at(mail: Mail, now: datetime) -> str:
    """Where the answer goes: to From, for which mail systems answer (DMARC).

    Anybody may write another person's address into Reply-To, and who answers there writes to that person. It is taken only
    where nobody reads From (a form on a website), and from one such From no oftener in an hour than anybody writes by hand.
    """
    sender, wanted = _address(mail.sender), _address(mail.reply_to)
    if (
        not wanted
        or not classification.is_unread(sender)
        or classification.is_unread(wanted)
        or wanted in own_addresses(now=now)
    ):
        return sender
    mark = hashlib.sha256(addresses.address_key(sender)).hexdigest()
    counter = f"grievances.mail.elsewhere:{mark}:{now:%Y%m%d%H}"
    return sender if counted(counter, seconds=2 * HOUR.seconds) > MOST_TICKETS else wanted


def _meant(mail: Mail, *, now: datetime) -> Ticket | None:
    """The grievance that a mail is about: it names it or answers our letter about it, and comes from an address of it.

    From another address it is a grievance of its own, and its sender learns nothing of that one.
    """
    keys = addresses.address_keys(addresses.normalise(addresses.EMAIL, mail.sender))
    of_sender = Ticket.objects.filter(contacts__address_key__in=keys).select_related("fiduciary").distinct()
    answered = Message.objects.filter(message_id__in=mail.answers[:50]).values_list("subject_ref", flat=True)
    named = references_in(mail.subject, "GR")
    found = of_sender.filter(reference__in=named).first() or of_sender.filter(subject_ref__in=list(answered)).first()
    return found if found is not None and inbound_replies.can_hear(found, now=now) else None


def _crowded(address: str, now: datetime) -> Ticket | None:
    """The newest grievance by mail that is answered there, where more began in this hour than anybody writes by hand."""
    keys = addresses.address_keys(address)
    begun = SeenMail.objects.filter(outcome=MailOutcome.TICKET, seen_at__gt=now - HOUR).values("ticket")
    recent = Ticket.objects.filter(door=Door.EMAIL, contacts__address_key__in=keys, pk__in=begun)
    if recent.count() < MOST_TICKETS:
        return None
    return recent.select_related("fiduciary").order_by("-pk").first()
