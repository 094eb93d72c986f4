"""What the ledger commits to about one answer. Plain values in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.kernel.core import clock

#: Members that leaves did not have from the beginning.
SINCE = frozenset({"address_kind", "address_verified", "expires_at", "receipt"})


def members_of(
    *,
    answer: str,
    fiduciary: str,
    address_kind: str,
    address_key: bytes,
    address_verified: bool,
    purpose: str,
    channel: str,
    notice: Mapping[str, Any] | None,
    previous: UUID | None,
    occurred_at: datetime,
    expires_at: datetime | None,
    way: str,
    actor_kind: str,
    actor_ref: str,
    receipt: str,
    sender: str = "",
) -> dict[str, Any]:
    """Codes, hashes, references and times, from the columns of an event: written by one hand, compared by another (V9).

    ``sender`` is a member only of an answer about one sender: the leaf of any other is what it always was.
    """
    return {
        "event": answer,
        "fiduciary": fiduciary,
        "address_kind": address_kind,
        "address_key": address_key.hex(),
        "address_verified": address_verified,
        "purpose": purpose,
        "channel": channel,
        "notice": None if notice is None else dict(notice),
        "prev": None if previous is None else str(previous),
        "occurred_at": clock.stamp(occurred_at),
        "expires_at": None if expires_at is None else clock.stamp(expires_at),
        "way": way,
        "actor": {"kind": actor_kind, "ref": actor_ref},
        "receipt": receipt,
        **({"sender": sender} if sender else {}),
    }
