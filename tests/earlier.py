"""A database that stands at an earlier version of the tables, for tests of migrations that carry rows over."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler


@contextmanager
def database_of_its_own(folder: Path) -> Iterator[BaseDatabaseWrapper]:
    """The connection ``earlier`` to an empty SQLite file, whatever the tests run on: its tables are changed."""
    config = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "earlier.sqlite3")}
    connections.settings["earlier"] = ConnectionHandler({"default": config}).settings["default"]
    try:
        yield connections["earlier"]
    finally:
        connections["earlier"].close()
        del connections["earlier"], connections.settings["earlier"]
