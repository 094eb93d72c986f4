"""Two servers sign at once: real processes, each with its own database, one anchor that both can reach (row 22)."""

import os
import subprocess
import sys

import pytest
from django.db import connection

from portal.kernel.ledger import services
from portal.kernel.ledger.services import anchor
from tests import other_sessions
from tests.campaigns.counts import conclude
from tests.ledger.factories import EntryFactory
from tests.workers import ROOT, environment

pytestmark = pytest.mark.django_db(transaction=True)

#: Appends, seals, says that it is ready, waits for the start, and signs: what the sealer of one server does.
SERVER = """
import sys
import django
django.setup()
from django.db import connection
from portal.kernel.ledger import services
from portal.kernel.ledger.errors import SigningStopped
from tests.ledger.factories import EntryFactory
assert str(connection.settings_dict["NAME"]) == sys.argv[1], connection.settings_dict["NAME"]
EntryFactory.create_batch(int(sys.argv[2]))
services.seal_batch()
print("ready", flush=True)
sys.stdin.readline()
try:
    print("signed", services.sign().size, flush=True)
except SigningStopped as stopped:
    print("stopped", stopped, flush=True)
"""
WRITER = """
import sys
import django
django.setup()
from portal.kernel.ledger import services
from tests.ledger.factories import EntryFactory
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    services.seal_now(wait=60, entry=EntryFactory())
print("done", flush=True)
"""


@pytest.fixture
def second_database(tmp_path):
    """The same ledger as another server has it: a copy taken after the last checkpoint both know."""
    EntryFactory.create_batch(3)
    services.seal_now()
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        copy = str(tmp_path / "other.sqlite3")
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [copy])
        yield copy
        return
    other = f"{name}_other_{os.getpid()}"
    other_sessions.end(connection)
    connection.close()  # PostgreSQL copies no database that somebody uses
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{other}" TEMPLATE "{name}"')
    yield other
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{other}" WITH (FORCE)')


def process(program, database, count):
    command = [sys.executable, "-c", program, str(database), str(count)]
    env = {**environment(), "TEST_DEFAULT_NAME": str(database)}
    return subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def started_together(processes):
    """What each says after all were let go at once."""
    for one in processes:
        assert one.stdout.readline() == "ready\n"
    for one in processes:
        one.stdin.write("go\n")
        one.stdin.flush()
    return [one.communicate(timeout=120)[0].strip() for one in processes]


@pytest.mark.parametrize("counts", [(2, 2), (1, 3)])
def test_row_22_of_two_servers_that_sign_different_trees_at_once_the_anchor_lets_one(second_database, counts):
    before = anchor.read()
    databases = (connection.settings_dict["NAME"], second_database)
    said = started_together([process(SERVER, name, count) for name, count in zip(databases, counts, strict=True)])
    assert sorted(line.split()[0] for line in said) == ["signed", "stopped"], said
    (winner,) = (count for line, count in zip(said, counts, strict=True) if line.startswith("signed"))
    assert anchor.read().size == before.size + winner


def test_servers_on_one_database_seal_and_sign_at_once_without_a_fork():
    """Three processes append, seal and sign: every entry gets a receipt, one tree, one anchor, all checks clean."""
    EntryFactory()
    services.seal_now()
    name = connection.settings_dict["NAME"]
    said = started_together([process(WRITER, name, 6) for _ in range(3)])
    assert said == ["done"] * 3
    report = services.verify()
    assert (report.failures, report.size) == ([], 2 + 18)
    assert anchor.read().size == report.size
    conclude("Three sealers on one database", attempts=18, refused=0, acknowledged=18, lost=range(report.size, 20))
