"""Writing one line of a thread: the fact, its sealed words, its files."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from grievances.base import encryption
from grievances.base.choices import Author, EntryKind, Visibility
from grievances.base.models.draft import DraftFile
from grievances.base.models.thread import Attachment, EntryText, TicketEntry
from grievances.base.models.ticket import Ticket
from grievances.base.number_redaction import without_numbers
from grievances.tickets.services.uploads import KeptFile
from portal.kernel.core import field_changes, ports
from portal.kernel.core.actor import Actor, ActorKind
from portal.kernel.core.ids import references_in


def once_of(
    once_key: UUID | None, ticket: Ticket, kind: EntryKind, texts: Mapping[str, str] | None = None, *, file: str = ""
) -> UUID | None:
    """What marks one line: the token of the writer's page together with what was done and said there.

    The same page may send twice what is one message, and another message after it: who goes back and writes anew sends the
    old token. Only the mark is kept; without the token, which is not, nothing can be read from it.
    """
    if once_key is None:
        return None
    said = json.dumps([ticket.pk, str(kind), dict(texts or {}), file], ensure_ascii=False, sort_keys=True)
    return uuid5(once_key, said)


def is_there(once: UUID | None) -> bool:
    """Whether a line with this mark is in a thread."""
    return once is not None and TicketEntry.objects.filter(once_key=once).exists()


def add(
    ticket: Ticket,
    kind: EntryKind,
    *,
    author: Author,
    actor: Actor,
    at: datetime,
    texts: Mapping[str, str] | None = None,
    internal: bool = False,
    once_key: UUID | None = None,
    files: Iterable[DraftFile | KeptFile] = (),
    file_sha256: str = "",
) -> TicketEntry | None:
    """Append one line in the caller's transaction; its words are sealed under the subject's key.

    Aadhaar and card numbers in the words are cut to four digits first. Whoever keeps the documents that the person names
    learns of it, whatever door they came by. Returns None when the same page sent the same before (``once_of``;
    ``file_sha256`` tells files apart): the caller does nothing more.
    """
    once = once_of(once_key, ticket, kind, texts, file=file_sha256)
    written_by = actor.user_id if actor.kind == ActorKind.STAFF else None
    try:
        with transaction.atomic():
            entry = TicketEntry.objects.create(
                ticket=ticket,
                kind=kind,
                author=author,
                visibility=Visibility.INTERNAL if internal else Visibility.PUBLIC,
                written_by_id=written_by,
                at=at,
                round=ticket.round,
                once_key=once,
            )
    except IntegrityError:
        if is_there(once):
            return None
        raise
    field_changes.watch_created(entry)
    if texts:
        safe = {name: without_numbers(text)[0] for name, text in texts.items() if text}
        EntryText.objects.create(entry=entry, sealed=encryption.seal(safe, subject_ref=ticket.subject_ref))
        if author == Author.PERSON:
            named = list(dict.fromkeys(found for text in safe.values() for found in references_in(text, "DO")))
            tell_of_documents(ticket, named, subject_ref=ticket.subject_ref, actor=actor, at=at)
    Attachment.objects.bulk_create(
        Attachment(
            entry=entry, file=kept.file, name_sealed=kept.name_sealed, media_type=kept.media_type, size=kept.size
        )
        for kept in files
    )
    return entry


def tell_of_documents(
    ticket: Ticket, documents: Sequence[str], *, subject_ref: UUID | None, actor: Actor, at: datetime
) -> int:
    """Say to whoever keeps these documents that the grievance's person named them at ``at``, in the caller's transaction.

    ``subject_ref`` says who wrote, None where an officer knows that it is the documents' own customer; of a stranger nobody
    can say whose they are. Returns how many are tied to the grievance by it.
    """
    if not documents:
        return 0
    said = {"ticket": ticket.reference, "documents": documents, "subject_ref": subject_ref, "actor": actor, "at": at}
    return sum(told(**said) for told in ports.documents_complained_of)
