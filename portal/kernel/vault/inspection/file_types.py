"""What a file is: by its first bytes, against what its name claims."""

import io
import re
import zipfile

import puremagic

from portal.kernel.vault.inspection.result import Fault, RefusedFileError

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
_PDF_BEGINS = b"%PDF-"
_FIRST_BYTES = {_PDF_BEGINS: PDF, b"\xff\xd8\xff": JPEG, b"\x89PNG\r\n\x1a\n": PNG}
_EXTENSIONS = {"pdf": PDF, "jpg": JPEG, "jpeg": JPEG, "png": PNG}
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")


def begins_as_pdf(data: bytes) -> bool:
    """Whether ``sniff`` can take it for a PDF and for nothing else."""
    return data.startswith(_PDF_BEGINS)


def named(data: bytes) -> str:
    """The kind that a signature list names, for the record; empty when it knows none."""
    try:
        return str(puremagic.from_string(data[:4096], mime=True))
    except puremagic.PureError:
        return ""


def sniff(data: bytes, extension: str | None) -> str:
    """The MIME type of a file that may be taken: PDF, JPEG or PNG from its first byte on, as its name says (None: the name
    does not matter).

    Raises RefusedFileError: EMPTY, ARCHIVE, TYPE (a kind we do not take), TYPE_MISMATCH (the name says another kind).
    """
    if not data:
        raise RefusedFileError(Fault.EMPTY)
    seen = next((mime for first, mime in _FIRST_BYTES.items() if data.startswith(first)), "")
    claimed = seen if extension is None else _EXTENSIONS.get(extension.lower().lstrip("."), "")
    if not seen:
        if data.startswith(_ARCHIVES):
            raise RefusedFileError(Fault.ARCHIVE, named(data))
        raise RefusedFileError(Fault.TYPE_MISMATCH if claimed else Fault.TYPE, named(data))
    if not claimed:
        raise RefusedFileError(Fault.TYPE, seen)
    if claimed != seen:
        raise RefusedFileError(Fault.TYPE_MISMATCH, seen)
    return seen


_PHONE_TAIL = re.compile(rb"\A[\x00\xff\s]*(?:\xff\xd8\xff|\x00\x00..\x66typ|.{4}ftyp|SEF[HT]|\Z)", re.DOTALL)
_JPEG_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})


def refuse_tail(data: bytes, mime: str) -> None:
    """Raises RefusedFileError TRAILING_DATA when something else hangs behind (or inside) the document.

    Phones put a second picture, a short film or a maker's note behind a JPEG; those are let through, and go when the
    picture is written anew.
    """
    if zipfile.is_zipfile(io.BytesIO(data)):
        raise RefusedFileError(Fault.TRAILING_DATA, "application/zip")
    if mime == PDF:
        tail = data[data.rfind(b"%%EOF") + 5 :] if b"%%EOF" in data else b""
        if tail.strip(b"\x00\r\n\t \x1a"):
            raise RefusedFileError(Fault.TRAILING_DATA)
        return
    tail = data[_end_of_png(data) if mime == PNG else _end_of_jpeg(data) :]
    is_known = not tail.strip(b"\x00\xff\r\n\t ") or (mime == JPEG and _PHONE_TAIL.match(tail[:4096]))
    if not is_known:
        raise RefusedFileError(Fault.TRAILING_DATA, named(tail))


def _end_of_png(data: bytes) -> int:
    """Behind the IEND chunk; raises RefusedFileError CORRUPT when there is none (PNG, 5.3)."""
    at = 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        is_end = data[at + 4 : at + 8] == b"IEND"
        at += 12 + length
        if is_end and at <= len(data):
            return at
    raise RefusedFileError(Fault.CORRUPT)


def _end_of_jpeg(data: bytes) -> int:
    """Behind the end-of-image marker of the first picture; raises RefusedFileError CORRUPT when there is none (T.81, B)."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise RefusedFileError(Fault.CORRUPT)
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker == 0xD9:
            return at + 2
        elif marker in _JPEG_NO_LENGTH:
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            if marker == 0xDA:
                at = _after_scan(data, at)
    if data[at : at + 2] == b"\xff\xd9":
        return at + 2
    raise RefusedFileError(Fault.CORRUPT)


_NEXT_MARKER = re.compile(rb"\xff+(?![\x00\xff\xd0-\xd7])", re.DOTALL)


def _after_scan(data: bytes, at: int) -> int:
    """The next marker behind entropy-coded bytes, where FF is followed by 00 or a restart marker."""
    match = _NEXT_MARKER.search(data, at)
    if match is None:
        raise RefusedFileError(Fault.CORRUPT)
    return match.end() - 1
