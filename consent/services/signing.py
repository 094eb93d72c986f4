"""Decisions that can be proved: an Ed25519 signature over what was answered, by a key for this use alone."""

import functools
import json
from datetime import datetime
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from portal.core import clock

#: Made once: a new encoder for each answer costs as much as the answer.
_CANONICAL = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


class Signable(Protocol):
    """What of a decision is signed."""

    @property
    def about(self) -> tuple[str, ...]: ...
    @property
    def allowed(self) -> bool: ...
    @property
    def at(self) -> datetime | None: ...
    @property
    def entry(self) -> str | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def rules(self) -> tuple[str, ...]: ...
    @property
    def valid_until(self) -> datetime | None: ...


@functools.lru_cache(maxsize=4)
def _private_key(secret: str) -> Ed25519PrivateKey:
    seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"onesetu/consent-decision/1").derive(secret.encode())
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_key() -> bytes:
    """The 32 bytes that a sender checks decisions with: another key than the ledger's."""
    return _private_key(settings.LEDGER_KEY).public_key().public_bytes_raw()


def signed_text(decision: Signable) -> bytes:
    """The canonical JSON (RFC 8785) that a decision's signature is over: no address, only its keyed hash."""
    said = {
        "about": decision.about,
        "allowed": decision.allowed,
        "at": clock.stamp(decision.at) if decision.at else None,
        "entry": decision.entry,
        "reason": decision.reason,
        "rules": decision.rules,
        "valid_until": clock.stamp(decision.valid_until) if decision.valid_until else None,
    }
    # Codes, hashes and times only: for these json in C writes what RFC 8785 asks for (a test compares the two).
    return _CANONICAL.encode(said).encode()


def sign(decision: Signable) -> str:
    """The signature over a decision, in hex."""
    return _private_key(settings.LEDGER_KEY).sign(signed_text(decision)).hex()
