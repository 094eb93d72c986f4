"""What the staff's pages of this room ask."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portal.core import addresses, clock
from portal.core.admin.bases import ReasonForm
from portal.core.admin.opening import TicketField
from portal.core.errors import Refused
from portal.core.time_range import EARLIEST_BIRTH, DayField, MomentField
from portal.people.models import Fiduciary, Role
from portal.people.states import (
    ApiScope,
    ContactKind,
    CustomerKind,
    MemberRole,
    ProtectionGround,
    ProtectionKind,
)


class AddressField(forms.CharField):
    """An e-mail address or telephone number, in its normal form once cleaned."""

    def __init__(self, *, kind: ContactKind, **kwargs: Any) -> None:
        self.kind = kind
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return addresses.normalise(self.kind, text)
        except Refused as error:
            raise forms.ValidationError(str(error), code=error.code) from error


def email_field(**kwargs: Any) -> AddressField:
    widget = forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"})
    kwargs.setdefault("error_messages", {"required": _("Enter an e-mail address.")})
    return AddressField(kind=ContactKind.EMAIL, widget=widget, max_length=254, **kwargs)


def phone_field(**kwargs: Any) -> AddressField:
    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})
    kwargs.setdefault("error_messages", {"required": _("Enter a telephone number.")})
    return AddressField(kind=ContactKind.PHONE, widget=widget, max_length=32, **kwargs)


class InviteStaffForm(forms.Form):
    full_name = forms.CharField(label=_("Full name"), max_length=200)
    email = email_field(label=_("E-mail address at work"))


class ProtectionForm(forms.Form):
    """Why somebody else answers for a person."""

    kind = forms.ChoiceField(label=_("Why"), choices=ProtectionKind.choices, widget=forms.RadioSelect)
    ground = forms.ChoiceField(label=_("How we know"), choices=ProtectionGround.choices)
    born_on = DayField(
        label=_("Date of birth, where it is known"),
        help_text=_("Only the day from which the person is of age is kept."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Enter a date, like 2012-03-31.")},
        required=False,
        earliest=EARLIEST_BIRTH,
    )


class ApiKeyForm(forms.Form):
    fiduciary = forms.ModelChoiceField(label=_("For whom"), queryset=Fiduciary.objects.all())
    label = forms.CharField(
        label=_("Which system uses it"), help_text=_("A name its owners know, like: campaign sender."), max_length=80
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), choices=ApiScope.choices, widget=forms.CheckboxSelectMultiple
    )
    expires_at = DayField(
        label=_("Last day it works"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Enter a date, like 2027-03-31.")},
    )

    def clean_expires_at(self) -> datetime:
        """The end of that day in India."""
        day = self.cleaned_data["expires_at"] + timedelta(days=1)
        end = datetime(day.year, day.month, day.day, tzinfo=clock.IST)
        if end <= clock.now():
            raise forms.ValidationError(_("Enter a day that lies ahead."))
        return end


class ClientForm(forms.Form):
    """A client for whom Onesetu is processor."""

    name = forms.CharField(label=_("Name"), max_length=200)
    code = forms.CharField(
        label=_("Code"),
        help_text=_("Small letters, digits and hyphens, like acme-bank. It never changes."),
        max_length=40,
    )


class CustomerForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=CustomerKind.choices, widget=forms.RadioSelect)
    name = forms.CharField(label=_("Name"), max_length=200)
    owner_email = email_field(
        label=_("E-mail address of the first owner"), help_text=_("An invitation is sent to it."), required=False
    )
    language = forms.ChoiceField(label=_("Language of the invitation"), choices=settings.LANGUAGES, required=False)


class InviteMemberForm(forms.Form):
    email = email_field(label=_("E-mail address"))
    role = forms.ChoiceField(label=_("Role"), choices=MemberRole.choices, widget=forms.RadioSelect)
    language = forms.ChoiceField(label=_("Language of the invitation"), choices=settings.LANGUAGES)


class RenameForm(forms.Form):
    name = forms.CharField(label=_("Correct name"), max_length=200)


def _moment(**kwargs: Any) -> MomentField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return MomentField(widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%d-%m-%Y %H:%M"], **kwargs)


class GrantForm(forms.Form):
    role = forms.ModelChoiceField(label=_("Role"), queryset=Role.objects.all())
    starts_at = _moment(
        label=_("From (IST)"), required=False, help_text=_("Empty: as soon as the second person agrees.")
    )
    ends_at = _moment(label=_("Until (IST)"), required=False, help_text=_("An auditor's role needs an end."))
    why = forms.CharField(label=_("Why"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)


class ChangeEndForm(forms.Form):
    ends_at = _moment(label=_("Until (IST)"), required=False, help_text=_("Empty: without an end."))
    why = forms.CharField(label=_("Why"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)


class WhyForm(forms.Form):
    why = forms.CharField(label=_("Why"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)


class RefuseForm(ReasonForm):
    """The reason is for the person who proposed it."""


class RevealForm(ReasonForm):
    ticket = TicketField()


class ImportForm(forms.Form):
    file = forms.FileField(label=_("CSV or XLSX file"), allow_empty_file=True)
