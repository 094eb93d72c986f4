"""A database that was set up earlier is brought to today's tables with what it holds."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from tests.earlier import database_of_its_own

AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
FIRST = [("grievances", "0001_initial")]
EVERY_KEY = [("grievances", "0002_every_lookup_key")]


@pytest.fixture
def database(tmp_path: Path, django_db_blocker) -> Iterator[BaseDatabaseWrapper]:
    with django_db_blocker.unblock(), database_of_its_own(tmp_path) as connection:
        yield connection


def test_a_code_asked_for_before_every_lookup_key_was_kept_is_still_found(database):
    MigrationExecutor(database).migrate(FIRST)
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO grievances_trackingcode (secret_hash, reference, address_kind, address_key, tries, asked_at, "
            "expires_at) VALUES (%s, 'G-1', 'email', %s, 0, %s, %s)",
            [b"s" * 33, b"k" * 33, AT, AT],
        )
    MigrationExecutor(database).migrate(EVERY_KEY)
    with database.cursor() as cursor:
        cursor.execute("SELECT address_keys FROM grievances_trackingcode")
        assert bytes(cursor.fetchone()[0]) == b"k" * 33
