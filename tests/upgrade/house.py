"""A portal of its own that two releases work on, one after the other and for a while both."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection

HOST = "127.0.0.1"
#: A busy machine starts a process, or tells the demonstration's story, only after a while.
PATIENCE = 600.0
#: ``manage.py`` with a story of few people: as much as there is of each thing counts here, not how many.
SMALL = """
import sys
import django
from django.core.management import execute_from_command_line

django.setup()
from portal.demo.story import customers, documents, grievances

customers.CUSTOMERS, customers.PRINCIPALS = 9, 40
documents.INDIVIDUALS = documents.ORGANISATIONS = 2
grievances.FATES = tuple({fate.ends: fate for fate in grievances.FATES}.values())
grievances.TICKETS = len(grievances.FATES)
execute_from_command_line(sys.argv)
"""
#: Commands, each as one argument, after a name by which the settings know that tables may be made.
COMMANDS = """
import sys
import django
from django.core.management import call_command

django.setup()
for command in sys.argv[2:]:
    call_command(*command.split())
"""


class House:
    """Databases, files and the one web process, with worker and timetable, of whichever release."""

    def __init__(self, var: Path) -> None:
        self.var = var
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = int(probe.getsockname()[1])
        self.said = var / "said"
        self._served: subprocess.Popen[bytes] | None = None
        self._url = ""
        left_out = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.endswith(left_out)},
            "PORTAL_VAR": str(var),
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "SITE_URL": f"http://{HOST}:{self.port}",
            "LOG_LEVEL": "ERROR",
            "PGOPTIONS": "-c synchronous_commit=off",  # the machine of a test does not die
        }

    def own_databases(self) -> None:
        """On PostgreSQL two that nobody else uses; on SQLite they are files under ``var``."""
        if connection.vendor != "postgresql":
            return
        base, name = connection.settings_dict, f"upgraded_{os.getpid()}"
        with connection._nodb_cursor() as cursor:
            for database in (name, f"{name}_keys"):
                cursor.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
                cursor.execute(f"CREATE DATABASE {database}")
        login = f"{base['USER']}:{base['PASSWORD']}@" if base["PASSWORD"] else f"{base['USER']}@"
        self._url = f"postgres://{login}{base['HOST']}:{base['PORT'] or 5432}/{name}"
        self.environment |= {"DATABASE_URL": self._url, "KEYS_DATABASE_URL": f"{self._url}_keys"}

    def close(self) -> None:
        if self._served is not None and self._served.poll() is None:
            os.killpg(self._served.pid, signal.SIGKILL)
            self._served.wait()
        if self._url:
            name = self._url.rpartition("/")[2]
            with connection._nodb_cursor() as cursor:
                for database in (name, f"{name}_keys"):
                    cursor.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def serve(self, code: Path, **environment: str) -> None:
        """Migrate with this code, tell the story if nobody has, and serve; returns when it answers."""
        with self.said.open("ab") as said:
            self._served = subprocess.Popen(
                [sys.executable, "-c", SMALL, "demo", "--port", str(self.port)],
                cwd=code,
                env={**self.environment, **environment},
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self._served.poll() is None:
            try:
                with urllib.request.urlopen(f"http://{HOST}:{self.port}/healthz", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise AssertionError(f"{code} did not serve: {self.said.read_text()[-3000:]}")

    def end(self) -> None:
        """What is under way comes to its end, as when a process is replaced."""
        assert self._served is not None
        self._served.send_signal(signal.SIGINT)
        assert self._served.wait(timeout=60) == 0, self.said.read_text()[-3000:]

    def manage(self, code: Path, *commands: str) -> str:
        """What the last of these commands of this code prints; one process for all, for each start costs seconds."""
        done = subprocess.run(
            [sys.executable, "-c", COMMANDS, "migrate", *commands],
            cwd=code,
            env=self.environment,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, f"{commands}: {(done.stdout + done.stderr).decode()[-3000:]}"
        return done.stdout.decode().strip().splitlines()[-1]

    def ask(self, sql: str) -> list[Any]:
        """Rows as they stand, asked or changed past every release's models."""
        if self._url:
            with psycopg.connect(self._url, autocommit=True) as database:
                return database.execute(sql).fetchall()
        with closing(sqlite3.connect(self.var / "portal.sqlite3", timeout=20, isolation_level=None)) as database:
            return database.execute(sql).fetchall()

    def tell(self, sql: str) -> int:
        """Change rows past every release's models; how many."""
        if self._url:
            with psycopg.connect(self._url, autocommit=True) as database:
                return database.execute(sql).rowcount
        with closing(sqlite3.connect(self.var / "portal.sqlite3", timeout=20, isolation_level=None)) as database:
            return database.execute(sql).rowcount

    def wait_again(self, reference: str) -> None:
        """The letters about a grievance wait once more: somebody has to send them."""
        waits = "state = 'due', next_attempt_at = created_at, leased_until = NULL, lease_token = NULL"
        assert self.tell(f"UPDATE outbox_message SET {waits} WHERE about LIKE 'grievances.ticket:{reference}%'")

    def wait_for_messages(self) -> None:
        """Until none is due any more or under way."""
        now = "now()" if self._url else "strftime('%Y-%m-%d %H:%M:%S', 'now')"
        end = time.monotonic() + PATIENCE
        while self.count("outbox_message", f"state = 'sending' OR state = 'due' AND next_attempt_at <= {now}"):
            assert time.monotonic() < end, self.said.read_text()[-3000:]
            time.sleep(0.5)

    def count(self, table: str, where: str = "1 = 1") -> int:
        return int(self.ask(f"SELECT count(*) FROM {table} WHERE {where}")[0][0])
