"""Who asks: an API key belongs to one fiduciary and carries scopes."""

import threading
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja.security import HttpBearer

from portal.kernel.core import actor, clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import NotAllowed, PortalError
from portal.kernel.core.middleware import client_address
from portal.kernel.core.problem_details import problem
from portal.kernel.core.shared_counters import counted
from portal.kernel.people.choices import ApiScope
from portal.kernel.people.services.api_keys import KeyHolder, holder_of

MINUTE: Final = 60
#: A process takes this part of the limit ahead at a time: below a limit of this size every request is asked for.
AHEAD: Final = 100
_lock = threading.Lock()
#: Requests taken ahead and not used yet, by key, minute and limit.
_ahead: dict[tuple[int, int, int], int] = {}


class TooMany(PortalError):
    """The key has asked more often in this minute than it may."""

    code = "TOO_MANY"


class Key(HttpBearer):
    """``auth=Key(ApiScope.DECISIONS_ASK)``: a bearer key that holds and carries the scope; without one, any that holds.

    Gives the KeyHolder as ``request.auth``. Raises NotAllowed for a key without the scope, TooMany above the limit.
    """

    openapi_scheme = "bearer"

    def __init__(self, scope: ApiScope | None = None) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> KeyHolder | None:
        holder = holder_of(token, now=clock.now())
        if holder is None:
            return None
        if self.scope is not None and self.scope not in holder.scopes:
            raise NotAllowed(f"This key may not do that: it lacks {self.scope}.", code="SCOPE_MISSING")
        count(holder)
        return holder


def count(holder: KeyHolder, requests: int = 1) -> None:
    """Count requests in the present minute of the key. Raises TooMany above the limit.

    The counter is shared by all processes. Asking it costs more than a decision, so a process takes some requests ahead
    from it and counts those by itself: what it does not use is lost to the key in this minute. With the counter away each
    process gives out the whole limit: a withdrawal is not refused because nobody can count.
    """
    if requests < 1:
        return
    limit, minute = settings.API_REQUESTS_PER_MINUTE, int(clock.now().timestamp()) // MINUTE
    place = (holder.key_id, minute, limit)
    with _lock:
        left = _ahead.get(place, 0)
        if left < requests:
            if any(known[1] != minute for known in _ahead):
                _ahead.clear()
            taken = max(requests - left, limit // AHEAD)
            asked = counted(f"api:{holder.key_id}:{minute}", taken, seconds=2 * MINUTE)
            left += taken - max(0, asked - limit)
        if left < requests:
            _ahead.pop(place, None)
            raise TooMany(f"This key may ask {limit} times a minute.")
        _ahead[place] = left - requests


def too_many(request: HttpRequest, error: TooMany | type[TooMany]) -> HttpResponse:
    """429 with the seconds until the next minute."""
    wait = MINUTE - int(clock.now().timestamp()) % MINUTE
    headers = {"Retry-After": str(wait)}
    return problem(request, HTTPStatus.TOO_MANY_REQUESTS, TooMany.code, str(error), headers=headers)


def actor_of(request: HttpRequest) -> Actor:
    """The system behind the key as the one who acts: its key's number, never its label."""
    return actor.interface(holder(request).key_id, address=client_address(request))


def holder(request: HttpRequest) -> KeyHolder:
    """For whom the key of this request stands; ``Key`` has found it by then."""
    found: KeyHolder = request.auth  # type: ignore[attr-defined]
    return found
