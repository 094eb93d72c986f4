"""Writing one line of a thread: the fact, its sealed words, its files."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from grievances import sealing
from grievances.models import Attachment, DraftFile, EntryText, Ticket, TicketEntry
from grievances.services.hiding import without_numbers
from grievances.services.uploads import KeptFile
from grievances.states import Author, EntryKind, Visibility
from portal.core import changes
from portal.core.actor import Actor, ActorKind


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

    Aadhaar and card numbers in the words are cut to four digits first. Returns None when the same page sent the same
    before (``once_of``; ``file_sha256`` tells files apart): the caller does nothing more.
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
    changes.watch_created(entry)
    if texts:
        safe = {name: without_numbers(text)[0] for name, text in texts.items() if text}
        EntryText.objects.create(entry=entry, sealed=sealing.seal(safe, subject_ref=ticket.subject_ref))
    Attachment.objects.bulk_create(
        Attachment(
            entry=entry, file=kept.file, name_sealed=kept.name_sealed, media_type=kept.media_type, size=kept.size
        )
        for kept in files
    )
    return entry
