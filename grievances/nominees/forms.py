"""What is asked about a nominee, and of who claims to be one."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from grievances.base.request_choices import Capacity
from grievances.nominees import labels
from grievances.tickets.forms.public import LONGEST_WISH, ContactForm, Prose, address_of_kind, normal_address, tidy
from portal.kernel.core import addresses
from portal.kernel.core.pii_guard import NameWords
from portal.kernel.people.choices import RestCause


def _choices(texts: Any) -> list[tuple[str, Any]]:
    return [(str(value), text) for value, text in texts.items()]


class NomineeForm(forms.Form):
    """Who, how they are reached, and what they may do. Nothing is chosen beforehand."""

    full_name = NameWords(
        label=_("Name of the nominee"),
        help_text=_("As it appears on their identity document."),
        max_length=200,
        error_messages={
            "required": _("Enter the nominee's name."),
            "max_length": _("Shorten the name to 200 characters or fewer"),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    relation = forms.ChoiceField(
        label=_("Who are they to you?"),
        choices=_choices(labels.RELATIONS),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who they are to you")},
    )
    email = forms.CharField(
        label=_("Email address of the nominee"),
        help_text=_("We do not write to it now. By it we know them when they come."),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"type": "email", "autocomplete": "off", "spellcheck": "false"}),
    )
    phone = forms.CharField(
        label=_("Mobile number of the nominee"),
        required=False,
        max_length=32,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    rights = forms.MultipleChoiceField(
        label=_("What may they do?"),
        choices=_choices(labels.RIGHTS),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what the nominee may do.")},
    )

    def clean_full_name(self) -> str:
        return " ".join(tidy(self.cleaned_data["full_name"]).split())

    def clean_email(self) -> str:
        text = self.cleaned_data["email"]
        return address_of_kind(addresses.EMAIL, text) if text else ""

    def clean_phone(self) -> str:
        text = self.cleaned_data["phone"]
        return address_of_kind(addresses.PHONE, text) if text else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not {"email", "phone"} & set(self.errors) and not cleaned.get("email") and not cleaned.get("phone"):
            self.add_error("email", _("Enter an email address or a mobile number of the nominee."))
        return cleaned


class ClaimForm(ContactForm):
    """Who claims, what happened, whose nominee they are. Nothing is looked up here."""

    field_order = ("capacity", "cause", "person_name", "person_address", "words", "email", "phone", "language")

    capacity = forms.ChoiceField(
        label=_("Who are you?"),
        choices=[
            (str(Capacity.NOMINEE), _("The person named me as their nominee")),
            (str(Capacity.RELATIVE), _("A relative or another person who reports a death")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who you are")},
    )
    cause = forms.ChoiceField(
        label=_("What happened?"),
        choices=RestCause.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what happened")},
    )
    person_name = forms.CharField(
        label=_("Name of the person"),
        max_length=200,
        error_messages={
            "required": _("Enter the name of the person it is for"),
            "max_length": _("Shorten the name to 200 characters or fewer"),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    person_address = forms.CharField(
        label=_("Email address or mobile number that the person used with us"),
        max_length=254,
        error_messages={"required": _("Enter an email address or mobile number of the person")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    words = Prose(
        label=_("What else should we know?"),
        help_text=_("Do not write an Aadhaar number, a card number or a one-time password."),
        required=False,
        longest=LONGEST_WISH,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("Your email address")
        self.fields["email"].help_text = _("As a nominee: the one by which the person named you.")
        self.fields["phone"].label = _("Your mobile number")

    def clean_person_name(self) -> str:
        return " ".join(tidy(self.cleaned_data["person_name"]).split())

    def clean_person_address(self) -> str:
        return normal_address(self.cleaned_data["person_address"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("capacity") == Capacity.RELATIVE and cleaned.get("cause") == RestCause.INCAPACITY:
            said = _(
                "For a living person only a nominee or a lawful guardian can act. A guardian asks for the person "
                "as such."
            )
            self.add_error("cause", said)
        return cleaned
