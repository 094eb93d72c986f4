"""Signatures of messages between machines, in the form of the Standard Webhooks specification (version 1).

Signed is ``id.timestamp.body`` with HMAC-SHA256. Several secrets may hold at once, so that one can be replaced without
a gap. A replay is told by its id: who receives keeps the ids (a unique column) for longer than ``TOLERANCE``.
"""

import base64
import binascii
import hmac
import secrets as random_source
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from portal.core.errors import PortalError

#: How far the sender's clock may be from ours, and for how long a message may be under way.
TOLERANCE: Final = timedelta(minutes=5)
PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32
_LONGEST_ID: Final = 128


class BadSignature(PortalError):
    """Not signed with a secret that holds, signed long ago, or a message without its headers."""

    code = "BAD_SIGNATURE"


def new_secret() -> str:
    """A new secret as the specification writes it: a prefix and 256 random bits in base64."""
    return PREFIX + base64.b64encode(random_source.token_bytes(_SECRET_BYTES)).decode()


def sign(body: bytes, *, message_id: str, at: datetime, secrets: Iterable[str]) -> dict[str, str]:
    """The three headers of a message, with one signature for each secret that holds."""
    stamp = str(int(at.timestamp()))
    marks = [_mark(secret, message_id, stamp, body) for secret in secrets]
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": " ".join(marks)}


def verify(headers: Mapping[str, str], body: bytes, *, secrets: Iterable[str], now: datetime) -> str:
    """The id of a message whose signature holds. Raises BadSignature, which does not say what was wrong.

    ``headers`` may be in any case. The comparison takes the same time whichever secret fits.
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id, stamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    marks = given.get("webhook-signature", "").split()[:10]
    fits = False
    for secret in filter(None, secrets):  # an unset secret is nobody's signature
        expected = _mark(secret, message_id, stamp, body)
        for mark in marks:
            fits |= hmac.compare_digest(mark.encode(), expected.encode())
    if not (fits and 0 < len(message_id) <= _LONGEST_ID and _is_fresh(stamp, now)):
        raise BadSignature("The signature of this message does not hold.")
    return message_id


def _is_fresh(stamp: str, now: datetime) -> bool:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 11):
        return False
    return abs(now - datetime.fromtimestamp(int(stamp), UTC)) <= TOLERANCE


def _mark(secret: str, message_id: str, stamp: str, body: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = secret.encode()
    signed = f"{message_id}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
