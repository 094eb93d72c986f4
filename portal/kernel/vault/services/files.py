"""Store, open and shred encrypted files."""

import contextlib
import errno
import hashlib
import io
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast
from uuid import UUID

import structlog
from django.core.files.base import File
from django.core.files.storage import storages
from django.db import transaction
from django.db.utils import DatabaseError, OperationalError

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import record
from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM, Actor
from portal.kernel.vault import segments
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.models import ShredOrder, StoredFile, SubjectKey
from portal.kernel.vault.segments import DecryptingReader, SeekingReader, read_segments
from portal.kernel.vault.services import keys
from portal.kernel.vault.services.keys import Shredded
from portal.kernel.vault.storage import NoRoom, room_on

log = structlog.get_logger(__name__)

#: A file younger than this may belong to a transaction that is still open.
ORPHAN_AGE = timedelta(hours=1)
#: An order that waits for so long has been tried by three sweeps.
LATE = timedelta(minutes=30)
#: A database of one file lets in one writer at a time, and whoever waits is let in by chance: the next wait may be short.
TRIES = 3


class _Measured:
    """Counts and hashes the clear bytes as they pass."""

    def __init__(self) -> None:
        self.size = 0
        self.digest = hashlib.sha256()

    def __call__(self, pieces: Iterator[tuple[bytes, bool]]) -> Iterator[tuple[bytes, bool]]:
        for piece, is_last in pieces:
            self.size += len(piece)
            self.digest.update(piece)
            yield piece, is_last


class _Pieces(File):
    """What a Django storage saves: chunks that are made as they are written."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__(None)
        self._pieces = pieces

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        return self._pieces


def _storage() -> Any:
    return storages["vault"]


@dataclass
class Encrypted:
    """Bytes that lie encrypted in the storage and belong to nobody yet: only this process knows their key."""

    pk: UUID
    storage_name: str
    size: int
    sha256: str
    data_key: bytes = field(repr=False)
    is_kept: bool = False


@contextlib.contextmanager
def encrypted(stream: BinaryIO) -> Iterator[Encrypted]:
    """Encrypt a stream into the storage, before any transaction is open: it may be long. Memory: one segment.

    ``keep`` then gives the bytes a row, in the caller's transaction. What was not kept when the block ends, or was kept in
    a transaction that was rolled back for another reason than the database's, is removed at once; of a process that died or
    a database that went away ``sweep`` removes it. Raises NoRoom when the disk is full.
    """
    bytes_of = _written(stream)
    try:
        yield bytes_of
    except DatabaseError:
        raise  # whether it was committed nobody can say now
    except BaseException:
        if not bytes_of.is_kept or _has_no_row(bytes_of):
            _removed(bytes_of)
        raise
    if not bytes_of.is_kept:
        _removed(bytes_of)


def _written(stream: BinaryIO) -> Encrypted:
    if not room_on(Path(_storage().location)):
        log.error("vault.no_room")
        raise NoRoom
    file_id, data_key, measured = uuid.uuid4(), os.urandom(32), _Measured()
    pieces = segments.encrypted(measured(read_segments(stream)), key=data_key, identity=file_id.bytes)
    try:
        name = _storage().save(f"{file_id.hex[:2]}/{file_id.hex}", _Pieces(pieces))
    except OSError as error:
        log.error("vault.not_written", error=errno.errorcode.get(error.errno or 0, ""))  # noqa: TRY400 - no text of a path
        raise NoRoom from error
    return Encrypted(file_id, name, measured.size, measured.digest.hexdigest(), data_key)


def _has_no_row(bytes_of: Encrypted) -> bool:
    """Whether its transaction is over and was rolled back; False where that cannot be asked."""
    try:
        return not StoredFile.objects.filter(pk=bytes_of.pk).exists()
    except DatabaseError:
        return False


def _removed(bytes_of: Encrypted) -> None:
    with contextlib.suppress(OSError):  # the sweep finds it
        _storage().delete(bytes_of.storage_name)


def keep(
    bytes_of: Encrypted,
    *,
    subject_ref: UUID,
    retention_class: str,
    kind: str,
    actor: Actor,
    key_ref: UUID | None = None,
) -> StoredFile:
    """Insert the row of encrypted bytes with its audit event, in the caller's transaction: quick, whatever their size.

    ``kind`` is a code such as ``kyc.document``, never a file's name. ``key_ref`` is whose key it lies under, where that is
    not the subject's own: a file that may end before the subject's others has a reference of its own to shred. Raises
    Unavailable while the subject's key is being ended.
    """
    about_file = {"subject_ref": subject_ref, "retention_class": RetentionClass(retention_class).value, "kind": kind}
    with transaction.atomic():
        return _kept(bytes_of, _key(about_file, key_ref), about_file, actor)


def store(
    stream: BinaryIO,
    *,
    subject_ref: UUID,
    retention_class: str,
    kind: str,
    actor: Actor,
    key_ref: UUID | None = None,
) -> StoredFile:
    """Encrypt a stream and ``keep`` it, in a transaction of its own: for a caller that has none open.

    Raises as ``encrypted`` does, and Unavailable when the subject's key was ordered to end while the bytes were written.
    """
    about_file = {"subject_ref": subject_ref, "retention_class": RetentionClass(retention_class).value, "kind": kind}
    key = _key(about_file, key_ref)
    with encrypted(stream) as bytes_of, transaction.atomic():
        keys.require_lasting(key[0])
        return _kept(bytes_of, key, about_file, actor)


def _key(about_file: dict[str, Any], key_ref: UUID | None) -> tuple[UUID, bytes]:
    subject_ref = key_ref or about_file["subject_ref"]
    return keys.key_for_writing(subject_ref=subject_ref, retention_class=about_file["retention_class"])


def _kept(bytes_of: Encrypted, key: tuple[UUID, bytes], about_file: dict[str, Any], actor: Actor) -> StoredFile:
    key_id, subject_key = key
    row = StoredFile.objects.create(
        id=bytes_of.pk,
        storage_name=bytes_of.storage_name,
        size=bytes_of.size,
        sha256=bytes_of.sha256,
        key_id=key_id,
        wrapped_key=keys.wrap(bytes_of.data_key, subject_key=subject_key, identity=bytes_of.pk.bytes),
        stored_at=clock.now(),
        **about_file,
    )
    bytes_of.is_kept = True
    record(
        AuditKind.VAULT_FILE_STORED,
        actor=actor,
        about=about(row),
        subject_ref=row.subject_ref,
        facts={
            "kind": row.kind,
            "retention_class": row.retention_class,
            "size": row.size,
            "sha256": row.sha256,
            "stored_at": clock.stamp(row.stored_at),
        },
    )
    return row


def about(file: StoredFile) -> str:
    """The file's label in audit events."""
    return f"vault.storedfile:{file.pk}"


def open_stream(file: StoredFile, *, actor: Actor, reason: str) -> BinaryIO:
    """The clear bytes of a file, verified as they are read. The opening is an audit event, committed before the first byte.

    ``reason`` is a code or a short sentence without personal data. Raises Shredded when the file's key has ended,
    ValueError without a reason, CannotDecrypt (also while reading) for changed bytes.
    """
    source, data_key = _opened(file, actor=actor, reason=reason)
    return cast(BinaryIO, io.BufferedReader(DecryptingReader(source, key=data_key, identity=file.pk.bytes)))


def open_seekable(file: StoredFile, *, actor: Actor, reason: str) -> BinaryIO:
    """As ``open_stream``, for a format that is read from any place, such as a ZIP archive."""
    source, data_key = _opened(file, actor=actor, reason=reason)
    reader = SeekingReader(source, key=data_key, identity=file.pk.bytes, size=file.size)
    return cast(BinaryIO, io.BufferedReader(reader))


def _opened(file: StoredFile, *, actor: Actor, reason: str) -> tuple[BinaryIO, bytes]:
    """The encrypted bytes and their key; writes the audit event."""
    if not reason.strip():
        raise ValueError("Opening a file needs a reason.")
    if file.shredded_at is not None or ShredOrder.objects.filter(key_id=file.key_id).exists():
        raise Shredded("This file was erased: its key has been destroyed.")
    subject_key = keys.key_for_reading(file.key_id)
    data_key = keys.unwrap(bytes(file.wrapped_key), subject_key=subject_key, identity=file.pk.bytes)
    with transaction.atomic():
        record(
            AuditKind.VAULT_FILE_OPENED,
            actor=actor,
            about=about(file),
            subject_ref=file.subject_ref,
            facts={"kind": file.kind, "retention_class": file.retention_class, "reason": reason},
        )
    try:
        return cast(BinaryIO, _storage().open(file.storage_name, "rb")), data_key
    except FileNotFoundError as error:
        if ShredOrder.objects.filter(key_id=file.key_id).exists():  # in this instant
            raise Shredded("This file was erased: its key has been destroyed.") from error
        raise


def has_opened(file: StoredFile, *, actor: Actor) -> bool:
    """Whether this very person has opened the file before."""
    opened = AuditEvent.objects.filter(about=about(file), kind=AuditKind.VAULT_FILE_OPENED)
    return bool(actor.ref) and opened.filter(actor_ref=actor.ref).exists()


def discard(file: StoredFile, *, actor: Actor) -> None:
    """Give up one file that nothing refers to, at its owner's wish, in the caller's transaction.

    Row and data key go with the commit, the bytes right after it; ``sweep`` removes them if the process died between.
    """
    with transaction.atomic():
        record(
            AuditKind.VAULT_FILE_DISCARDED,
            actor=actor,
            about=about(file),
            subject_ref=file.subject_ref,
            facts={"kind": file.kind, "retention_class": file.retention_class},
        )
        name = file.storage_name
        file.delete()
        transaction.on_commit(lambda: _storage().delete(name))


def shred(*, subject_ref: UUID, retention_class: str, actor: Actor = SYSTEM) -> int:
    """Order the end of a subject's key of one retention class; returns how many files and texts' keys end with it.

    The order and its audit event are in the caller's transaction. From its commit on nothing under the key can be
    opened; the key's row is deleted right after the commit, and the sweep does it if the process died between. Waits
    for transactions that are writing under the key.
    """
    retention_class = RetentionClass(retention_class).value
    found = SubjectKey.objects.filter(subject_ref=subject_ref, retention_class=retention_class).first()
    if found is None:
        return 0
    with transaction.atomic():
        keys.wait_for_writers(found.pk)
        order, is_new = ShredOrder.objects.get_or_create(
            key_id=found.pk,
            defaults={
                "subject_ref": subject_ref,
                "retention_class": retention_class,
                "ordered_at": clock.now(),
            },
        )
        count = StoredFile.objects.filter(key_id=found.pk, shredded_at=None).count()
        if is_new:
            record(
                AuditKind.VAULT_KEY_SHREDDED,
                actor=actor,
                about=f"vault.subjectkey:{found.pk}",
                subject_ref=subject_ref,
                facts={"retention_class": retention_class, "count": count},
            )
        transaction.on_commit(lambda: _carried_out(order))
    return count


def carry_out(order: ShredOrder) -> None:
    """Destroy the key, then the bytes, then note it. Each step may be repeated; a crash between loses nothing."""
    SubjectKey.objects.filter(pk=order.key_id).delete()
    files = StoredFile.objects.filter(key_id=order.key_id, shredded_at=None)
    for name in files.values_list("storage_name", flat=True):
        _storage().delete(name)
    now = clock.now()
    with transaction.atomic():
        files.update(shredded_at=now)
        ShredOrder.objects.filter(pk=order.pk, done_at=None).update(done_at=now)


def sweep() -> tuple[int, int]:
    """Finish what a crash left: orders not carried out, and bytes without a row. Returns how many of each were done.

    An order that cannot be carried out stops no other: it is named in the log and tried again by the next sweep;
    ``late_orders`` tells people of it.
    """
    done = sum(_carried_out(order) for order in ShredOrder.objects.filter(done_at=None).order_by("ordered_at", "pk"))
    limit = clock.now() - ORPHAN_AGE
    orphans = 0
    for name, written_at in _storage().listed():
        if written_at < limit and not StoredFile.objects.filter(storage_name=name).exists():
            _storage().delete(name)
            orphans += 1
    if done or orphans:
        log.info("vault.swept", orders=done, orphans=orphans)
    return done, orphans


def late_orders(*, now: datetime) -> int:
    """How many orders to shred a key have failed for longer than three sweeps: somebody has to look at them."""
    return ShredOrder.objects.filter(done_at=None, ordered_at__lt=now - LATE).count()


def _carried_out(order: ShredOrder) -> bool:
    try:
        _carry_out_patiently(order)
    except Exception as crash:  # noqa: BLE001 - whatever broke, everybody else's key has to end all the same
        log.error("vault.key_not_shredded", order=order.pk, error=type(crash).__name__)  # noqa: TRY400 - it may quote a person
        return False
    return True


def _carry_out_patiently(order: ShredOrder) -> None:
    """Both databases are written, each in its turn: one that was busy for longer than its timeout is asked again."""
    for _ in range(TRIES - 1):
        with contextlib.suppress(OperationalError):
            return carry_out(order)
    return carry_out(order)
