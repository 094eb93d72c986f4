"""Test databases as copies of a template that was migrated once, for as long as migrations and models are the same.

A template is named by a hash of everything that a migrated database depends on: each migration file of the installed
apps, each table as its model describes it, the triggers that ``migrate`` adds, Django's version and the engine. One
process builds it and the others wait. TEST_TEMPLATES names the folder; with an empty folder every run migrates.
"""

import fcntl
import hashlib
import inspect
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.test.utils import setup_databases, teardown_databases

from portal.kernel.core import append_only

FOLDER = Path(os.environ.get("TEST_TEMPLATES") or Path(tempfile.gettempdir()) / f"portal-templates-{os.getuid()}")
#: How many sets of templates are kept: one for each branch that somebody works on.
KEPT = 6


def key_of(alias: str) -> str:
    """A hash of what a migrated database depends on; 16 hexadecimal digits."""
    connection = connections[alias]
    digest = hashlib.sha256(f"{django.__version__} {connection.vendor} {alias}".encode())
    for config in apps.get_app_configs():
        name, _explicit = MigrationLoader.migrations_module(config.label)
        folder = Path(config.path) / "migrations"
        for file in sorted(folder.glob("*.py")) if name and folder.is_dir() else ():
            digest.update(f"{config.label}/{file.name}".encode() + file.read_bytes())
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        columns = [(field.column, field.db_type(connection)) for field in meta.local_concrete_fields]
        rest = (meta.default_permissions, meta.permissions, str(meta.verbose_name_raw), meta.constraints, meta.indexes)
        digest.update(repr((meta.label, meta.db_table, columns, rest)).encode())
    digest.update(inspect.getsource(append_only).encode())
    digest.update(repr(settings.DATABASES[alias].get("TEST", {}).get("MIGRATE")).encode())
    return digest.hexdigest()[:16]


@contextmanager
def databases(aliases: set[str], *, verbosity: int) -> Iterator[None]:
    """The test databases of this process, for the length of the block."""
    wanted = {alias: key_of(alias) for alias in connections if alias in aliases}
    names = {alias: connections[alias].settings_dict["NAME"] for alias in wanted}
    with _alone():
        is_built = all(_has(alias, key) for alias, key in wanted.items())
        if not is_built:
            made = setup_databases(verbosity, interactive=False, aliases=set(wanted), serialized_aliases=set())
            for alias, key in wanted.items():
                if not _has(alias, key):
                    _keep(alias, key)
            _remove_old(wanted)
    if not is_built:
        yield
        teardown_databases(made, verbosity)
        return
    for alias, key in wanted.items():
        _copy(alias, key)
    yield
    for alias, name in names.items():
        connections[alias].creation.destroy_test_db(str(name), verbosity=0)


@contextmanager
def _alone() -> Iterator[None]:
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _file(alias: str, key: str) -> Path:
    return FOLDER / f"{alias}-{key}.sqlite3"


def _prefix(alias: str) -> str:
    """Servers keep their templates: those of another folder have another name, so that an empty folder means none."""
    return f"portal_template_{hashlib.sha256(str(FOLDER.resolve()).encode()).hexdigest()[:8]}_{alias}_"


def _names(connection: Any, alias: str) -> list[str]:
    """The templates on the server, oldest first."""
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s ORDER BY oid", [_prefix(alias) + "%"])
        return [name for (name,) in cursor.fetchall()]


def _has(alias: str, key: str) -> bool:
    connection = connections[alias]
    if connection.vendor == "sqlite":
        return _file(alias, key).exists()
    # The marker is in the folder: a folder that was emptied means that everything is built again.
    return _file(alias, key).exists() and f"{_prefix(alias)}{key}" in _names(connection, alias)


def _keep(alias: str, key: str) -> None:
    connection = connections[alias]
    if connection.vendor == "sqlite":
        half = _file(alias, key).with_suffix(f".{os.getpid()}")
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(half)])
        half.replace(_file(alias, key))
        return
    database, template = connection.settings_dict["NAME"], f"{_prefix(alias)}{key}"
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{template}"')
        cursor.execute(f'CREATE DATABASE "{template}" TEMPLATE "{database}"')
    _file(alias, key).touch()


def _copy(alias: str, key: str) -> None:
    connection = connections[alias]
    name = connection.creation._get_test_db_name()
    connection.close()
    if connection.vendor == "sqlite":
        for end in ("", "-wal", "-shm"):
            Path(f"{name}{end}").unlink(missing_ok=True)
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_file(alias, key), name)
        os.utime(_file(alias, key))
    else:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{_prefix(alias)}{key}"')
    settings.DATABASES[alias]["NAME"] = name
    connection.settings_dict["NAME"] = name


def _remove_old(wanted: dict[str, str]) -> None:
    for alias in wanted:
        connection = connections[alias]
        if connection.vendor == "sqlite":
            files = sorted(FOLDER.glob(f"{alias}-*.sqlite3"), key=lambda each: each.stat().st_mtime)
            for file in files[:-KEPT]:
                file.unlink()
            continue
        for name in _names(connection, alias)[:-KEPT]:
            with connection._nodb_cursor() as cursor:
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
