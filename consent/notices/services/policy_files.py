"""The text of a policy, from whatever it comes in: one form for a file, for pasted words and for the version in force."""

import re
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from consent.base.selectors.notices import published
from portal.kernel.core import clock
from portal.kernel.core.errors import Refused
from portal.kernel.vault.inspection import client
from portal.kernel.vault.inspection.result import Limits

READER: Final = "consent.notices.documents.reader"
#: A policy is read in a moment: what takes longer is made to.
LIMITS: Final = Limits(cpu_seconds=4)
#: The largest file; most of one that is larger is pictures and styles.
LARGEST_FILE: Final = 1024 * 1024
#: No policy is longer; a wrong file often is.
LARGEST: Final = 512 * 1024
#: What a file is read as, by the end of its name.
KINDS: Final = {"txt": "txt", "md": "md", "markdown": "md", "docx": "docx", "html": "html", "htm": "html"}
_NOT_TEXT = _("This file is not plain text in UTF-8. Save it as text and try again.")
_UNREADABLE = _("This file cannot be read. Open it in the program it was written with, save it anew and try again.")
FAULTS: Final[dict[str, Any]] = {
    "MACROS": _("This file has macros. Save it as .docx without macros and try again."),
    "OLD_WORD": _(
        "This is an old Word file (.doc), or one with a password. Save it as .docx without a password and try again."
    ),
    "TOO_MUCH": _("This file unpacks to more than a policy can be. Copy its text into a new document and try again."),
    "UNREADABLE": _UNREADABLE,
}
#: Marks without width that word processors leave behind. The joiners of Indian scripts are words, and stay.
_WITHOUT_WIDTH = re.compile("[\u200b\ufeff\u00ad\u2060]")
_WIDE_BLANKS = re.compile("[\u00a0\u2007\u202f]")


def read(name: str, data: bytes) -> str:
    """The text of a file, in the form of ``neat``. Word, HTML and Markdown are parsed in the confined child.

    Raises Refused, saying what to do, for a file of another kind, one that is too large, empty, locked, has macros or cannot
    be read; Unavailable when the machine is too busy to read it now.
    """
    kind = KINDS.get(name.rpartition(".")[2].lower()) if "." in name else None
    if kind is None:
        raise Refused(_("Choose a file that ends in .txt, .md, .docx or .html."), code="OTHER_FILE")
    if len(data) > LARGEST_FILE:
        raise Refused(_("This file is larger than 1 MB. Take out its pictures, or paste the text."), code="TOO_LARGE")
    if kind == "txt":
        return neat(decode(data))
    return neat(_asked(kind, decode(data).encode() if kind == "md" else data))


def _asked(kind: str, data: bytes) -> str:
    if not data:
        raise Refused(_("This file is empty."), code="EMPTY")
    try:
        said, text = client.ask_for_bytes(READER, data, asked={"kind": kind}, limits=LIMITS)
    except client.ChildFailedError as failed:
        raise Refused(_UNREADABLE, code="UNREADABLE") from failed
    if said["fault"]:
        raise Refused(FAULTS.get(said["fault"], _UNREADABLE), code=said["fault"])
    return text.decode()


def of_version_in_force(notice: str, *, now: datetime) -> str:
    """The binding text of the version in force now of the notice with this code. Raises Refused where there is none."""
    found = published(notice).filter(effective_on__lte=clock.day(now)).first()
    if found is None:
        raise Refused(_("No version of this text is in force: there is nothing to copy."), code="NOTHING_IN_FORCE")
    return neat(found.binding.text)


def decode(data: bytes) -> str:
    """A text file as text. Raises Refused, saying what to do, for what is none."""
    if len(data) > LARGEST:
        raise Refused(_("This file is larger than a policy can be (512 kB). Give the text alone."), code="TOO_LARGE")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(_NOT_TEXT, code="NOT_TEXT") from error
    if "\x00" in text:
        raise Refused(_NOT_TEXT, code="NOT_TEXT")
    if not text.strip():
        raise Refused(_("This file is empty."), code="EMPTY")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def neat(text: str) -> str:
    """The form in which a text is kept: plain blanks, none at the ends of lines, one empty line between paragraphs.

    Raises Refused for a text that is empty then, or longer than a policy can be.
    """
    plain = _WIDE_BLANKS.sub(" ", _WITHOUT_WIDTH.sub("", text))
    lines = (line.rstrip() for line in plain.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    found = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
    if not found.strip():
        raise Refused(_("There are no words in it. Choose another file, or paste the text."), code="EMPTY")
    if len(found.encode()) > LARGEST:
        raise Refused(_("This text is longer than a policy can be (512 kB)."), code="TOO_LARGE")
    return found + "\n"
