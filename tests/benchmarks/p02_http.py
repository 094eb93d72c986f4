"""P2: one decision over HTTP, with API key, scope and log, against a bare WSGI function on the same server."""

import json
import random
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from consent.models import ConsentState
from portal.kernel.core import ciphers
from portal.kernel.people.models import Fiduciary
from tests.benchmarks import BenchRow, alternately
from tests.benchmarks.p01_decision import NOON, fill, law_and_notice, number
from tests.benchmarks.served import Answered, ask, post, serving
from tests.people.factories import issued_api_key

SINGLE = "/api/v1/decisions"
CONNECTIONS = 16
ASKS = 2_000
LATE = 0.020
STATES = 100_000
#: The past is not answered.
TOMORROW = NOON + timedelta(days=1)


def with_states(size: int) -> None:
    """At least so many states, the even places with a yes."""
    law_and_notice()
    present = ConsentState.objects.count()
    if present < size:
        fill(size, start=present)


def bare() -> dict[str, str]:
    """The environment of the bare function."""
    address = str(connection.settings_dict["NAME"])
    if connection.vendor == "postgresql":
        given = connection.get_connection_params()
        names = ("host", "port", "user", "password", "dbname")
        address = make_conninfo(**{name: given[name] for name in names if given.get(name)})
    return {
        "BARE_DATABASE": address,
        "BARE_KEY": ciphers._derived(settings.LOOKUP_KEY, "lookup/address").hex(),
        "BARE_FIDUCIARY": str(Fiduciary.objects.get(code="onesetu").pk),
    }


def key_header() -> dict[str, str]:
    """A key of Onesetu that may ask."""
    return {"Authorization": f"Bearer {issued_api_key(Fiduciary.objects.get(code='onesetu'))}"}


def said_yes(answered: Answered) -> int:
    return sum(json.loads(body)["allowed"] for body in answered.bodies)


def rows(*, full: bool) -> Iterator[BenchRow]:
    """Decisions a second over 16 connections, and how long the slowest of a hundred takes."""
    with_states(STATES * (10 if full else 1))
    places = random.Random(2).sample(range(STATES), ASKS)
    question = {"purpose": "marketing", "channel": "sms", "at": TOMORROW.isoformat()}
    bodies = [json.dumps({**question, "address": number(place)}).encode() for place in places]
    expected = sum(place % 2 == 0 for place in places)
    headers = key_header()
    ours = [post(SINGLE, body, headers) for body in bodies]
    limit = [post(SINGLE, body, {}) for body in bodies]
    with serving("portal.wsgi") as port, serving("tests.benchmarks.bare_wsgi", **bare()) as other:
        for served, requests in ((port, ours), (other, limit)):
            if said_yes(ask(served, requests, connections=CONNECTIONS)) != expected:
                raise AssertionError("A decision over HTTP differs from what the address said.")
        waits: list[float] = []

        def asked() -> float:
            done = ask(port, ours, connections=CONNECTIONS)
            waits.append(done.late)
            return ASKS / done.took

        mine, most = alternately(5, asked, lambda: ASKS / ask(other, limit, connections=CONNECTIONS).took)
    late, ratio = sorted(waits)[len(waits) // 2], mine / most
    has_target = connection.vendor == "postgresql"
    yield BenchRow(
        "P2",
        f"decision over HTTP, {CONNECTIONS} connections",
        "/s",
        mine,
        most,
        ratio,
        "at least 0.5, p99 under 20 ms" if has_target else "no target on SQLite",
        (ratio >= 0.5 and late < LATE) or not has_target,
        f"p99 {late * 1000:.0f} ms",
    )
