"""The application's database role: it reads and inserts, and may change only what is meant to change (PostgreSQL).

The tables belong to another role, the one that migrates. Only then are the append-only triggers more than a tripwire:
an owner can disable a trigger, the application's role cannot.
"""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from portal.kernel.core import append_only
from portal.kernel.core.errors import Refused

ONLY_READ = ("django_migrations",)


def grant(connection: BaseDatabaseWrapper, role: str) -> tuple[int, int]:
    """Give ``role`` its rights and take away all others, in one transaction; returns (insert-only, other) tables.

    Run it as the owner of the tables, after every ``migrate``. Safe to repeat. Raises Refused on SQLite, for a role
    that does not exist, that is a superuser, or that owns the tables.
    """
    if connection.vendor != "postgresql":
        raise Refused("Database roles exist on PostgreSQL only. On SQLite the triggers guard the insert-only tables.")
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        _refuse_unfit(cursor, role)
        quoted = connection.ops.quote_name(role)
        frozen = {model._meta.db_table for model in append_only.append_only_models(connection)}
        tables = [name for name in connection.introspection.table_names(cursor) if name not in ONLY_READ]
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {quoted}")
        cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {quoted}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}")
        for table in tables:
            rights = "SELECT, INSERT" if table in frozen else "SELECT, INSERT, UPDATE, DELETE"
            cursor.execute(f"GRANT {rights} ON {connection.ops.quote_name(table)} TO {quoted}")
        for table in ONLY_READ:
            cursor.execute(f"GRANT SELECT ON {connection.ops.quote_name(table)} TO {quoted}")
        present = frozen & set(tables)
        return len(present), len(tables) - len(present)


def _refuse_unfit(cursor: Any, role: str) -> None:
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [role])
    found = cursor.fetchone()
    if found is None:
        raise Refused(f"There is no database role {role}. Make it first: CREATE ROLE ... LOGIN PASSWORD ...")
    cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = %s", [role])
    if found[0] or cursor.fetchone()[0]:
        raise Refused(
            f"The role {role} is a superuser or owns tables: it could disable the triggers. Use another role."
        )


def check_role(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """core.W011, with ``check --deploy --database default``: the application runs as the owner of its tables."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if connection.vendor != "postgresql":
            continue
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rolsuper OR EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = 'public' "
                "AND tableowner = current_user) FROM pg_roles WHERE rolname = current_user"
            )
            row = cursor.fetchone()
        if row is not None and row[0]:
            found.append(
                CheckWarning(
                    f"The application's role on {alias} owns its tables: the append-only triggers are only a tripwire.",
                    hint="Use MIGRATE_DATABASE_URL for the owner, another role in DATABASE_URL, and grant_app_role.",
                    id="core.W011",
                )
            )
    return found


def check_apart(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """core.E014, with ``check --deploy --database default --database keys``: both servers say that they are the same database.

    A start compares the settings alone; this also sees through a pooler or another address of the same server.
    """
    both = [connections[alias] for alias in ("default", "keys")]
    if not {"default", "keys"} <= set(databases or ()) or any(one.vendor != "postgresql" for one in both):
        return []
    said = []
    for connection in both:
        with connection.cursor() as cursor:
            cursor.execute("SELECT system_identifier, current_database() FROM pg_control_system()")
            said.append(cursor.fetchone())
    if said[0] != said[1]:
        return []
    hint = "Set KEYS_DATABASE_URL to a database of its own: a backup of one must not open the other."
    return [Error("The servers say that both settings are the same database.", hint=hint, id="core.E014")]
