"""The questions of a request about one's data: few, each on a page of its own, with the error beside the field."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from grievances.base import request_labels
from grievances.base.request_choices import CORRECTIONS, Capacity, Right
from grievances.requests import correctable_fields
from grievances.tickets.forms.public import LANGUAGES, LONGEST_WISH, Prose, TrackForm, radios, tidy
from portal.kernel.core.errors import Refused

#: The details that a record has a place for; "other" is anything else.
FIELDS: Final[Mapping[str, Any]] = {
    "name": _("My name"),
    "email": _("My email address"),
    "phone": _("My mobile number"),
    "language": _("The language you write to me in"),
    "zone": _("My time zone"),
    "organisation": _("An organisation I act for, or my part in it"),
    "other": _("Something else"),
}


class RightForm(forms.Form):
    right = radios(_("What do you want?"), _("Select what you want"), request_labels.RIGHTS)

    def __init__(self, *args: Any, rights: Mapping[str, Any], **kwargs: Any) -> None:
        """``rights``: those that can be asked for here."""
        super().__init__(*args, **kwargs)
        field = self.fields["right"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(str(value), text) for value, text in rights.items()]


class DetailsForm(forms.Form):
    """For whom, and what exactly. Which questions there are depends on the right."""

    capacity = radios(
        _("Who is it for?"),
        _("Select who it is for"),
        {value: text for value, text in request_labels.CAPACITIES.items() if value != Capacity.RELATIVE},
    )
    person_name = forms.CharField(
        label=_("If for someone else: their name"),
        required=False,
        max_length=200,
        error_messages={"max_length": _("Shorten the name to 200 characters or fewer")},
    )
    person_address = forms.CharField(
        label=_("If for someone else: their email address or mobile number that we know"),
        required=False,
        max_length=254,
    )
    field = radios(_("What is wrong or missing?"), _("Select what is wrong or missing"), FIELDS)
    should_be = forms.CharField(
        label=_("How should it be?"),
        max_length=500,
        error_messages={
            "required": _("Write how it should be"),
            "max_length": _("Shorten this to 500 characters or fewer"),
        },
    )
    words = Prose(
        label=_("What else should we know?"),
        help_text=_("Do not write an Aadhaar number, a card number or a one-time password."),
        required=False,
        longest=LONGEST_WISH,
    )

    def __init__(self, *args: Any, right: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if right == Right.OBJECTION:
            self.fields["words"].required = True
            self.fields["words"].label = _("Which use do you not want?")
            self.fields["words"].error_messages["required"] = _("Write which use you do not want")
        if right not in CORRECTIONS:
            del self.fields["field"]
            del self.fields["should_be"]
        self.initial.setdefault("capacity", "")

    def clean_person_name(self) -> str:
        return " ".join(tidy(self.cleaned_data["person_name"]).split())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("capacity") == Capacity.SELF:
            cleaned["person_name"] = cleaned["person_address"] = ""
        elif cleaned.get("capacity"):
            if not cleaned.get("person_name") and "person_name" not in self.errors:
                self.add_error("person_name", _("Enter the name of the person it is for"))
            if cleaned["capacity"] == Capacity.NOMINEE and not cleaned.get("person_address"):
                self.add_error("person_address", _("Enter an email address or mobile number of the person"))
        if cleaned.get("should_be") and cleaned.get("field"):
            self._check_should_be(cleaned)
        return cleaned

    def _check_should_be(self, cleaned: dict[str, Any]) -> None:
        """What the record could not hold is said here, and not after two people have granted it."""
        try:
            cleaned["should_be"] = correctable_fields.normal(cleaned["field"], tidy(cleaned["should_be"]))
        except Refused as refused:
            self.add_error("should_be", forms.ValidationError(str(refused.message), code=refused.code))


class CorrectionForm(forms.Form):
    """How one detail of the record should be. What an officer writes down as it stands is checked here."""

    should_be = forms.CharField(
        label=_("How should it be?"),
        max_length=500,
        error_messages={
            "required": _("Write how it should be"),
            "max_length": _("Shorten this to 500 characters or fewer"),
        },
    )
    words = Prose(
        label=_("What else should we know?"),
        help_text=_("Do not write an Aadhaar number, a card number or a one-time password."),
        required=False,
        longest=LONGEST_WISH,
    )

    def __init__(self, *args: Any, field: str, stands: str = "", **kwargs: Any) -> None:
        """``stands``: what the record says now, where it is one line; that is no correction."""
        super().__init__(*args, **kwargs)
        self.field, self.stands = field, stands
        if field == "language":
            self.fields["should_be"] = radios(_("How should it be?"), _("Select a language"), dict(LANGUAGES))
        elif field == "zone":
            self.fields["should_be"].help_text = _("Continent and city, for example Asia/Kolkata.")

    def clean_should_be(self) -> str:
        try:
            wanted = correctable_fields.normal(self.field, tidy(self.cleaned_data["should_be"]))
        except Refused as refused:
            raise forms.ValidationError(str(refused.message), code=refused.code) from refused
        if self.stands and wanted == self.stands:
            raise forms.ValidationError(_("Our record says this already. Write how it should be instead."), code="SAME")
        return wanted


class ProofCodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        help_text=_("The 6 digits we sent you."),
        max_length=32,
        error_messages={"required": _("Enter the code"), "max_length": _("Enter the code as you got it")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false"}),
    )


class PersonCodeForm(TrackForm):
    """The person whose data somebody else asks about: where the letter came, and what stands in it. Nothing is looked up."""

    code = forms.CharField(
        label=_("Code"),
        help_text=_("The 6 digits in that message."),
        max_length=32,
        error_messages={"required": _("Enter the code"), "max_length": _("Enter the code as you got it")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["address"].help_text = _("The one that our message with the code came to.")
        empty = _("Enter the email address or mobile number that the code came to")
        self.fields["address"].error_messages |= {"required": empty, "max_length": empty}


class PaperForm(forms.Form):
    """One paper at a time. What is inside is judged by the vault's safety checks, not here."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("PDF, JPG or PNG, up to 10 MB. Hide the first 8 digits of an Aadhaar number before you add it."),
        max_length=255,
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
        error_messages={
            "required": _("Choose a file to add"),
            "empty": _("This file is empty. Choose another one"),
            "invalid": _("Choose a file to add"),
            "missing": _("Choose a file to add"),
            "max_length": _("Give the file a shorter name and choose it again"),
        },
    )
