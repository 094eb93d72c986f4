"""Where a wrong code was typed: kept for the task that writes the history, so that the page does the same for everybody.

Encrypted, in the cache, for minutes. What the cache lost is missing in the history's row; the row is written all the same.
"""

import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime

from django.core.cache import cache
from django.http import HttpRequest

from portal.core import ciphers
from portal.core.middleware import client_address
from portal.signin import browsers

#: Seconds for which the task may be late and still know where from. A technical limit.
KEPT = 3600
PURPOSE = "signin.try"


@dataclass(frozen=True)
class Try:
    """One wrong code: when and, where the cache still knows, from where."""

    at: float
    address: str = field(default="", repr=False)
    browser: str = ""
    token: str = field(default="", repr=False)


def keep(request: HttpRequest, *, now: datetime) -> str:
    """Keep where the request came from. Returns the name to ask for it with, which says nothing itself."""
    name = secrets.token_hex(16)
    found = Try(now.timestamp(), client_address(request), browsers.label(request), browsers.token_of(request))
    cache.set(f"{PURPOSE}:{name}", ciphers.encrypt(json.dumps(asdict(found)).encode(), purpose=PURPOSE), KEPT)
    return name


def take(name: str, *, now: datetime) -> Try | None:
    """What was kept under the name, or only ``now`` when the cache lost it. None the second time: a task may run twice."""
    if not cache.add(f"{PURPOSE}:{name}:taken", 1, KEPT):
        return None
    sealed = cache.get(f"{PURPOSE}:{name}")
    cache.delete(f"{PURPOSE}:{name}")
    return Try(**json.loads(ciphers.decrypt(sealed, purpose=PURPOSE))) if sealed else Try(now.timestamp())
