"""The receipt file inside the forms in which people keep it: the file itself, JSON, or the PDF that carries it attached."""

import json
import re
import zlib
from codecs import BOM_UTF8
from typing import Final

from portal.kernel.ledger.receipts import HEADER

#: How every receipt file begins.
FIRST_LINE: Final = f"{HEADER}\n".encode()
#: No receipt file is longer.
LONGEST: Final = 64 * 1024
#: No form of it is larger: the PDF brings its fonts. A wrong file often is.
LARGEST: Final = 512 * 1024
#: Our PDF carries one file. One with more than this is none of ours, and nobody looks through it.
MOST_FILES: Final = 8
_PDF: Final = b"%PDF-"
_NAME: Final = b"/EmbeddedFile"
_ATTACHED: Final = re.compile(rb"/Type\s*" + _NAME + rb"\b.{0,400}?stream\r?\n", re.DOTALL)


class TooManyFiles(ValueError):
    """A PDF carries more files than are looked through."""


def proof_in(data: bytes) -> bytes | None:
    """The receipt file that the bytes are, or that a form of it carries; None for what is neither.

    Raises TooManyFiles for a PDF with more than ``MOST_FILES``: unpacking thousands would keep everybody else waiting.
    """
    if len(data) > LARGEST:
        return None
    if data.startswith(_PDF):
        return _attached(data)
    # What some editors do to a file that is saved anew: a mark before it, and other ends of lines.
    text = data.removeprefix(BOM_UTF8)
    if text.startswith(FIRST_LINE.rstrip() + b"\r\n"):
        text = text.replace(b"\r\n", b"\n")
    found = text if text.startswith(FIRST_LINE) else _in_json(text)
    return found if found is not None and len(found) <= LONGEST else None


def _in_json(data: bytes) -> bytes | None:
    try:
        waiting = [json.loads(data)]
    except (ValueError, RecursionError):
        return None
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and value.encode(errors="replace").startswith(FIRST_LINE):
            return value.encode(errors="replace")
        if isinstance(value, dict | list):
            waiting.extend(value.values() if isinstance(value, dict) else value)
    return None


def _attached(data: bytes) -> bytes | None:
    """The first file attached to a PDF that is a receipt. No more of a stream is unpacked than a receipt can be long."""
    if data.count(_NAME) > MOST_FILES:
        raise TooManyFiles
    for found in _ATTACHED.finditer(data):
        try:
            content = zlib.decompressobj().decompress(data[found.end() :], LONGEST + 1)
        except zlib.error:
            continue
        if content.startswith(FIRST_LINE) and len(content) <= LONGEST:
            return content
    return None
