"""registers.W030: the data inventory agrees with the columns that the databases have. registers.E031: their purposes."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning
from django.db import DatabaseError

from portal.kernel.registers.entries.selectors import inventory


def inventory_agrees(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """A warning, because an error would stop the very ``migrate`` that mends it. Asks the databases named only."""
    if not databases:
        return []
    try:
        found = inventory.difference(databases)
        faults = inventory.purpose_faults(inventory.known_purposes())
    except DatabaseError:  # before the first migration
        return []
    told = (
        (found.only_in_database, "is in the database and in no model", "Run manage.py migrate, or drop it."),
        (faults.unknown, "is a purpose that is not known", "Correct its code in column_purposes.toml."),
        (found.only_in_code, "is in a model and not in the database", "Run manage.py migrate."),
        (found.without_purpose, "is used for no purpose in force", "Declare one in column_purposes.toml, or drop it."),
        (
            found.undeclared,
            "is declared nowhere",
            "Name it in data_categories, a library's in portal/kernel/registers/data/library_columns.toml.",
        ),
    )
    return [
        CheckWarning(f"Inventory: {name} {what}.", hint=hint, id="registers.W030")
        for names, what, hint in told
        for name in names
    ]


def purposes_are_declared(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """An error for each personal column without a purpose, and for each declared name that is no personal column."""
    found = inventory.purpose_faults(())
    told = ((found.missing, "has no purpose"), (found.needless, "is no personal column"))
    hint = "Declare the purposes of each personal column in portal/kernel/registers/data/column_purposes.toml."
    return [
        Error(f"Inventory: {name} {what}.", hint=hint, id="registers.E031") for names, what in told for name in names
    ]
