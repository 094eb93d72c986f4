"""Insert-only tables: the database itself refuses UPDATE, DELETE and TRUNCATE (PostgreSQL and SQLite).

Triggers are put on after every ``migrate`` and not by a migration of their own: SQLite rebuilds a table for most later
migrations and drops its triggers without a word.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage
from django.core.checks import Warning as CheckWarning
from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import OperationalError

from portal.kernel.core.models import AppendOnlyModel

FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = TG_TABLE_NAME || ' is append-only';
END $$
"""


def append_only_models(connection: BaseDatabaseWrapper) -> list[type[AppendOnlyModel]]:
    """The insert-only models whose tables live in this database."""
    return [
        model
        for model in apps.get_models()
        if issubclass(model, AppendOnlyModel)
        and model._meta.managed
        and not model._meta.proxy
        and router.allow_migrate_model(connection.alias, model)
    ]


def _statements(vendor: str, table: str) -> Iterator[str]:
    if vendor == "postgresql":
        yield FUNCTION
        events = (("append_only", "UPDATE OR DELETE", "ROW"), ("append_only_all", "TRUNCATE", "STATEMENT"))
        for name, event, each in events:
            yield (
                f'CREATE OR REPLACE TRIGGER {name} BEFORE {event} ON "{table}" '
                f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
            )
            # ALWAYS: session_replication_role = replica does not walk past it.
            yield f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER {name}'
    elif vendor == "sqlite":
        for act in ("update", "delete"):
            yield (
                f'CREATE TRIGGER IF NOT EXISTS "{table}_no_{act}" BEFORE {act.upper()} ON "{table}" '
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    else:
        raise RuntimeError(f"The portal runs on PostgreSQL and SQLite, not on {vendor}.")


def _present_tables(connection: BaseDatabaseWrapper) -> list[str]:
    present = set(connection.introspection.table_names())
    tables = [model._meta.db_table for model in append_only_models(connection)]
    return [table for table in tables if table in present]


def freeze(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers on every insert-only table that exists. Safe to repeat."""
    with connection.cursor() as cursor:
        for table in _present_tables(connection):
            for statement in _statements(connection.vendor, table):
                cursor.execute(statement)


def unfrozen(connection: BaseDatabaseWrapper) -> list[str]:
    """Tables that ought to refuse changes and do not."""
    tables = _present_tables(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgrelid::regclass::text FROM pg_trigger "
                "WHERE tgname IN ('append_only', 'append_only_all') AND tgenabled = 'A' "
                "GROUP BY tgrelid HAVING count(*) = 2"
            )
            frozen = {row[0].strip('"') for row in cursor.fetchall()}
            return [table for table in tables if table not in frozen]
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        triggers = {row[0] for row in cursor.fetchall()}
        return [table for table in tables if not {f"{table}_no_update", f"{table}_no_delete"} <= triggers]


def freeze_after_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Receiver of ``post_migrate``."""
    freeze(connections[using])


def check_frozen(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """A warning per unfrozen table. As an Error it would stop the very ``migrate`` that mends it."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        try:
            tables = unfrozen(connections[alias])
        except OperationalError:
            continue
        found += [
            CheckWarning(
                f"{table} can be changed: its append-only trigger is missing.",
                hint="Run: ./run manage migrate",
                id="core.W010",
            )
            for table in tables
        ]
    return found


def thaw(connection: BaseDatabaseWrapper, table: str) -> None:
    """Take the triggers off one table, for a migration that must touch its rows."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        else:
            for act in ("update", "delete"):
                cursor.execute(f'DROP TRIGGER IF EXISTS "{table}_no_{act}"')
