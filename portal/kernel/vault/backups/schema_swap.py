"""PostgreSQL only: what a restore replaces waits under another name until all that takes its place is there.

One transaction over everything would take a lock for each table, index and sequence, and the server's table of locks is
made for fewer. So the schema is set aside by its name, the dump goes into an empty one statement by statement, and the
turn from old to new is again one name. A process that dies in between leaves the old schema where the next restore, or
``put_back``, finds it.
"""

import json

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

#: The schema that the tables live in, and its two names while it is replaced: before all is there, and after.
LIVE = "public"
SET_ASIDE = "set_aside_by_restore"
REPLACED = "replaced_by_restore"
#: Both, as pg_dump's patterns have it: what a restore that died left behind belongs into no backup.
ANY_WAITING = "*_by_restore"


def set_aside(connection: BaseDatabaseWrapper) -> None:
    """Give the live schema another name and make an empty one with its owner and grants, in one transaction."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_userbyid(nspowner), COALESCE((SELECT json_agg(json_build_array("
            "CASE grantee WHEN 0 THEN '' ELSE pg_get_userbyid(grantee) END, privilege_type)) "
            "FROM aclexplode(nspacl)), '[]')::text FROM pg_namespace WHERE nspname = %s",
            [LIVE],
        )
        owner, grants = cursor.fetchone()
        cursor.execute(f"ALTER SCHEMA {LIVE} RENAME TO {SET_ASIDE}")
        cursor.execute(f"CREATE SCHEMA {LIVE}")
        for grantee, privilege in json.loads(grants):
            name = connection.ops.quote_name(grantee) if grantee else "PUBLIC"
            cursor.execute(f"GRANT {privilege} ON SCHEMA {LIVE} TO {name}")
        cursor.execute(f"ALTER SCHEMA {LIVE} OWNER TO {connection.ops.quote_name(owner)}")


def put_back(connection: BaseDatabaseWrapper) -> None:
    """Undo a restore that did not come to its end, and clear away what one that did replaced. Safe to repeat."""
    there = _schemas(connection)
    if SET_ASIDE in there:
        _empty(connection, LIVE)
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {LIVE} CASCADE")
            cursor.execute(f"ALTER SCHEMA {SET_ASIDE} RENAME TO {LIVE}")
    if REPLACED in there:
        _clear_away(connection)


def keep(connection: BaseDatabaseWrapper) -> None:
    """All is there: from this commit on the new schema counts; then what it replaced is dropped."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER SCHEMA {SET_ASIDE} RENAME TO {REPLACED}")
    _clear_away(connection)


def _schemas(connection: BaseDatabaseWrapper) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)", [[LIVE, SET_ASIDE, REPLACED]])
        return {name for (name,) in cursor.fetchall()}


def _clear_away(connection: BaseDatabaseWrapper) -> None:
    _empty(connection, REPLACED)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {REPLACED} CASCADE")


def _empty(connection: BaseDatabaseWrapper, schema: str) -> None:
    """Drop the tables of a schema, each in a transaction of its own: a table holds some dozen locks, all hold thousands."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        for (table,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE IF EXISTS {schema}.{connection.ops.quote_name(table)} CASCADE")
