"""What the consent pages ask, each field with words for what is wrong."""

from contextlib import suppress
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Answer, Pace, Way
from consent.preferences.services.preferences import WishList
from portal.kernel.core import addresses, clock
from portal.kernel.core.errors import BadReference, Refused
from portal.kernel.core.ids import parse_reference
from portal.kernel.core.time_range import DayField, MomentField
from portal.kernel.law.choices import Channel
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.models.fiduciaries import OWN_CODE
from portal.kernel.registers.senders.selectors import senders

DATE = "%d-%m-%Y"
#: How far off the day lies that is named as an example of the end of a pause.
EXAMPLE_DAYS = 7
#: Of a day.
MINUTES = 24 * 60


class _AnyBoxes(forms.MultipleChoiceField):
    """Ticks of any box: what of them is offered is the Save's to say, which leaves the others out."""

    def valid_value(self, value: str) -> bool:
        return True


class ChoosingForm(forms.Form):
    """The boxes of the preference page."""

    choices = _AnyBoxes(required=False)
    #: What was not answered yet, and is refused.
    refused = _AnyBoxes(required=False)


class WhenForm(forms.Form):
    """Quiet hours, the most messages, a pause and the language of messages: a person's own, whoever writes."""

    quiet_from = forms.TimeField(
        label=_("Quiet from"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "class": "short"}, format="%H:%M"),
        error_messages={"invalid": _("Enter when quiet hours begin, like 21:00.")},
    )
    quiet_until = forms.TimeField(
        label=_("Quiet until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "class": "short"}, format="%H:%M"),
        error_messages={"invalid": _("Enter when quiet hours end, like 10:00.")},
    )
    quiet_for_service = forms.BooleanField(label=_("For service updates too"), required=False)
    pace = forms.ChoiceField(
        label=_("How often at most"),
        choices=Pace.choices,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Choose how often."), "required": _("Choose how often.")},
    )
    paused_until = DayField(
        label=_("Pause the messages that you chose until"),
        required=False,
        input_formats=[DATE, "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d"],
        widget=forms.DateInput(attrs={"class": "short", "inputmode": "numeric"}, format=DATE),
    )
    language = forms.ChoiceField(
        label=_("Language of messages"),
        choices=settings.LANGUAGES,
        widget=forms.RadioSelect,
        error_messages={
            "invalid_choice": _("Choose one of the languages shown."),
            "required": _("Choose one of the languages shown."),
        },
    )

    def __init__(
        self, *args: Any, now: datetime, longest_pause: int, usual: tuple[time, time] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.now, self.longest_pause, self.usual = now, longest_pause, usual
        self._say_which_day()

    def _say_which_day(self) -> None:
        """The example is a day that the field takes: one written down once would soon be too far off, then over."""
        day = clock.day(self.now) + timedelta(days=min(EXAMPLE_DAYS, self.longest_pause))
        example = {"example": f"{day:{DATE}}"}
        field = self.fields["paused_until"]
        field.help_text = (
            _("Day, month and year, for example %(example)s. At most %(days)s days from today; empty for no pause.")
            % {**example, "days": self.longest_pause}
        )  # fmt: skip
        field.error_messages["invalid"] = _("Enter the last day of the pause like %(example)s.") % example

    def clean_paused_until(self) -> datetime | None:
        day = self.cleaned_data["paused_until"]
        if day is None:
            return None
        today = clock.day(self.now)
        kept = self.initial.get("paused_until")
        if day < today and day != kept:
            raise forms.ValidationError(_("Choose a day in the future for the end of the pause."))
        if day > today + timedelta(days=self.longest_pause) and day != kept:
            raise forms.ValidationError(
                _("A pause lasts %(days)s days at most. To stop messages for good, take the ticks away."),
                params={"days": self.longest_pause},
            )
        return datetime.combine(day + timedelta(days=1), time(), tzinfo=clock.IST)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        begins, ends = cleaned.get("quiet_from"), cleaned.get("quiet_until")
        if not self.errors and (begins is None) != (ends is None):
            missing = "quiet_from" if begins is None else "quiet_until"
            self.add_error(missing, _("Enter both when quiet hours begin and when they end."))
        elif not self.errors and begins is not None and ends is not None:
            self._check_quiet(begins, ends, for_service=cleaned["quiet_for_service"])
        return cleaned

    def _check_quiet(self, begins: time, ends: time, *, for_service: bool) -> None:
        """Promotion is quiet in the usual hours whatever is wished: shorter hours would promise what they do not mean."""
        if begins == ends:
            self.add_error("quiet_until", _("Quiet hours cannot end when they begin. Enter two different times."))
        elif self.usual is not None and not for_service and not _covers((begins, ends), self.usual):
            said = _(
                "Promotional messages are quiet from %(from)s to %(until)s anyway. Begin no later and end no earlier."
            )
            hours = {"from": f"{self.usual[0]:%H:%M}", "until": f"{self.usual[1]:%H:%M}"}
            self.add_error("quiet_from", forms.ValidationError(said, params=hours))

    def wishes(self, usual: tuple[time, time] | None) -> WishList:
        """The wishes as entered. The hours that the law keeps anyway (``usual``) are no wish of their own."""
        cleaned = self.cleaned_data
        quiet = (cleaned["quiet_from"], cleaned["quiet_until"])
        if quiet == usual and not cleaned["quiet_for_service"]:
            quiet = (None, None)
        return WishList(
            quiet_from=quiet[0],
            quiet_until=quiet[1],
            quiet_for_service=cleaned["quiet_for_service"] and quiet[0] is not None,
            paused_until=cleaned["paused_until"],
            pace=cleaned["pace"],
            language=cleaned["language"],
        )


def _covers(wished: tuple[time, time], usual: tuple[time, time]) -> bool:
    """Whether the wished hours hold all of the usual ones; both may go over midnight."""
    begins, ends, closes, opens = (at.hour * 60 + at.minute for at in (*wished, *usual))
    return (closes - begins) % MINUTES + (opens - closes) % MINUTES <= (ends - begins) % MINUTES


class HistoryForm(forms.Form):
    """Filters of the history. Nothing is required; a wrong date says so and filters nothing."""

    purpose = forms.ChoiceField(label=_("Purpose"), required=False)
    channel = forms.ChoiceField(label=_("Channel"), required=False, choices=[("", _("All")), *Channel.choices])
    answer = forms.ChoiceField(label=_("Answer"), required=False, choices=[("", _("All")), *Answer.choices])
    since = DayField(
        label=_("From"),
        required=False,
        input_formats=[DATE, "%d/%m/%Y", "%Y-%m-%d"],
        widget=forms.DateInput(attrs={"class": "short"}, format=DATE),
        help_text=_("For example 01-11-2026"),
        error_messages={"invalid": _("Enter a date like 01-11-2026.")},
    )
    until = DayField(
        label=_("To"),
        required=False,
        input_formats=[DATE, "%d/%m/%Y", "%Y-%m-%d"],
        widget=forms.DateInput(attrs={"class": "short"}, format=DATE),
        help_text=_("For example 30-11-2026"),
        error_messages={"invalid": _("Enter a date like 30-11-2026.")},
    )

    def __init__(self, *args: Any, purposes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["purpose"]
        field.choices = [("", _("All")), *purposes]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", _("The last day is before the first. Change one of them."))
        return cleaned


class ReceiptForm(forms.Form):
    """A receipt that anybody wants checked: its number, the file, or its text as a scanned code gives it.

    ``reference`` may be of a grievance or a request too: ``kind`` says which it is.
    """

    reference = forms.CharField(
        label=_("Reference or receipt number"),
        help_text=_("Upper or lower case, with or without spaces and hyphens."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        max_length=80,
        required=False,
    )
    receipt = forms.FileField(
        label=_("Receipt file"),
        help_text=_("The receipt file, whose name ends in .tlog-proof, or the PDF or JSON form of the receipt."),
        allow_empty_file=True,
        required=False,
    )
    pasted = forms.CharField(
        label=_("Or its text"),
        help_text=_("Paste what the file or the code on the paper says. It begins with c2sp.org/tlog-proof@v1."),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocomplete": "off"}),
        required=False,
        strip=False,
    )

    def clean_reference(self) -> str:
        """The canonical form; ``kind`` is what it is of."""
        typed: str = self.cleaned_data["reference"]
        for kind in ("CR", "GR") if typed else ():
            with suppress(BadReference):
                self.kind, found = kind, parse_reference(typed, kind)
                return found
        if typed:
            raise forms.ValidationError(
                _("No receipt and no grievance has this number. Compare each character, or give the receipt file.")
            )
        return ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        is_empty = cleaned.get("receipt") is None and not cleaned.get("pasted", "").strip()
        if is_empty and not cleaned.get("reference") and not self.has_error("reference"):
            self.add_error("reference", _("Enter the number of the receipt, choose its file, or paste its text."))
        return cleaned

    def content(self, most: int) -> bytes:
        """What was given, cut at ``most`` bytes; a browser's line ends and a lost last one are forgiven."""
        upload = self.cleaned_data.get("receipt")
        if upload is not None:
            return bytes(upload.read(most))
        text: str = self.cleaned_data["pasted"]
        return (text.replace("\r\n", "\n").strip() + "\n").encode()[:most]


class AcknowledgementForm(forms.Form):
    """That a text was seen. Never consent."""

    seen = forms.BooleanField(
        label=_("I have read what changed"),
        error_messages={"required": _("Tick the box if you have read it, or choose “Not now”.")},
    )


class DayForm(forms.Form):
    """A day, to see which text was in force on it."""

    on = DayField(
        label=_("Day"),
        help_text=_("Day, month and year, for example 28-12-2026."),
        input_formats=[DATE, "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d"],
        widget=forms.DateInput(attrs={"class": "short", "inputmode": "numeric"}, format=DATE),
        error_messages={
            "invalid": _("Enter a date like 28-12-2026."),
            "required": _("Enter a date like 28-12-2026."),
        },
    )


#: How a wish reaches staff.
TOLD_STAFF = [(way.value, way.label) for way in (Way.STAFF, Way.PHONE, Way.PAPER, Way.EMAIL)]


class WithdrawForm(forms.Form):
    """How and when the person told staff."""

    way = forms.ChoiceField(label=_("How the person contacted us"), choices=TOLD_STAFF)
    occurred_at = MomentField(
        label=_("When (IST)"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Empty: now. A posted document counts from the day it came."),
        error_messages={"invalid": _("Enter a date and a time, like 2026-11-28T14:30.")},
    )

    def clean_occurred_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["occurred_at"]
        if at is not None and at > clock.now():
            raise forms.ValidationError(_("This is in the future."))
        return at


class StopForm(WithdrawForm):
    """Whose promotion is to stop, and at which address."""

    fiduciary = forms.ModelChoiceField(label=_("Whose messages"), queryset=Fiduciary.objects.all())
    kind = forms.ChoiceField(
        label=_("Kind of address"),
        choices=[(addresses.PHONE, _("Phone number")), (addresses.EMAIL, _("Email address"))],
    )
    address = forms.CharField(
        label=_("Number or address"), max_length=254, error_messages={"required": _("Enter the number or address.")}
    )
    sender = forms.CharField(
        label=_("Only this sender"),
        help_text=_(
            "The header, number or code, for example AD-ONESTU-P. Leave it empty to stop all senders of the company."
        ),
        max_length=80,
        required=False,
    )
    field_order = ("fiduciary", "sender", "kind", "address", "way", "occurred_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Our own messages stand chosen: of a client's somebody says so."""
        super().__init__(*args, **kwargs)
        self.fields["fiduciary"].initial = Fiduciary.objects.filter(code=OWN_CODE).values_list("pk", flat=True).first()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind") and cleaned.get("address"):
            try:
                cleaned["address"] = addresses.normalise(cleaned["kind"], cleaned["address"])
            except Refused as refusal:
                self.add_error("address", str(refusal))
        self._find_sender(cleaned)
        return cleaned

    def _find_sender(self, cleaned: dict[str, Any]) -> None:
        """``channel`` and ``header`` as registered. A name that nobody registered stops nothing: the person means somebody."""
        cleaned["channel"], cleaned["header"] = "", ""
        if not cleaned.get("sender") or not cleaned.get("fiduciary"):
            return
        forms = senders.forms_of(fiduciary=cleaned["fiduciary"], sender=cleaned["sender"], at=clock.now())
        channel, header = forms[0] if forms else ("", "")
        if not header:
            self.add_error(
                "sender", _("This sender is not registered for the company. Check it, or leave it empty to stop all.")
            )
        elif cleaned.get("kind") == addresses.EMAIL:
            self.add_error("sender", _("Senders write to phone numbers. Leave this empty for an email address."))
        cleaned["channel"], cleaned["header"] = channel, header
