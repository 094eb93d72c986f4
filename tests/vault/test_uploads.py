"""Files on their way in: encrypted as they come, never in clear on a disk, memory flat."""

import gc
import io
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from django.core.files.uploadhandler import StopUpload
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.core.ciphers import CannotDecrypt
from portal.kernel.vault.segments import HEADER, SEGMENT, TAG, EncryptingWriter, SeekingReader
from portal.kernel.vault.uploads import EncryptedUploadHandler

KEY, IDENTITY = bytes(range(32)), b"i" * 16
MARK = b"2345 6789 0124 in clear "
LARGE = 9 * 1024 * 1024


class Body(io.RawIOBase):
    """A request's body that is made while it is read: a form with one large file."""

    def __init__(self, size: int, *, breaks_after: int | None = None) -> None:
        super().__init__()
        head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
        self._parts = [head, None, b"\r\n--edge--\r\n"]
        self._left, self._breaks_after, self._given = size, breaks_after, 0
        self.length = len(head) + size + len(self._parts[2])

    def readable(self) -> bool:
        return True

    def read(self, wanted: int = -1) -> bytes:
        if self._breaks_after is not None and self._given >= self._breaks_after:
            raise ConnectionResetError
        self._given += max(wanted, 0)
        wanted = 64 * 1024 if wanted < 0 else min(wanted, 64 * 1024)
        while self._parts:
            part = self._parts[0]
            if part is None:
                taken = min(wanted, self._left)
                self._left -= taken
                if taken:
                    return (MARK * (taken // len(MARK) + 1))[:taken]
                self._parts.pop(0)
                continue
            self._parts[0] = part[wanted:]
            if not self._parts[0]:
                self._parts.pop(0)
            return part[:wanted]
        return b""


def request_of(body: Body):
    request = RequestFactory().post("/", content_type="multipart/form-data; boundary=edge")
    request.META["CONTENT_LENGTH"] = str(body.length)
    request._stream = body
    request._read_started = False
    return request


def on_disk() -> list[str]:
    """Every file that this process has open or that lies in its directories and holds the mark."""
    held = map(str, Path("/proc/self/fd").iterdir())
    lying = [str(path) for path in Path(tempfile.gettempdir()).glob("*.upload*")]
    return [place for place in {*held, *lying} if Path(place).is_file() and MARK in _content(place)]


def _content(place: str) -> bytes:
    try:
        return Path(place).read_bytes()
    except OSError:
        return b""


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at what the process has open")
@pytest.mark.parametrize(
    ("handler", "is_in_clear"),
    [
        ("portal.kernel.vault.uploads.EncryptedUploadHandler", False),
        ("django.core.files.uploadhandler.TemporaryFileUploadHandler", True),
    ],
)
def test_a_file_on_its_way_in_is_on_no_disk_in_clear_as_it_would_be_by_djangos_own_way(settings, handler, is_in_clear):
    settings.FILE_UPLOAD_HANDLERS = [handler]
    request = request_of(Body(LARGE))
    file = request.FILES["file"]
    file.file.flush()
    assert file.size == LARGE
    assert bool(on_disk()) == is_in_clear
    assert file.read(len(MARK)) == MARK
    file.close()


def test_the_portal_takes_files_in_this_way_only(settings):
    assert settings.FILE_UPLOAD_HANDLERS == ["portal.kernel.vault.uploads.EncryptedUploadHandler"]


def test_memory_stays_flat_however_large_the_file(settings):
    peaks = []
    for size in (1024 * 1024, LARGE):
        request = request_of(Body(size))
        gc.collect()
        tracemalloc.start()
        file = request.FILES["file"]
        assert sum(len(chunk) for chunk in file.chunks()) == size
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        file.close()
    assert peaks[1] < 2 * 1024 * 1024
    assert peaks[1] - peaks[0] < 512 * 1024


def test_of_a_file_that_breaks_off_nothing_is_left(settings):
    handlers = []

    class Seen(EncryptedUploadHandler):
        def new_file(self, *args, **kwargs):
            super().new_file(*args, **kwargs)
            handlers.append(self)

    request = request_of(Body(LARGE, breaks_after=1024 * 1024))
    request.upload_handlers = [Seen(request)]
    with pytest.raises((ConnectionResetError, OSError, StopUpload)):
        len(request.FILES)
    handlers[0].upload_interrupted()
    assert handlers[0]._file.closed


def test_an_empty_file_is_an_empty_file():
    file = request_of(Body(0)).FILES["file"]
    assert (file.size, file.read()) == (0, b"")


def written(pieces: list[bytes]) -> tuple[io.BytesIO, int]:
    target = io.BytesIO()
    writer = EncryptingWriter(target, key=KEY, identity=IDENTITY)
    for piece in pieces:
        writer.write(piece)
    writer.finish()
    return target, writer.size


SIZES = st.lists(st.sampled_from([0, 1, 7, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT]), max_size=4)


@given(sizes=SIZES, places=st.lists(st.tuples(st.integers(0, 9 * SEGMENT), st.integers(0, SEGMENT + 9)), max_size=4))
def test_what_was_written_in_any_pieces_is_read_from_any_place(sizes, places):
    pieces = [bytes([number + 1]) * size for number, size in enumerate(sizes)]
    clear = b"".join(pieces)
    target, size = written(pieces)
    reader = io.BufferedReader(SeekingReader(target, key=KEY, identity=IDENTITY, size=size))
    assert reader.read() == clear
    for at, length in places:
        reader.seek(at)
        assert reader.read(length) == clear[at : at + length]
    assert reader.seek(0, io.SEEK_END) == len(clear)


@pytest.mark.parametrize(
    ("change", "at"),
    [
        (lambda data: data[:HEADER] + bytes([data[HEADER] ^ 1]) + data[HEADER + 1 :], 0),
        (lambda data: data[: HEADER + SEGMENT + TAG], SEGMENT),
        (lambda data: data[: HEADER + SEGMENT + TAG] + data[HEADER : HEADER + SEGMENT + TAG], SEGMENT),
        (lambda data: data[:5] + b"\0" + data[6:], 0),
    ],
    ids=["changed", "cut off", "repeated", "another header"],
)
def test_bytes_that_were_changed_moved_or_cut_do_not_open(change, at):
    target, size = written([b"x" * (2 * SEGMENT)])
    reader = SeekingReader(io.BytesIO(change(target.getvalue())), key=KEY, identity=IDENTITY, size=size)
    reader.seek(at)
    with pytest.raises(CannotDecrypt):
        reader.read(10)


def test_there_is_no_place_before_the_first_byte():
    target, size = written([b"abc"])
    with pytest.raises(ValueError, match="no place"):
        SeekingReader(target, key=KEY, identity=IDENTITY, size=size).seek(-1)
