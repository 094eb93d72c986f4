"""The questions about one kind of grievance. Every one may stay empty: a person who kept nothing can still complain."""

import re
from datetime import date
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from grievances.tickets import category_details
from grievances.tickets.category_details import Detail
from grievances.tickets.forms.public import Prose, normal_address, tidy
from portal.kernel.core.text import ascii_digits

#: The furthest back a day may lie for the form to believe the year: a slip of the finger, not a legal limit.
EARLIEST_YEAR: Final = 2000
LONGEST_LINE: Final = 200
LONGEST_TEXT: Final = 1_000
BOXES: Final = ("day", "month", "year")


class DayForm(forms.Form):
    """A form with one day of the past, in three boxes; ``cleaned_data[day_name]`` is the day as ISO 8601, or empty."""

    day = forms.CharField(label=_("Day"), required=False, max_length=4)
    month = forms.CharField(label=_("Month"), required=False, max_length=4)
    year = forms.CharField(label=_("Year"), required=False, max_length=8)

    #: Under which name the day is kept.
    day_name = ""

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        self.today = today
        super().__init__(*args, **kwargs)
        for name in BOXES:
            self.fields[name].widget.attrs.update({"inputmode": "numeric", "autocomplete": "off"})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        parts = [ascii_digits(str(cleaned.get(name) or "")).strip() for name in BOXES]
        cleaned[self.day_name] = ""
        if any(parts):
            if not all(part.isdecimal() for part in parts):
                self.add_error("day", _("Enter the date as three numbers: day, month and year, like 27 3 2026"))
                return cleaned
            day, month, year = (int(part) for part in parts)
            try:
                said = date(year, month, day)
            except ValueError:
                self.add_error("day", _("This day does not exist. Check the day, the month and the year"))
                return cleaned
            if said.year < EARLIEST_YEAR:
                wrong = _("Enter a date in the year %(year)s or later, like 27 3 2026")
                self.add_error("day", forms.ValidationError(wrong, params={"year": EARLIEST_YEAR}))
            elif said > self.today:
                self.add_error("day", _("Enter a date that is not in the future, like 27 3 2026"))
            cleaned[self.day_name] = said.isoformat()
        return cleaned


class UnwantedMessageForm(DayForm):
    """Asked only about unwanted messages."""

    day_name = "received_on"

    sender = forms.CharField(
        label=_("Who sent it?"),
        help_text=_("The sender's name as your phone shows it, for example AD-ONESTU-P."),
        required=False,
        max_length=40,
        error_messages={"max_length": _("Shorten the sender's name to 40 characters or fewer")},
    )
    received_at_number = forms.CharField(
        label=_("Which number or email address got it?"), required=False, max_length=254
    )

    field_order = ("sender", "received_at_number", *BOXES)

    def clean_sender(self) -> str:
        return " ".join(tidy(self.cleaned_data["sender"]).split())

    def clean_received_at_number(self) -> str:
        text = str(self.cleaned_data["received_at_number"]).strip()
        if not text:
            return ""
        return normal_address(text)


class DetailsForm(DayForm):
    """The questions that ``grievances.details`` has for the kind."""

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = category_details.of_kind(kind)
        self.day_label = ""
        for detail in asked:
            if detail.is_day:
                self.day_name, self.day_label = detail.name, str(detail.label)
            else:
                self.fields[detail.name] = _field(detail)
        if not self.day_name:
            for name in BOXES:
                del self.fields[name]
        self.order_fields([*(detail.name for detail in asked), *BOXES])

    def clean(self) -> dict[str, Any]:
        return super().clean() if self.day_name else self.cleaned_data


class Line(forms.CharField):
    """One line of text, tidied before its length is looked at."""

    def to_python(self, value: Any) -> str:
        return " ".join(tidy(super().to_python(value) or "").split())


#: An amount as people write it: with or without the sign or the word, with commas in either grouping, paise behind a point.
_RUPEES: Final = re.compile(
    r"(?:₹|rs\.?|inr)?\s*\d+(?:,\d+)*(?:\.\d{1,2})?(?:\s*/-)?\s*(?:₹|rs\.?|inr|rupees?)?", re.IGNORECASE
)


class Amount(Line):
    """An amount of rupees, kept as it was written."""

    def clean(self, value: Any) -> str:
        said: str = super().clean(value)
        if said and not _RUPEES.fullmatch(ascii_digits(said)):
            raise forms.ValidationError(_("Enter an amount of rupees in digits, like 300 or 1,200.50"), code="amount")
        return said


def _field(detail: Detail) -> forms.Field:
    if detail.choices:
        return forms.ChoiceField(
            label=detail.label,  # type: ignore[arg-type]
            help_text=detail.hint,  # type: ignore[arg-type]
            choices=list(detail.choices.items()),
            widget=forms.RadioSelect,
            required=False,
            error_messages={"invalid_choice": _("Select one of the answers")},
        )
    if detail.is_long:
        return Prose(label=detail.label, help_text=detail.hint, required=False, longest=LONGEST_TEXT)
    return (Amount if detail.is_amount else Line)(
        label=detail.label,  # type: ignore[arg-type]
        help_text=detail.hint,  # type: ignore[arg-type]
        required=False,
        max_length=LONGEST_LINE,
        error_messages={"max_length": _("Shorten this to 200 characters or fewer")},
    )
