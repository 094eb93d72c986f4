"""Writing one line of a thread: the fact, its sealed words, its files."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from grievances import sealing
from grievances.models import Attachment, DraftFile, EntryText, Ticket, TicketEntry
from grievances.services.uploads import KeptFile
from grievances.states import Author, EntryKind, Visibility
from portal.core import changes
from portal.core.actor import Actor, ActorKind
from portal.core.text import mask_identity_numbers


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
) -> TicketEntry | None:
    """Append one line in the caller's transaction; its words are sealed under the subject's key.

    Aadhaar and card numbers in the words are cut to four digits first. Returns None when a line with this ``once_key``
    is there already: the same page was sent twice, and the caller does nothing more.
    """
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
                once_key=once_key,
            )
    except IntegrityError:
        if once_key is not None and TicketEntry.objects.filter(once_key=once_key).exists():
            return None
        raise
    changes.watch_created(entry)
    if texts:
        safe = {name: mask_identity_numbers(text)[0] for name, text in texts.items() if text}
        EntryText.objects.create(entry=entry, sealed=sealing.seal(safe, subject_ref=ticket.subject_ref))
    Attachment.objects.bulk_create(
        Attachment(
            entry=entry, file=kept.file, name_sealed=kept.name_sealed, media_type=kept.media_type, size=kept.size
        )
        for kept in files
    )
    return entry
