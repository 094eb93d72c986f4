"""Small texts under the subject's own key: what a person wrote, numbers of documents, messages as sent."""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag

from portal.core.ciphers import CannotDecrypt
from portal.vault.models import ShredOrder
from portal.vault.services import keys
from portal.vault.services.keys import NONCE, Shredded
from portal.vault.states import RetentionClass

VERSION = b"\x01"
KEY_ID = 16


def seal(text: str, *, subject_ref: UUID, retention_class: str) -> bytes:
    """The text encrypted: version byte, key, nonce, ciphertext and tag. The subject and the class are authenticated."""
    key_id, key = keys.key_for_writing(subject_ref=subject_ref, retention_class=RetentionClass(retention_class).value)
    nonce = os.urandom(NONCE)
    sealed = keys.text_cipher(key).encrypt(nonce, text.encode(), _bound(subject_ref, retention_class))
    return VERSION + key_id.bytes + nonce + sealed


def open(sealed: bytes, *, subject_ref: UUID, retention_class: str) -> str:  # noqa: A001 - the opposite of seal
    """The text. Raises Shredded when its key has ended, CannotDecrypt for another subject's text or changed bytes."""
    sealed = bytes(sealed)
    if sealed[:1] != VERSION or len(sealed) < 1 + KEY_ID + NONCE:
        raise CannotDecrypt("This text was encrypted in a form that this release does not know.")
    key_id = UUID(bytes=sealed[1 : 1 + KEY_ID])
    if ShredOrder.objects.filter(key_id=key_id).exists():
        raise Shredded("This was erased: its key has been destroyed.")
    nonce, rest = sealed[1 + KEY_ID : 1 + KEY_ID + NONCE], sealed[1 + KEY_ID + NONCE :]
    try:
        clear = keys.text_cipher(keys.key_for_reading(key_id)).decrypt(
            nonce, rest, _bound(subject_ref, retention_class)
        )
    except InvalidTag as error:
        raise CannotDecrypt("This text belongs to another subject, or was changed.") from error
    return clear.decode()


def _bound(subject_ref: UUID, retention_class: str) -> bytes:
    return b"text\x00" + subject_ref.bytes + RetentionClass(retention_class).value.encode()
