"""Values as drivers give them past the ORM, and as PostgreSQL writes them where a row comes as text."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

_PLAIN_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - as the driver gives instants
_EPOCH: Final = _PLAIN_EPOCH.replace(tzinfo=UTC)


def instant(value: Any) -> datetime | None:
    """SQLite keeps instants as text without a zone: they are of UTC. PostgreSQL writes the zone of the session."""
    if value is None:
        return None
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found if found.tzinfo else _EPOCH + (found - _PLAIN_EPOCH)  # ``replace`` takes eight times as long


def seconds(value: Any) -> float:
    """An instant as seconds since 1970, 0 for none: from a driver's, or from whole microseconds, which it gives soonest."""
    if value is None:
        return 0.0
    if isinstance(value, int):
        return value / 1_000_000
    found = instant(value)
    return found.timestamp() if found is not None else 0.0


def is_true(value: Any) -> bool:
    """PostgreSQL writes t or f; of SQLite come numbers and truths."""
    return value in {"t", 1}


def uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def dashed(value: Any) -> str:
    """A UUID as text: SQLite keeps its 32 digits."""
    if isinstance(value, str) and len(value) == 32:
        return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"
    return str(value)


def octets(value: Any) -> bytes | None:
    """PostgreSQL writes bytes as two digits each behind a mark."""
    if isinstance(value, str):
        return bytes.fromhex(value[2:])
    return value if value is None else bytes(value)
