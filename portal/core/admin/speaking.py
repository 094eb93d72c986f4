"""Fields of the admin in words: people by name, codes by their text.

A room registers once how a code or a reference of its own is said, by the name of the field that holds it or by the
model that a foreign key leads to; every list, record and row beside a record of the admin then says it so. What is
exported and searched stays the code.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol

from django.core.exceptions import FieldDoesNotExist
from django.db.models import ForeignKey, Model
from django.http import HttpRequest

#: What a list of the admin shows for nothing.
EMPTY = "-"


class Speaker(Protocol):
    """Says values in words. One is made for each request, so that it may keep what it has looked up."""

    def prime(self, values: Collection[Any]) -> None:
        """Look up at once what the rows of a list are going to ask for."""
        ...

    def __call__(self, value: Any) -> str: ...


_by_field: dict[str, Callable[[], Speaker]] = {}
_by_model: dict[str, Callable[[], Speaker]] = {}
_headings: dict[str, Callable[[Any], str]] = {}


def say(maker: Callable[[], Speaker], *, fields: Iterable[str] = (), model: str = "") -> None:
    """Register who says the values of these fields, and of foreign keys to this model (``people.User``)."""
    _by_field.update(dict.fromkeys(fields, maker))
    if model:
        _by_model[model] = maker


def head(model: str, heading: Callable[[Any], str]) -> None:
    """Register what stands above a record of this model (``people.User``), and for it in the lists of an act."""
    _headings[model] = heading


def heading(row: Model) -> str:
    """What stands above a record: as registered, else what the row says of itself."""
    said = _headings.get(row._meta.label) if isinstance(row, Model) else None
    return said(row) if said is not None else str(row)


class Worded:
    """One field of one request as a column or a line of a record that says words."""

    def __init__(self, field: Any, speaker: Speaker) -> None:
        self.field = field
        self.speaker = speaker
        self.short_description = field.verbose_name
        self.admin_order_field = field.name
        self.__name__ = field.name

    def prime(self, rows: Iterable[Model]) -> None:
        """Look up at once what these rows hold."""
        self.speaker.prime([value for row in rows if (value := self._value(row)) is not None])

    def __call__(self, row: Model) -> str:
        value = self._value(row)
        return EMPTY if value is None else self.speaker(value)

    def _value(self, row: Model) -> Any:
        value = getattr(row, self.field.attname)
        return None if value in ("", []) else value


def _maker_of(field: Any) -> Callable[[], Speaker] | None:
    if isinstance(field, ForeignKey):
        return _by_model.get(field.remote_field.model._meta.label)
    return None if getattr(field, "choices", None) else _by_field.get(field.name)


class SaysInWords:
    """For admin pages and rows beside records: replaces the fields that somebody registered to say."""

    model: Any

    def in_words(self, request: HttpRequest, name: Any) -> Any:
        """The field as words; the name itself where nobody says it, or where it is no field of the row."""
        if not isinstance(name, str):
            return name
        kept: dict[Any, Any] = request.__dict__.setdefault("_said_in_words", {})
        key = (self.model, name)
        if key not in kept:
            kept[key] = self._worded(kept, name)
        return kept[key]

    def _worded(self, kept: dict[Any, Any], name: str) -> Any:
        if hasattr(self, name):  # a method of the page that says it in its own way
            return name
        try:
            field = self.model._meta.get_field(name)
        except FieldDoesNotExist:
            return name
        maker = _maker_of(field)
        if maker is None:
            return name
        return Worded(field, kept.setdefault(maker, maker()))

    def names_in_words(self, request: HttpRequest, names: Iterable[Any]) -> list[Any]:
        """The names of a fieldset, lines of several included."""
        return [
            tuple(self.in_words(request, each) for each in name)
            if isinstance(name, list | tuple)
            else self.in_words(request, name)
            for name in names
        ]
