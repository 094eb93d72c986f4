"""``kill -9`` of each process at a random moment under load: nothing acknowledged is lost, no gap, no fork.

Each process dies three times, thirty times with ``./run test --full``; it takes long because processes start anew. The
"web" part does what pages do, in a process of its own and without a server before it: the writing can break off anywhere.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.campaigns.counts import conclude

ROOT = Path(__file__).resolve().parents[2]
#: A busy machine starts two processes, or answers at all, only after a while.
START = 180.0
ONE_PROCESS = {"embedded": ["-m", "tests.servers.load", "embedded"]}
PROCESSES = {
    "web": ["-m", "tests.servers.load", "web"],
    "worker": [
        "-m",
        "celery",
        "-A",
        "portal",
        "worker",
        "-c",
        "2",
        "-Q",
        "default,kyc,ledger,notify,bulk",
        "-l",
        "ERROR",
    ],
    "beat": ["-m", "celery", "-A", "portal", "beat", "-l", "ERROR"],
}

BUILD = """
import django
from django.core.management import call_command

django.setup()
call_command("migrate", verbosity=0)
call_command("migrate", verbosity=0, database="keys")
call_command("sync_rules")
call_command("sync_roles")
"""

#: By one more process, for each start costs seconds: prints the report, and which acknowledged events are in no leaf.
LOOK_AFTERWARDS = """
import io, json
import django
from django.conf import settings
from django.core.management import call_command

django.setup()
from portal.kernel.ledger.models import Entry

call_command("seal_ledger", stdout=io.StringIO())
call_command("verify_ledger", "--json")
told = set(json.loads((settings.VAR / "acknowledged.json").read_text()))
kept = Entry.objects.filter(leaf__isnull=False).values_list("event_id", flat=True)
print()
print(json.dumps(sorted(told - {str(ref) for ref in kept})))
"""


class House:
    """A portal of its own: databases, files and processes that may die."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")},
            "PORTAL_VAR": str(var),
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "LOG_LEVEL": "ERROR",
        }
        self.parts = ONE_PROCESS
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.acknowledged = var / "acknowledged"
        self.complaints = var / "complaints"
        if settings.REDIS_URL:
            self.parts = PROCESSES
            self._own_database()

    def _own_database(self) -> None:
        base = connection.settings_dict
        name = f"killed_{os.getpid()}"
        with connection._nodb_cursor() as cursor:
            for database in (name, f"{name}_keys"):
                cursor.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
                cursor.execute(f"CREATE DATABASE {database}")
        login = f"{base['USER']}:{base['PASSWORD']}@" if base["PASSWORD"] else f"{base['USER']}@"
        at = f"postgres://{login}{base['HOST']}:{base['PORT'] or 5432}"
        self.environment |= {"DATABASE_URL": f"{at}/{name}", "KEYS_DATABASE_URL": f"{at}/{name}_keys"}

    def build(self) -> None:
        """Tables, rules and roles, by one process."""
        self.run("-c", BUILD)

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
        return done.stdout.decode()

    def start(self, part: str) -> None:
        arguments = self.parts[part]
        if part == "beat":
            arguments = [*arguments, "-s", str(self.var / "beat")]
        with self.acknowledged.open("ab") as written, self.complaints.open("ab") as complaints:
            self.running[part] = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=written if part in {"embedded", "web"} else complaints,
                stderr=complaints,
                start_new_session=True,
            )

    def kill(self, part: str) -> None:
        """With the children it has: a prefork worker is one part."""
        os.killpg(self.running[part].pid, signal.SIGKILL)
        self.running[part].wait()

    def count(self) -> int:
        return self.acknowledged.read_bytes().count(b"\n") if self.acknowledged.exists() else 0

    def wait_for_more(self) -> None:
        before, end = self.count(), time.monotonic() + START
        while self.count() < before + 5:
            assert time.monotonic() < end, self.said()
            assert all(process.poll() is None for process in self.running.values()), self.said()
            time.sleep(0.05)

    def said(self) -> str:
        """What the processes wrote to standard error, for a failure's report."""
        return "no event was acknowledged\n" + self.complaints.read_text()[-3000:]

    def close(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@pytest.fixture
def house(tmp_path, request):
    if settings.REDIS_URL:
        request.getfixturevalue("transactional_db")
    made = House(tmp_path)
    made.build()
    yield made
    made.close()
    if settings.REDIS_URL:
        with connection._nodb_cursor() as cursor:
            for suffix in ("", "_keys"):
                cursor.execute(f"DROP DATABASE IF EXISTS killed_{os.getpid()}{suffix} WITH (FORCE)")


def campaign(house: House, rounds: int) -> None:
    """Each process dies ``rounds`` times, at random moments and one after the other, while another is loaded."""
    rng = random.SystemRandom()
    for part in house.parts:
        house.start(part)
    deaths = [part for _round in range(rounds) for part in house.parts]
    for victim in deaths:
        house.wait_for_more()
        time.sleep(rng.uniform(0, 1.0))
        house.kill(victim)
        house.start(victim)
    house.wait_for_more()
    house.close()
    acknowledged = set(house.acknowledged.read_text().split())
    assert len(acknowledged) >= len(deaths) * 5
    house.var.joinpath("acknowledged.json").write_text(json.dumps(sorted(acknowledged)))
    report, _, lost = house.run("-c", LOOK_AFTERWARDS).strip().rpartition("\n")
    assert json.loads(report)["ok"], report
    conclude(
        f"Kill -9 of {', '.join(house.parts)}",
        attempts=len(acknowledged),
        refused=0,
        acknowledged=len(acknowledged),
        lost=json.loads(lost),
    )


def test_nothing_acknowledged_is_lost_when_processes_are_killed(house):
    campaign(house, 3)


@pytest.mark.full
def test_nothing_is_lost_in_thirty_rounds(house):
    """Full: thirty restarts of each process take minutes."""
    campaign(house, 30)
