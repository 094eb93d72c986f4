"""The questions of a grievance, one form per page. Each error says what to do; what was entered stays."""

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from grievances.base import labels
from grievances.base.choices import ForWhom, TicketKind
from grievances.tickets import category_details
from portal.kernel.core import addresses
from portal.kernel.core.errors import Refused
from portal.kernel.core.text import without_hiding_marks

LONGEST_STORY: Final = 10_000
LONGEST_WISH: Final = 2_000
LONGEST_MESSAGE: Final = 5_000
LANGUAGES: Final = (("en", "English"), ("hi", "हिन्दी"), ("mr", "मराठी"))


def radios(label: Any, empty: Any, choices: Mapping[str, Any]) -> forms.ChoiceField:
    """One of a few answers, none preselected; ``empty`` says what to do where none is chosen."""
    return forms.ChoiceField(
        label=label,
        choices=[(str(value), text) for value, text in choices.items()],
        widget=forms.RadioSelect,
        error_messages={"required": empty, "invalid_choice": empty},
    )


def tidy(text: str) -> str:
    """What a person typed, in one form: composed characters, line feeds, no control or direction marks that hide text."""
    plain = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    shown = without_hiding_marks(plain)
    return "".join(c for c in shown if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs", "Co"}).strip()


def normal_address(text: str) -> str:
    """An e-mail address or a number as a person typed it, in its one form. Raises ValidationError, which says what is wrong."""
    return address_of_kind(addresses.kind_of(text), text)


def address_of_kind(kind: str, text: str) -> str:
    """The same for one of the two kinds."""
    try:
        return addresses.normalise(kind, text)
    except Refused as refused:
        raise forms.ValidationError(str(refused.message), code=refused.code) from refused


class Prose(forms.CharField):
    """A longer text. The length is checked after tidying, so that line ends count once in every browser."""

    widget = forms.Textarea

    def __init__(self, *, longest: int, **kwargs: Any) -> None:
        self.longest = longest
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        return tidy(super().to_python(value) or "")

    def validate(self, value: str) -> None:
        super().validate(value)
        if len(value) > self.longest:
            raise forms.ValidationError(
                _("Shorten this to %(longest)s characters or fewer. It has %(now)s."),
                code="too_long",
                params={"longest": self.longest, "now": len(value)},
            )


class WhoForm(forms.Form):
    for_whom = radios(_("Who is this grievance for?"), _("Select who the grievance is for"), labels.FOR_WHOM)


class OrganisationForm(forms.Form):
    """Asked only about an organisation: one the person acts for here, or its name."""

    OTHER: Final = "other"

    organisation_reference = forms.ChoiceField(
        label=_("Which organisation is it for?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Select the organisation"),
            "invalid_choice": _("Select the organisation"),
        },
    )
    organisation = forms.CharField(
        label=_("Name of the organisation"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
        error_messages={
            "required": _("Enter the name of the organisation"),
            "max_length": _("Shorten the name to 200 characters or fewer"),
        },
    )

    def __init__(self, *args: Any, known: Mapping[str, str], **kwargs: Any) -> None:
        """``known``: reference and name of the organisations that the signed-in person acts for."""
        super().__init__(*args, **kwargs)
        self.known = known
        if not known:
            del self.fields["organisation_reference"]
            self.fields["organisation"].required = True
            return
        choice = self.fields["organisation_reference"]
        if isinstance(choice, forms.ChoiceField):
            choice.choices = [*known.items(), (self.OTHER, _("Another organisation"))]
        self.fields["organisation"].label = _("If another: its name")
        given = self.initial.get("organisation_reference")
        if given in known:
            self.initial["organisation"] = ""
        elif self.initial.get("organisation"):
            self.initial["organisation_reference"] = self.OTHER

    def clean_organisation(self) -> str:
        return " ".join(tidy(self.cleaned_data["organisation"]).split())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        picked = cleaned.get("organisation_reference", "")
        if picked in self.known:
            cleaned["organisation"] = self.known[picked]
            return cleaned
        cleaned["organisation_reference"] = ""
        if not self.errors and not cleaned.get("organisation"):
            self.add_error("organisation", _("Enter the name of the organisation"))
        return cleaned


class AboutForm(forms.Form):
    kind = radios(
        _("What is it about?"),
        _("Select what the grievance is about"),
        labels.FORM_KINDS,
    )


class WhatHappenedForm(forms.Form):
    what_happened = Prose(
        label=_("What happened?"),
        help_text=_("Do not write an Aadhaar number, a card number or a one-time password."),
        longest=LONGEST_STORY,
        error_messages={"required": _("Write what happened")},
    )
    wanted = Prose(label=_("What would put it right?"), required=False, longest=LONGEST_WISH)


def _file() -> forms.FileField:
    return forms.FileField(
        label=_("File"),
        help_text=_("PDF, JPG or PNG, up to 10 MB. Hide the first 8 digits of an Aadhaar number before you add it."),
        required=False,
        max_length=255,
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
        error_messages={
            "empty": _("This file is empty. Choose another one"),
            "invalid": _("Choose a file to add"),
            "missing": _("Choose a file to add"),
            "max_length": _("Give the file a shorter name and choose it again"),
        },
    )


class FileForm(forms.Form):
    """One file at a time. What is inside is judged by the vault's safety checks, not here."""

    file = _file()


class ContactForm(forms.Form):
    email = forms.CharField(
        label=_("Email address"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"type": "email", "autocomplete": "email", "spellcheck": "false"}),
    )
    phone = forms.CharField(
        label=_("Mobile number"),
        required=False,
        max_length=32,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    language = radios(
        _("In which language do we reply?"),
        _("Select the language of our reply"),
        dict(LANGUAGES),
    )

    def clean_email(self) -> str:
        text = self.cleaned_data["email"]
        return address_of_kind(addresses.EMAIL, text) if text else ""

    def clean_phone(self) -> str:
        text = self.cleaned_data["phone"]
        return address_of_kind(addresses.PHONE, text) if text else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("email") and not cleaned.get("phone"):
            self.add_error("email", _("Enter an email address or a mobile number, so that we can reach you"))
        return cleaned


class TrackForm(forms.Form):
    reference = forms.CharField(
        label=_("Reference number"),
        help_text=_("For example OS-GR-7K4M-9QXK. It is in the message we sent you."),
        max_length=40,
        error_messages={
            "required": _("Enter the reference number"),
            "max_length": _("Enter the reference number as we sent it"),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}),
    )
    address = forms.CharField(
        label=_("Email address or mobile number"),
        help_text=_("The one you gave us with the grievance."),
        max_length=254,
        error_messages={
            "required": _("Enter the email address or mobile number you gave us"),
            "max_length": _("Enter the email address or mobile number you gave us"),
        },
        widget=forms.TextInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )

    def clean_address(self) -> tuple[str, str]:
        text = self.cleaned_data["address"]
        return addresses.kind_of(text), normal_address(text)


class CodeForm(forms.Form):
    """One box for both: the six digits we sent, or the tracking key shown to a person who gave a mobile number only."""

    code = forms.CharField(
        label=_("Code"),
        help_text=_("The 6 digits we sent you, or the 16 digits of the tracking key you were given."),
        max_length=64,
        error_messages={"required": _("Enter the code"), "max_length": _("Enter the code as you got it")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false"}),
    )


class MessageForm(forms.Form):
    """A person's message in the thread."""

    message = Prose(
        label=_("Your message"),
        longest=LONGEST_MESSAGE,
        error_messages={"required": _("Write your message")},
    )


class ReplyForm(MessageForm):
    """A message with, if the person likes, a file."""

    file = _file()


class SettledForm(forms.Form):
    """Does this settle it? Nothing is preselected; a no asks why, because the next officer reads it."""

    WORDS: Final = {
        "yes": _("Yes, close it"),
        "no": _("No, review it again"),
        "appeal": _("No, let another officer review it"),
    }

    settled = radios(_("Does this settle your grievance?"), _("Select one of the answers"), WORDS)
    why = Prose(label=_("If no: what is still wrong?"), required=False, longest=LONGEST_MESSAGE)

    def __init__(self, *args: Any, can_appeal: bool = True, is_request: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settled = self.fields["settled"]
        if is_request:
            settled.label = _("Does this settle your request?")
        if isinstance(settled, forms.ChoiceField):
            offered = self.WORDS if can_appeal else {name: self.WORDS[name] for name in ("yes", "no")}
            settled.choices = list(offered.items())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("settled") in {"no", "appeal"} and not cleaned.get("why") and "why" not in self.errors:
            self.add_error("why", _("Write what is still wrong, so that we can put it right"))
        return cleaned


class RatingForm(forms.Form):
    """How we dealt with it, in words; why is the person's to say or not."""

    rating = forms.TypedChoiceField(
        label=_("How did we deal with it?"),
        choices=[(str(value), text) for value, text in labels.RATINGS.items()],
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Select one of the answers"), "invalid_choice": _("Select one of the answers")},
    )
    why = Prose(label=_("What should we do better?"), required=False, longest=LONGEST_WISH)


class AppealForm(forms.Form):
    """Why another officer should look at it: the words go to that officer."""

    why = Prose(
        label=_("What is still wrong?"),
        longest=LONGEST_MESSAGE,
        error_messages={"required": _("Write what is still wrong, so that we can put it right")},
    )


def needs_organisation(for_whom: str) -> bool:
    """Whether the page that asks which organisation comes next."""
    return for_whom == ForWhom.ORGANISATION


def needs_message_details(kind: str) -> bool:
    """Whether the page on the unwanted message comes next."""
    return kind == TicketKind.UNWANTED_MESSAGES


def needs_details(kind: str) -> bool:
    """Whether the page with the questions of this kind comes next."""
    return bool(category_details.of_kind(kind))
