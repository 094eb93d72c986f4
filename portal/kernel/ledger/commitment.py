"""What one leaf commits to: canonical JSON under a random salt. Plain Python, no database.

The leaf is opaque and of one length. Whoever has salt and payload can open it; nobody else can guess what is in it,
not even a phone number, because the salt has 256 random bits.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

import rfc8785

from portal.kernel.ledger import tree

SALT_BYTES = 32
TAG = b"consent-ledger/commitment/v1\n"
ENTRY_VERSION = b"\x01"
LARGEST_INTEGER = 2**53 - 1

Payload = Mapping[str, Any]
_PLAIN = json.JSONEncoder(ensure_ascii=True, allow_nan=False, sort_keys=True, separators=(",", ":"))


class PayloadError(ValueError):
    """A payload holds something that has no single canonical form."""


def canonical(payload: Payload) -> bytes:
    """The bytes that are kept and hashed: RFC 8785, without floats.

    Raises PayloadError for a float, an integer beyond 2^53 - 1, a lone surrogate or any type that is not JSON.
    """
    if not isinstance(payload, Mapping):
        raise PayloadError("A payload is a JSON object.")
    _refuse_ambiguous(payload)
    try:
        plain = _PLAIN.encode(payload)
    except (TypeError, ValueError):
        plain = "\\u"
    if "\\u" not in plain:
        # All ASCII, without control characters that have no short form: here C writes the very bytes of RFC 8785.
        return plain.encode()
    try:
        return rfc8785.dumps(payload)
    except rfc8785.CanonicalizationError as error:
        raise PayloadError(str(error)) from error


def read_payload(data: bytes) -> dict[str, Any]:
    """The object in stored payload bytes. Raises PayloadError where a key stands twice or it is no JSON object."""
    try:
        payload = json.loads(
            data, object_pairs_hook=_without_duplicates, parse_float=_no_float, parse_constant=_no_float
        )
    except (ValueError, RecursionError) as error:
        raise PayloadError("The payload is not JSON of the ledger.") from error
    if not isinstance(payload, dict):
        raise PayloadError("A payload is a JSON object.")
    return payload


def new_salt() -> bytes:
    """A salt for one record; never used again."""
    return os.urandom(SALT_BYTES)


def commitment(salt: bytes, payload: bytes) -> bytes:
    """The salted hash of payload bytes. Tag and salt have fixed lengths, so the payload's own needs no mark."""
    if len(salt) != SALT_BYTES:
        raise PayloadError("A salt has 32 bytes.")
    return hashlib.sha256(TAG + salt + payload).digest()


def entry(committed: bytes) -> bytes:
    """The 33 bytes of the log entry that a leaf is the hash of."""
    return ENTRY_VERSION + committed


def leaf_hash(salt: bytes, payload: bytes) -> bytes:
    """The leaf of the tree for a salt and stored payload bytes."""
    return leaf_of(commitment(salt, payload))


def leaf_of(committed: bytes) -> bytes:
    """The leaf of the tree for a commitment."""
    return tree.hash_leaf(entry(committed))


def _refuse_ambiguous(value: Any) -> None:
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > LARGEST_INTEGER):
        raise PayloadError("Numbers in the ledger are whole and below 2^53.")
    if isinstance(value, dict | Mapping):  # most are of the type itself, which is known sooner
        for name, member in value.items():
            if not isinstance(name, str):
                raise PayloadError("Names in the ledger are text.")
            if member is not None and type(member) is not str:
                _refuse_ambiguous(member)
    elif isinstance(value, list | tuple):
        for member in value:
            _refuse_ambiguous(member)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise PayloadError("A key appears twice in the payload.")
    return found


def _no_float(text: str) -> None:
    raise PayloadError("Numbers in the ledger are whole.")
