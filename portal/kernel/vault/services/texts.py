"""Small texts under the subject's own key: what a person wrote, numbers of documents, messages as sent."""

import os
from collections.abc import Sequence
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.kernel.core.ciphers import CannotDecrypt
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.models import ShredOrder
from portal.kernel.vault.services import keys
from portal.kernel.vault.services.keys import NONCE, Shredded

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


def seal_for(clear: Sequence[tuple[UUID, Sequence[str]]], *, retention_class: str) -> list[list[bytes] | None]:
    """Texts of many subjects, each as ``seal`` gives it; None for a subject whose key is being shredded."""
    kind = RetentionClass(retention_class).value
    found = keys.keys_for_writing(subject_refs=[ref for ref, _texts in clear], retention_class=kind)
    sealed: list[list[bytes] | None] = []
    for ref, texts in clear:
        if ref not in found:
            sealed.append(None)
            continue
        key_id, key = found[ref]
        cipher, bound = keys.text_cipher(key), _bound(ref, kind)
        sealed.append([_sealed(text, key_id, cipher, bound) for text in texts])
    return sealed


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


def open_of(sealed: Sequence[tuple[UUID, Sequence[bytes]]], *, retention_class: str) -> list[list[str] | None]:
    """Texts of many subjects, for whose keys is asked once; None where ``open_all`` raises."""
    named = {_key_id(bytes(one)) for _ref, texts in sealed for one in texts if _is_known(bytes(one))}
    found = {key_id: keys.text_cipher(key) for key_id, key in keys.keys_for_reading(named).items()}
    opened: list[list[str] | None] = []
    for ref, texts in sealed:
        bound = _bound(ref, retention_class)
        is_whole = all(_is_known(bytes(one)) and _key_id(bytes(one)) in found for one in texts)
        try:
            opened.append([_opened(bytes(one), found, bound) for one in texts] if is_whole else None)
        except CannotDecrypt:
            opened.append(None)
    return opened


def _is_known(sealed: bytes) -> bool:
    return sealed[:1] == VERSION and len(sealed) >= 1 + KEY_ID + NONCE


def _key_id(sealed: bytes) -> UUID:
    return UUID(bytes=sealed[1 : 1 + KEY_ID])


def _opened(sealed: bytes, ciphers: dict[UUID, AESGCM], bound: bytes) -> str:
    if not _is_known(sealed):
        raise CannotDecrypt("This text was encrypted in a form that this release does not know.")
    key_id = _key_id(sealed)
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
