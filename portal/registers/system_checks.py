"""registers.W030: the data inventory agrees with the columns that the databases have."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage
from django.core.checks import Warning as CheckWarning
from django.db import DatabaseError

from portal.registers.selectors import inventory


def inventory_agrees(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """A warning, because an error would stop the very ``migrate`` that mends it. Asks the databases named only."""
    if not databases:
        return []
    try:
        found = inventory.difference(databases)
    except DatabaseError:  # before the first migration
        return []
    told = (
        (found.only_in_database, "stands in the database and in no model", "Run manage.py migrate, or drop it."),
        (found.only_in_code, "stands in a model and not in the database", "Run manage.py migrate."),
        (
            found.undeclared,
            "is declared nowhere",
            "Name it in data_categories, a library's in portal/registers/data/library_columns.toml.",
        ),
    )
    return [
        CheckWarning(f"Inventory: {name} {what}.", hint=hint, id="registers.W030")
        for names, what, hint in told
        for name in names
    ]
