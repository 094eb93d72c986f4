import io
import os
import tracemalloc
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.core.ciphers import CannotDecrypt
from portal.kernel.vault import segments
from portal.kernel.vault.segments import HEADER, SEGMENT, TAG, DecryptingReader, SeekingReader, encrypted, read_segments

KEY = bytes(range(32))
SIZES = st.sampled_from([0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 2 * SEGMENT + 7])


def sealed(content: bytes, *, identity: bytes = b"file") -> bytes:
    return b"".join(encrypted(read_segments(io.BytesIO(content)), key=KEY, identity=identity))


def opened(data: bytes, *, key: bytes = KEY, identity: bytes = b"file") -> bytes:
    return io.BufferedReader(DecryptingReader(io.BytesIO(data), key=key, identity=identity)).read()


@given(size=SIZES)
def test_what_was_written_is_read_whatever_its_size(size: int) -> None:
    content = os.urandom(size)
    assert opened(sealed(content)) == content


@given(size=SIZES, place=st.integers(min_value=0))
def test_one_changed_byte_anywhere_is_found(size: int, place: int) -> None:
    data = bytearray(sealed(b"x" * size))
    data[place % len(data)] ^= 1
    with pytest.raises(CannotDecrypt):
        opened(bytes(data))


def test_a_file_has_as_many_segments_as_its_numbers_reach_and_not_one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "MOST_SEGMENTS", 2)
    assert len(sealed(bytes(2 * SEGMENT))) == HEADER + 2 * (SEGMENT + TAG)
    with pytest.raises(ValueError, match="too long"):
        sealed(bytes(2 * SEGMENT + 1))


def segments_of(data: bytes) -> list[bytes]:
    rest = data[HEADER:]
    return [rest[at : at + SEGMENT + TAG] for at in range(0, len(rest), SEGMENT + TAG)]


@pytest.mark.parametrize("order", [[1, 0, 2], [0, 2], [0, 1], [0], [0, 0, 2], [0, 1, 2, 2], []])
def test_segments_that_are_moved_left_out_or_repeated_do_not_open(order: list[int]) -> None:
    data = sealed(os.urandom(2 * SEGMENT + 10))
    parts = segments_of(data)
    with pytest.raises(CannotDecrypt):
        opened(data[:HEADER] + b"".join(parts[at] for at in order))


def test_bytes_of_one_file_do_not_open_as_another() -> None:
    with pytest.raises(CannotDecrypt):
        opened(sealed(b"page", identity=b"first"), identity=b"second")


def test_another_key_does_not_open() -> None:
    with pytest.raises(CannotDecrypt):
        opened(sealed(b"page"), key=bytes(32))


def test_the_same_bytes_never_look_the_same_twice() -> None:
    assert sealed(b"page") != sealed(b"page")


def test_a_reader_that_is_closed_closes_the_file_below_it() -> None:
    data = sealed(b"page")
    for make in (DecryptingReader, partial(SeekingReader, size=4)):
        source = io.BytesIO(data)
        with make(source, key=KEY, identity=b"file") as reader:
            assert reader.read(4) == b"page"
        assert source.closed


@pytest.mark.parametrize("data", [b"", b"OSV1", b"OSV2" + bytes(100), b"OSV1\x11" + bytes(100)])
def test_a_file_of_an_unknown_form_is_closed_at_once(data: bytes) -> None:
    source = io.BytesIO(data)
    with pytest.raises(CannotDecrypt) as caught:
        DecryptingReader(source, key=KEY, identity=b"file")
    assert source.closed, caught  # the traceback keeps the reader: it is not closed by being collected


class Trickle(io.RawIOBase):
    """Gives seven bytes at a time, as a slow upload may."""

    def __init__(self, content: bytes) -> None:
        self._source = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._source.read(min(7, size))


def test_a_stream_that_trickles_makes_the_same_segments() -> None:
    content = os.urandom(SEGMENT + 3)
    assert [len(piece) for piece, _last in read_segments(Trickle(content))] == [SEGMENT, 3]  # type: ignore[arg-type]


def test_memory_stays_flat_to_fifty_megabytes() -> None:
    class Zeros(io.RawIOBase):
        left = 50 * 1024 * 1024

        def read(self, size: int = -1) -> bytes:
            taken = min(size, self.left)
            self.left -= taken
            return bytes(taken)

    tracemalloc.start()
    for _segment in encrypted(read_segments(Zeros()), key=KEY, identity=b"file"):  # type: ignore[arg-type]
        pass
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * SEGMENT


def test_the_number_of_the_last_segment_that_may_be_fits_into_its_four_bytes_and_no_later_one_does() -> None:
    last = segments.MOST_SEGMENTS - 1
    assert segments._nonce(b"", last, is_last=False) != segments._nonce(b"", last, is_last=True)
    with pytest.raises(OverflowError):
        segments._nonce(b"", last + 1, is_last=False)
