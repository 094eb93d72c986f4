"""The noes that a list itself holds: a yes of one of its lines must not come too soon after the no of another."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from types import TracebackType
from typing import Final, Self
from uuid import UUID

from consent.base.rules.status_fold import NO
from consent.consent_imports.models import ConsentList
from consent.consent_imports.services import file_reader, line_parser
from consent.consent_imports.services.line_parser import WORDS, Line
from consent.consent_imports.services.subject_match import known_at
from portal.kernel.core import addresses
from portal.kernel.core.actor import Actor
from portal.kernel.jobs.job_types import Handle
from portal.kernel.people import selectors as people

#: Where somebody spoke: an address by its present lookup hash, or one person under any reference.
Speaker = bytes | frozenset[UUID]
#: Lines between two looks at the job's row and the database.
STEP: Final = 1_000
#: Pages of memory, in KiB, whatever the length of the list; the rest lies in a file that ends with this object.
CACHE: Final = 8_192


class OwnNoes:
    """Every no of a list, by speaker, purpose, channel and time, so that the order of lines does not matter.

    Two million lines do not fit into a worker's memory, so they lie in a nameless file of SQLite. It holds lookup hashes
    and references, never an address.
    """

    def __init__(self) -> None:
        self._kept = sqlite3.connect("")
        self._kept.execute(f"PRAGMA cache_size = -{CACHE}")
        self._kept.execute(
            "CREATE TABLE said (speaker BLOB, purpose TEXT, channel TEXT, at TEXT, "
            "PRIMARY KEY (speaker, purpose, channel, at)) WITHOUT ROWID"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._kept.close()

    def add(self, row: ConsentList, noes: Sequence[Line]) -> None:
        """Each no, for its address and for the person whom we know there. A few statements for a set of lines."""
        keys_of = {line.address: tuple(addresses.address_keys(line.address)) for line in noes}
        known = known_at(row.fiduciary, [(line.kind, line.address, keys_of[line.address]) for line in noes])
        same = people.joined(known.values())
        speakers: dict[str, list[Speaker]] = {}
        for address, keys in keys_of.items():
            ref = known.get(keys[0])
            speakers[address] = [keys[0], *([same.get(ref, frozenset((ref,)))] if ref is not None else [])]
        self._kept.executemany(
            "INSERT OR IGNORE INTO said VALUES (?, ?, ?, ?)",
            (
                (_mark(speaker), line.purpose, line.channel, _text(line.occurred_at))
                for line in noes
                for speaker in speakers[line.address]
            ),
        )

    def last(self, speaker: Speaker, purpose: str, channel: str, *, until: datetime) -> datetime | None:
        """When they last said no about it in this list, at ``until`` or before."""
        found = self._kept.execute(
            "SELECT max(at) FROM said WHERE speaker = ? AND purpose = ? AND channel = ? AND at <= ?",
            (_mark(speaker), purpose, channel, _text(until)),
        ).fetchone()[0]
        return datetime.fromisoformat(found) if found else None


def gather(row: ConsentList, noes: OwnNoes, *, actor: Actor, handle: Handle, now: datetime) -> None:
    """Read the list through once for its noes. What is wrong with a line, or the file, the check itself names."""
    for some in _sets(_noes(row, actor=actor, handle=handle, now=now)):
        noes.add(row, some)


def _noes(row: ConsentList, *, actor: Actor, handle: Handle, now: datetime) -> Iterator[Line]:
    purposes = file_reader.purposes(row.fiduciary, now=now)
    with suppress(file_reader.Unreadable):
        for count, (_number, cells) in enumerate(file_reader.lines(row, actor=actor), 1):
            if count % STEP == 0:
                handle.progress(0)
            if WORDS.get(cells.get("answer", "").strip().lower()) not in NO:
                continue
            found = line_parser.read(cells, kinds=file_reader.KINDS, purposes=purposes, now=now)
            if isinstance(found, Line):
                yield found


def _sets(noes: Iterable[Line]) -> Iterator[list[Line]]:
    every = iter(noes)
    while some := list(islice(every, STEP)):
        yield some


def _mark(speaker: Speaker) -> bytes:
    """A hash is longer than a reference, so that neither can be taken for the other."""
    return speaker if isinstance(speaker, bytes) else min(speaker).bytes


def _text(at: datetime) -> str:
    """An instant that sorts as text."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
