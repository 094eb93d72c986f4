"""The keys of a backup: one drawn at random for its data, one derived from BACKUP_KEY for its keys."""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from portal.kernel.core.ciphers import CannotDecrypt
from portal.kernel.core.errors import Refused

NONCE = 12
SHORTEST = 32
#: Keys of the installation that a restored portal needs and that no backup holds: known again by a fingerprint.
NEEDED = ("VAULT_KEY", "LOOKUP_KEY")


def _derived(secret: bytes, use: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"onesetu/backup/" + use.encode()).derive(secret)


def _master() -> bytes:
    if len(settings.BACKUP_KEY) < SHORTEST:
        raise Refused("BACKUP_KEY is missing or short. Set BACKUP_KEY or BACKUP_KEY_FILE to 64 random hex digits.")
    return settings.BACKUP_KEY.encode()


def new_data_key() -> bytes:
    """The key of one backup's data. It is kept nowhere but wrapped, in the place of the keys."""
    return os.urandom(32)


def wrap(data_key: bytes, *, name: str) -> bytes:
    """The data key under BACKUP_KEY, bound to the backup's name. Raises Refused without a BACKUP_KEY."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(_derived(_master(), "wrap")).encrypt(nonce, data_key, name.encode())


def unwrap(wrapped: bytes, *, name: str) -> bytes:
    """Raises CannotDecrypt under another BACKUP_KEY or for another backup's key."""
    try:
        return AESGCM(_derived(_master(), "wrap")).decrypt(wrapped[:NONCE], wrapped[NONCE:], name.encode())
    except InvalidTag as error:
        raise CannotDecrypt("This backup was made under another BACKUP_KEY, or its key was changed.") from error


def part_key(data_key: bytes, part: str) -> bytes:
    """The key of one part of the data."""
    return _derived(data_key, f"part/{part}")


def keys_key(name: str) -> bytes:
    """The key of the key database's dump in one backup."""
    return _derived(_master(), f"keys/{name}")


def identity(name: str, part: str) -> bytes:
    """What binds a part to its backup: no part opens in the place of another."""
    return hashlib.sha256(f"{name}/{part}".encode()).digest()


def seal_of(text: bytes) -> str:
    """Shows that whoever has BACKUP_KEY wrote this: of the manifest, which is not secret."""
    return hmac.digest(_derived(_master(), "manifest"), text, "sha256").hex()


def fingerprints() -> dict[str, str]:
    """The keys that the restored portal will need, each as 16 hex digits of a hash that does not give it away."""
    return {
        name: hmac.digest(_derived(getattr(settings, name).encode(), "fingerprint"), name.encode(), "sha256").hex()[:16]
        for name in NEEDED
    }
