"""What the staff's pages of this room ask."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import addresses, clock
from portal.kernel.core.admin.bases import ReasonForm
from portal.kernel.core.admin.record_access import TicketField
from portal.kernel.core.conditional_fields import needed
from portal.kernel.core.errors import Refused
from portal.kernel.core.pii_guard import NameWords, PlainWords, PublicWords
from portal.kernel.core.time_range import EARLIEST_BIRTH, DayField, MomentField, day_input
from portal.kernel.law.choices import LateReason
from portal.kernel.people.auditor_scope import Scope
from portal.kernel.people.choices import (
    ApiScope,
    AuditArea,
    ContactKind,
    CustomerKind,
    InsolvencyStep,
    MemberRole,
    ProtectionGround,
    ProtectionKind,
)
from portal.kernel.people.models import Fiduciary, Principal, Role, User


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
    kwargs.setdefault("error_messages", {"required": _("Enter an email address.")})
    return AddressField(kind=ContactKind.EMAIL, widget=widget, max_length=254, **kwargs)


def phone_field(**kwargs: Any) -> AddressField:
    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})
    kwargs.setdefault("error_messages", {"required": _("Enter a phone number.")})
    return AddressField(kind=ContactKind.PHONE, widget=widget, max_length=32, **kwargs)


class InviteStaffForm(forms.Form):
    full_name = NameWords(label=_("Full name"), max_length=200)
    email = email_field(label=_("Work email address"))


class ProtectionForm(forms.Form):
    """Why somebody else answers for a person."""

    kind = forms.ChoiceField(label=_("Why"), choices=ProtectionKind.choices, widget=forms.RadioSelect)
    ground = forms.ChoiceField(label=_("How we know"), choices=ProtectionGround.choices)
    born_on = DayField(
        label=_("Date of birth, where it is known"),
        help_text=_("Only the day from which the person is of age is kept."),
        widget=day_input(),
        error_messages={"invalid": _("Enter a date, like 2012-03-31.")},
        required=False,
        earliest=EARLIEST_BIRTH,
    )


class ApiKeyForm(forms.Form):
    fiduciary = forms.ModelChoiceField(label=_("For whom"), queryset=Fiduciary.objects.all())
    label = PublicWords(
        label=_("Which system uses it"), help_text=_("A name its owners know, like: campaign sender."), max_length=80
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), choices=ApiScope.choices, widget=forms.CheckboxSelectMultiple
    )
    expires_at = DayField(
        label=_("Last day it works"),
        widget=day_input(),
        error_messages={"invalid": _("Enter a date, like 2027-03-31.")},
    )

    def clean_expires_at(self) -> datetime:
        """The end of that day in India."""
        day = self.cleaned_data["expires_at"] + timedelta(days=1)
        end = datetime(day.year, day.month, day.day, tzinfo=clock.IST)
        if end <= clock.now():
            raise forms.ValidationError(_("Enter a day in the future."))
        return end


class ClientForm(forms.Form):
    """A client for whom Onesetu is processor."""

    name = NameWords(label=_("Name"), max_length=200)
    code = forms.CharField(
        label=_("Code"),
        help_text=_("Lower-case letters, digits and hyphens, like acme-bank. It never changes."),
        max_length=40,
    )


class CustomerForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=CustomerKind.choices, widget=forms.RadioSelect)
    name = NameWords(label=_("Name"), max_length=200)
    owner_email = email_field(
        label=_("Email address of the first owner"), help_text=_("An invitation is sent to it."), required=False
    )
    language = forms.ChoiceField(label=_("Language of the invitation"), choices=settings.LANGUAGES, required=False)


class InviteMemberForm(forms.Form):
    email = email_field(label=_("Email address"))
    role = forms.ChoiceField(label=_("Role"), choices=MemberRole.choices, widget=forms.RadioSelect)
    language = forms.ChoiceField(label=_("Language of the invitation"), choices=settings.LANGUAGES)


class RenameForm(forms.Form):
    name = NameWords(label=_("Correct name"), max_length=200)


def _moment(**kwargs: Any) -> MomentField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return MomentField(widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%d-%m-%Y %H:%M"], **kwargs)


class GrantForm(forms.Form):
    role = forms.ModelChoiceField(label=_("Role"), queryset=Role.objects.all())
    starts_at = _moment(
        label=_("From (IST)"), required=False, help_text=_("Empty: as soon as the second person agrees.")
    )
    ends_at = _moment(label=_("Until (IST)"), required=False, help_text=_("An auditor's role needs an end."))
    data_from = DayField(
        label=_("Shows data from"),
        help_text=_("The first day of the data that an auditor sees. Empty for every other role."),
        widget=day_input(),
        required=False,
    )
    data_to = DayField(
        label=_("Shows data to"),
        help_text=_("The last day, included. Empty for every other role."),
        widget=day_input(),
        required=False,
    )
    areas = forms.MultipleChoiceField(
        label=_("Areas that an auditor sees"),
        help_text=_("None chosen: every area. Evidence packs can be made under every area only."),
        choices=AuditArea.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    why = PlainWords(label=_("Why"), max_length=2000)

    def clean(self) -> dict[str, Any]:
        """The scope that was entered, None for none."""
        found: dict[str, Any] = super().clean() or {}
        first, last = found.pop("data_from", None), found.pop("data_to", None)
        areas = tuple(found.pop("areas", ()))
        if (first is None) != (last is None):
            self.add_error("data_to" if last is None else "data_from", _("Give both days, or neither."))
        if areas and first is None and "data_from" not in self.errors:
            self.add_error("data_from", _("Areas go with the days of the data."))
        found["scope"] = Scope(first, last, areas) if first is not None and last is not None else None
        return found


class StaffChoice(forms.ModelChoiceField):
    """Staff by name; by default all who are active."""

    def __init__(self, *, queryset: Any = None, **kwargs: Any) -> None:
        active = User.objects.filter(is_staff=True, is_active=True).order_by("full_name", "email")
        super().__init__(queryset=active if queryset is None else queryset, **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.display_name)


class AbsenceForm(forms.Form):
    """Who is away, and who stands in. There is no question for a reason."""

    user = StaffChoice(label=_("Who is away?"))
    deputy = StaffChoice(label=_("Delegate"))
    starts_on = DayField(label=_("From"), widget=day_input())
    ends_on = DayField(
        label=_("To"),
        help_text=_("The last day away."),
        widget=day_input(),
    )


class ChangeEndForm(forms.Form):
    ends_at = _moment(label=_("Until (IST)"), required=False, help_text=_("Empty: without an end."))
    why = PlainWords(label=_("Why"), max_length=2000)


class WhyForm(forms.Form):
    why = PlainWords(label=_("Why"), max_length=2000)


class WhyLate(forms.ChoiceField):
    """Why something is done after its date. May stay empty: the service that stops the clock knows whether it is late."""

    def __init__(self, **kwargs: Any) -> None:
        given = {
            "label": _("If it is late: why?"),
            "help_text": _("An auditor reads it."),
            "choices": [("", "–"), *LateReason.choices],
            "required": False,
        }
        super().__init__(**{**given, **kwargs})
        needed(_("needed once the date has passed"), self)


class WhyLateForm(forms.Form):
    """For a yes that may come late."""

    late_because = WhyLate()


class RefuseForm(ReasonForm):
    """The reason is for the person who proposed it."""


class RevealForm(ReasonForm):
    ticket = TicketField()


class MergeForm(forms.Form):
    """Which other record is of the same person, and how that is known."""

    other = forms.ModelChoiceField(
        label=_("Number of the other record"),
        help_text=_("As it appears in the list of people. Where either refused, no consent of the other stays."),
        queryset=Principal.objects.select_related("subject"),
        widget=forms.NumberInput,
    )
    why = PlainWords(label=_("How we know that it is one person"), max_length=500)


class InsolvencyForm(forms.Form):
    """What an order says of the organisation, and who acts for it from then on."""

    step = forms.ChoiceField(label=_("What happened"), choices=InsolvencyStep.choices, widget=forms.RadioSelect)
    authority = PublicWords(label=_("Court or tribunal"), max_length=200)
    order_number = PublicWords(label=_("Number of the order"), max_length=80)
    ordered_on = DayField(label=_("Day of the order"), widget=day_input())
    paper = forms.FileField(
        label=_("The order itself"),
        help_text=_("Only its SHA-256 is kept here. Keep the document in the locked binder."),
    )
    registration = PublicWords(
        label=_("Registration of the insolvency professional"),
        help_text=_("The number in the public register. Leave it empty where the proceedings ended."),
        max_length=60,
        required=False,
    )
    email = AddressField(
        kind=ContactKind.EMAIL,
        label=_("Email address of the professional"),
        help_text=_("As the order or the register names it. The invitation goes there once a second person agreed."),
        required=False,
    )
    language = forms.ChoiceField(label=_("Language of the invitation"), choices=settings.LANGUAGES, required=False)

    def clean_paper(self) -> str:
        """Its SHA-256."""
        return hashlib.file_digest(self.cleaned_data["paper"], "sha256").hexdigest()


class ReassignForm(forms.Form):
    """An address that now belongs to somebody else."""

    address = forms.CharField(
        label=_("Email address or phone number"),
        help_text=_(
            "It is removed from everyone who has it here, and their consents there expire. The person who has it "
            "now starts anew."
        ),
        max_length=254,
    )

    why = PlainWords(label=_("How we know that it belongs to another person"), max_length=500)

    def clean_address(self) -> tuple[str, str]:
        """Kind and normal form."""
        text = str(self.cleaned_data["address"]).strip()
        kind = addresses.kind_of(text)
        try:
            return kind, addresses.normalise(kind, text)
        except Refused as refused:
            raise forms.ValidationError(str(refused), code=refused.code) from refused
