"""Columns of a list as SQL that spells each value as ``exports.as_text`` does, so that no row becomes an object.

A column that needs Python (a mask, a value worked out by the resource) is left to it; the others come ready.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Case, CharField, F, FloatField, Func, Model, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat

from portal.kernel.core import records
from portal.kernel.core.actor import ActorKind
from portal.kernel.jobs.export_columns import BLANKS, FORMULA_STARTS


@dataclass(frozen=True)
class Spelling:
    """What a format needs: whole numbers as numbers or as text, texts made safe for spreadsheets, nothing as NULL.

    ``keeps_dates``: instants as the numbers of a workbook (``xlsx_writer.instant_number``), days ready to become such.
    ``keeps_lists``: lists and facts as JSON has them.
    """

    keeps_numbers: bool
    escapes: bool
    keeps_nothing: bool = False
    keeps_dates: bool = False
    keeps_lists: bool = False


class _Spelled(Func):
    """An expression with a template for each database."""

    output_field: Any = CharField()
    sqlite = postgresql = ""

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template=self.sqlite)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template=self.postgresql)


class _Instant(_Spelled):
    """Indian time to the second with its offset. The database keeps UTC."""

    sqlite = "(replace(datetime(substr(%(expressions)s, 1, 19), '+330 minutes'), ' ', 'T') || '+05:30')"
    postgresql = """(to_char(%(expressions)s AT TIME ZONE 'Asia/Kolkata', 'YYYY-MM-DD"T"HH24:MI:SS') || '+05:30')"""


class _InstantNumber(_Spelled):
    """``xlsx_writer.instant_number``: 25569 is the first of January 1970."""

    output_field = FloatField()
    sqlite = "((strftime('%%%%s', substr(%(expressions)s, 1, 19)) + 19800) / 86400.0 + 25569)"
    postgresql = "((floor(extract(epoch FROM %(expressions)s)) + 19800) / 86400.0 + 25569)::float8"


class _Json(_Spelled):
    """The text of JSON, for ``list_files`` to read."""

    sqlite = "%(expressions)s"
    postgresql = "%(expressions)s::text"


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


class _Label(_Spelled):
    """``actor.spell`` of a whole label: ``staff:8``."""

    sqlite = postgresql = "replace(%(expressions)s, ':user:', ':')"


class _Digits(_Spelled):
    sqlite = "CAST(%(expressions)s AS TEXT)"
    postgresql = "%(expressions)s::text"


class _Safe(_Spelled):
    """An apostrophe before what a spreadsheet would run: ``export_columns.escape_formula``."""

    sqlite = postgresql = (
        f"(CASE WHEN substr(ltrim(%(expressions)s, '{BLANKS}'), 1, 1) IN ("
        + ", ".join(f"'{start}'" for start in FORMULA_STARTS)
        + ") THEN '''' || %(expressions)s ELSE %(expressions)s END)"
    )


#: Fields that keep who acted as kind and reference in one text (``Actor.label``).
LABELS: Final = frozenset({"approved_by", "asked_by", "fetched_by", "made_by", "started_by"})

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
    field = field_at(model, path)
    if field is None:
        return None
    source = F(path)
    if is_login(field) or is_actor(field):
        return _login(path) if is_login(field) else _actor(path)
    if isinstance(field, models.ForeignKey):  # OneToOneField too: the number of the row it names
        field = field.target_field
    kind = type(field)
    if kind in _NUMBERS:
        if spelling.keeps_numbers:
            return source
        return _Safe(_Digits(source)) if spelling.escapes and not _is_never_negative(field) else _Digits(source)
    if kind in _TEXTS:
        text = _Label(source) if is_label(field) else source
        # The codes of a list of choices are our own words.
        return _Safe(text) if spelling.escapes and not field.choices else text
    made = _Json if isinstance(field, models.JSONField) else _SPELLED.get(kind)
    if made is _Instant and spelling.keeps_dates:
        made = _InstantNumber
    return None if made is None else made(source)


def is_login(field: Any) -> bool:
    """Whether the field names somebody's login."""
    return isinstance(field, models.ForeignKey) and field.related_model._meta.label == settings.AUTH_USER_MODEL


def is_label(field: Any) -> bool:
    """Whether the field keeps who acted as kind and reference in one text."""
    return field.name in LABELS and isinstance(field, models.CharField) and not field.choices


def is_actor(field: Any) -> bool:
    """Whether the field is the reference of an actor whose kind stands beside it: the two are one column."""
    return field.name == "actor_ref" and any(one.name == "actor_kind" for one in field.model._meta.concrete_fields)


def _actor(path: str) -> Combinable:
    """``actor.spell``: ``staff:8``, the kind alone without a reference."""
    kind, ref = F(path.removesuffix("actor_ref") + "actor_kind"), F(path)
    whole = _Label(Concat(kind, Value(":"), ref))
    return Case(When(Q(**{path: ""}) | Q(**{path: kind}), then=kind), default=whole, output_field=CharField())


def _login(path: str) -> Combinable:
    """``logins.Logins.spell_login``: ``staff:8`` or ``customer:12``."""
    number = _Digits(F(path))
    return Case(
        When(**{f"{path}__is_staff": True}, then=Concat(Value(f"{ActorKind.STAFF}:"), number)),
        When(**{f"{path}__is_staff": False}, then=Concat(Value(f"{ActorKind.CUSTOMER}:"), number)),
        output_field=CharField(),
    )


def finish_of(model: type[Model], path: str, spelling: Spelling) -> Callable[[Any], Any] | None:
    """What makes the value of a column that SQL cannot spell to the end; None where it does."""
    field = field_at(model, path)
    if isinstance(field, models.JSONField):
        return json.loads
    if type(field) is models.DateField and spelling.keeps_dates:
        return date.fromisoformat
    return None


def is_instant(model: type[Model], path: str) -> bool:
    """Whether the column shows a date with its time."""
    return isinstance(field_at(model, path), models.DateTimeField)


def _is_never_negative(field: Any) -> bool:
    return bool(field.primary_key) or type(field).__name__.startswith("Positive")


def path_of(model: type[Model], path: str) -> str:
    """Where a column is read: of a person the reference of their subject, of anything else the field itself."""
    field = field_at(model, path)
    person = records.of(field.related_model).person if field is not None and field.is_relation else ""
    return f"{path}__{person}" if person else path


def field_at(model: type[Model], path: str) -> Any:
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
