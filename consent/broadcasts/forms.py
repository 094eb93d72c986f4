"""What staff fill in to propose a broadcast, and to try one out."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.broadcasts.choices import Audience
from consent.broadcasts.models import FASTEST, Broadcast
from consent.broadcasts.selectors.segments import Segment
from consent.broadcasts.services.content import OF_TEMPLATES, Fault, Plan
from portal.kernel.core import clock
from portal.kernel.core.pii_guard import PlainWords, PublicWords
from portal.kernel.core.time_range import DayField, day_input
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import MESSAGE_CHANNELS
from portal.kernel.outbox.selectors import can_send
from portal.kernel.people.models import Customer
from portal.kernel.people.models.fiduciaries import OWN_CODE
from portal.kernel.registers.senders.models.templates import ContentTemplate
from portal.kernel.registers.senders.selectors import senders
from portal.kernel.registers.senders.services.message_templates import has_variables

#: Before the code of a language: the fields of its words.
SUBJECT, TEXT = "subject_", "text_"
#: The channels of a broadcast, in the order in which they are tried.
WAYS = ("first_channel", "second_channel", "third_channel")
USUAL_PACE = 600


def _purposes() -> list[tuple[str, str]]:
    found = law.purposes_in_force(on=clock.day(clock.now()))
    return [(one.code, f"{one.name}: {one.get_message_category_display()}") for one in found if one.sends_messages]


def _channels() -> list[tuple[str, Any]]:
    return [(channel.value, channel.label) for channel in MESSAGE_CHANNELS if can_send(channel)]


def _no_more() -> list[tuple[str, Any]]:
    return [("", _("No other channel")), *_channels()]


def _templates() -> QuerySet[ContentTemplate]:
    """Those that say the same to everybody: what has variables is no text of a broadcast."""
    own = ContentTemplate.objects.filter(fiduciary__code=OWN_CODE, channel__in=OF_TEMPLATES, state="approved")
    usable = [row.pk for row in senders.in_force(own, at=clock.now()) if not has_variables(row.text)]
    return ContentTemplate.objects.filter(pk__in=usable).order_by("channel", "template_id", "language")


class BroadcastForm(forms.Form):
    """Whom, about what, by which channels, in which words, how fast."""

    title = PlainWords(
        label=_("Title"),
        help_text=_("For staff. People see it only where a channel has a heading and no subject of its own."),
        widget=forms.TextInput,
        max_length=120,
        error_messages={"required": _("Give it a title.")},
    )
    purpose = forms.ChoiceField(
        label=_("Purpose"),
        help_text=_("It decides whose yes counts, and in which hours. Promotion cannot go for an essential purpose."),
        choices=_purposes,
    )
    audience = forms.ChoiceField(
        label=_("To whom"),
        choices=Audience.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose to whom it goes.")},
    )
    customer = forms.CharField(
        label=_("Of which customer"),
        help_text=_("For members of customers only: its reference, such as OS-CU-7K4M-9QXJ. Empty: every customer."),
        max_length=20,
        required=False,
    )
    languages = forms.MultipleChoiceField(
        label=_("Whose language is"),
        help_text=_("None chosen: any."),
        choices=settings.LANGUAGES,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    entered_from = DayField(
        label=_("Known to us since this day or later"),
        widget=day_input(),
        required=False,
    )
    entered_until = DayField(
        label=_("Known to us since this day or before"),
        widget=day_input(),
        required=False,
    )
    first_channel = forms.ChoiceField(label=_("Channel"), choices=_channels)
    second_channel = forms.ChoiceField(
        label=_("Where that does not reach a person, or may not"), choices=_no_more, required=False
    )
    third_channel = forms.ChoiceField(label=_("And after that"), choices=_no_more, required=False)
    templates = forms.ModelMultipleChoiceField(
        label=_("Registered templates"),
        help_text=_("For SMS, WhatsApp, RCS and voice: one for each language, in English at least. They are the text."),
        queryset=ContentTemplate.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    per_minute = forms.IntegerField(
        label=_("Messages a minute, at most"), min_value=1, max_value=FASTEST, initial=USUAL_PACE
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language, name in settings.LANGUAGES:
            self.fields[f"{SUBJECT}{language}"] = PublicWords(
                label=format_lazy(_("Subject in {language}"), language=name),
                widget=forms.TextInput(attrs={"lang": language}),
                max_length=150,
                required=False,
            )
            self.fields[f"{TEXT}{language}"] = PublicWords(
                label=format_lazy(_("Text in {language}"), language=name),
                help_text=_("For email, push and the dashboard: in English, and in each language that you write to.")
                if language == "en"
                else "",
                widget=forms.Textarea(attrs={"rows": 8, "lang": language}),
                max_length=5_000,
                required=False,
            )
        templates: Any = self.fields["templates"]
        templates.queryset = _templates()
        if not templates.queryset.exists():
            templates.help_text = format_html(
                gettext(
                    "None can be chosen: a broadcast by SMS, WhatsApp, RCS or voice needs a template without variables, "
                    "registered for Onesetu, approved by the operator that carries it and by a second person. "
                    '<a href="{url}">Register one</a> first, or choose email, push or the dashboard.'
                ),
                url=reverse("admin:registers_contenttemplate_changelist"),
            )
        templates.label_from_instance = lambda row: f"{row.get_channel_display()}, {row}: {row.text}"
        words = [name for name in self.fields if name.startswith((SUBJECT, TEXT))]
        self.order_fields([name for name in self.fields if name not in {"per_minute", *words}] + words)

    def clean_customer(self) -> str:
        reference: str = self.cleaned_data["customer"].strip().upper()
        if reference and not Customer.objects.filter(reference=reference).exists():
            raise forms.ValidationError(_("There is no customer with this reference."))
        return reference

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("customer") and cleaned.get("audience") != Audience.MEMBERS:
            self.add_error("customer", _("A customer narrows “Members of customers” only."))
        if cleaned.get("third_channel") and not cleaned.get("second_channel"):
            self.add_error("second_channel", _("Choose a second channel before a third one."))
        return cleaned

    def add_faults(self, faults: Iterable[Fault]) -> None:
        """Each beside the field where it is mended."""
        for fault in faults:
            part, _dot, which = fault.part.partition(".")
            name = WAYS[int(which)] if part == "channels" else f"{part}_{which}" if which else part
            self.add_error(name, fault.text)

    def plan(self) -> Plan:
        """What was entered, as the service takes it."""
        said = self.cleaned_data
        words = {
            language: {
                "subject": " ".join(said[f"{SUBJECT}{language}"].split()),
                "text": said[f"{TEXT}{language}"].replace("\r\n", "\n").strip(),
            }
            for language, _name in settings.LANGUAGES
        }
        return Plan(
            title=said["title"],
            purpose=said["purpose"],
            channels=[said[name] for name in WAYS if said[name]],
            segment=Segment(
                audience=Audience(said["audience"]),
                customer=said["customer"],
                languages=said["languages"],
                entered_from=said["entered_from"],
                entered_until=said["entered_until"],
            ),
            per_minute=said["per_minute"],
            words={language: both for language, both in words.items() if any(both.values())},
            templates=list(said["templates"]),
        )


class TestForm(forms.Form):
    """Which channel's texts are sent to whoever asks."""

    channel = forms.ChoiceField(
        label=_("Texts of which channel"),
        help_text=_(
            "One message for each language, by email to the address of your own account, whichever channel you "
            "choose. Staff accounts have no number, browser or customers' page of their own, and a test to a "
            "number would need the consent of its owner."
        ),
        choices=[(channel.value, channel.label) for channel in MESSAGE_CHANNELS],
    )

    def for_rows(self, rows: Sequence[Broadcast]) -> None:
        """Only channels by which the broadcast goes have texts."""
        field: Any = self.fields["channel"]
        used = {channel for row in rows for channel in row.channels}
        field.choices = [(value, label) for value, label in field.choices if value in used]
