from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock, ports
from portal.kernel.core.admin.record_access import TicketField
from portal.kernel.core.time_range import MomentField

FORMATS = ["%d-%m-%Y %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]


def kinds() -> list[tuple[str, Any]]:
    """What the file can be narrowed to."""
    return [("", _("Everything")), *((strand.code, strand.label) for strand in ports.strands)]


class BundleForm(forms.Form):
    """As of which instant a bundle is made, and for which work."""

    as_of = MomentField(
        label=_("As of (IST)"),
        help_text=_("Day and time, for example 25-11-2026 14:30. Every event recorded by then is in the bundle."),
        input_formats=FORMATS,
        widget=forms.DateTimeInput(format=FORMATS[0]),
        initial=clock.now,
        error_messages={"required": _("Enter the day and time.")},
    )
    ticket = TicketField()

    def clean_as_of(self) -> Any:
        """Raises ValidationError for a time that is still to come."""
        if self.cleaned_data["as_of"] > clock.now():
            raise forms.ValidationError(_("This time is still to come."))
        return self.cleaned_data["as_of"]


class ThenForm(forms.Form):
    """As of which instant the file is read, and which kind of events. The place is where a page of it begins."""

    at = MomentField(
        label=_("As of (IST)"),
        help_text=_("Day and time, for example 25-11-2026 14:30. Empty: now."),
        input_formats=FORMATS,
        required=False,
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=kinds, required=False)
    behind = forms.CharField(max_length=60, required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        found["typed"] = self.data.get("at", "")
        if found.get("at") and found["at"] > clock.now():
            self.add_error("at", _("This time is still to come."))
        return found
