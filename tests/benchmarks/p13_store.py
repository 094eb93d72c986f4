"""P13: encrypt and store a 5 MB upload, against SHA-256, AES-GCM, write and fsync of the same bytes in one go."""

import hashlib
import io
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from portal.kernel.core.actor import SYSTEM
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services import files
from tests.benchmarks import BenchRow, alternately, seconds

SIZE = 5 * 1024 * 1024
LARGE = 50 * 1024 * 1024
#: What one segment of the stream, its ciphertext and the service's own objects may take.
FLAT = 4 * 1024 * 1024


class Zeros(io.RawIOBase):
    """A stream that holds nothing."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.left = size

    def read(self, size: int = -1) -> bytes:
        taken = self.left if size < 0 else min(size, self.left)
        self.left -= taken
        return bytes(taken)


def store(stream: object) -> StoredFile:
    """As an upload does it: key, segments, fsync, row and audit event."""
    return files.store(
        stream,  # type: ignore[arg-type]
        subject_ref=uuid4(),
        retention_class="kyc",
        kind="kyc.upload",
        actor=SYSTEM,
    )


def raw(content: bytes) -> None:
    """The same work with nothing around it: what the machine can do at most."""
    hashlib.sha256(content).digest()
    sealed = AESGCM(os.urandom(32)).encrypt(os.urandom(12), content, None)
    place = Path(settings.VAR) / f"raw-{uuid4().hex}"
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, sealed)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    place.unlink()


def peak_of(size: int) -> int:
    """The most that Python held while one file of that size was stored."""
    tracemalloc.start()
    stored = store(Zeros(size))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    if stored.size != size:
        raise AssertionError("The stored file is not whole.")
    return peak


def rows(*, full: bool) -> Iterator[BenchRow]:
    """Milliseconds for one upload."""
    content = os.urandom(SIZE)
    kept = store(io.BytesIO(content))
    with files.open_stream(kept, actor=SYSTEM, reason="benchmark") as stream:
        if stream.read() != content:
            raise AssertionError("What was stored does not come back.")
    repeats = 100 if full else 25
    ours, limit = alternately(
        repeats,
        lambda: 1000 * seconds(lambda: store(io.BytesIO(content))),
        lambda: 1000 * seconds(lambda: raw(content)),
    )
    small, large = peak_of(SIZE), peak_of(LARGE)
    ratio = ours / limit
    note = f"peak memory {small / 1e6:.1f} MB for 5 MB, {large / 1e6:.1f} MB for 50 MB"
    is_met = ratio <= 2 and large < FLAT
    yield BenchRow("P13", "encrypt and store a 5 MB upload", "ms", ours, limit, ratio, "at most 2, flat", is_met, note)
