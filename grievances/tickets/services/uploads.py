"""Files from strangers: judged by what is inside, made anew where that can be done, refused with one clear reason else."""

import contextlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final
from uuid import UUID

from django.utils.translation import gettext as _

from grievances.base import encryption
from grievances.base.number_redaction import without_numbers
from portal.kernel.core import answers
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused, Unavailable
from portal.kernel.vault.inspection import client
from portal.kernel.vault.inspection.result import Fault, Limits
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services import files as vault

#: Technical limits: the largest file and what is in it.
LIMITS: Final = Limits(pixels=50_000_000, pages=100, cpu_seconds=60, wall_seconds=90.0)
LONGEST_NAME: Final = 120


class FileFault(Refused):
    """The file is not fit to be kept; the message says why and what to do."""


@dataclass(frozen=True)
class SafeFile:
    """A file that may be kept: an image made anew without its metadata, or a PDF with nothing active inside."""

    stream: BinaryIO = field(repr=False)
    media_type: str


@dataclass(frozen=True)
class ReadyFile:
    """A safe file whose bytes lie encrypted in the storage, and whose row is still to be written."""

    bytes_of: vault.Encrypted
    name: str
    media_type: str


@dataclass(frozen=True)
class KeptFile:
    """A file that lies in the vault, as a draft or a line of the thread lists it."""

    file: StoredFile
    name_sealed: bytes = field(repr=False)
    media_type: str
    size: int


@contextlib.contextmanager
def encrypted(files: Iterable[tuple[SafeFile, str]]) -> Iterator[list[ReadyFile]]:
    """Safe files with their names, encrypted before a transaction opens. What is not kept when the block ends is removed."""
    with contextlib.ExitStack() as stack:
        yield [
            ReadyFile(stack.enter_context(vault.encrypted(safe.stream)), name, safe.media_type) for safe, name in files
        ]


def keep(ready: ReadyFile, *, subject_ref: UUID, actor: Actor) -> KeptFile:
    """Keep an encrypted file under the subject's key, in the caller's transaction."""
    stored = vault.keep(
        ready.bytes_of,
        subject_ref=subject_ref,
        retention_class=encryption.RETENTION_CLASS,
        kind="grievances.attachment",
        actor=actor,
    )
    name_sealed = encryption.seal({"name": name_of(ready.name)}, subject_ref=subject_ref)
    return KeptFile(stored, name_sealed, ready.media_type, stored.size)


def name_of(name: str) -> str:
    """A file's name as it is kept: its end, where the kind of file stands, and no number that must not be kept."""
    return without_numbers(name)[0][-LONGEST_NAME:]


def made_safe(stream: BinaryIO) -> SafeFile:
    """Judge an upload in a child process with limits of time and memory and without network, disk or database.

    Aadhaar numbers in its text, its codes and, where a machine reads them, its pictures are covered in the copy that is
    kept, as in KYC's documents. It may take a minute and a half: never inside a transaction, where nobody else could write meanwhile.
    Raises FileFault with the one thing that is wrong and what to do, Unavailable when the child could not work.
    """
    given = stream.read(LIMITS.size + 1)
    try:
        verdict, kept = client.inspect(given, extension=None, limits=LIMITS, hide=answers.number_finder.ask())
    except OSError as error:
        raise Unavailable(_("We cannot check files just now. Try again in a few minutes."), code="NO_CHECK") from error
    if verdict.fault is not None:
        raise FileFault(_words(verdict.fault), code=verdict.fault)
    return SafeFile(io.BytesIO(kept), verdict.mime)


def _words(fault: Fault) -> str:
    return {
        Fault.EMPTY: _("This file is empty. Choose another one"),
        Fault.TOO_LARGE: _("The file must be smaller than 10 MB"),
        Fault.TYPE: _("The file must be a PDF, JPG or PNG"),
        Fault.ARCHIVE: _("The file must be a PDF, JPG or PNG"),
        Fault.TOO_MANY_PIXELS: _(
            "The picture is too large. Make it smaller than 50 million pixels and choose it again"
        ),
        Fault.TOO_MANY_PAGES: _("The PDF has too many pages. Send 100 pages or fewer"),
        Fault.ENCRYPTED: _("The PDF is protected by a password. Remove the password and choose it again"),
        Fault.ACTIVE_CONTENT: _(
            "The PDF contains programs, forms or links that act. Print it to a new PDF and choose that"
        ),
        Fault.EMBEDDED_FILE: _("The PDF contains other files. Print it to a new PDF and choose that"),
        Fault.AADHAAR_NUMBER: _(
            "An Aadhaar number in this file could not be covered. Hide its first 8 digits and choose it again"
        ),
        Fault.TRAILING_DATA: _("Something else is hidden behind the document in this file. Make a new photo or PDF."),
    }.get(fault, _("The file is damaged and cannot be opened. Save it anew and choose it again"))
