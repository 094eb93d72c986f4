"""The keyed seal of a consent state: BLAKE2b under a key (RFC 7693) over what the row says, its entry and its version.

Whoever has the database and not the key can write a row, but no seal for it. A seal holds for one place (fiduciary,
address, purpose, channel), so it cannot be moved either. A genuine older row with its own seal holds: that one is found by
check V10, which folds the events again.

A decision makes one seal, so functions take their values by place and not by name, and BLAKE2b stands for HMAC-SHA256: it
is as strong a keyed hash, in one call instead of four.
"""

import hmac
import struct
from datetime import datetime
from enum import Enum
from hashlib import blake2b
from typing import Any, Final

#: The version stands before the keyed hash, so that a seal of an earlier version can be told from a forged one.
VERSION_BYTES: Final = 8
LENGTH: Final = VERSION_BYTES + 32
#: Fiduciary, version, notice version (0: a text of others), since, end (0: none), address confirmed.
_NUMBERS: Final = struct.Struct(">qqqdd?").pack


class Seal(Enum):
    """What a row's seal says of it."""

    HOLDS = "holds"
    #: None yet, or one of an earlier version: written by a release that did not seal. Its events decide.
    ABSENT = "absent"
    BROKEN = "broken"


def text_of(
    fiduciary: int,
    address_key: bytes,
    purpose: str,
    channel: str,
    answer: str,
    verified: bool,  # noqa: FBT001 - by place, as all of them
    expires_at: datetime | None,
    entry: Any,
    subject: Any,
    occurred_at: datetime,
    notice: int | None,
    version: int,
) -> bytes:
    """What is sealed. UUIDs as such or as text, with dashes or without; codes hold no line end.

    ``version`` is the newest event that was folded in: it only grows.
    """
    ends = 0.0 if expires_at is None else expires_at.timestamp()
    since = occurred_at.timestamp()
    return plain_text_of(
        fiduciary, address_key, purpose, channel, answer, verified, ends, entry, subject, since, notice, version
    )


def plain_text_of(
    fiduciary: int,
    address_key: bytes,
    purpose: str,
    channel: str,
    answer: str,
    verified: bool,  # noqa: FBT001 - by place, as all of them
    ends: float,
    entry: Any,
    subject: Any,
    since: float,
    notice: int | None,
    version: int,
) -> bytes:
    """The same with instants as seconds since 1970; 0 is no end."""
    numbers = _NUMBERS(fiduciary, version, notice or 0, since, ends, verified)
    refs = f"{entry}{subject}".replace("-", "")
    return numbers + address_key + f"{refs}{answer}\n{channel}\n{purpose}".encode()


def hash_under(key: bytes) -> blake2b:
    """What seals are made with: the key mixed in once, and copied for each seal."""
    return blake2b(key=key, digest_size=32)


def sealed(text: bytes, version: int, own: blake2b) -> bytes:
    """The seal over a text. ``own`` is of ``hash_under`` the key, and stays as it is."""
    taken = own.copy()
    taken.update(text)
    return version.to_bytes(VERSION_BYTES) + taken.digest()


def check(seal: bytes | None, text: bytes, version: int, own: blake2b) -> Seal:
    """Whether a seal holds over a text of that version."""
    if seal is None:
        return Seal.ABSENT
    if hmac.compare_digest(seal, sealed(text, version, own)):
        return Seal.HOLDS
    return Seal.ABSENT if len(seal) == LENGTH and int.from_bytes(seal[:VERSION_BYTES]) < version else Seal.BROKEN
