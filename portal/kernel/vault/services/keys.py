"""Keys of subjects. Nothing here is kept in memory longer than one call: a shredded key is gone everywhere at once."""

import os
import uuid
from collections.abc import Collection, Iterable
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from portal.kernel.core import ciphers, clock
from portal.kernel.core.ciphers import CannotDecrypt
from portal.kernel.core.errors import NotFound, Unavailable
from portal.kernel.vault.models import ShredOrder, SubjectKey
from portal.kernel.vault.router import KEY_DATABASE

PURPOSE = "vault.subject_key"
NONCE = 12


class Shredded(NotFound):
    """The key of this subject and retention class has ended: what it protected cannot be read any more."""

    code = "SHREDDED"


def _use(key: bytes, use: bytes) -> bytes:
    """One subject key, two uses: it never encrypts texts and wraps data keys under the same bytes."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"onesetu/vault/" + use).derive(key)


def _unwrapped(key_id: UUID, wrapped: bytes) -> bytes:
    return ciphers.decrypt(bytes(wrapped), purpose=PURPOSE, context=key_id.bytes)


def _found(**which: object) -> tuple[UUID, bytes] | None:
    """A key's number and its wrapped bytes: asked for each text, so no more than that."""
    try:
        key_id, wrapped = SubjectKey.objects.values_list("pk", "wrapped").get(**which)
    except SubjectKey.DoesNotExist:
        return None
    return key_id, bytes(wrapped)


def key_for_writing(*, subject_ref: UUID, retention_class: str) -> tuple[UUID, bytes]:
    """The subject's key, made on first use. It commits in the key database at once; a key without a file harms nobody.

    Within a transaction the key cannot be ordered to end before that transaction has: see ``require_lasting``.
    Raises Unavailable while the present key is being shredded: what were written under it would be lost.
    """
    place = {"subject_ref": subject_ref, "retention_class": retention_class}
    key_id, wrapped = _found(**place) or _made(place)
    require_lasting(key_id)
    return key_id, _unwrapped(key_id, wrapped)


def keys_for_writing(*, subject_refs: Collection[UUID], retention_class: str) -> dict[UUID, tuple[UUID, bytes]]:
    """``key_for_writing`` for many subjects, a few statements for all. Who is left out has a key that is being shredded."""
    found = _of_subjects(subject_refs, retention_class)
    if missing := [ref for ref in dict.fromkeys(subject_refs) if ref not in found]:
        now = clock.now()
        with transaction.atomic(using=KEY_DATABASE):
            # Of another process that makes one in this instant the key is taken: they are read again.
            SubjectKey.objects.bulk_create(
                (_new(subject_ref=ref, retention_class=retention_class, created_at=now) for ref in missing),
                ignore_conflicts=True,
            )
        found |= _of_subjects(missing, retention_class)
    _lock((key_id for key_id, _wrapped in found.values()), "pg_advisory_xact_lock_shared")
    ending = _ordered_to_end({key_id for key_id, _wrapped in found.values()})
    return {
        ref: (key_id, _unwrapped(key_id, wrapped)) for ref, (key_id, wrapped) in found.items() if key_id not in ending
    }


def _of_subjects(subject_refs: Collection[UUID], retention_class: str) -> dict[UUID, tuple[UUID, bytes]]:
    rows = SubjectKey.objects.filter(subject_ref__in=set(subject_refs), retention_class=retention_class)
    return {ref: (key_id, bytes(wrapped)) for ref, key_id, wrapped in rows.values_list("subject_ref", "pk", "wrapped")}


def _new(**columns: object) -> SubjectKey:
    key_id = uuid.uuid4()
    wrapped = ciphers.encrypt(os.urandom(32), purpose=PURPOSE, context=key_id.bytes)
    return SubjectKey(id=key_id, wrapped=wrapped, **columns)


def _ordered_to_end(key_ids: Collection[UUID]) -> set[UUID]:
    return set(ShredOrder.objects.filter(key_id__in=key_ids).values_list("key_id", flat=True))


def _made(place: dict[str, object]) -> tuple[UUID, bytes]:
    made = _new(created_at=clock.now(), **place)
    try:
        with transaction.atomic(using=KEY_DATABASE):
            made.save(force_insert=True)
    except IntegrityError:  # another process made it in this instant
        made = SubjectKey.objects.get(**place)
    return made.pk, bytes(made.wrapped)


def require_lasting(key_id: UUID) -> None:
    """An order to shred the key waits until the caller's transaction has ended, or has come first.

    Raises Unavailable when it came first. PostgreSQL: writers share an advisory lock, the order takes it alone; the lock
    ends with the transaction. SQLite lets in one writer at a time.
    """
    _lock([key_id], "pg_advisory_xact_lock_shared")
    if ShredOrder.objects.filter(key_id=key_id).exists():
        raise Unavailable(_("What is kept here is being erased at this moment. Try again in ten minutes."))


def wait_for_writers(key_id: UUID) -> None:
    """Called in the transaction that orders the end of a key: what is being written under it commits first."""
    _lock([key_id], "pg_advisory_xact_lock")


def _lock(key_ids: Iterable[UUID], function: str) -> None:
    """In one order, the same for everybody."""
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        turns = sorted({int.from_bytes(key_id.bytes[:8], signed=True) for key_id in key_ids})
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(turn) FROM unnest(%s::bigint[]) AS turn", [turns])  # noqa: S608 - names of ours only


def key_for_reading(key_id: UUID) -> bytes:
    """Raises Shredded when the key has ended."""
    found = _found(pk=key_id)
    if found is None:
        raise Shredded("This was erased: its key has been destroyed.")
    return _unwrapped(*found)


def keys_for_reading(key_ids: Collection[UUID]) -> dict[UUID, bytes]:
    """Those of the keys that have not ended and that nobody ordered to end."""
    ending = _ordered_to_end(key_ids)
    rows = SubjectKey.objects.filter(pk__in=set(key_ids) - ending).values_list("pk", "wrapped")
    return {key_id: _unwrapped(key_id, bytes(wrapped)) for key_id, wrapped in rows}


def wrap(data_key: bytes, *, subject_key: bytes, identity: bytes) -> bytes:
    """The data key under the subject's key, bound to the file's identity."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(_use(subject_key, b"files")).encrypt(nonce, data_key, identity)


def unwrap(wrapped: bytes, *, subject_key: bytes, identity: bytes) -> bytes:
    """Raises CannotDecrypt for another file's key or changed bytes."""
    try:
        return AESGCM(_use(subject_key, b"files")).decrypt(wrapped[:NONCE], wrapped[NONCE:], identity)
    except InvalidTag as error:
        raise CannotDecrypt("The file's key does not open: it belongs to another file or was changed.") from error


def text_cipher(subject_key: bytes) -> AESGCM:
    """The cipher for a subject's small texts."""
    return AESGCM(_use(subject_key, b"texts"))
