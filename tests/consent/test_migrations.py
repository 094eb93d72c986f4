"""A database that was set up earlier is brought to today's tables with what it holds."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from tests.earlier import database_of_its_own

AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
BEFORE = [("consent", "0023_way_of_a_system")]
AFTER = [("consent", "0024_text_of_the_answer")]


@pytest.fixture
def database(tmp_path: Path, django_db_blocker) -> Iterator[BaseDatabaseWrapper]:
    with django_db_blocker.unblock(), database_of_its_own(tmp_path) as connection:
        yield connection


@pytest.mark.full  # every table of the rooms below is made first
def test_a_yes_of_before_names_the_text_it_was_said_to(database):
    executor = MigrationExecutor(database)
    executor.migrate(BEFORE)
    apps = executor.loader.project_state(BEFORE).apps

    def rows(room, model):
        return apps.get_model(room, model).objects.using("earlier")

    notice = rows("consent", "Notice").create(code="consent", kind="consent_notice", title="Notice")
    version = rows("consent", "NoticeVersion").create(
        notice=notice, number=1, state="published", effective_on=AT.date(), drafted_at=AT, published_at=AT
    )
    whose = rows("people", "Fiduciary").create(code="onesetu", name="Onesetu", created_at=AT)
    receipt = rows("consent", "ConsentReceipt").create(reference="CR-1", subject_ref=uuid4(), made_at=AT)
    for key, text in ((b"own text", version), (b"a client's text", None)):
        entry = rows("ledger", "Entry").create(event_id=uuid4(), kind="consent", leaf_hash=b"h" * 32, recorded_at=AT)
        said = {"fiduciary": whose, "address_key": key, "purpose": "marketing", "channel": "sms", "answer": "given"}
        event = rows("consent", "ConsentEvent").create(
            **said, entry=entry, receipt=receipt, subject_ref=receipt.subject_ref, address_kind="phone",
            address_verified=True, notice_version=text, way="page", actor_kind="customer", occurred_at=AT, recorded_at=AT,
        )  # fmt: skip
        rows("consent", "ConsentState").create(
            **said, verified=True, event=event, entry_ref=entry.event_id, subject_ref=receipt.subject_ref,
            occurred_at=AT, as_of_event=event.pk,
        )  # fmt: skip
    MigrationExecutor(database).migrate(AFTER)
    with database.cursor() as cursor:
        cursor.execute("SELECT address_key, notice_version_id FROM consent_consentstate ORDER BY id")
        assert [(bytes(key), text) for key, text in cursor.fetchall()] == [
            (b"own text", version.pk),
            (b"a client's text", None),
        ]
