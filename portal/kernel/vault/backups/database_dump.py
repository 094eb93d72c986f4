"""A database as a stream of bytes, by its own means: SQLite's online backup, pg_dump and pg_restore."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from portal.kernel.core.errors import Refused, Unavailable
from portal.kernel.vault.backups import schema_swap

CHUNK = 1 << 20
#: Rows that a portal in use has.
IN_USE = {"default": ("ledger_entry", "people_user"), "keys": ("vault_subjectkey", "vault_erasuremark")}


class Writer(Protocol):
    def write(self, data: bytes, /) -> Any: ...


def vendor() -> str:
    return str(connections["default"].vendor)


def is_in_use(alias: str) -> bool:
    """Whether the database holds rows of a portal."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        for table in there & set(IN_USE[alias]):
            cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1")  # noqa: S608 - the names stand above
            if cursor.fetchone():
                return True
    return False


def others(alias: str) -> int:
    """How many other sessions use the database. SQLite cannot say: there it is none."""
    connection = connections[alias]
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


def dump(alias: str, target: Writer) -> None:
    """Write a consistent copy as of this instant; whoever works meanwhile is not stopped.

    Raises Unavailable when a tool is missing, Refused with its own words when it fails.
    """
    connection = connections[alias]
    if connection.vendor == "postgresql":
        arguments = ("--format=custom", "--no-owner", "--no-privileges", f"--exclude-schema={schema_swap.ANY_WAITING}")
        with _tool("pg_dump", connection, *arguments, stdout=True) as process:
            shutil.copyfileobj(process.stdout, target, CHUNK)
        return
    connection.ensure_connection()
    with _copy_beside(connection) as path:
        with closing(sqlite3.connect(path)) as copy:
            connection.connection.backup(copy)
        with path.open("rb") as source:
            shutil.copyfileobj(source, target, CHUNK)


def load(alias: str, source: BinaryIO) -> None:
    """Put a dump in the place of what the database holds, whole or not at all.

    Raises Unavailable when a tool is missing or the file is used, Refused for a dump that does not load; all is as before
    then. A process that dies in between on PostgreSQL leaves the old rows aside: ``put_back_unfinished`` brings them back.
    """
    connection = connections[alias]
    if connection.vendor == "postgresql":
        put_back_unfinished(alias)
        schema_swap.set_aside(connection)
        try:
            connection.close()
            _pg_restore(connection, source)
        except BaseException:
            schema_swap.put_back(connection)
            raise
        schema_swap.keep(connection)
        return
    with _copy_beside(connection) as path:
        with path.open("wb") as copy:
            shutil.copyfileobj(source, copy, CHUNK)
        connection.close()
        with closing(sqlite3.connect(path)) as whole, closing(sqlite3.connect(_file(connection), timeout=20)) as live:
            if whole.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise Refused("The database in this backup is damaged. Take another backup.")
            try:
                whole.backup(live)
            except sqlite3.OperationalError as error:
                raise Unavailable(
                    "The database is used by another process. Stop web, workers and beat; nothing was changed."
                ) from error


def put_back_unfinished(alias: str) -> None:
    """End what a restore that died left between old and new, on the side of the old; nothing where none did."""
    connection = connections[alias]
    if connection.vendor == "postgresql":
        schema_swap.put_back(connection)


def _pg_restore(connection: BaseDatabaseWrapper, source: BinaryIO) -> None:
    """Load into an empty schema; the first statement that fails ends it."""
    arguments = ("--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={connection.settings_dict['NAME']}")
    with _tool("pg_restore", connection, *arguments, stdin=True) as process:
        try:
            shutil.copyfileobj(source, process.stdin, CHUNK)
        except BrokenPipeError:
            pass  # it has ended: its own words say why
        except BaseException:
            process.kill()
            raise


def _file(connection: BaseDatabaseWrapper) -> str:
    return str(connection.settings_dict["NAME"])


@contextmanager
def _copy_beside(connection: BaseDatabaseWrapper) -> Iterator[Path]:
    """A file beside the database, guarded as it is, that is gone afterwards: nothing in clear enters the backup's place."""
    beside = Path(_file(connection)).parent
    beside.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".backup-", suffix=".sqlite3", dir=beside)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        for left in beside.glob(f"{Path(name).name}*"):
            left.unlink()


@contextmanager
def _tool(
    command: str, connection: BaseDatabaseWrapper, *arguments: str, stdin: bool = False, stdout: bool = False
) -> Iterator[Any]:
    """A program of PostgreSQL on this database; its password goes by the environment."""
    if shutil.which(command) is None:
        raise Unavailable(f"{command} is missing: install PostgreSQL's client programs (Debian: postgresql-client).")
    given = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    where = {name: str(given[key]) for name, key in names.items() if given[key]}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [command, *arguments],
            # The change of name that ends a restore is written to the disk, and all before it with it.
            env={**os.environ, **where, "PGOPTIONS": f"{os.environ.get('PGOPTIONS', '')} -c synchronous_commit=off"},
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE if stdout else subprocess.DEVNULL,
            stderr=said,
        )
        try:
            with process:
                yield process
        finally:
            if process.poll() is None:
                process.kill()
        if process.returncode:
            said.seek(0)
            line = said.readline(300).decode("utf-8", "replace").strip()
            raise Refused(f"{command} failed and nothing was changed: {line or process.returncode}")
