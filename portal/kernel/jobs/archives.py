"""ZIP archives whose bytes depend on their members alone: an auditor who packs the same files gets the same file."""

import hashlib
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from portal.kernel.core.errors import Refused

# The first instant a ZIP header can name: a real time would tell one packing from the next.
FIXED_TIME = (1980, 1, 1, 0, 0, 0)
UNIX = 3
PLAIN_FILE = 0o100644 << 16
CHUNK = 1024 * 1024
# Above this a member needs a ZIP64 extra field, which old readers lack and which would make the layout depend on size.
LARGEST_MEMBER = 0xFFFF_FFFE - CHUNK


@dataclass(frozen=True)
class Member:
    """One file of an archive: its name inside (``/`` between folders) and a stream that is read to its end once."""

    name: str
    content: BinaryIO


@dataclass(frozen=True)
class Packed:
    """What went in: for a manifest. ``size`` in bytes, ``sha256`` in lower-case hex."""

    name: str
    size: int
    sha256: str


def deterministic_zip(target: BinaryIO, members: Iterable[Member]) -> list[Packed]:
    """Write ``members`` to ``target`` as a ZIP: in order of name, one fixed time, no extra fields, stored as they are.

    Stored and not deflated, because two builds of zlib give different bytes for the same input. Memory stays constant.
    ``target`` must be seekable: otherwise the format moves sizes behind the data and the bytes differ.
    Returns what was packed, in the order written. Raises Refused for an unsafe or repeated name, a member above 4 GiB,
    or a target that cannot seek; ``target`` then holds an incomplete archive and must be thrown away.
    """
    if not target.seekable():
        raise Refused("The archive must be written to a file that can seek.", code="ARCHIVE_NOT_SEEKABLE")
    ordered = sorted(members, key=lambda member: member.name.encode())
    _require_safe([member.name for member in ordered])
    with zipfile.ZipFile(target, "w", compression=zipfile.ZIP_STORED, allowZip64=True) as archive:
        return [_pack(archive, member) for member in ordered]


def _require_safe(names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        path = PurePosixPath(name)
        unsafe = (
            not name or path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or str(path) != name
        )
        if unsafe:
            raise Refused(f"{name!r} is not a safe name for a file in an archive.", code="ARCHIVE_UNSAFE_NAME")
        # Some file systems fold case: two names that differ only there would overwrite each other when unpacked.
        if name.casefold() in seen:
            raise Refused(f"The archive names {name!r} twice.", code="ARCHIVE_NAME_TWICE")
        seen.add(name.casefold())


def _pack(archive: zipfile.ZipFile, member: Member) -> Packed:
    info = zipfile.ZipInfo(member.name, FIXED_TIME)
    info.compress_type = zipfile.ZIP_STORED
    info.create_system = UNIX
    info.external_attr = PLAIN_FILE
    digest, size = hashlib.sha256(), 0
    with archive.open(info, "w") as place:
        while chunk := member.content.read(CHUNK):
            size += len(chunk)
            if size > LARGEST_MEMBER:
                raise Refused(f"{member.name!r} is too large for an archive (4 GiB).", code="ARCHIVE_MEMBER_TOO_LARGE")
            digest.update(chunk)
            place.write(chunk)
    return Packed(member.name, size, digest.hexdigest())
