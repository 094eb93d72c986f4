"""Proposals about senders and templates."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.errors import BadReference
from portal.kernel.core.ids import parse_reference
from portal.kernel.core.pii_guard import PlainWords, PublicWords
from portal.kernel.core.time_range import DayField, day_input
from portal.kernel.law.choices import PreferenceCategory, message_channel_choices
from portal.kernel.people.choices import CustomerKind
from portal.kernel.people.models import Customer, Fiduciary
from portal.kernel.registers.base.choices import SENDERS_OF_CHANNEL, SenderKind, TargetKind, TemplateState
from portal.kernel.registers.senders.models.senders import Sender
from portal.kernel.registers.senders.models.templates import CATEGORIES
from portal.kernel.registers.senders.selectors import senders


class EntryForm(forms.Form):
    """What every proposal says: whose it is and from when."""

    fiduciary = forms.ModelChoiceField(label=_("Whose"), queryset=Fiduciary.objects.all())
    starts_at = DayField(
        label=_("First valid day"),
        help_text=_("Today or later. Empty, or a day that comes before: as soon as the second person agrees."),
        widget=day_input(),
        error_messages={"invalid": _("Enter a date, like 2027-03-31.")},
        required=False,
    )

    def clean_starts_at(self) -> datetime:
        """The beginning of that day in India."""
        day = self.cleaned_data["starts_at"]
        return datetime(day.year, day.month, day.day, tzinfo=clock.IST) if day else clock.now()


class EntityForm(EntryForm):
    entity_id = forms.CharField(label=_("DLT entity id"), max_length=40)
    customer = forms.CharField(
        label=_("Customer whose members may see its senders"),
        help_text=_("The customer's reference, like OS-CU-7K4M-9QXJ. It must be an organisation."),
        max_length=24,
        required=False,
    )
    advertises = forms.MultipleChoiceField(
        label=_("What it advertises"),
        help_text=_(
            "TRAI's preference categories. Nothing chosen: a person who blocks one of the eight gets none of its "
            "promotion."
        ),
        choices=PreferenceCategory.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    field_order = ("fiduciary", "entity_id", "customer", "advertises", "starts_at")

    def clean_customer(self) -> Customer | None:
        """The organisation, or None when nothing was entered."""
        text = self.cleaned_data["customer"]
        if not text:
            return None
        try:
            reference = parse_reference(text, "CU")
        except BadReference:
            reference = ""
        customer = Customer.objects.filter(reference=reference, kind=CustomerKind.ORGANISATION).first()
        if customer is None:
            raise forms.ValidationError(_("There is no organisation with this reference."))
        return customer


class SenderForm(EntryForm):
    kind = forms.ChoiceField(label=_("Kind"), choices=SenderKind.choices, widget=forms.RadioSelect)
    value = forms.CharField(
        label=_("Header, number or code"),
        help_text=_("A header like ONESTU, a number with its country code."),
        max_length=80,
    )
    carries = forms.MultipleChoiceField(
        label=_("What it may carry"),
        help_text=_(
            "Of a header the suffixes: -P promotional, -S service, -T transactional. Of an opt-out number nothing."
        ),
        choices=CATEGORIES,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    records_calls = forms.BooleanField(
        label=_("Calls are recorded"), help_text=_("Voice numbers only."), required=False
    )
    announcement = PublicWords(
        label=_("What callers hear before a recording starts"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=300,
        required=False,
    )
    field_order = ("fiduciary", "kind", "value", "carries", "records_calls", "announcement", "starts_at")


class TargetForm(EntryForm):
    kind = forms.ChoiceField(label=_("Kind"), choices=TargetKind.choices, widget=forms.RadioSelect)
    value = forms.CharField(
        label=_("Link or number"),
        help_text=_("A link with https://. What is at it or under it is allowed."),
        max_length=300,
    )
    field_order = ("fiduciary", "kind", "value", "starts_at")


def _sender(fiduciary: Fiduciary, kinds: tuple[str, ...], text: str) -> Sender | None:
    forms_of_it = {senders.normal_form(kind, text) for kind in kinds}
    rows = Sender.objects.filter(fiduciary=fiduciary, kind__in=kinds, value__in=forms_of_it)
    found: Sender | None = senders.in_force(rows, at=clock.now()).first()
    return found


class TemplateForm(EntryForm):
    channel = forms.ChoiceField(label=_("Channel"), choices=message_channel_choices)
    template_id = forms.CharField(
        label=_("Template id"), help_text=_("The DLT template id; on WhatsApp and RCS its name there."), max_length=80
    )
    category = forms.ChoiceField(label=_("Category"), choices=CATEGORIES, widget=forms.RadioSelect)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    brand = PublicWords(
        label=_("Brand"),
        help_text=_("It must appear in the text. Empty: the fiduciary's name."),
        max_length=80,
        required=False,
    )
    text = PublicWords(
        label=_("Text"),
        help_text=_(
            "Variables say what they contain: {#numeric#} {#alphanumeric#} {#url#} {#urlott#} {#cbn#} {#email#}."
        ),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=20_000,
        strip=False,
    )
    sent_from = forms.CharField(
        label=_("Sent from"),
        help_text=_("The headers or numbers it goes with, one a line. They must be registered."),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=2_000,
        required=False,
    )
    why = PlainWords(
        label=_("Reason for warnings"),
        help_text=_("Needed only when the check warns: why the words may stay."),
        max_length=1_000,
        required=False,
    )
    field_order = (
        *("fiduciary", "channel", "template_id", "category", "language", "brand", "text", "sent_from", "why"),
        "starts_at",
    )

    def clean(self) -> dict[str, Any]:
        """``senders`` instead of what was written about them."""
        cleaned = super().clean() or {}
        fiduciary, channel = cleaned.get("fiduciary"), cleaned.get("channel")
        cleaned["senders"] = []
        for line in (cleaned.pop("sent_from", "") or "").splitlines():
            if not line.strip() or fiduciary is None or channel is None:
                continue
            sender = _sender(fiduciary, SENDERS_OF_CHANNEL.get(channel, ()), line)
            if sender is None:
                self.add_error(
                    "sent_from",
                    _("%(sender)s is no sender of this fiduciary on this channel.") % {"sender": line.strip()},
                )
            else:
                cleaned["senders"].append(sender)
        return cleaned


class ConsentTemplateForm(EntryForm):
    template_id = forms.CharField(label=_("Consent template id"), max_length=80)
    short_code = forms.CharField(label=_("Short code"), help_text=_("Registered for this fiduciary."), max_length=12)
    brand = PublicWords(label=_("Brand"), help_text=_("Empty: the fiduciary's name."), max_length=80, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    scope = PublicWords(label=_("Scope: what is agreed to"), widget=forms.Textarea(attrs={"rows": 3}), max_length=1_000)
    revocation_text = PublicWords(
        label=_("How to take it back"), widget=forms.Textarea(attrs={"rows": 2}), max_length=500
    )
    field_order = (
        *("fiduciary", "template_id", "short_code", "brand", "language", "scope", "revocation_text"),
        "starts_at",
    )

    def clean(self) -> dict[str, Any]:
        """The short code's row instead of its digits."""
        cleaned = super().clean() or {}
        fiduciary, code = cleaned.get("fiduciary"), cleaned.get("short_code")
        if fiduciary is not None and code:
            cleaned["short_code"] = _sender(fiduciary, (SenderKind.SHORT_CODE,), code)
            if cleaned["short_code"] is None:
                self.add_error("short_code", _("This fiduciary has no such short code."))
        return cleaned


class MoveForm(forms.Form):
    state = forms.ChoiceField(
        label=_("What the platform says"), choices=TemplateState.choices, widget=forms.RadioSelect
    )
