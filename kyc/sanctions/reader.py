"""The child's side of reading a list: it is asked by name (``kyc.screening.services.sanctions_lists``) and answers in JSON.

The publisher of a list is trusted, the way on which the file came is not: it is parsed where nothing can be reached.
"""

import json
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from kyc.sanctions import european_union, ofac, trees, united_nations, unlawful_activities
from kyc.sanctions.entries import BadListError, Listed
from portal.kernel.vault.inspection.result import Limits

#: What the readers load only while they read.
_LATE: Final = ("_strptime", "encodings.utf_8_sig", "encodings.utf_16")


def prepare(
    data: bytes, asked: dict[str, Any], limits: Limits
) -> tuple[int, Callable[[], tuple[dict[str, Any], bytes]]]:
    """In the child: what the readers load late, and the function that reads once the limits hold."""
    for name in _LATE:
        import_module(name)
    trees.root_of(b"<ready/>")
    return 0, lambda: _answer(asked["source"], data[: asked["length"]], data[asked["length"] :])


def _answer(source: str, data: bytes, names: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        version, entries = _read(source, data, names)
    except BadListError as error:
        return {"fault": str(error), "version": ""}, b""
    rows = [[one.uid, one.kind, one.names, one.births, one.countries] for one in entries]
    return {"fault": "", "version": version}, json.dumps(rows).encode()


def _read(source: str, data: bytes, names: bytes) -> tuple[str, list[Listed]]:
    match source:
        case "un":
            return united_nations.read(data)
        case "eu":
            return european_union.read(data)
        case "uapa":
            return "", unlawful_activities.read(data)
        case _:
            return "", ofac.read(data, names)
