"""Workbooks from elsewhere, looked at before a library unpacks them."""

import zipfile
from collections.abc import Iterable
from typing import BinaryIO


def is_harmless(content: BinaryIO, *, most_unpacked: int) -> bool:
    """Whether an XLSX unpacks to at most so many bytes and defines no entities of its own. Raises BadZipFile for what is none."""
    with zipfile.ZipFile(content) as packed:
        parts = [part for part in packed.infolist() if part.filename.endswith((".xml", ".rels"))]
        size = sum(part.file_size for part in packed.infolist())
        return size <= most_unpacked and not _defines_entities(packed, parts)


def _defines_entities(packed: zipfile.ZipFile, parts: Iterable[zipfile.ZipInfo]) -> bool:
    for part in parts:
        with packed.open(part) as opened:
            if b"<!DOCTYPE" in opened.read(4096):
                return True
    return False
