"""Decisions that can be proved: an Ed25519 signature over question and answer, by a key for this use alone.

The signed text has a version. 1, which names none, bound neither header nor template; 2 binds every part of the question.
"""

import functools
import hashlib
import json
import secrets
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from consent.records.selectors.undos import tolerance
from portal.kernel.core import clock
from portal.kernel.core.errors import Refused

#: Of the signed text.
VERSION: Final = 2
#: Made once: a new encoder for each answer costs as much as the answer.
_CANONICAL = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


class SentAs(NamedTuple):
    """How the question says that the message is sent, as it was written; ``registers`` are the entries that were read."""

    header: str | None = None
    template: str | None = None
    free_text: bool = False
    registers: tuple[str, ...] = ()


class Seal(NamedTuple):
    """A signature in hex; ``salt`` precedes the address, as it was written, in ``address_sha256``."""

    signature: str
    salt: str
    address_sha256: str


class Signable(Protocol):
    """What of a decision is signed."""

    @property
    def about(self) -> tuple[str, ...]: ...
    @property
    def address_sha256(self) -> str: ...
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
    def sent_as(self) -> "SentAs": ...
    @property
    def unchecked(self) -> tuple[str, ...]: ...
    @property
    def valid_until(self) -> datetime | None: ...


class Unsigned(NamedTuple):
    """What is signed, before there is a decision with its signature."""

    about: tuple[str, ...]
    address_sha256: str
    allowed: bool
    at: datetime | None
    entry: str | None
    reason: str
    rules: tuple[str, ...]
    sent_as: SentAs
    unchecked: tuple[str, ...]
    valid_until: datetime | None


@functools.lru_cache(maxsize=4)
def _private_key(secret: str) -> Ed25519PrivateKey:
    seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"onesetu/consent-decision/1").derive(secret.encode())
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_key() -> bytes:
    """The 32 bytes that a sender checks decisions with: another key than the ledger's."""
    return _private_key(settings.LEDGER_KEY).public_key().public_bytes_raw()


def signed_text(decision: Signable) -> bytes:
    """The canonical JSON (RFC 8785) that a decision's signature is over: every part of the question, the answer, and the
    versions of what was read. No address, only its keyed hash and a salted one.
    """
    header, template, free_text, registers = decision.sent_as
    said = {
        "about": decision.about,
        "address_sha256": decision.address_sha256,
        "allowed": decision.allowed,
        "at": clock.stamp(decision.at) if decision.at else None,
        "entry": decision.entry,
        "free_text": free_text,
        "header": header,
        "reason": decision.reason,
        "registers": registers,
        "rules": decision.rules,
        "template": template,
        "unchecked": decision.unchecked,
        "valid_until": _stamp(decision.valid_until) if decision.valid_until else None,
        "version": VERSION,
    }
    # Texts and times only: for these json in C writes what RFC 8785 asks for (a test compares the two).
    return _CANONICAL.encode(said).encode()


#: Most answers of a day end at the same instant.
_stamp = functools.lru_cache(maxsize=64)(clock.stamp)


def check_time(at: datetime, *, now: datetime) -> None:
    """Raises Refused (SIGNED_AHEAD) for an answer about a time that lies further ahead of ``now`` than clocks may differ.

    Who stops tomorrow's message today could otherwise not end a permission that was signed yesterday.
    """
    if at > now and at > now + tolerance(at=now):
        raise Refused(
            "A decision is signed about now only: leave out `at`, and ask when you send. Without `sign` you may ask ahead.",
            code="SIGNED_AHEAD",
        )


def salted(address: str) -> tuple[str, str]:
    """A salt for one answer, and the SHA-256 of salt and address as they were written: only who knows both can compare."""
    salt = secrets.token_hex(16)
    return salt, hashlib.sha256((salt + address).encode()).hexdigest()


def sign(decision: Signable) -> str:
    """The signature over a decision, in hex."""
    return _private_key(settings.LEDGER_KEY).sign(signed_text(decision)).hex()
