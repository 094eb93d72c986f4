"""Rows of a file through the form that staff fill in: the same questions, the same words for what is wrong.

A cell says a choice by its code or by its label, several with commas between, a yes or no in words, and another row by
what people know it by.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.kernel.core.errors import Refused
from portal.kernel.jobs.import_types import ImportColumn

_BETWEEN: Final = re.compile(r"[,;\n]")
_YES: Final = frozenset({"yes", "true", "1", "y"})
_NO: Final = frozenset({"no", "false", "0", "n", ""})
_WITH_COMMAS: Final = gettext_lazy("With commas between")
#: So many choices are named in a sentence; of more the page of the form says which there are.
MOST_NAMED: Final = 12


class FormRows:
    """Base of a kind of import whose rows are what ``form`` asks."""

    form: type[forms.Form]
    #: For a field that names a row of another table (``room.Model``): the column by which a cell names that row.
    found_by: ClassVar[Mapping[str, str]] = {}
    #: Fields that take one thing a line: in a cell with commas between.
    lines: ClassVar[tuple[str, ...]] = ()

    @property
    def columns(self) -> Sequence[ImportColumn]:
        """One for each field of the form, in its order."""
        return [self._column(name, field) for name, field in self.form().fields.items()]

    def _column(self, name: str, field: Any) -> ImportColumn:
        said = [field.label, field.help_text, _how_to_write(field), _WITH_COMMAS if name in self.lines else ""]
        parts = [part for part in said if part]
        text = format_lazy(". ".join("{}" for _part in parts), *[_without_stop(part) for part in parts])
        return ImportColumn(name, format_lazy("{}.", text), is_required=field.required)

    def cleaned(self, cells: Mapping[str, str]) -> dict[str, Any]:
        """What the form makes of a row. Raises Refused with what is wrong beside each column; it repeats no cell."""
        form = self.form({})
        data: dict[str, Any] = {}
        faults: dict[str, list[str]] = {}
        for name, field in form.fields.items():
            try:
                data[name] = self._value(name, field, cells.get(name, ""))
            except Refused as refused:
                faults[name] = [str(refused)]
        form.data = data
        for name, errors in form.errors.items():
            if name not in faults:
                faults["" if name == "__all__" else name] = [str(error) for error in errors]
        if faults:
            raise Refused(" ".join(said for all_said in faults.values() for said in all_said), fields=faults)
        return form.cleaned_data

    def _value(self, name: str, field: Any, text: str) -> Any:
        if isinstance(field, forms.ModelChoiceField):
            return self._row(field, text)
        if isinstance(field, forms.MultipleChoiceField):
            wanted = [part for part in (each.strip() for each in _BETWEEN.split(text)) if part]
            return [_choice(field, part) for part in wanted]
        if isinstance(field, forms.ChoiceField):
            return _choice(field, text) if text else ""
        if isinstance(field, forms.BooleanField):
            if text.casefold() not in _YES | _NO:
                raise Refused(_("Write yes or no."))
            return text.casefold() in _YES
        return "\n".join(_BETWEEN.split(text)) if name in self.lines else text

    def _row(self, field: Any, text: str) -> Any:
        if not text:
            return ""
        column = self.found_by[field.queryset.model._meta.label]
        found = field.queryset.filter(**{f"{column}__iexact": text}).values_list("pk", flat=True).first()
        if found is None:
            raise Refused(_("None found: write the code or the email address as its own list shows it."))
        return found


def _choices(field: Any) -> list[tuple[str, str]]:
    return [(str(code), str(label)) for code, label in field.choices if code != ""]


def _choice(field: Any, text: str) -> str:
    """The code that is meant by a code or a label. Raises Refused, naming the codes there are."""
    wanted = " ".join(text.split()).casefold()
    for code, label in _choices(field):
        if wanted in {code.casefold(), label.casefold()}:
            return code
    codes = [code for code, _label in _choices(field)]
    if len(codes) > MOST_NAMED:
        raise Refused(_("This is not one of the codes there are. The form of the list names them."))
    raise Refused(_("Write one of these: %(codes)s.") % {"codes": ", ".join(codes)})


def _how_to_write(field: Any) -> Any:
    if isinstance(field, forms.BooleanField):
        return gettext_lazy("Yes or no")
    if isinstance(field, forms.ModelChoiceField):
        return gettext_lazy("Owner: code or staff email")
    if not isinstance(field, forms.ChoiceField):
        return ""
    codes = [code for code, _label in _choices(field)]
    if not codes or len(codes) > MOST_NAMED:
        return ""
    many = format_lazy("{}: {{}}", _WITH_COMMAS) if isinstance(field, forms.MultipleChoiceField) else "{}"
    return format_lazy(many, ", ".join(codes))


def _without_stop(text: Any) -> str:
    return str(text).rstrip(".")
