"""Take a backup."""

import fcntl
import hashlib
import os
import secrets
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files.storage import storages
from django.db import transaction

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.law import selectors as law
from portal.kernel.ledger.models import Head
from portal.kernel.vault.backups import database_dump, key_wrap, manifest
from portal.kernel.vault.backups.manifest import UNFINISHED, Manifest, Part, Places
from portal.kernel.vault.segments import EncryptingWriter

#: House rule: how long a backup is kept.
LIFE = "backups.life"
#: The parts of a backup. What is taken first holds no row that a later part lacks: a file lies in the storage before its
#: row, and a key before what it opens.
MAIN, FILES, KEYS = "main", "files", "keys"
DATA_KEY = "data.key"


class _Counted:
    """Writes on, and keeps count and hash of what went by."""

    def __init__(self, target: Any) -> None:
        self._target = target
        self.size, self.digest = 0, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self._target.write(data)
        self.size += len(data)
        self.digest.update(data)
        return len(data)

    def flush(self) -> None:
        self._target.flush()


def take(*, places: Places, now: datetime, actor: Actor) -> Manifest:
    """Take a backup of both databases and the stored files; an audit event says so. Memory: one segment.

    Nothing is found under its name before all of it is written: a run that fails leaves nothing. Raises Refused without
    a BACKUP_KEY or while another backup is taken, Unavailable without the database's tools, OSError on a full disk.
    """
    name = f"bk-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    data_key = key_wrap.new_data_key()
    wrapped, keys_key = key_wrap.wrap(data_key, name=name), key_wrap.keys_key(name)
    expires = now + law.house_rule(LIFE, on=clock.day(now)).duration
    head = Head.objects.first()
    with alone(places), _both(places, name) as (data, keys):
        parts: dict[str, Part] = {}
        main_key, files_key = (key_wrap.part_key(data_key, part) for part in (MAIN, FILES))
        parts[MAIN] = _written(data, name, MAIN, main_key, lambda out: database_dump.dump("default", out))
        count = 0

        def files(out: EncryptingWriter) -> None:
            nonlocal count
            count = _pack_files(out)

        parts[FILES] = _written(data, name, FILES, files_key, files)
        parts[KEYS] = _written(keys, name, KEYS, keys_key, lambda out: database_dump.dump("keys", out))
        _put(keys / DATA_KEY, wrapped)
        made = Manifest(
            name=name,
            taken_at=clock.stamp(now),
            expires_at=clock.stamp(expires),
            vendor=database_dump.vendor(),
            size=0 if head is None else head.size,
            root="" if head is None else bytes(head.root).hex(),
            files=count,
            fingerprints=key_wrap.fingerprints(),
            parts=parts,
        )
        for folder in (data, keys):
            manifest.write(made, folder)
    facts: dict[str, str | int | bool | None] = {
        "backup": name,
        "expires_at": made.expires_at,
        "files": count,
        "size": made.size,
        "sha256": parts[MAIN].sha256,
        "files_sha256": parts[FILES].sha256,
        "keys_sha256": parts[KEYS].sha256,
    }
    with transaction.atomic():
        record(AuditKind.VAULT_BACKUP_TAKEN, actor=actor, about=f"vault.backup:{name}", facts=facts)
    return made


def _written(folder: Path, name: str, part: str, key: bytes, fill: Callable[[EncryptingWriter], None]) -> Part:
    with (folder / f"{part}.osv").open("wb") as file:
        counted = _Counted(file)
        sealing = EncryptingWriter(counted, key=key, identity=key_wrap.identity(name, part))  # type: ignore[arg-type]
        fill(sealing)
        sealing.finish()
        file.flush()
        os.fsync(file.fileno())
    return Part(bytes=counted.size, sha256=counted.digest.hexdigest())


def _pack_files(out: EncryptingWriter) -> int:
    """Every stored file, encrypted as it lies there, in one archive."""
    storage: Any = storages["vault"]
    count = 0
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload]
        for name, written_at in storage.listed():
            try:
                stored = storage.open(name, "rb")
            except FileNotFoundError:  # erased since it was listed
                continue
            with stored:
                about = tarfile.TarInfo(name)
                about.size, about.mtime = stored.size, int(written_at.timestamp())
                archive.addfile(about, stored)
            count += 1
    return count


def _put(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def alone(places: Places) -> Iterator[None]:
    """One backup is taken or ended at a time; what a run that died left is removed. Raises Refused."""
    for place in (places.data, places.keys):
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (places.keys / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused("Another backup is being taken or ended. Wait until that is done.") from error
        for place in (places.data, places.keys):
            for left in place.glob(f"*{UNFINISHED}"):
                shutil.rmtree(left)
        yield


@contextmanager
def _both(places: Places, name: str) -> Iterator[tuple[Path, Path]]:
    """A folder in each place; they get their name at the end, the keys last: only then is there a backup."""
    folders = [place / f"{name}{UNFINISHED}" for place in (places.data, places.keys)]
    try:
        for folder in folders:
            folder.mkdir(mode=0o700)
        yield folders[0], folders[1]
        for folder in folders:
            folder.rename(folder.with_name(name))
    except BaseException:
        for place in (places.data, places.keys):
            shutil.rmtree(place / name, ignore_errors=True)
            shutil.rmtree(place / f"{name}{UNFINISHED}", ignore_errors=True)
        raise
