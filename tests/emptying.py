"""Tables emptied after a test that commits: those that hold rows, and of the insert-only ones the triggers step aside.

Django's own flush names every table each time and fills the tables of content types and permissions anew. Here these
two keep what ``migrate`` wrote, and a table without rows costs nothing.
"""

from typing import Any

from django.db import connections, transaction
from django.test import TransactionTestCase

from portal.kernel.core import append_only

#: Written by ``migrate``, as the tests found them.
KEPT = {"auth_permission", "django_content_type"}
#: For the length of one transaction the function behind the triggers refuses nothing.
STEP_ASIDE = "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN OLD; END$$"


def empty(connection: Any) -> None:
    """Delete every row but those of ``KEPT``, in one transaction. Insert-only tables refuse changes again at its end."""
    tables = sorted(set(connection.introspection.django_table_names(only_existing=True)) - KEPT)
    if not tables:
        return
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\")" for table in tables)
        )
        filled = [table for (table,) in cursor.fetchall()]
        if not filled:
            return
        frozen = set(append_only._present_tables(connection)) & set(filled)
        if connection.vendor == "postgresql":
            cursor.execute(STEP_ASIDE)
        else:
            for table in frozen:
                append_only.thaw(connection, table)
        for table in filled:
            cursor.execute(f'DELETE FROM "{table}"')
        if connection.vendor == "postgresql":
            cursor.execute(append_only.FUNCTION)
        elif frozen:
            append_only.freeze(connection)


def teardown(case: TransactionTestCase) -> None:
    """Takes the place of ``TransactionTestCase._fixture_teardown``."""
    for name in case._databases_names(include_mirrors=False):
        empty(connections[name])
