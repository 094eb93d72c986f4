"""What each column contains and what it is used for: the declarations of the code against the columns that the databases really have."""

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connections, router
from django.db.models import Model

from portal.kernel.core import clock, ports
from portal.kernel.core.data_categories import DataCategory, declare
from portal.kernel.core.data_files import data_of
from portal.kernel.law import selectors as law
from portal.kernel.law.services import rule_loader

DATA = data_of("portal.kernel.registers")
LIBRARY = DATA / "library_columns.toml"
#: The purposes of each personal column, by table and by purpose.
PURPOSES = DATA / "column_purposes.toml"
#: What no declaration says.
UNDECLARED = ""


@dataclass(frozen=True)
class Column:
    """One column as the code declares it. ``purposes`` are the codes that are declared for it and in force today;
    ``ended_by`` is the eraser, ``retention_class`` the rule that says when.
    """

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
    """Columns as ``table.column``: in the database only, in the code only, those that nobody declared, and the personal ones
    that are used for no purpose in force.
    """

    only_in_database: tuple[str, ...] = ()
    only_in_code: tuple[str, ...] = ()
    undeclared: tuple[str, ...] = ()
    without_purpose: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        found = (self.only_in_database, self.only_in_code, self.undeclared, self.without_purpose)
        return sum(map(len, found))


@cache
def _library() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(LIBRARY.read_text(encoding="utf-8"))
    return found


@cache
def _purposes_by_table() -> dict[str, dict[str, tuple[str, ...]]]:
    """The declared purposes of each field, by the label of the model or of the base that has it."""
    tables: dict[str, dict[str, str]] = tomllib.loads(PURPOSES.read_text(encoding="utf-8"))["tables"]
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for label, by_purpose in tables.items():
        fields = found.setdefault(label, {})
        for code, names in by_purpose.items():
            for name in names.split():
                fields[name] = (*fields.get(name, ()), code)
    return found


def _purposes_of(model: type[Model]) -> dict[str, tuple[str, ...]]:
    """The declared purposes of each field of a model: what it says of its own, else what its bases say."""
    by_table, found = _purposes_by_table(), dict[str, tuple[str, ...]]()
    for base in reversed(model.__mro__):
        meta = getattr(base, "_meta", None)
        found |= by_table.get(meta.label, {}) if meta is not None else {}
    return found


@dataclass(frozen=True)
class PurposeFaults:
    """What is wrong in ``column_purposes.toml``: personal columns without a purpose, names of no personal column
    (``model.field``), and codes of no purpose.
    """

    missing: tuple[str, ...] = ()
    needless: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def purpose_faults(codes: Collection[str]) -> PurposeFaults:
    """The declarations of purposes against those of the kinds of data, and against the ``codes`` of all purposes. No query."""
    personal = {
        f"{model._meta.label}.{field.name}"
        for model in _models()
        for field in model._meta.concrete_fields
        if _declared(model).get(field.name, UNDECLARED) not in {DataCategory.NONE, UNDECLARED}
    }
    by_table = _purposes_by_table()
    declared = {f"{model._meta.label}.{name}" for model in _models() for name in _purposes_of(model)}
    bases = {base._meta.label for model in _models() for base in model.__mro__ if hasattr(base, "_meta")}
    declared |= {f"{label}.{name}" for label, fields in by_table.items() if label not in bases for name in fields}
    used = {code for fields in by_table.values() for purposes in fields.values() for code in purposes}
    return PurposeFaults(
        tuple(sorted(personal - declared)), tuple(sorted(declared - personal)), tuple(sorted(used - set(codes)))
    )


def known_purposes() -> set[str]:
    """The codes of every purpose that the portal starts with, or that two people added. One query."""
    return {row["code"] for row in rule_loader.read("purposes.toml")["purpose"]} | law.purpose_codes()


def _models() -> list[type[Model]]:
    """Every model that has a table of its own, by its name."""
    every = sorted(apps.get_models(include_auto_created=True), key=lambda each: each._meta.db_table)
    return [model for model in every if model._meta.managed and not model._meta.proxy]


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
    in_force = {purpose.code for purpose in law.purposes_in_force(on=clock.day(clock.now()))}
    erasers = {label: eraser for eraser in ports.erasers for label in eraser.covers}
    found: list[Column] = []
    for model in _models():
        used_for = _purposes_of(model)
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
                    # Before the rules are loaded no purpose is in force: the declaration is all there is.
                    purposes=tuple(code for code in used_for.get(field.name, ()) if not in_force or code in in_force),
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
    aimless = {
        f"{row.table}.{row.column}" for row in rows if row.database in asked and row.is_personal and not row.purposes
    }
    return Difference(*(tuple(sorted(found)) for found in (only_there, only_here, undeclared, aimless)))


def categories_held() -> dict[str, list[Column]]:
    """The columns that hold each category of personal data."""
    found: dict[str, list[Column]] = {}
    for row in columns():
        if row.is_personal:
            found.setdefault(row.category, []).append(row)
    return found
