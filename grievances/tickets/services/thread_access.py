"""Opening what was sealed: threads, names of files, files, and the receipt of a grievance."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import BinaryIO

from django.core.exceptions import ObjectDoesNotExist
from django.utils.translation import gettext as _

from grievances.base import encryption, selectors
from grievances.base import labels as base_labels
from grievances.base.choices import Author, Visibility
from grievances.base.encryption import Shredded
from grievances.base.models.draft import DraftFile, TicketDraft
from grievances.base.models.requests import RightsRequest
from grievances.base.models.thread import Attachment, TicketEntry
from grievances.base.models.ticket import Ticket
from grievances.tickets import category_details
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import NotFound
from portal.kernel.core.ids import references_in
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import Entry
from portal.kernel.vault.services import files as vault

_KINDS_OF_FILES = {"application/pdf": "PDF", "image/jpeg": "JPG", "image/png": "PNG", "text/plain": "TXT"}
#: Answers by which the person, or their account here, is known.
NOT_FOR_CLIENTS = frozenset({"received_at_number", "organisation_reference"})


@dataclass(frozen=True)
class File:
    """A file as it is listed: its own name, what it is and how long."""

    pk: int
    name: str = field(repr=False)
    kind: str
    size: int


@dataclass(frozen=True)
class Line:
    """One line of a thread, opened."""

    entry: TicketEntry
    label: str
    author: str
    texts: dict[str, str] = field(repr=False)
    files: list[File] = field(repr=False)
    is_internal: bool
    is_erased: bool = False

    @property
    def facts(self) -> list[tuple[category_details.Text, category_details.Text]]:
        """The answers to the questions of the kind, as people read them."""
        return category_details.shown(self.texts)


def thread(ticket: Ticket, *, internal: bool, opened: bool = True) -> list[Line]:
    """The lines of a grievance, oldest first. ``internal`` adds staff's notes; ``opened`` opens the words.

    The caller answers for who asks: the person gets ``internal=False``, a role without the right to read
    ``opened=False``. Words whose key was destroyed are marked as erased.
    """
    entries = ticket.entries.select_related("text", "written_by").prefetch_related("attachments").order_by("at", "pk")
    if not internal:
        entries = entries.filter(visibility=Visibility.PUBLIC)
    labels = base_labels.ENTRY_KINDS if internal else {**base_labels.ENTRY_KINDS, **base_labels.OWN_ENTRY_KINDS}
    return [line_of(ticket, entry, label=str(labels[entry.kind]), opened=opened) for entry in entries]


def for_client(ticket: Ticket) -> list[Line]:
    """The thread as the client reads it to whom it was passed on: what was said, not where the person is reached.

    Without the address that got a message and the account with us for which one acts: the client answers by us.
    """
    return [
        replace(line, texts={name: said for name, said in line.texts.items() if name not in NOT_FOR_CLIENTS})
        for line in thread(ticket, internal=False)
    ]


def line_of(ticket: Ticket, entry: TicketEntry, *, label: str = "", opened: bool = True) -> Line:
    """One line of the thread, opened as ``thread`` says. The caller answers for who asks."""
    texts: dict[str, str] = {}
    erased = False
    if opened:
        try:
            texts = encryption.unseal(entry.text.sealed, subject_ref=ticket.subject_ref)
        except ObjectDoesNotExist:
            pass
        except Shredded:
            erased = True
    return Line(
        entry=entry,
        label=label,
        author=str(base_labels.AUTHORS[entry.author]),
        texts=texts,
        files=_files(entry.attachments.all(), ticket.subject_ref) if opened else [],
        is_internal=entry.visibility == Visibility.INTERNAL,
        is_erased=erased,
    )


def references_named(lines: Iterable[Line], kind: str) -> list[str]:
    """The references of a kind, such as DO, that the person wrote in these lines, each once. What staff wrote names none."""
    theirs = (line for line in lines if line.entry.author == Author.PERSON)
    named = (found for line in theirs for text in line.texts.values() for found in references_in(text, kind))
    return list(dict.fromkeys(named))


def named_at(lines: Iterable[Line], reference: str) -> datetime | None:
    """When the person last wrote this reference in these lines, oldest first; None where they did not."""
    kind = reference.split("-")[1]
    return max((line.entry.at for line in lines if reference in references_named([line], kind)), default=None)


def details_of(request: RightsRequest) -> dict[str, str]:
    """What was asked for beyond the right itself; nothing once it was erased. The caller answers for who may see it."""
    if not request.details_sealed:
        return {}
    return encryption.unseal(request.details_sealed, subject_ref=request.ticket.subject_ref)


def draft_files(draft: TicketDraft) -> list[File]:
    """The files of a draft in the order they were added."""
    return _files(draft.files.all(), draft.subject_ref)


def _files(kept: Iterable[Attachment | DraftFile], subject_ref: object) -> list[File]:
    found = []
    for number, row in enumerate(kept, start=1):
        try:
            name = encryption.unseal(row.name_sealed, subject_ref=subject_ref).get("name", "")  # type: ignore[arg-type]
        except Shredded:
            name = ""
        kind = _KINDS_OF_FILES.get(row.media_type, row.media_type)
        found.append(File(row.pk, name or _("File %(number)d") % {"number": number}, kind, row.size))
    return found


def open_attachment(
    *, ticket: Ticket, attachment_id: int, internal: bool, actor: Actor, reason: str
) -> tuple[File, BinaryIO]:
    """A file of the thread and its bytes; vault writes who opened it and why. Raises NotFound."""
    rows = Attachment.objects.filter(pk=attachment_id, entry__ticket=ticket).select_related("file")
    if not internal:
        rows = rows.filter(entry__visibility=Visibility.PUBLIC)
    attachment = rows.first()
    if attachment is None:
        raise NotFound(_("This grievance has no such file."))
    listed = _files([attachment], ticket.subject_ref)[0]
    return listed, vault.open_stream(attachment.file, actor=actor, reason=reason)


def entries_of(reference: str) -> list[Entry]:
    """The entry that a grievance was filed with; none for another reference. Registered in ``ports.referred_entries``."""
    ticket = Ticket.objects.filter(reference=selectors.canonical(reference) or None).first()
    return [] if ticket is None else [_filed(ticket).entry]


def receipt(ticket: Ticket, *, of_closing: bool = False) -> bytes:
    """The ledger's proof (C2SP tlog-proof) that the grievance was filed, or closed last; seals first where that is to come.

    Raises NotSealed when the ledger cannot be sealed in time: the person tries again; NotFound for one never closed.
    """
    event = _closed(ticket) if of_closing else _filed(ticket)
    if event is None:
        raise NotFound(_("This grievance was not closed."))
    ledger.seal_now(entry=event.entry)
    return ledger.receipt_for(event.entry)


def _closed(ticket: Ticket) -> AuditEvent | None:
    events = AuditEvent.objects.select_related("entry__leaf")
    return events.filter(about=ticket.about, kind=str(AuditKind.GRIEVANCES_TICKET_CLOSED)).order_by("-pk").first()


def _filed(ticket: Ticket) -> AuditEvent:
    events = AuditEvent.objects.select_related("entry__leaf")
    return events.get(about=ticket.about, kind=str(AuditKind.GRIEVANCES_TICKET_FILED))
