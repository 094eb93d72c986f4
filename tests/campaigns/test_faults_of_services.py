"""A database and a broker in trouble under load, and processes that freeze: who was told that something is kept finds it kept.

Web, worker and beat are processes of their own, on a database behind a proxy and a broker that is the test's. Nobody starts
them again: what only waits must go on by itself.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connection

from tests.campaigns.counts import conclude
from tests.campaigns.proxies import Proxy
from tests.journeys.test_killed_processes import LOOK_AFTERWARDS, PROCESSES, START, House

pytestmark = [pytest.mark.full, pytest.mark.django_db(transaction=True)]
#: Seconds for which a fault lasts.
SHORT, LONG = 0.3, 4.0
ROUNDS = 8
PARTS = {**PROCESSES, "web": ["-m", "tests.servers.load", "patient"]}


class Broker:
    """A Redis of the test's own, which nobody else loses anything with."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.start()

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--save", "", "--dir", str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        end = time.monotonic() + START
        while time.monotonic() < end:
            with contextlib.suppress(redis.ConnectionError):
                self.client().ping()
                return
            time.sleep(0.05)
        raise AssertionError("Redis did not start")

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


class Portal(House):
    """The portal of the killed processes, on services that the test breaks."""

    def __init__(self, var: Path) -> None:
        super().__init__(var)
        self.parts = PARTS
        base = connection.settings_dict
        host, port = base["HOST"] or "127.0.0.1", int(base["PORT"] or 5432)
        self.direct = self.environment["DATABASE_URL"]
        self.proxy, self.broker = Proxy(host, port), Broker(var)
        for name in ("DATABASE_URL", "KEYS_DATABASE_URL"):
            way, _, rest = self.environment[name].partition("@")
            self.environment[name] = f"{way}@127.0.0.1:{self.proxy.port}/{rest.partition('/')[2]}"
        self.environment["REDIS_URL"] = f"redis://127.0.0.1:{self.broker.port}/0"

    def lines(self) -> list[str]:
        """What the page said of each attempt."""
        return self.acknowledged.read_text().splitlines() if self.acknowledged.exists() else []

    def count(self) -> int:
        """How much was acknowledged."""
        return sum(line != "refused" for line in self.lines())

    def sealed(self) -> int:
        with psycopg.connect(self.direct) as database:
            return int(database.execute("SELECT count(*) FROM ledger_leaf").fetchone()[0])

    def goes_on(self) -> None:
        """Everybody is alive, the page writes, and what it writes is sealed."""
        with contextlib.suppress(AssertionError):
            self.wait_for_more()
        ended = {part: process.poll() for part, process in self.running.items() if process.poll() is not None}
        assert not ended, f"{ended}: {self.complaints.read_text()[-6000:]}"
        before, end = self.sealed(), time.monotonic() + START
        while self.sealed() <= before:
            assert time.monotonic() < end, f"nothing is sealed any more: {self.said()}"
            time.sleep(0.1)

    def close(self) -> None:
        super().close()
        self.proxy.close()
        self.broker.kill()


def a_while() -> None:
    time.sleep(random.uniform(SHORT, LONG))


def database_restarted(portal: Portal) -> None:
    portal.proxy.cut()


def database_away(portal: Portal) -> None:
    with portal.proxy.away():
        a_while()


def database_slow(portal: Portal) -> None:
    with portal.proxy.slow(0.2):
        a_while()


def short_of_connections(portal: Portal) -> None:
    with portal.proxy.narrow(2):
        a_while()


def broker_restarted(portal: Portal) -> None:
    portal.broker.kill()
    a_while()
    portal.broker.start()


def broker_flushed(portal: Portal) -> None:
    portal.broker.client().flushall()


def process_frozen(portal: Portal) -> None:
    group = random.choice(list(portal.running.values())).pid
    os.killpg(group, signal.SIGSTOP)
    a_while()
    os.killpg(group, signal.SIGCONT)


FAULTS = [
    database_restarted,
    database_away,
    database_slow,
    short_of_connections,
    broker_restarted,
    broker_flushed,
    process_frozen,
]


@pytest.fixture
def portal(tmp_path, transactional_db):
    if not settings.REDIS_URL or shutil.which("redis-server") is None:
        pytest.skip("needs PostgreSQL and the program redis-server")
    made = Portal(tmp_path)
    made.build()
    yield made
    made.close()
    with connection._nodb_cursor() as cursor:
        for suffix in ("", "_keys"):
            cursor.execute(f"DROP DATABASE IF EXISTS killed_{os.getpid()}{suffix} WITH (FORCE)")


def test_nothing_acknowledged_is_lost_and_everybody_goes_on(portal):
    """Full: three processes start once, and each fault lasts some seconds, several times."""
    for part in portal.parts:
        portal.start(part)
    portal.goes_on()
    begun = [0]
    for fault in FAULTS:
        for _round in range(ROUNDS):
            time.sleep(random.uniform(0, 1))
            fault(portal)
            portal.goes_on()
        begun.append(len(portal.lines()))
    House.close(portal)
    said = portal.lines()
    portal.var.joinpath("acknowledged.json").write_text(json.dumps(sorted({*said} - {"refused"})))
    report, _, lost = portal.run("-c", LOOK_AFTERWARDS).strip().rpartition("\n")
    assert json.loads(report)["ok"], report
    for fault, start, end in zip(FAULTS, begun[:-1], [*begun[1:-1], None], strict=True):
        of = said[start:end]
        refused = of.count("refused")
        conclude(
            f"{fault.__name__.replace('_', ' ').capitalize()} beside web, worker and beat",
            attempts=len(of),
            refused=refused,
            acknowledged=len(of) - refused,
            lost=json.loads(lost),
        )
