"""Columns of the registers in a pack: a name, where its value is read, and one spelling of people, times and lists."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model

from portal.kernel.core import actor, clock
from portal.kernel.core.data_categories import DataCategory
from portal.kernel.core.logins import Logins

Render = Callable[..., Any]

#: Fields that keep who acted as text: ``staff:user:8``, or the reference alone.
WHO = frozenset({"actor_ref", "made_by_ref", "checked_by_ref", "started_by"})


@dataclass(frozen=True)
class Column:
    """A column is called as its field. ``paths`` are look-ups from the register's model: one, or the two of an actor."""

    name: str
    paths: tuple[str, ...]

    @classmethod
    def parse(cls, written: str) -> "Column":
        """``kind``, ``fiduciary=fiduciary__code`` or ``actor=actor_kind,actor_ref``."""
        name, _is, paths = written.rpartition("=")
        return cls(name or paths, tuple(paths.split(",")))

    def render(self, model: type[Model], logins: Logins) -> Render:
        """What spells the values of the paths, handed over in their order."""
        if len(self.paths) > 1:
            return actor.spell
        field, _model = field_at(model, self.paths[0])
        if field.related_model is not None and field.related_model._meta.label == settings.AUTH_USER_MODEL:
            return logins.spell_login
        return logins.spell if field.name in WHO else plain

    def why_unfit(self, model: type[Model]) -> tuple[str, str] | None:
        """The path that a pack must not show and why; None where there is none."""
        for path in self.paths:
            try:
                field, owner = field_at(model, path)
            except FieldDoesNotExist:
                return path, "does not exist"
            categories: dict[str, DataCategory] = getattr(owner, "data_categories", {})
            if categories.get(field.name) is not DataCategory.NONE:
                return path, "contains personal data"
        return None


def field_at(model: type[Model], path: str) -> "tuple[Field[Any, Any], type[Model]]":
    """The field at the end of a look-up path, and its model. Raises FieldDoesNotExist."""
    *steps, last = path.split("__")
    for step in steps:
        related = model._meta.get_field(step).related_model
        if related is None or isinstance(related, str):
            raise FieldDoesNotExist(path)
        model = related
    field = model._meta.pk if last == "pk" else model._meta.get_field(last)
    if not isinstance(field, Field):
        raise FieldDoesNotExist(path)
    return field, model


def renderer(model: type[Model], columns: Sequence[Column]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """What makes of the values of all paths, in their order, one spelled value for each column."""
    logins = Logins()
    renders = [(column.render(model, logins), len(column.paths)) for column in columns]
    if all(count == 1 for _render, count in renders):
        alone = [render for render, _count in renders]
        return lambda row: tuple([render(value) for render, value in zip(alone, row, strict=True)])
    return partial(_render_row, renders)


def _render_row(renders: Sequence[tuple[Render, int]], row: Sequence[Any]) -> tuple[Any, ...]:
    found, at = [], 0
    for render, count in renders:
        found.append(render(*row[at : at + count]))
        at += count
    return tuple(found)


def plain(value: Any) -> Any:
    """A value as JSON has it: times in UTC with milliseconds, hashes in hexadecimal digits."""
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, datetime):
        return clock.stamp(value)
    if value is None or isinstance(value, bool | int | str | dict | list):
        return value
    return str(value)
