"""What must not be lost while the database is away: sealed on this machine's disk, and taken up in the order in which it came.

An entry is one file, readable by its owner only, encrypted under VAULT_KEY, written to the disk before anybody is told that
it was taken. It is deleted after the transaction that took it up, so it may be taken up twice: who takes it up does no harm
by that. What cannot be taken up is set aside under ``refused`` and shown to operators; it holds up nothing behind it. What
it is about may be missing for a while only (a restore is under way): then it waits for ``PATIENCE`` first.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, connection

from portal.kernel.core import ciphers, clock
from portal.kernel.core.errors import NotFound, PortalError, Unavailable

log = structlog.get_logger(__name__)
#: Entries that wait at most, and of one ``source`` (a link, a ticket): whoever has a link cannot fill the disk.
MOST: Final = 100_000
MOST_OF_A_SOURCE: Final = 20
PATIENCE: Final = timedelta(days=3)
_SUFFIX: Final = ".sealed"
_PURPOSE: Final = "core.spool"
#: What says that the database is away: it does not answer, does not let us in, is locked or takes too long.
AWAY: Final = (OperationalError, InterfaceError)


class CannotKeep(Unavailable):
    """The entry is not on the disk: nobody may be told that it was taken."""

    code = "CANNOT_KEEP"


@dataclass
class Played:
    """Counts of one turn."""

    taken: int = 0
    refused: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class Spool:
    """One kind of thing that is kept, in a folder of its own under PORTAL_VAR.

    The same entry from the same source counts once where no more than ``same_within`` is between the two: how long that is
    belongs to what the entries are.
    """

    name: str
    same_within: timedelta = timedelta(0)

    @property
    def folder(self) -> Path:
        return Path(settings.VAR) / "spool" / self.name

    def keep(self, entry: dict[str, Any], *, source: str, at: datetime) -> None:
        """Write an entry to the disk. ``source`` names where it came from and is kept as a hash.

        The same entry within ``same_within`` is not written again. Raises CannotKeep where it could not be flushed, or too much
        waits.
        """
        mark = blake2b(source.encode(), digest_size=8).hexdigest()
        plain = json.dumps(entry, sort_keys=True).encode()
        same = blake2b(plain, digest_size=8).hexdigest()
        try:
            if not self.folder.exists():
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                _flush(self.folder.parent)
                _flush(self.folder.parent.parent)
            waiting = self._names()
            alike = (name for name in waiting if name.endswith(f"-{mark}-{same}{_SUFFIX}"))
            if any(abs(at - _time_of(name)) <= self.same_within for name in alike):
                return
            if len(waiting) >= MOST or sum(f"-{mark}-" in name for name in waiting) >= MOST_OF_A_SOURCE:
                raise CannotKeep("Too much waits already: try again in some minutes.")
            name = f"{int(at.timestamp() * 1_000_000):020d}-{mark}-{same}{_SUFFIX}"
            sealed = ciphers.encrypt(
                json.dumps({"at": at.isoformat(), "entry": entry}).encode(),
                purpose=_PURPOSE,
                context=f"{self.name}/{name}".encode(),
            )
            self._write(name, sealed)
        except OSError as error:
            log.error("spool.not_kept", spool=self.name, error=type(error).__name__)  # noqa: TRY400 - no text of a path
            raise CannotKeep("This could not be kept.") from None
        log.warning("spool.kept", spool=self.name)

    def _write(self, name: str, sealed: bytes) -> None:
        """The file under its name, whole, and on the disk; nothing where it fails."""
        partial = self.folder / f".{uuid4().hex}"
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            partial.rename(self.folder / name)
        except OSError:
            with suppress(OSError):
                partial.unlink()
            raise
        _flush(self.folder)

    def waiting(self) -> int:
        """How many entries wait on this machine."""
        return len(self._names())

    def refused(self) -> int:
        """How many were set aside."""
        return len(self._aside())

    def first_refused(self) -> datetime | None:
        """When the first of those that were set aside came."""
        return min((_time_of(path.name) for path in self._aside()), default=None)

    def put_back(self) -> int:
        """Let what was set aside wait again, at the time at which it came; returns how many."""
        found = self._aside()
        for path in found:
            path.rename(self.folder / path.name)
        if found:
            _flush(self.folder)
        return len(found)

    def end_refused(self, *, before: datetime) -> int:
        """Delete what was set aside and came before an instant; returns how many."""
        found = [path for path in self._aside() if _time_of(path.name) < before]
        for path in found:
            path.unlink(missing_ok=True)
        return len(found)

    def _aside(self) -> list[Path]:
        return list((self.folder / "refused").glob(f"*{_SUFFIX}"))

    def oldest(self) -> datetime | None:
        """Since when the first one waits."""
        names = self._names()
        return _time_of(names[0]) if names else None

    def _names(self) -> list[str]:
        try:
            return sorted(each.name for each in self.folder.iterdir() if each.name.endswith(_SUFFIX))
        except OSError:  # none was kept yet, or the folder is another user's
            return []

    def play(self, take: Callable[[dict[str, Any], datetime], None]) -> Played:
        """Give every entry to ``take`` with the time at which it came, the oldest first; one process at a time.

        ``take`` has a transaction of its own and raises PortalError for what cannot be taken up: that is set aside, NotFound
        after ``PATIENCE``. When the database is away (``AWAY``, and it answers nothing else either) the rest waits. Another
        fault leaves its entry where it is, logged, and goes on.
        """
        played = Played()
        with self._turn() as has_turn:
            for name in self._names() if has_turn else ():
                try:
                    at, entry = self._opened(name)
                    take(entry, at)
                except AWAY as fault:
                    if not _answers():
                        break
                    log.error("spool.crashed", spool=self.name, error=type(fault).__name__)  # noqa: TRY400 - as below
                except PortalError as refusal:
                    if isinstance(refusal, NotFound) and clock.now() - _time_of(name) < PATIENCE:
                        continue
                    log.warning("spool.refused", spool=self.name, code=refusal.code)
                    self._set_aside(name)
                    played.refused += 1
                except Exception as fault:  # noqa: BLE001 - one entry must not hold up those behind it
                    log.error("spool.crashed", spool=self.name, error=type(fault).__name__)  # noqa: TRY400 - it may quote a row
                else:
                    (self.folder / name).unlink(missing_ok=True)
                    played.taken += 1
            if played.taken or played.refused:
                _flush(self.folder)
        played.waiting = self.waiting()
        return played

    def _opened(self, name: str) -> tuple[datetime, dict[str, Any]]:
        sealed = (self.folder / name).read_bytes()
        plain = json.loads(ciphers.decrypt(sealed, purpose=_PURPOSE, context=f"{self.name}/{name}".encode()))
        return datetime.fromisoformat(plain["at"]), plain["entry"]

    def _set_aside(self, name: str) -> None:
        aside = self.folder / "refused"
        aside.mkdir(exist_ok=True, mode=0o700)
        (self.folder / name).rename(aside / name)
        _flush(aside)

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        """True while no other process of this machine takes entries up."""
        if not self.folder.exists():
            yield False
            return
        with os.fdopen(os.open(self.folder / ".turn", os.O_RDWR | os.O_CREAT, 0o600), "rb+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True


def _time_of(name: str) -> datetime:
    return datetime.fromtimestamp(int(name.partition("-")[0]) / 1_000_000, UTC)


def _answers() -> bool:
    """Whether the database answers at all: then the fault is the entry's, and those behind it need not wait."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def _flush(folder: Path) -> None:
    """The names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
