"""What the form includes need and Django's templates cannot say."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms, template
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField

register = template.Library()


@dataclass(frozen=True)
class Problem:
    """One line of the error summary. ``target`` is the id of the control to mend, empty for a form with no field."""

    text: str
    target: str


@register.filter
def target(field: BoundField) -> str:
    """The id that a link must name to put the focus on the field; of a group, that of its first control."""
    if field.id_for_label and not field.use_fieldset:
        return field.id_for_label
    parts = field.subwidgets
    first = parts[0].id_for_label if parts else ""
    return str(first or field.id_for_label or field.auto_id)


@register.filter
def problems(form: forms.BaseForm) -> Iterator[Problem]:
    """Every error of a form in the order of its page; one that belongs to no field links to the first field."""
    visible = form.visible_fields()
    first = target(visible[0]) if visible else ""
    for text in form.non_field_errors():
        yield Problem(str(text), first)
    for field in form.hidden_fields():
        for text in field.errors:
            yield Problem(str(text), first)
    for field in visible:
        for error in field.errors.as_data():
            own_words = str(next(iter(error)))
            # Django's own words do not say which field they are about; beside the field they need not.
            said = f"{field.label}: {own_words}" if _is_djangos_own(field.field, error) else own_words
            yield Problem(said, target(field))


def _is_djangos_own(field: forms.Field, error: ValidationError) -> bool:
    """Whether an error has words that neither a form nor a field of ours chose: they fit each field and name none."""
    known: dict[str, Any] = {}
    for kind in reversed(type(field).__mro__):
        if kind.__module__.startswith("django."):
            known.update(getattr(kind, "default_error_messages", {}))
    validators: Iterable[Any] = field.validators
    for asked in validators:
        if type(asked).__module__.startswith("django."):
            several = getattr(type(asked), "messages", None)  # the one of decimals
            known = {**(several or {asked.code: type(asked).message}), **known}
    return error.code in known and str(error.message) == str(known[error.code])


@register.filter
def is_check(field: BoundField) -> bool:
    """A single tick box: its label stands behind it."""
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def all_problems(form: forms.BaseForm, formsets: Iterable[Any]) -> Iterator[Problem]:
    """The errors of a staff form and of the forms inside it (``inline_admin_formsets``)."""
    yield from problems(form)
    for wrapped in formsets or ():
        for text in wrapped.formset.non_form_errors():
            yield Problem(str(text), "")
        for inner in wrapped.formset.forms:
            yield from problems(inner)
