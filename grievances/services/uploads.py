"""Files from strangers: judged by what is inside, made anew where that can be done, refused with one clear reason else."""

import io
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

import structlog
from django.utils.translation import gettext as _

from grievances import sealing
from portal.core.actor import Actor
from portal.core.errors import Refused, Unavailable
from portal.vault.models import StoredFile
from portal.vault.services import files as vault

log = structlog.get_logger(__name__)

#: Technical limits: what one child process may use, and the largest file.
MOST_BYTES: Final = 10 * 1024 * 1024
SECONDS: Final = 30
LONGEST_NAME: Final = 120
CHILD: Final = Path(__file__).with_name("upload_child.py")


class FileFault(Refused):
    """The file is not fit to be kept; the message says why and what to do."""


@dataclass(frozen=True)
class SafeFile:
    """A file that may be kept: an image made anew without its metadata, or a PDF with nothing active inside."""

    stream: BinaryIO = field(repr=False)
    media_type: str


@dataclass(frozen=True)
class KeptFile:
    """A file that lies in the vault, as a draft or a line of the thread lists it."""

    file: StoredFile
    name_sealed: bytes = field(repr=False)
    media_type: str
    size: int


def keep(stream: BinaryIO, *, name: str, subject_ref: UUID, actor: Actor) -> KeptFile:
    """Make an upload safe and store it under the subject's key, in the caller's transaction. Raises as ``made_safe``."""
    safe = made_safe(stream)
    stored = vault.store(
        safe.stream,
        subject_ref=subject_ref,
        retention_class=sealing.RETENTION_CLASS,
        kind="grievances.attachment",
        actor=actor,
    )
    name_sealed = sealing.seal({"name": name[-LONGEST_NAME:]}, subject_ref=subject_ref)
    return KeptFile(stored, name_sealed, safe.media_type, stored.size)


def made_safe(stream: BinaryIO) -> SafeFile:
    """Judge an upload in a child process with limits of time and memory and without network or database.

    Raises FileFault with the one thing that is wrong and what to do, Unavailable when the child could not work.
    """
    given = stream.read(MOST_BYTES + 1)
    if not given:
        raise FileFault(_("This file is empty. Choose another one"), code="EMPTY")
    if len(given) > MOST_BYTES:
        raise FileFault(_("The file must be smaller than 10 MB"), code="TOO_LARGE")
    with tempfile.TemporaryDirectory(prefix="upload-") as scratch:
        place = Path(scratch)
        (place / "in").write_bytes(given)
        verdict = _judge(place)
        if reason := verdict.get("reason"):
            raise FileFault(_words(reason), code=reason)
        return SafeFile(io.BytesIO((place / "out").read_bytes()), verdict["media_type"])


def _judge(place: Path) -> dict[str, str]:
    command = [sys.executable, "-I", str(CHILD), str(place)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False, env={}, cwd=place)
    except subprocess.TimeoutExpired:
        return {"reason": "CORRUPT"}
    except OSError as error:
        raise Unavailable(_("We cannot check files just now. Try again in a few minutes."), code="NO_CHECK") from error
    if done.returncode != 0 or not done.stdout:
        # A crash or a limit: the file did that, so it is the file that is refused.
        log.warning("grievances.upload_child_died", code=done.returncode)
        return {"reason": "CORRUPT"}
    verdict: dict[str, str] = json.loads(done.stdout)
    return verdict


def _words(reason: str) -> str:
    return {
        "TYPE": _("The file must be a PDF, JPG or PNG"),
        "TOO_MANY_PIXELS": _("The picture is too large. Make it smaller than 50 million pixels and choose it again"),
        "TOO_MANY_PAGES": _("The PDF has too many pages. Send 100 pages or fewer"),
        "ENCRYPTED": _("The PDF is protected by a password. Remove the password and choose it again"),
        "ACTIVE_CONTENT": _(
            "The PDF contains programs, forms or links that act. Print it to a new PDF and choose that"
        ),
        "EMBEDDED_FILE": _("The PDF contains other files. Print it to a new PDF and choose that"),
    }.get(reason, _("The file is damaged and cannot be opened. Save it anew and choose it again"))
