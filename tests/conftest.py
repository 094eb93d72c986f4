"""What every test stands on: tables that are emptied, an anchor of its own, real workers for those that ask."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase

from portal.core import hooks
from portal.signin import limits
from tests import emptying
from tests.workers import running

JOURNEYS = Path(__file__).parent / "journeys"

#: A busy machine is slow, not wrong: how long one example takes says nothing about the code.
hypothesis.settings.register_profile("portal", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("portal")


@pytest.fixture(scope="session", autouse=True)
def tables_are_emptied_our_way() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", emptying.teardown)
        yield


@pytest.fixture(autouse=True)
def anchor_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test starts with an empty database, so it needs an empty anchor too: else every seal reports a rollback."""
    anchor = tmp_path / "anchor" / "checkpoint.json"
    monkeypatch.setattr(settings, "LEDGER_ANCHOR", anchor)
    return anchor


@pytest.fixture(autouse=True)
def rules_of_sessions_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever counts queries must not meet the minute's turn, at which one request reads these rules again."""
    monkeypatch.setattr(limits, "READ_EVERY", 86_400.0)


@pytest.fixture
def ledger_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries are made without the rows of the rooms above that repeat them: check V9 has nothing to compare."""
    monkeypatch.setattr(hooks, "ledger_rows", [])


@pytest.fixture
def workers(transactional_db: None) -> Iterator[None]:
    """Real workers: tasks that a request enqueues are done as in production, after its commit."""
    with running():
        yield


@pytest.fixture(scope="session", autouse=True)
def end_left_connections(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Threads of a live server may leave connections behind; PostgreSQL drops no database that somebody uses."""
    yield
    with django_db_blocker.unblock():
        for connection in connections.all():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that may touch the database may touch the key store too: no subject's text is written without a key.

    The journeys are begun with: they are the longest, and at the end no process shall wait for one.
    """
    items.sort(key=lambda item: JOURNEYS not in item.path.parents)
    for item in items:
        mark = item.get_closest_marker("django_db")
        fixtures = set(getattr(item, "fixturenames", ()))
        if mark is None and not fixtures & {"db", "transactional_db", "live_server", "workers"}:
            continue
        kwargs = dict(mark.kwargs) if mark else {"transaction": "db" not in fixtures or "transactional_db" in fixtures}
        kwargs.setdefault("databases", "__all__")
        item.add_marker(pytest.mark.django_db(**kwargs), append=False)
