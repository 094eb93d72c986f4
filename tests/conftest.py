"""TransactionTestCase and live_server empty every table between tests; only here the triggers step aside for it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.db.backends.base.operations import BaseDatabaseOperations

from portal.core import append_only


def _thaw(connection: Any) -> None:
    for table in append_only._present_tables(connection):
        append_only.thaw(connection, table)


@pytest.fixture(scope="session", autouse=True)
def flush_thaws_append_only_tables() -> Iterator[None]:
    plain = BaseDatabaseOperations.execute_sql_flush

    def execute_sql_flush(self: Any, sql_list: list[str]) -> None:
        with transaction.atomic(using=self.connection.alias, savepoint=self.connection.features.can_rollback_ddl):
            _thaw(self.connection)
            plain(self, sql_list)
            append_only.freeze(self.connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", execute_sql_flush)
        yield


@pytest.fixture(autouse=True)
def anchor_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test starts with an empty database, so it needs an empty anchor too: else every seal reports a rollback."""
    anchor = tmp_path / "anchor" / "checkpoint.json"
    monkeypatch.setattr(settings, "LEDGER_ANCHOR", anchor)
    return anchor
