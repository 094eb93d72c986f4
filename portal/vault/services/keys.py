"""Keys of subjects. Nothing here is kept in memory longer than one call: a shredded key is gone everywhere at once."""

import os
import uuid
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.core import ciphers, clock
from portal.core.ciphers import CannotDecrypt
from portal.core.errors import NotFound, Unavailable
from portal.vault.models import ShredOrder, SubjectKey

PURPOSE = "vault.subject_key"
NONCE = 12


class Shredded(NotFound):
    """The key of this subject and retention class has ended: what it protected cannot be read any more."""

    code = "SHREDDED"


def _use(key: bytes, use: bytes) -> bytes:
    """One subject key, two uses: it never encrypts texts and wraps data keys under the same bytes."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"onesetu/vault/" + use).derive(key)


def _unwrapped(row: SubjectKey) -> bytes:
    return ciphers.decrypt(bytes(row.wrapped), purpose=PURPOSE, context=row.pk.bytes)


def key_for_writing(*, subject_ref: UUID, retention_class: str) -> tuple[UUID, bytes]:
    """The subject's key, made on first use. It commits in the key database at once; a key without a file harms nobody.

    Raises Unavailable while the present key is being shredded: what were written under it would be lost.
    """
    row = SubjectKey.objects.filter(subject_ref=subject_ref, retention_class=retention_class).first()
    if row is None:
        key_id = uuid.uuid4()
        wrapped = ciphers.encrypt(os.urandom(32), purpose=PURPOSE, context=key_id.bytes)
        row, _made = SubjectKey.objects.get_or_create(
            subject_ref=subject_ref,
            retention_class=retention_class,
            defaults={"id": key_id, "wrapped": wrapped, "created_at": clock.now()},
        )
    elif ShredOrder.objects.filter(key_id=row.pk).exists():
        raise Unavailable("What is kept here is being erased at this moment. Try again in ten minutes.")
    return row.pk, _unwrapped(row)


def key_for_reading(key_id: UUID) -> bytes:
    """Raises Shredded when the key has ended."""
    row = SubjectKey.objects.filter(pk=key_id).first()
    if row is None:
        raise Shredded("This was erased: its key has been destroyed.")
    return _unwrapped(row)


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
