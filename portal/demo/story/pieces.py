"""One piece of the story: committed whole; and the story as a whole."""

import contextlib
from collections.abc import Iterator

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


@contextlib.contextmanager
def piece() -> Iterator[None]:
    """One transaction on each database; the keys commit first, so that nothing is kept under a key that is lost."""
    with transaction.atomic(), transaction.atomic(using="keys"):
        yield


@contextlib.contextmanager
def whole() -> Iterator[None]:
    """A story that breaks off is told anew from an empty database: what it writes need not be on the disk before its end.

    In the block SQLite does not wait for the disk at each commit, of a process that is forked off in it neither; behind
    it everything is there, and each commit waits again. Other databases keep to their ways.
    """
    files = [connection for connection in connections.all() if connection.vendor == "sqlite"]
    waited = {connection.alias: _asked(connection, "PRAGMA synchronous") for connection in files}

    def go_on(connection: BaseDatabaseWrapper, **_signal: object) -> None:
        if connection.vendor == "sqlite":
            _asked(connection, "PRAGMA synchronous=NORMAL")

    connection_created.connect(go_on)
    try:
        for connection in files:
            go_on(connection)
        yield
    finally:
        connection_created.disconnect(go_on)
        for connection in files:
            _asked(connection, f"PRAGMA synchronous={waited[connection.alias]}")
            _asked(connection, "PRAGMA wal_checkpoint(FULL)")


def _asked(connection: BaseDatabaseWrapper, pragma: str) -> int | None:
    with connection.cursor() as cursor:
        row = cursor.execute(pragma).fetchone()
    return None if row is None else int(row[0])
