"""The files of attachments in an evidence pack: those that whoever asked for it may export; each other is named with why."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import apps

from portal.fronts.evidence.archive_parts import Parts
from portal.fronts.evidence.pack_contents import Missing
from portal.kernel.core import access
from portal.kernel.core.actor import Actor
from portal.kernel.core.ciphers import CannotDecrypt
from portal.kernel.core.errors import NotFound
from portal.kernel.jobs.permissions import Permission as JobsPermission
from portal.kernel.people.models import User
from portal.kernel.registers.entries.models.attachments import Attachment
from portal.kernel.registers.entries.services import attachments
from portal.kernel.vault.services import files
from portal.kernel.vault.services.keys import Shredded

#: A browser reads a whole pack into memory to check it: so many bytes and files of attachments are in one. Technical limits,
#: as ``verify.py`` has them.
LARGEST, IN_ALL, MOST = 25 * 1024 * 1024, 200 * 1024 * 1024, 2_000
#: By the type of a file how its name ends, as ``verify.py`` has it.
ENDS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
OPENED_FOR = "evidence.pack"


def add(parts: Parts, rows: Iterable[bytes], *, reader: User | None, actor: Actor) -> list[Missing]:
    """Add ``attachments/REFERENCE.EXT`` for the rows of the register (its JSON lines); returns what is left out, with why.

    ``reader`` asked for the pack: their role reads the record and exports lists, and their days hold the attachment. Nobody
    (a command) exports none. Each opening is an audit event of the vault by ``actor``. No name of a file says anything of
    its content.
    """
    missing, total, count = [], 0, 0
    for row in map(json.loads, rows):
        why = _why_not(row, reader) or _too_much(row, total=total, count=count)
        content = b"" if why else _content(row["reference"], actor)
        if not why and (hashlib.sha256(content).hexdigest(), len(content)) != (row["sha256"], row["size"]):
            why = "damaged"
        if why:
            missing.append(Missing.because("attachment", row["reference"], why))
            continue
        parts.add(f"attachments/{row['reference']}.{ENDS[row['media_type']]}", [content])
        total, count = total + len(content), count + 1
    return missing


def _why_not(row: Mapping[str, Any], reader: User | None) -> str:
    """The code of a reason (``REASONS`` of ``verify.py``); empty where the file is in the pack."""
    if row["ended_at"] is not None:
        return "destroyed"
    holder = attachments.holder_of(apps.get_model(row["about"].partition(":")[0]))
    if holder.is_about_people:
        return "people"
    if reader is None:
        return "command"
    own = access.within_scope(reader, Attachment.objects.filter(reference=row["reference"]))
    is_allowed = all(access.allowed(reader, each) for each in (holder.views, JobsPermission.LIST_EXPORT))
    return "" if is_allowed and own.exists() else "role"


def _too_much(row: Mapping[str, Any], *, total: int, count: int) -> str:
    if row["size"] > LARGEST:
        return "size"
    return "full" if total + row["size"] > IN_ALL or count == MOST else ""


def _content(reference: str, actor: Actor) -> bytes:
    """The clear bytes; none for a file that was destroyed meanwhile or whose stored bytes were changed."""
    found = Attachment.objects.select_related("file").get(reference=reference)
    try:
        with files.open_stream(found.file, actor=actor, reason=OPENED_FOR) as clear:
            return clear.read(LARGEST + 1)
    except (Shredded, CannotDecrypt, NotFound, OSError):
        return b""
