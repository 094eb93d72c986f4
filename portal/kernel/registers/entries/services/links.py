"""Trying the pages that ours lead to."""

from datetime import datetime

from portal.kernel.core import http_client
from portal.kernel.registers.base.models.security import ExternalLink
from portal.kernel.registers.senders.selectors.senders import in_force

#: Of an answer nothing but its status is of use.
LONGEST = 1024
TIMEOUT = 10.0
#: An answer below this is alive; a redirect is one, and so is a host that wants no programs (403, 405, 429).
BROKEN, REFUSED = 400, frozenset({401, 403, 405, 429})


def try_all(*, now: datetime) -> int:
    """Ask each listed page once, with nothing about anybody in the question; returns how many are dead.

    No transaction is open while somebody is asked. Each row is written alone: when it was tried, what came of it, and
    since when it has been dead.
    """
    dead = 0
    for link in in_force(ExternalLink.objects.all(), at=now):
        outcome, is_alive = _try(link.url)
        dead += not is_alive
        since = None if is_alive else link.dead_since or now
        ExternalLink.objects.filter(pk=link.pk).update(looked_at=now, answered=outcome, dead_since=since)
    return dead


def _try(url: str) -> tuple[str, bool]:
    try:
        answer = http_client.request("GET", url, timeout=TIMEOUT, longest=LONGEST)
    except (http_client.Unreachable, http_client.BrokenOff) as failure:
        return failure.code[:40], False
    return f"HTTP_{answer.status}", answer.status < BROKEN or answer.status in REFUSED
