"""Columns of a list as SQL that spells each value as ``exports.as_text`` does, so that no row becomes an object.

A column that needs Python (a mask, a value worked out by the resource) is left to it; the others come ready.
"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import CharField, F, Func, Model
from django.db.models.expressions import Combinable

from portal.jobs.exports import BLANKS, FORMULA_STARTS


@dataclass(frozen=True)
class Spelling:
    """What a format needs: whole numbers as numbers or as text, texts made safe for spreadsheets, nothing as NULL."""

    keeps_numbers: bool
    escapes: bool
    keeps_nothing: bool = False


class _Spelled(Func):
    """An expression with a template for each database."""

    output_field = CharField()
    sqlite = postgresql = ""

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template=self.sqlite)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template=self.postgresql)


class _Instant(_Spelled):
    """Indian time to the second with its offset. The database keeps UTC."""

    sqlite = "(replace(datetime(substr(%(expressions)s, 1, 19), '+330 minutes'), ' ', 'T') || '+05:30')"
    postgresql = """(to_char(%(expressions)s AT TIME ZONE 'Asia/Kolkata', 'YYYY-MM-DD"T"HH24:MI:SS') || '+05:30')"""


class _Day(_Spelled):
    # As a bare column the driver would make a date of it.
    sqlite = "(%(expressions)s || '')"
    postgresql = "to_char(%(expressions)s, 'YYYY-MM-DD')"


class _YesOrNo(_Spelled):
    sqlite = postgresql = "(CASE WHEN %(expressions)s THEN 'yes' WHEN NOT %(expressions)s THEN 'no' END)"


class _Reference(_Spelled):
    sqlite = " || '-' || ".join(
        f"substr(%(expressions)s, {first}, {length})" for first, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    )
    postgresql = "%(expressions)s::text"


class _Hex(_Spelled):
    sqlite = "nullif(lower(hex(%(expressions)s)), '')"
    postgresql = "encode(%(expressions)s, 'hex')"


class _Digits(_Spelled):
    sqlite = "CAST(%(expressions)s AS TEXT)"
    postgresql = "%(expressions)s::text"


class _Safe(_Spelled):
    """An apostrophe before what a spreadsheet would run: ``exports.escape_formula``."""

    sqlite = postgresql = (
        f"(CASE WHEN substr(ltrim(%(expressions)s, '{BLANKS}'), 1, 1) IN ("
        + ", ".join(f"'{start}'" for start in FORMULA_STARTS)
        + ") THEN '''' || %(expressions)s ELSE %(expressions)s END)"
    )


_TEXTS = (models.CharField, models.EmailField, models.SlugField, models.TextField, models.URLField)
_NUMBERS = (
    *(models.AutoField, models.BigAutoField, models.BigIntegerField, models.IntegerField),
    *(models.PositiveBigIntegerField, models.PositiveIntegerField, models.PositiveSmallIntegerField),
    models.SmallIntegerField,
)
_SPELLED: dict[type[Any], type[_Spelled]] = {
    models.DateTimeField: _Instant,
    models.DateField: _Day,
    models.BooleanField: _YesOrNo,
    models.UUIDField: _Reference,
    models.BinaryField: _Hex,
}


def expression(model: type[Model], path: str, spelling: Spelling) -> Combinable | None:
    """The column at the end of ``path`` (``case__reference``) as the format wants it; None where SQL cannot spell it."""
    field = _field(model, path)
    if field is None:
        return None
    source = F(path)
    if isinstance(field, models.ForeignKey):  # OneToOneField too: the number of the row it names
        field = field.target_field
    kind = type(field)
    if kind in _NUMBERS:
        if spelling.keeps_numbers:
            return source
        return _Safe(_Digits(source)) if spelling.escapes and not _is_never_negative(field) else _Digits(source)
    if kind in _TEXTS:
        # The codes of a list of choices are our own words.
        return _Safe(source) if spelling.escapes and not field.choices else source
    made = _SPELLED.get(kind)
    return None if made is None else made(source)


def _is_never_negative(field: Any) -> bool:
    return bool(field.primary_key) or type(field).__name__.startswith("Positive")


def _field(model: type[Model], path: str) -> Any:
    """The concrete field that the path leads to, by relations to one row only; None for anything else."""
    present: Any = model
    field: Any = None
    for name in path.split("__"):
        if present is None:
            return None
        try:
            field = present._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        if field.many_to_many or field.one_to_many:
            return None
        present = field.related_model if field.is_relation else None
    return field if field is not None and field.concrete else None
