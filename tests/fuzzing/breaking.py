"""Ways to break bytes: what a bad cable, a bad program or somebody with a plan does to a file."""

import random
from collections.abc import Callable, Sequence
from typing import Final

#: Values at which counters and lengths turn over, and letters that formats are made of.
_WHOLE: Final = tuple(
    number.to_bytes(size, order, signed=number < 0)  # type: ignore[arg-type]
    for size in (1, 2, 4, 8)
    for number in (0, -1, (1 << (8 * size - 1)) - 1, 1 << (8 * size - 4))
    for order in ("big", "little")
)
_WORDS: Final = (
    *(b"<", b">", b"&", b'"', b"'", b"]]>", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"<![CDATA[", b"\xef\xbb\xbf"),
    *(b"PK\x03\x04", b"%PDF-1.7", b"obj", b"endobj", b"stream", b"xref", b"trailer", b"<<", b">>", b"\xff\xd8\xff"),
    *(
        b"\r\n\r\n",
        b"\r\n.\r\n",
        b"boundary=",
        b"=?utf-8?b?",
        b"?=",
        b"\0",
        b"\xff",
        b"\x1f\x8b",
        b",,,",
        b'""',
        b"%00",
    ),
    *("\u202e\u200b\ufeff".encode(), "९".encode(), "𝟚".encode(), b"1e999", b"-1", b"99999999999999999999", b"NaN"),
)
#: Longer inputs show nothing that shorter ones do not, and take the time of many.
LONGEST: Final = 256 * 1024


def _flip(data: bytearray, rng: random.Random, _others: Sequence[bytes]) -> None:
    for _ in range(rng.choice((1, 1, 2, 8))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _overwrite(data: bytearray, rng: random.Random, _others: Sequence[bytes]) -> None:
    at, value = rng.randrange(len(data)), rng.choice(_WHOLE)
    data[at : at + len(value)] = value


def _insert(data: bytearray, rng: random.Random, _others: Sequence[bytes]) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at] = rng.choice(_WORDS) * rng.choice((1, 1, 1, 40))


def _delete(data: bytearray, rng: random.Random, _others: Sequence[bytes]) -> None:
    at = rng.randrange(len(data))
    del data[at : at + rng.choice((1, 2, 16, 512))]


def _repeat(data: bytearray, rng: random.Random, _others: Sequence[bytes]) -> None:
    at = rng.randrange(len(data))
    piece = bytes(data[at : at + rng.choice((1, 8, 64, 1024))])
    data[at:at] = piece * rng.choice((1, 2, 30))


def _cut(data: bytearray, rng: random.Random, _others: Sequence[bytes]) -> None:
    del data[rng.randrange(len(data)) :]


def _join(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> None:
    other = rng.choice(others)
    at, begin = rng.randrange(len(data)), rng.randrange(len(other) + 1)
    data[at:] = other[begin:]


def _digits(data: bytearray, rng: random.Random, _others: Sequence[bytes]) -> None:
    places = [at for at, byte in enumerate(data[:4096]) if 48 <= byte <= 57]
    if places:
        at = rng.choice(places)
        data[at : at + 1] = rng.choice((b"0", b"9", b"-1", b"4294967296", b"1.5", b"9" * 30))


_WAYS: Final[tuple[Callable[[bytearray, random.Random, Sequence[bytes]], None], ...]] = (
    *(_flip, _overwrite, _insert, _delete, _repeat, _cut, _join, _digits),
)


def broken(seeds: Sequence[bytes], rng: random.Random) -> bytes:
    """One of the seeds, broken in one to six ways; the same for the same state of ``rng``."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.randint(1, 6)):
        if not data:
            break
        rng.choice(_WAYS)(data, rng, seeds)
    return bytes(data[:LONGEST])
