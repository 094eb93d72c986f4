"""Small texts under the subject's own key: what a person wrote, numbers of documents, messages as sent."""

import os
from collections.abc import Sequence
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.core.ciphers import CannotDecrypt
from portal.vault.models import ShredOrder
from portal.vault.services import keys
from portal.vault.services.keys import NONCE, Shredded
from portal.vault.states import RetentionClass

VERSION = b"\x01"
KEY_ID = 16


def seal(text: str, *, subject_ref: UUID, retention_class: str) -> bytes:
    """The text encrypted: version byte, key, nonce, ciphertext and tag. The subject and the class are authenticated."""
    return seal_all([text], subject_ref=subject_ref, retention_class=retention_class)[0]


def seal_all(clear: Sequence[str], *, subject_ref: UUID, retention_class: str) -> list[bytes]:
    """Several texts of one subject and class, each as ``seal`` gives it, for whose key is asked once."""
    key_id, key = keys.key_for_writing(subject_ref=subject_ref, retention_class=RetentionClass(retention_class).value)
    cipher, bound = keys.text_cipher(key), _bound(subject_ref, retention_class)
    return [_sealed(text, key_id, cipher, bound) for text in clear]


def _sealed(text: str, key_id: UUID, cipher: AESGCM, bound: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return VERSION + key_id.bytes + nonce + cipher.encrypt(nonce, text.encode(), bound)


def open(sealed: bytes, *, subject_ref: UUID, retention_class: str) -> str:  # noqa: A001 - the opposite of seal
    """The text. Raises Shredded when its key has ended, CannotDecrypt for another subject's text or changed bytes."""
    return open_all([sealed], subject_ref=subject_ref, retention_class=retention_class)[0]


def open_all(sealed: Sequence[bytes], *, subject_ref: UUID, retention_class: str) -> list[str]:
    """Several texts of one subject and class, each key asked for once. Raises as ``open``; then none of them is given."""
    ciphers: dict[UUID, AESGCM] = {}
    bound = _bound(subject_ref, retention_class)
    return [_opened(bytes(one), ciphers, bound) for one in sealed]


def _opened(sealed: bytes, ciphers: dict[UUID, AESGCM], bound: bytes) -> str:
    if sealed[:1] != VERSION or len(sealed) < 1 + KEY_ID + NONCE:
        raise CannotDecrypt("This text was encrypted in a form that this release does not know.")
    key_id = UUID(bytes=sealed[1 : 1 + KEY_ID])
    if key_id not in ciphers:
        if ShredOrder.objects.filter(key_id=key_id).exists():
            raise Shredded("This was erased: its key has been destroyed.")
        ciphers[key_id] = keys.text_cipher(keys.key_for_reading(key_id))
    nonce, rest = sealed[1 + KEY_ID : 1 + KEY_ID + NONCE], sealed[1 + KEY_ID + NONCE :]
    try:
        return ciphers[key_id].decrypt(nonce, rest, bound).decode()
    except InvalidTag as error:
        raise CannotDecrypt("This text belongs to another subject, or was changed.") from error


def _bound(subject_ref: UUID, retention_class: str) -> bytes:
    return b"text\x00" + subject_ref.bytes + RetentionClass(retention_class).value.encode()
