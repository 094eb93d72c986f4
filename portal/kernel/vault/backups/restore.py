"""Bring a backup back. Everything is opened and compared before anything is changed."""

import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import storages
from django.db import transaction

from portal.kernel.core import clock, read_only
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.vault.backups import database_dump, key_wrap
from portal.kernel.vault.backups.create import DATA_KEY, FILES, KEYS, MAIN
from portal.kernel.vault.backups.manifest import Manifest, Places
from portal.kernel.vault.models import ErasureMark, ShredOrder, StoredFile, SubjectKey
from portal.kernel.vault.segments import DecryptingReader

CHUNK = 1 << 20
STORED = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}")


@dataclass(frozen=True)
class Restored:
    """How many stored files were put back, the backup the keys came from (empty: none), how many keys ended again, and how many
    files lie under keys that were made after it: they open no more.
    """

    files: int
    keys: str
    ended: int
    closed: int = 0


def verify(one: Manifest, *, places: Places) -> None:
    """Open every part of the backup to its last byte and compare its SHA-256; changes nothing.

    Raises CannotDecrypt under another BACKUP_KEY or for changed bytes, NotFound or Refused for what is missing.
    """
    for part in (MAIN, FILES, KEYS):
        with _opened(one, part, places=places) as stream:
            while stream.read(CHUNK):
                pass


def bring_back(one: Manifest, *, places: Places, keys_of: Manifest | None, replace: bool) -> Restored:
    """Put the main database and the stored files of a backup in the place of what is there.

    The key database stays as it is, and with it every erasure since: it is only brought back when it is empty, or when
    ``keys_of`` names the backup to take it from, which is not older. Each database is replaced whole or not at all; from the
    first change on the portal is read-only until somebody ends that. Safe to repeat.

    Raises Refused when there are rows and ``replace`` was not said, when other sessions use a database, or when
    VAULT_KEY or LOOKUP_KEY is another than the backup's; what ``verify`` raises. Then nothing was changed.
    """
    if keys_of is not None and keys_of.taken_at < one.taken_at:
        raise Refused("These keys are older than the data: files stored between the two would not open.")
    _refuse_unfit(one)
    _put_back_unfinished()
    _refuse_in_use("default", replace=replace)
    keys_from = keys_of or (None if database_dump.is_in_use("keys") else one)
    if keys_from is not None:
        _refuse_in_use("keys", replace=replace)
        verify(keys_from, places=places)
    if keys_from != one:
        verify(one, places=places)
    read_only.turn_on(why="restore", now=clock.now())
    count = _put_back_files(one, places=places)
    with _opened(one, MAIN, places=places) as stream:
        database_dump.load("default", stream)
    if keys_from is not None:
        _put_back_keys(keys_from, places=places)
    return Restored(files=count, keys="" if keys_from is None else keys_from.name, ended=end_shredded_keys())


def bring_back_keys(one: Manifest, *, places: Places, replace: bool) -> Restored:
    """Put the key database of a backup in the place of one that was lost; the main database stays as it is.

    Keys that were made since are lost, and with them what they open. Keys that were ended since end again; marks of
    erasures that are there are kept. Raises what ``bring_back`` raises.
    """
    _refuse_unfit(one)
    _put_back_unfinished()
    _refuse_in_use("keys", replace=replace)
    verify(one, places=places)
    read_only.turn_on(why="restore", now=clock.now())
    _put_back_keys(one, places=places)
    return Restored(files=0, keys=one.name, ended=end_shredded_keys(), closed=_count_without_key())


def end_shredded_keys() -> int:
    """Delete keys that the main database says were ordered to end: an older key database has them again. How many."""
    ordered = list(ShredOrder.objects.values_list("key_id", flat=True))
    ended = 0
    for start in range(0, len(ordered), 500):
        ended += SubjectKey.objects.filter(pk__in=ordered[start : start + 500]).delete()[0]
    return ended


def _count_without_key() -> int:
    """Stored files whose key is not there although nobody ordered its end."""
    kept = StoredFile.objects.filter(shredded_at=None).exclude(key_id__in=ShredOrder.objects.values("key_id"))
    there = set(SubjectKey.objects.values_list("pk", flat=True))  # another database: they cannot be joined
    return sum(key_id not in there for key_id in kept.values_list("key_id", flat=True).iterator())


def _refuse_unfit(one: Manifest) -> None:
    if one.vendor != database_dump.vendor():
        raise Refused(f"This backup is of {one.vendor}; the database that is set is {database_dump.vendor()}.")
    wrong = [name for name, known in key_wrap.fingerprints().items() if one.fingerprints.get(name) != known]
    if wrong:
        raise Refused(f"{' and '.join(wrong)} is not the one this backup was made under: nothing would open.")


def _put_back_unfinished() -> None:
    """Before anything is asked: half a database says neither that it is in use nor that it is empty."""
    for alias in ("default", "keys"):
        database_dump.put_back_unfinished(alias)


def _refuse_in_use(alias: str, *, replace: bool) -> None:
    if database_dump.is_in_use(alias) and not replace:
        raise Refused(f"The database {alias} is in use. Say --replace to put the backup in its place.")
    if count := database_dump.others(alias):
        raise Refused(f"{count} other sessions use the database {alias}. Stop web, workers and beat first.")


def _put_back_keys(one: Manifest, *, places: Places) -> None:
    """Marks of erasures that an older key database lacks are kept: what they name was erased, whatever came back.

    They lie in a file until they stand again: whoever repeats a restore that died finds the older database.
    """
    waiting = Path(settings.READ_ONLY_SWITCH).with_name("erasure-marks.json")
    marks = _marks_in(waiting)
    if database_dump.is_in_use("keys"):
        marks += [
            {name: field.value_to_string(mark) for name, field in _mark_fields().items()}
            for mark in ErasureMark.objects.all()
        ]
    if marks:
        _write_whole(waiting, json.dumps(marks))
    with _opened(one, KEYS, places=places) as stream:
        database_dump.load("keys", stream)
    with transaction.atomic(using="keys"):
        for mark in marks:
            values = {name: field.to_python(mark[name] or None) for name, field in _mark_fields().items()}
            which = {name: values.pop(name) for name in ("subject_ref", "eraser", "because")}
            ErasureMark.objects.get_or_create(**which, defaults=values)
    waiting.unlink(missing_ok=True)


def _mark_fields() -> dict[str, Any]:
    return {field.name: field for field in ErasureMark._meta.concrete_fields if not field.primary_key}


def _marks_in(waiting: Path) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = json.loads(waiting.read_text("utf-8"))
    except FileNotFoundError:
        return []
    return found


def _write_whole(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _put_back_files(one: Manifest, *, places: Places) -> int:
    """Stored files that are not there; they never change under their name. Without their rows a sweep removes them."""
    storage: Any = storages["vault"]
    count = 0
    with (
        _opened(one, FILES, places=places) as stream,
        tarfile.open(fileobj=stream, mode="r|") as archive,
    ):
        for member in archive:
            content = archive.extractfile(member)
            if content is None or not STORED.fullmatch(member.name):
                raise Refused("The archive of stored files contains something that is not a stored file.")
            if storage.exists(member.name) and storage.size(member.name) == member.size:
                continue
            if storage.exists(member.name):
                storage.delete(member.name)
            storage.save(member.name, File(cast(Any, content)))
            count += 1
    return count


class _Compared(io.RawIOBase):
    """Hashes the encrypted bytes as they are read."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("rb")
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data

    def close(self) -> None:
        self._file.close()
        super().close()


@contextmanager
def _opened(one: Manifest, part: str, *, places: Places) -> Iterator[BinaryIO]:
    """The clear bytes of a part. Once all were read, its SHA-256 is compared with the manifest's."""
    keys = places.keys / one.name
    path = (keys if part == KEYS else places.data / one.name) / f"{part}.osv"
    if not path.is_file():
        raise NotFound(f"{path} is missing: keys and data of a backup belong together.")
    key = key_wrap.keys_key(one.name)
    if part != KEYS:
        data_key = key_wrap.unwrap((keys / DATA_KEY).read_bytes(), name=one.name)
        key = key_wrap.part_key(data_key, part)
    source = _Compared(path)
    reader = DecryptingReader(cast(BinaryIO, source), key=key, identity=key_wrap.identity(one.name, part))
    with io.BufferedReader(reader, CHUNK) as stream:
        yield cast(BinaryIO, stream)
        while stream.read(CHUNK):
            pass
        if source.digest.hexdigest() != one.parts[part].sha256:
            raise Refused(f"{path} is not the file that the manifest names.")
