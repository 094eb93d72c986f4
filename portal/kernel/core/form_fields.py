"""Fields of a form that are filled in when it is made."""

from django.forms import BaseForm, ChoiceField


def choice_field(form: BaseForm, name: str) -> ChoiceField:
    """The field of a form from whose choices one or more are chosen. Raises TypeError for a field of another kind."""
    field = form.fields[name]
    if not isinstance(field, ChoiceField):
        raise TypeError(f"{name} is no field of choices.")
    return field
