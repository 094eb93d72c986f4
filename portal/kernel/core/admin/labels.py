"""Fields of the admin in words: people by name, codes by their text.

A room registers once how a code or a reference of its own is said, by the name of the field that holds it or by the
model that a foreign key leads to; every list, record and row beside a record of the admin then says it so. What is
exported and searched stays the code.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from django.contrib.admin import AllValuesFieldListFilter
from django.contrib.admin.exceptions import NotRegistered
from django.core.exceptions import FieldDoesNotExist
from django.db.models import BooleanField, CharField, ForeignKey, Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

#: What a list of the admin shows for nothing.
EMPTY = "–"


class Speaker(Protocol):
    """Says values in words. One is made for each request, so that it may keep what it has looked up."""

    def __call__(self, value: Any) -> str: ...


@runtime_checkable
class LooksAhead(Protocol):
    """A speaker that looks up at once what the rows of a list are going to ask for."""

    def prime(self, values: Collection[Any]) -> None:
        """Called before the first of these values is said."""
        ...


_by_field: dict[str, Callable[[], Speaker]] = {}
_by_model: dict[str, Callable[[], Speaker]] = {}
_headings: dict[str, Callable[[Any], str]] = {}
_columns: dict[str, Callable[[Any], "RowTexts"]] = {}


def yes_or_no(*, value: Any) -> str:
    """A truth in words: the admin's own picture of either differs in little but its colour."""
    return str(_("Yes") if value else _("No"))


def lines_of(payload: Mapping[str, Any], inside: str = "") -> Iterator[str]:
    """Content that was written as JSON, a line for each name; what stands inside another name comes behind it and a dot."""
    for name in sorted(payload):
        value = payload[name]
        if isinstance(value, Mapping):
            yield from lines_of(value, f"{inside}{name}.")
        else:
            yield f"{inside}{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"


class Truths:
    """Says yes and no."""

    def __call__(self, value: Any) -> str:
        return yes_or_no(value=value)


class Unlinked:
    """Says the row that a foreign key leads to, to whoever may not open it: the admin's own words are a link."""

    def __init__(self, field: Any) -> None:
        self.field = field
        self.short_description = field.verbose_name
        self.__name__ = field.name

    def __call__(self, row: Model) -> str:
        found = getattr(row, self.field.name)
        return EMPTY if found is None else str(found)


def say(maker: Callable[[], Speaker], *, fields: Iterable[str] = (), model: str = "") -> None:
    """Register who says the values of these fields, and of foreign keys to this model (``people.User``)."""
    _by_field.update(dict.fromkeys(fields, maker))
    if model:
        _by_model[model] = maker


def list_as(model: str, maker: Callable[[Any], "RowTexts"]) -> None:
    """Register the column by which lists say foreign keys to this model; ``maker`` is given the field."""
    _columns[model] = maker


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
        """Look up at once what these rows hold, where the speaker has to."""
        if isinstance(self.speaker, LooksAhead):
            self.speaker.prime([value for row in rows if (value := self._value(row)) is not None])

    def __call__(self, row: Model) -> str:
        value = self._value(row)
        return EMPTY if value is None else self.speaker(value)

    def _value(self, row: Model) -> Any:
        value = getattr(row, self.field.attname)
        return None if value in ("", []) else value


@dataclass(frozen=True)
class RowTexts:
    """A column that looks up at once what it says of every row of a page: whose they are, the gist of what was written.

    It is named in ``list_display``. ``say(rows, user)`` gives the texts by the keys of the rows, and nothing of what the login
    may not see.
    """

    name: str
    description: Any
    say: Callable[[Sequence[Any], Any], Mapping[Any, str]]
    order: str | None = None

    def __call__(self, row: Model) -> str:
        """As the column of one row, to nobody in particular: nothing."""
        return EMPTY


class RowTextsShown:
    """Such a column of one request."""

    def __init__(self, column: RowTexts, user: Any) -> None:
        self.column = column
        self.user = user
        self.texts: Mapping[Any, str] = {}
        self.short_description = column.description
        self.admin_order_field = column.order
        self.__name__ = column.name

    def prime(self, rows: Iterable[Model]) -> None:
        """Look up the texts of these rows."""
        self.texts = self.column.say(list(rows), self.user)

    def __call__(self, row: Model) -> str:
        return self.texts.get(row.pk) or EMPTY


def _maker_of(field: Any) -> Callable[[], Speaker] | None:
    if isinstance(field, ForeignKey):
        return _by_model.get(field.remote_field.model._meta.label)
    if isinstance(field, BooleanField):
        return Truths
    return None if getattr(field, "choices", None) else _by_field.get(field.name)


class InWordsFilter(AllValuesFieldListFilter):
    """The filter of a field that somebody registered to say: its choices are the values there are, in words."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        maker = _maker_of(self.field)
        speaker = maker() if maker is not None else str
        values = {str(value) for value in self.lookup_choices if value}
        for choice in super().choices(changelist):
            shown = choice["display"]
            yield {**choice, "display": speaker(shown) if shown in values else shown}


class SaysInWords:
    """For admin pages and rows beside records: replaces the fields that somebody registered to say."""

    model: Any
    admin_site: Any

    def column(self, request: HttpRequest, name: Any) -> Any:
        """What a list shows under a name: texts of all rows at once, a field as words, or the name itself."""
        texts = name if isinstance(name, RowTexts) else self._texts_of(name)
        if texts is None:
            return self.in_words(request, name)
        kept: dict[Any, Any] = request.__dict__.setdefault("_said_in_words", {})
        return kept.setdefault((self.model, texts.name, RowTexts), RowTextsShown(texts, request.user))

    def _texts_of(self, name: Any) -> RowTexts | None:
        """Of a foreign key to what somebody registered."""
        if not isinstance(name, str) or hasattr(self, name):
            return None
        try:
            field = self.model._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        maker = _columns.get(field.remote_field.model._meta.label) if isinstance(field, ForeignKey) else None
        return maker(field) if maker is not None else None

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

    def filter_in_words(self, name: Any) -> Any:
        """The filter of a field whose codes somebody registered to say; any other filter as it is."""
        if not isinstance(name, str):
            return name
        try:
            field: Any = self.model._meta.get_field(name)
        except FieldDoesNotExist:
            return name
        is_said = isinstance(field, CharField) and _maker_of(field) is not None
        return (name, InWordsFilter) if is_said else name

    def names_in_words(self, request: HttpRequest, names: Iterable[Any]) -> list[Any]:
        """The names of a fieldset, lines of several included."""
        return [
            tuple(self._shown(request, each) for each in name)
            if isinstance(name, list | tuple)
            else self._shown(request, name)
            for name in names
        ]

    def _shown(self, request: HttpRequest, name: Any) -> Any:
        """The field as words; a foreign key whose page is shut to this login without its link."""
        said = self.in_words(request, name)
        if not isinstance(said, str) or hasattr(self, said):
            return said
        try:
            field = self.model._meta.get_field(said)
        except FieldDoesNotExist:
            return said
        if not isinstance(field, ForeignKey):
            return said
        try:
            page = self.admin_site.get_model_admin(field.remote_field.model)
        except NotRegistered:
            return said
        if page.has_view_permission(request):
            return said
        # One for both asks of a request: Django looks for the field of a fieldset among those that are only read.
        return request.__dict__["_said_in_words"].setdefault((self.model, name, Unlinked), Unlinked(field))
