"""P3: decisions over HTTP in batches of 10,000, kept and sealed as one, against a bare WSGI function on the same server."""

import json
import random
from collections.abc import Iterator

from django.db import connection

from tests.benchmarks import BenchRow, alternately
from tests.benchmarks.p01_decision import number
from tests.benchmarks.p02_http import STATES, TOMORROW, bare, key_header, with_states
from tests.benchmarks.served import Answered, ask, post, serving

BATCH = "/api/v1/decisions/batch"
SIZE = 10_000
TARGET = 100_000


def said_yes(answered: Answered) -> int:
    return sum(one["allowed"] for body in answered.bodies for one in json.loads(body)["decisions"])


def rows(*, full: bool) -> Iterator[BenchRow]:
    """Addresses a second: two batches under way at a time, for there are two workers."""
    with_states(STATES * (10 if full else 1))
    batches = 20 if full else 4
    chosen = random.Random(3)
    places = [[chosen.randrange(2 * STATES) for _place in range(SIZE)] for _batch in range(batches)]
    # Beyond the states nobody said anything; where P1 filled more of them, its even places said yes there too.
    question = {"purpose": "marketing", "channel": "sms", "at": TOMORROW.isoformat()}
    bodies = [json.dumps({**question, "addresses": [number(place) for place in some]}).encode() for some in places]
    headers = key_header()
    ours, limit = [post(BATCH, body, headers) for body in bodies], [post(BATCH, body, {}) for body in bodies]
    with serving("portal.wsgi") as port, serving("tests.benchmarks.bare_wsgi", **bare()) as other:
        answers = [said_yes(ask(port, ours, connections=2)), said_yes(ask(other, limit, connections=2))]
        if answers[0] != answers[1] or not answers[0]:
            raise AssertionError("A batch over HTTP differs from the bare function.")
        mine, most = alternately(
            5,
            lambda: batches * SIZE / ask(port, ours, connections=2).took,
            lambda: batches * SIZE / ask(other, limit, connections=2).took,
        )
    has_target = connection.vendor == "postgresql"
    yield BenchRow(
        "P3",
        "decisions over HTTP, batches of 10,000",
        "/s",
        mine,
        most,
        mine / most,
        "at least 100,000 addresses/s" if has_target else "no target on SQLite",
        mine >= TARGET or not has_target,
    )
