"""The parent's side of reading a sanctions list: the child has parsed what came over the internet and is not believed."""

import json
from datetime import date
from typing import Any, Final

from kyc.sanctions import Listed
from kyc.sanctions.entries import BadListError
from portal.kernel.vault.inspection import client
from portal.kernel.vault.inspection.result import Limits

#: The largest list that is published has some thirty million bytes; as a tree it takes thirty times as much.
MOST_BYTES: Final = 100 * 1024 * 1024
LIMITS: Final = Limits(size=MOST_BYTES, cpu_seconds=240, wall_seconds=300.0, memory=4 * 1024 * 1024 * 1024)
#: The plain module that the child runs.
READER: Final = "kyc.sanctions.reader"
_UNREADABLE: Final = "The file cannot be read: it is not how the list is published."


def read(source: str, data: bytes, *, names: bytes = b"") -> tuple[date | None, list[Listed]]:
    """The day that an edition states, None where its form states none (``ofac``, ``uapa``), and its entries.

    ``names`` is the second file of ``ofac``. Raises BadListError for what is no whole list, Unavailable where the machine is
    too busy. Writes nothing.
    """
    asked = {"source": source, "length": len(data)}
    try:
        said, written = client.ask_for_bytes(READER, data + names, asked=asked, limits=LIMITS)
    except client.ChildFailedError:
        raise BadListError(_UNREADABLE) from None
    if said["fault"]:
        raise BadListError(str(said["fault"]))
    try:
        return date.fromisoformat(said["version"]) if said["version"] else None, [
            _entry(*row) for row in json.loads(written)
        ]
    except (ValueError, TypeError, RecursionError):
        raise BadListError(_UNREADABLE) from None


def _entry(uid: Any, kind: Any, names: Any, births: Any, countries: Any) -> Listed:
    """Raises ValueError for what no reader writes."""
    several = (names, births, countries)
    if not all(isinstance(values, list) and all(isinstance(value, str) for value in values) for values in several):
        raise ValueError("no entry")
    if not (isinstance(uid, str) and uid and names and kind in {"person", "organisation"}):
        raise ValueError("no entry")
    return Listed(uid, kind, tuple(names), tuple(births), tuple(countries))
