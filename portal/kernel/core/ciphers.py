"""Small secrets at rest (AES-256-GCM) and keyed hashes for look-ups (HMAC-SHA256).

Files and texts that must die with their subject go through ``portal.kernel.vault`` instead, whose keys can be shredded.
"""

import base64
import functools
import os
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from portal.kernel.core.errors import PortalError

VERSION = b"\x01"
NONCE = 12
#: Bytes of a blind index: the version of the key and an HMAC-SHA256.
INDEX_LENGTH = 33
_BLOCK: Final = 64
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))


class CannotDecrypt(PortalError):
    """The key is not the one this was encrypted with, or the bytes were changed."""

    code = "CANNOT_DECRYPT"


@functools.lru_cache(maxsize=256)
def _derived(master: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"onesetu/" + purpose.encode()).derive(master.encode())


@functools.lru_cache(maxsize=256)
def _cipher(master: str, purpose: str) -> AESGCM:
    return AESGCM(_derived(master, purpose))


def derived_key(purpose: str) -> bytes:
    """A 32-byte key for one purpose, derived from VAULT_KEY (HKDF-SHA256, RFC 5869)."""
    return _derived(settings.VAULT_KEY, purpose)


def encrypt(plain: bytes, *, purpose: str, context: bytes = b"") -> bytes:
    """Version byte, nonce, ciphertext and tag. ``context`` is authenticated, not stored."""
    nonce = os.urandom(NONCE)
    return VERSION + nonce + _cipher(settings.VAULT_KEY, purpose).encrypt(nonce, plain, context)


def decrypt(sealed: bytes, *, purpose: str, context: bytes = b"") -> bytes:
    """Raises CannotDecrypt for a wrong key, context or version, or changed bytes."""
    if sealed[:1] != VERSION:
        raise CannotDecrypt("This value was encrypted in a form that this release does not know.")
    try:
        return _cipher(settings.VAULT_KEY, purpose).decrypt(sealed[1 : 1 + NONCE], sealed[1 + NONCE :], context)
    except InvalidTag as error:
        raise CannotDecrypt("This value cannot be decrypted: VAULT_KEY is not the key it was written with.") from error


def encrypt_for_address(plain: bytes, *, purpose: str) -> str:
    """As ``encrypt``, in letters that may stand in an address."""
    return base64.urlsafe_b64encode(encrypt(plain, purpose=purpose)).decode().rstrip("=")


def decrypt_from_address(text: str, *, purpose: str) -> bytes:
    """What ``encrypt_for_address`` made. Raises CannotDecrypt for whatever else somebody writes into an address."""
    try:
        return decrypt(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), purpose=purpose)
    except ValueError as error:  # no base64, or too short
        raise CannotDecrypt("This is no encrypted value of ours.") from error


def keyed_sha256(key: bytes) -> Callable[[bytes], bytes]:
    """HMAC-SHA256 (RFC 2104) under one key of at most 64 bytes, for many texts: the key is mixed in once, not for each."""
    block = key.ljust(_BLOCK, b"\0")
    inner, outer = sha256(block.translate(_INNER)).copy, sha256(block.translate(_OUTER)).copy

    def keyed(text: bytes) -> bytes:
        first, second = inner(), outer()
        first.update(text)
        second.update(first.digest())
        return second.digest()

    return keyed


@functools.lru_cache(maxsize=256)
def _indexer(key: str, version: int, domain: str) -> Callable[[str], bytes]:
    keyed, mark = keyed_sha256(_derived(key, "lookup/" + domain)), bytes([version])
    return lambda value: mark + keyed(value.encode())


def blind_index(value: str, *, domain: str) -> bytes:
    """33 bytes: the version of LOOKUP_KEY and an HMAC of ``value`` in ``domain``. Equal values meet, nothing else shows."""
    return _indexer(settings.LOOKUP_KEY, len(settings.LOOKUP_KEYS_OLD) + 1, domain)(value)


def blind_indexes(value: str, *, domain: str) -> list[bytes]:
    """The index under the present key and under every older one, for look-ups."""
    older = settings.LOOKUP_KEYS_OLD
    return [blind_index(value, domain=domain)] + [
        _indexer(key, len(older) - place, domain)(value) for place, key in enumerate(older)
    ]


def blind_indexer(*, domain: str) -> Callable[[str], tuple[bytes, ...]]:
    """``blind_indexes`` as a function for many values: the keys are derived once."""
    older = settings.LOOKUP_KEYS_OLD
    pairs = [(len(older) + 1, settings.LOOKUP_KEY), *((len(older) - place, key) for place, key in enumerate(older))]
    indexers = [_indexer(key, version, domain) for version, key in pairs]
    if len(indexers) == 1:
        (only,) = indexers
        return lambda value: (only(value),)
    return lambda value: tuple(each(value) for each in indexers)
