"""What stands in which column: the declarations of the code against the columns that the databases really have."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connections, router
from django.db.models import Model

from portal.core import clock, hooks
from portal.core.data_categories import DataCategory, declare
from portal.law import selectors as law

LIBRARY = Path(__file__).resolve().parent.parent / "data" / "library_columns.toml"
#: What no declaration says.
UNDECLARED = ""


@dataclass(frozen=True)
class Column:
    """One column as the code declares it. ``ended_by`` is the eraser, ``retention_class`` the rule that says when."""

    database: str
    table: str
    column: str
    model: str
    category: str
    purposes: tuple[str, ...] = ()
    ended_by: str = ""
    retention_class: str = ""

    @property
    def is_personal(self) -> bool:
        return self.category not in {DataCategory.NONE, UNDECLARED}


@dataclass(frozen=True)
class Difference:
    """Columns as ``table.column``: in the database only, in the code only, and those that nobody declared."""

    only_in_database: tuple[str, ...] = ()
    only_in_code: tuple[str, ...] = ()
    undeclared: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return len(self.only_in_database) + len(self.only_in_code) + len(self.undeclared)


@cache
def _library() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(LIBRARY.read_text(encoding="utf-8"))
    return found


def _declared(model: type[Model]) -> Mapping[str, str]:
    own: Mapping[str, str] | None = getattr(model, "data_categories", None)
    if own is not None:
        return own
    by_category: dict[str, str] = _library()["tables"].get(model._meta.label, {})
    return declare(**by_category)


def _database_of(model: type[Model]) -> str:
    return next((alias for alias in connections if router.allow_migrate_model(alias, model)), "default")


def columns() -> list[Column]:
    """Every column that the code has, by table and in the order of the model. One query: the purposes in force."""
    using: dict[str, list[str]] = {}
    for purpose in law.purposes_in_force(on=clock.day(clock.now())):
        for category in purpose.used_categories:
            using.setdefault(category, []).append(purpose.code)
    erasers = {label: eraser for eraser in hooks.erasers for label in eraser.covers}
    found: list[Column] = []
    for model in sorted(apps.get_models(include_auto_created=True), key=lambda each: each._meta.db_table):
        if not model._meta.managed or model._meta.proxy:
            continue
        declared, eraser = _declared(model), erasers.get(model._meta.label)
        for field in model._meta.concrete_fields:
            category = str(declared.get(field.name, UNDECLARED))
            is_personal = category not in {DataCategory.NONE, UNDECLARED}
            found.append(
                Column(
                    database=_database_of(model),
                    table=model._meta.db_table,
                    column=str(field.column),
                    model=model._meta.label,
                    category=category,
                    purposes=tuple(using.get(category, ())) if is_personal else (),
                    ended_by=str(eraser.name) if eraser is not None and is_personal else "",
                    retention_class=str(eraser.retention_class) if eraser is not None and is_personal else "",
                )
            )
    return found


def in_database(alias: str) -> set[tuple[str, str]]:
    """Table and column of everything that one database has now. Two queries.

    Django's own description of a table reads the whole statement that made it and stumbles over a comma in a constraint.
    """
    connection = connections[alias]
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'"
            )
        else:
            cursor.execute(
                "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
            )
        return {(table, column) for table, column in cursor.fetchall() if table in tables}


def difference(aliases: Iterable[str] | None = None) -> Difference:
    """What the declarations and these databases do not agree about; nothing is what an auditor wants to see."""
    rows, asked = columns(), list(aliases or connections)
    passed = set(_library()["no_model"])
    only_there: set[str] = set()
    only_here: set[str] = set()
    for alias in asked:
        there = {each for each in in_database(alias) if each[0] not in passed}
        here = {(row.table, row.column) for row in rows if row.database == alias}
        only_there |= {f"{table}.{column}" for table, column in there - here}
        only_here |= {f"{table}.{column}" for table, column in here - there}
    undeclared = {f"{row.table}.{row.column}" for row in rows if row.database in asked and row.category == UNDECLARED}
    return Difference(tuple(sorted(only_there)), tuple(sorted(only_here)), tuple(sorted(undeclared)))


def categories_held() -> dict[str, list[Column]]:
    """The columns that hold each category of personal data."""
    found: dict[str, list[Column]] = {}
    for row in columns():
        if row.is_personal:
            found.setdefault(row.category, []).append(row)
    return found
