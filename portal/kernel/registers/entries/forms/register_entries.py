"""The form of a book, made from its model: which fields there are, and how each is asked, stands there once."""

from typing import Any, cast

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.errors import BadReference
from portal.kernel.core.ids import parse_reference
from portal.kernel.core.pii_guard import PublicWords
from portal.kernel.core.time_range import DayField, day_input
from portal.kernel.people.forms import StaffChoice
from portal.kernel.people.models import Customer
from portal.kernel.registers.base.models.register_entries import BookEntry, CodesField
from portal.kernel.registers.recipients.selectors import recipients
from portal.kernel.registers.senders.forms import EntryForm

#: A longer text gets more than one line.
ONE_LINE = 160
#: Up to so many choices stand as buttons.
BUTTONS = 6


class CustomerByReference(forms.CharField):
    """A customer, named by its reference."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            reference = parse_reference(text, "CU") if text else ""
        except BadReference:
            reference = ""
        found = Customer.objects.filter(reference=reference).first()
        if text and found is None:
            raise forms.ValidationError(_("There is no customer with this reference."))
        return found


def _countries() -> list[tuple[str, Any]]:
    return [("", _("Choose a country")), *recipients.countries()]


def _field(field: Any) -> forms.Field:  # noqa: PLR0911 - one answer for each kind of column
    asked: dict[str, Any] = {
        "label": field.verbose_name[:1].upper() + field.verbose_name[1:],
        "required": not field.blank,
        "help_text": field.help_text,
    }
    if isinstance(field, CodesField):
        return forms.MultipleChoiceField(choices=field.known, widget=forms.CheckboxSelectMultiple, **asked)
    if isinstance(field, models.ForeignKey):
        if field.remote_field.model is Customer:
            return CustomerByReference(**{**asked, "help_text": _("Its reference, like OS-CU-7K4M-9QXJ.")})
        return StaffChoice(**asked)
    if isinstance(field, models.BooleanField):
        return forms.BooleanField(**{**asked, "required": False})
    if isinstance(field, models.DateField):
        widget = day_input()
        invalid = {"invalid": _("Enter a date, like 2027-03-31.")}
        return DayField(widget=widget, error_messages=invalid, **asked)
    if isinstance(field, models.IntegerField):
        return forms.IntegerField(min_value=0, initial=field.default, **asked)
    if field.name == "country":
        return forms.ChoiceField(choices=_countries, **asked)
    if field.choices:
        is_short = len(field.choices) <= BUTTONS and not field.blank
        empty = [] if is_short else [("", _("Choose"))]
        return forms.ChoiceField(
            choices=[*empty, *field.choices], widget=forms.RadioSelect if is_short else forms.Select, **asked
        )
    if isinstance(field, models.SlugField):
        return forms.SlugField(max_length=field.max_length, **asked)
    if isinstance(field, models.URLField):
        return forms.URLField(max_length=field.max_length, assume_scheme="https", **asked)
    area = forms.Textarea(attrs={"rows": 3}) if field.max_length > ONE_LINE else forms.TextInput()
    return PublicWords(max_length=field.max_length, widget=area, **asked)


class RowForm(EntryForm):
    """Of a correction (``initial`` has what it corrects) whose and which row stays, and what only a review moves is not asked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.initial:
            return
        del self.fields["owner"], self.fields["review_on"]
        for name in ("fiduciary", "code"):
            self.fields[name].disabled = True
        self.fields["evidence"].help_text = _("Empty: the evidence is the same as before.")


def form_of(model: type[BookEntry]) -> type[EntryForm]:
    """The form that proposes a row of a book."""
    own = {name: _field(model._meta.get_field(name)) for name in model.SHOWN}
    order = ("fiduciary", *model.SHOWN, "starts_at")
    made = type(f"{model.__name__}Form", (RowForm,), {**own, "field_order": order, "__module__": __name__})
    return cast(type[EntryForm], made)


class ReviewForm(forms.Form):
    """A row was looked at and is right."""

    next_on = DayField(
        label=_("Next review by"),
        widget=day_input(),
        error_messages={"invalid": _("Enter a date, like 2027-03-31.")},
    )
    evidence = PublicWords(
        label=_("Location of newer evidence"),
        help_text=_("A reference or a place. Empty: the evidence is the same as before."),
        max_length=200,
        required=False,
    )
    evidence_on = DayField(
        label=_("Day of that evidence"),
        widget=day_input(),
        error_messages={"invalid": _("Enter a date, like 2027-03-31.")},
        required=False,
    )
    owner = StaffChoice(
        label=_("New owner"),
        help_text=_("Empty: the same person as before."),
        required=False,
    )

    def clean_next_on(self) -> Any:
        """A day that is still ahead."""
        day = self.cleaned_data["next_on"]
        if day <= clock.day(clock.now()):
            raise forms.ValidationError(_("Choose a later day for the next review."))
        return day
