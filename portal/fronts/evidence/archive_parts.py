"""The files of an archive of evidence, each written once to a temporary file, hashed on the way and named in a manifest."""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import IO, Any, BinaryIO, cast

from portal.kernel.jobs import archives

#: Before this many bytes a part stays in memory.
SPOOLED = 4 * 1024 * 1024

Progress = Callable[[int, int], None]


class Parts:
    """The parts in the order in which they were added. ``total`` is how many steps the progress counts to."""

    def __init__(self, stack: ExitStack, progress: Progress, *, total: int) -> None:
        self._stack = stack
        self._progress = progress
        self._total = total
        self._files: dict[str, IO[bytes]] = {}
        self.listed: list[dict[str, Any]] = []

    def add(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write one part, and count it."""
        file = self._stack.enter_context(tempfile.SpooledTemporaryFile(max_size=SPOOLED))  # noqa: SIM115 - the stack closes it
        digest, size = hashlib.sha256(), 0
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
        file.seek(0)
        self._files[path] = cast(IO[bytes], file)
        self.listed.append({"path": path, "sha256": digest.hexdigest(), "bytes": size})
        self._progress(len(self._files), self._total)

    def lines(self, path: str) -> Iterator[bytes]:
        """The lines of a part that was added."""
        file = self._files[path]
        yield from file
        file.seek(0)

    def members(self) -> list[archives.Member]:
        """What goes into the archive."""
        return [archives.Member(path, cast(BinaryIO, file)) for path, file in self._files.items()]


def digest_of(target: BinaryIO) -> tuple[str, int]:
    """SHA-256 in hexadecimal digits and length in bytes of a whole file, from its beginning."""
    target.seek(0)
    digest, size = hashlib.sha256(), 0
    while chunk := target.read(archives.CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size
