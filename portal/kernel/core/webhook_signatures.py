"""Signatures of messages between machines, in the form of the Standard Webhooks specification (version 1).

Signed is ``id.timestamp.body`` with HMAC-SHA256. Several secrets may hold at once, so that one can be replaced without
a gap. A replay is told by its id: who receives keeps the ids (a unique column) for longer than ``tolerance``.
"""

import base64
import binascii
import hmac
import secrets as random_source
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from portal.kernel.core.errors import PortalError

PREFIX: Final = "whsec_"
KEY_MARK: Final = "v1a,"
SHORTEST_SECRET: Final = 16
_SECRET_BYTES: Final = 32
_LONGEST_ID: Final = 128


def tolerance() -> timedelta:
    """How far the sender's clock may be from ours, and for how long a message may be under way."""
    return timedelta(seconds=settings.SIGNED_MESSAGE_SECONDS)


class BadSignature(PortalError):
    """Not signed with a secret that holds, signed long ago, or a message without its headers."""

    code = "BAD_SIGNATURE"


@dataclass(frozen=True)
class SignedByKey:
    """What proves who sent a message, beside its body: the number and the time that were signed with it, and the signature.

    ``signature`` is base64 as it was sent, without its mark. Kept with the body, anybody can check it against the public key.
    """

    message_id: str
    timestamp: str
    signature: str

    def holds(self, body: bytes, *, public_key: bytes) -> bool:
        """Whether the signature is one of this key over this body; how long ago it was made is not asked."""
        return _holds(self.signature, f"{self.message_id}.{self.timestamp}.".encode() + body, public_key)


def new_secret() -> str:
    """A new secret as the specification writes it: a prefix and 256 random bits in base64."""
    return PREFIX + base64.b64encode(random_source.token_bytes(_SECRET_BYTES)).decode()


def sign(body: bytes, *, message_id: str, at: datetime, secrets: Iterable[str]) -> dict[str, str]:
    """The three headers of a message, with one signature for each secret that holds.

    Raises ValueError for a secret that is too short to be one (``is_secret``).
    """
    stamp = str(int(at.timestamp()))
    marks = []
    for secret in secrets:
        if not is_secret(secret):
            raise ValueError(f"A secret has at least {SHORTEST_SECRET} bytes.")
        marks.append(_mark(secret, message_id, stamp, body))
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": " ".join(marks)}


def is_secret(text: str) -> bool:
    """Whether a text may sign: at least ``SHORTEST_SECRET`` bytes once decoded. An unset secret is nobody's signature."""
    return len(_key(text)) >= SHORTEST_SECRET


def verify(headers: Mapping[str, str], body: bytes, *, secrets: Iterable[str], now: datetime) -> str:
    """The id of a message whose signature holds. Raises BadSignature, which does not say what was wrong.

    ``headers`` may be in any case. The comparison takes the same time whichever secret fits.
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id, stamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    marks = given.get("webhook-signature", "").split()[:10]
    fits = False
    for secret in filter(is_secret, secrets):
        expected = _mark(secret, message_id, stamp, body)
        for mark in marks:
            fits |= hmac.compare_digest(mark.encode(), expected.encode())
    if not (fits and 0 < len(message_id) <= _LONGEST_ID and _is_fresh(stamp, now)):
        raise BadSignature("The signature of this message is not valid.")
    return message_id


def verify_by_key(headers: Mapping[str, str], body: bytes, *, public_key: bytes, now: datetime) -> SignedByKey:
    """What proves a message signed with the private half of an Ed25519 key (``v1a`` of the specification).

    Raises BadSignature, which does not say what was wrong.
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id, stamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    marks = [mark.removeprefix(KEY_MARK) for mark in given.get("webhook-signature", "").split()[:10]]
    signed = (SignedByKey(message_id, stamp, mark) for mark in marks)
    found = next((one for one in signed if one.holds(body, public_key=public_key)), None)
    if found is None or not (0 < len(message_id) <= _LONGEST_ID and _is_fresh(stamp, now)):
        raise BadSignature("The signature of this message is not valid.")
    return found


def sign_by_key(body: bytes, *, message_id: str, at: datetime, key: Ed25519PrivateKey) -> dict[str, str]:
    """The three headers of a message signed with an Ed25519 key."""
    stamp = str(int(at.timestamp()))
    signature = base64.b64encode(key.sign(f"{message_id}.{stamp}.".encode() + body)).decode()
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": KEY_MARK + signature}


def _holds(mark: str, signed: bytes, public_key: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(base64.b64decode(mark, validate=True), signed)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _is_fresh(stamp: str, now: datetime) -> bool:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 11):
        return False
    return abs(now - datetime.fromtimestamp(int(stamp), UTC)) <= tolerance()


def _mark(secret: str, message_id: str, stamp: str, body: bytes) -> str:
    signed = f"{message_id}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, "sha256")).decode()


def _key(secret: str) -> bytes:
    """Base64 behind the prefix; a text that is no base64 is taken as it is."""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        return secret.encode()
