"""A ledger that was begun earlier can show its entries in public too."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import IntegrityError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import ConnectionHandler

from portal.core import append_only
from portal.ledger import commitment

AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
BEFORE = [("ledger", "0002_complete_to")]
AFTER = [("ledger", "0003_entry_commitment")]
INSERT_ENTRY = "INSERT INTO ledger_entry (id, event_id, kind, leaf_hash, recorded_at) VALUES (%s, %s, 'audit', %s, %s)"


@pytest.fixture
def database(tmp_path: Path, django_db_blocker) -> Iterator[BaseDatabaseWrapper]:
    """A database of its own, whatever the tests run on: its tables are changed."""
    config = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "earlier.sqlite3")}
    connections.settings["earlier"] = ConnectionHandler({"default": config}).settings["default"]
    with django_db_blocker.unblock():
        yield connections["earlier"]
        connections["earlier"].close()
    del connections["earlier"], connections.settings["earlier"]


def test_what_each_kept_entry_commits_to_is_worked_out_and_an_erased_one_stays_empty(database):
    MigrationExecutor(database).migrate(BEFORE)
    append_only.freeze(database)
    bodies = {number: b"body %d" % number for number in range(1, 4)}
    with database.cursor() as cursor:
        for number, body in bodies.items():
            cursor.execute(INSERT_ENTRY, [number, f"{number:032x}", b"l" * 32, AT])
            if number != 2:
                sql = "INSERT INTO ledger_payload (entry_id, body, salt) VALUES (%s, %s, %s)"
                cursor.execute(sql, [number, body, b"s" * 32])
        with pytest.raises(IntegrityError, match="append-only"):
            cursor.execute("UPDATE ledger_entry SET kind = 'x'")
    MigrationExecutor(database).migrate(AFTER)
    with database.cursor() as cursor:
        cursor.execute("SELECT id, commitment FROM ledger_entry ORDER BY id")
        found = {number: kept and bytes(kept) for number, kept in cursor.fetchall()}
    wanted = {number: commitment.commitment(b"s" * 32, body) for number, body in bodies.items()}
    assert found == {**wanted, 2: None}
