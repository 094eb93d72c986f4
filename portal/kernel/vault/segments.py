"""Encrypted files, segment by segment: AES-256-GCM in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizar 2015).

A file is a 12-byte header (``OSV1``, the power of two of the segment size, a 7-byte prefix) and segments of 64 KiB, each
with its tag. The nonce of a segment is the prefix, its number (4 bytes, big-endian) and 1 for the last segment, else 0:
a segment that is changed, moved, repeated or missing, also at the end, does not open. The header and the file's own
identity are authenticated with every segment. Memory is one segment, whatever the size of the file.
"""

import io
import os
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.kernel.core.ciphers import CannotDecrypt

MAGIC = b"OSV1"
POWER = 16
SEGMENT = 1 << POWER
TAG = 16
PREFIX = 7
HEADER = len(MAGIC) + 1 + PREFIX
MOST_SEGMENTS = 1 << 32


def _nonce(prefix: bytes, number: int, *, is_last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + (b"\x01" if is_last else b"\x00")


def _filled(stream: BinaryIO, size: int) -> bytes:
    """``size`` bytes, fewer only at the end: a pipe or an upload may give less at a time."""
    parts: list[bytes] = []
    missing = size
    while missing:
        part = stream.read(missing)
        if not part:
            break
        parts.append(part)
        missing -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def read_segments(stream: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """The stream in pieces of 64 KiB, each with whether it is the last. An empty stream is one empty, last piece."""
    piece = _filled(stream, SEGMENT)
    while True:
        following = _filled(stream, SEGMENT) if len(piece) == SEGMENT else b""
        yield piece, not following
        if not following:
            return
        piece = following


class _Sealer:
    """Seals one piece after the other; ``header`` stands before them."""

    def __init__(self, *, key: bytes, identity: bytes) -> None:
        self._prefix = os.urandom(PREFIX)
        self.header = MAGIC + bytes([POWER]) + self._prefix
        self._aad = self.header + identity
        self._cipher = AESGCM(key)
        self._number = 0

    def sealed(self, piece: bytes, *, is_last: bool) -> bytes:
        if self._number >= MOST_SEGMENTS:
            raise ValueError("The file is too long for one key.")
        nonce = _nonce(self._prefix, self._number, is_last=is_last)
        self._number += 1
        return self._cipher.encrypt(nonce, piece, self._aad)


def encrypted(pieces: Iterator[tuple[bytes, bool]], *, key: bytes, identity: bytes) -> Iterator[bytes]:
    """The header, then one segment for each piece."""
    sealer = _Sealer(key=key, identity=identity)
    yield sealer.header
    for piece, is_last in pieces:
        yield sealer.sealed(piece, is_last=is_last)


class EncryptingWriter:
    """Writes an encrypted file as its bytes come in, in whatever pieces. Memory: one segment."""

    def __init__(self, target: BinaryIO, *, key: bytes, identity: bytes) -> None:
        self._target = target
        self._sealer = _Sealer(key=key, identity=identity)
        self._waiting = bytearray()
        self.size = 0
        target.write(self._sealer.header)

    def write(self, data: bytes) -> None:
        """Take the next bytes. What may be the last segment waits for ``finish``."""
        self.size += len(data)
        self._waiting += data
        while len(self._waiting) > SEGMENT:
            self._target.write(self._sealer.sealed(bytes(self._waiting[:SEGMENT]), is_last=False))
            del self._waiting[:SEGMENT]

    def finish(self) -> None:
        """The last segment; without it the file does not open."""
        self._target.write(self._sealer.sealed(bytes(self._waiting), is_last=True))
        self._waiting.clear()
        self._target.flush()


class SeekingReader(io.RawIOBase):
    """Reads an encrypted file of a known size from any place. Memory: one segment; closing it closes the file.

    Raises CannotDecrypt as ``DecryptingReader``.
    """

    def __init__(self, source: BinaryIO, *, key: bytes, identity: bytes, size: int) -> None:
        super().__init__()
        self._source, self._size, self._at = source, size, 0
        source.seek(0)
        header = _filled(source, HEADER)
        self._prefix, self._aad = header[-PREFIX:], header + identity
        self._cipher = AESGCM(key)
        self._last = max(size - 1, 0) // SEGMENT
        self._here, self._clear = -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("A file has no place before its first byte.")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self._at >= self._size:
            return 0
        number, within = divmod(self._at, SEGMENT)
        taken = self._segment(number)[within : within + len(buffer)]
        buffer[: len(taken)] = taken
        self._at += len(taken)
        return len(taken)

    def _segment(self, number: int) -> bytes:
        if number != self._here:
            self._source.seek(HEADER + number * (SEGMENT + TAG))
            sealed = _filled(self._source, SEGMENT + TAG)
            nonce = _nonce(self._prefix, number, is_last=number == self._last)
            try:
                self._clear = self._cipher.decrypt(nonce, sealed, self._aad)
            except InvalidTag as error:
                raise CannotDecrypt("The stored file was changed, or its key is another.") from error
            self._here = number
        return self._clear

    def close(self) -> None:
        if not self.closed:
            self._source.close()
            self._clear = b""
        super().close()


class DecryptingReader(io.RawIOBase):
    """Reads an encrypted file. Only bytes whose segment was verified leave it.

    Raises CannotDecrypt for a wrong key or changed, moved or missing bytes.
    """

    def __init__(self, source: BinaryIO, *, key: bytes, identity: bytes) -> None:
        super().__init__()
        self._source = source
        header = _filled(source, HEADER)
        if header[: len(MAGIC) + 1] != MAGIC + bytes([POWER]) or len(header) != HEADER:
            source.close()
            raise CannotDecrypt("The stored file has a form that this release does not know.")
        self._prefix = header[-PREFIX:]
        self._aad = header + identity
        self._cipher = AESGCM(key)
        self._number = 0
        self._ahead = _filled(source, SEGMENT + TAG)
        self._clear = memoryview(b"")
        self._is_done = False

    def readable(self) -> bool:
        return True

    def _next(self) -> None:
        sealed, self._ahead = self._ahead, _filled(self._source, SEGMENT + TAG)
        is_last = not self._ahead
        try:
            clear = self._cipher.decrypt(_nonce(self._prefix, self._number, is_last=is_last), sealed, self._aad)
        except InvalidTag as error:
            raise CannotDecrypt("The stored file was changed, or its key is another.") from error
        self._clear = memoryview(clear)
        self._number += 1
        self._is_done = is_last

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._clear and not self._is_done:
            self._next()
        taken = self._clear[: len(buffer)]
        buffer[: len(taken)] = taken
        self._clear = self._clear[len(taken) :]
        return len(taken)

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()
