"""How often one network address, or one thing it asks about, may do something. Kept in the cache; technical limits."""

import hashlib
from typing import Final

from django.http import HttpRequest

from portal.kernel.core.middleware import client_address
from portal.kernel.core.shared_counters import counted

#: name: (most, seconds)
LIMITS: Final[dict[str, tuple[int, int]]] = {
    "child.report": (20, 3600),
    "grievance.file": (30, 3600),
    "grievance.upload": (60, 3600),
    "nominee.claim": (20, 3600),
    "questions.visitor": (20, 3600),
    "receipt.number": (30, 3600),
    "request.ask": (30, 3600),
    "request.for_you": (30, 3600),
    "request.prove": (60, 3600),
    "stop.ask": (30, 3600),
    "stop.enter": (60, 3600),
    "track.ask": (30, 3600),
    "track.ask.pair": (5, 3600),
    "track.enter": (60, 3600),
    "who.ask": (20, 3600),
}


def exceeded(request: HttpRequest, name: str, about: bytes = b"") -> bool:
    """Count one more try of ``name`` and say whether it is one too many in its window.

    The window is fixed and starts with the first try. ``about`` (a keyed hash, never an address) counts tries on one
    thing from everywhere; without it tries of the request's network address are counted.
    """
    most, seconds = LIMITS[name]
    who = about or client_address(request).encode()
    key = f"limit:{name}:{hashlib.sha256(who).hexdigest()}"
    return counted(key, seconds=seconds) > most
