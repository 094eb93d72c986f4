"""Which days and instants the portal takes: one range for forms, the interface, commands and lists.

The years 1 and 9999 can be written down, but no zone, month or deadline can be counted there: whatever adds a day to
them breaks. The range leaves room on both sides for everything that is counted.
"""

from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.clock import IST
from portal.kernel.core.errors import Refused
from portal.kernel.core.text import ascii_digits

#: Nobody answered, agreed or was told anything before there was a network to do it on.
EARLIEST: Final = date(1990, 1, 1)
LATEST: Final = date(2199, 12, 31)
#: Nobody alive was born before.
EARLIEST_BIRTH: Final = date(1900, 1, 1)
_BEGINS: Final = datetime.combine(EARLIEST, time(), tzinfo=IST)
_ENDS: Final = datetime.combine(LATEST + timedelta(days=1), time(), tzinfo=IST)


class OutOfRange(Refused):
    """A day or an instant that the portal does not take."""

    code = "DATE_OUT_OF_RANGE"


def day(given: date, *, earliest: date = EARLIEST) -> date:
    """The day itself. Raises OutOfRange, naming the range."""
    if not earliest <= given <= LATEST:
        raise _refusal(earliest)
    return given


def moment(given: datetime) -> datetime:
    """The instant itself; one without a zone is measured in Indian time. Raises OutOfRange, naming the range."""
    if not _BEGINS <= (given if given.tzinfo else given.replace(tzinfo=IST)) < _ENDS:
        raise _refusal(EARLIEST)
    return given


def _refusal(earliest: date) -> OutOfRange:
    ends = {"first": f"{earliest:%d-%m-%Y}", "last": f"{LATEST:%d-%m-%Y}"}
    return OutOfRange(_("Enter a date from %(first)s to %(last)s.") % ends)


def day_input() -> forms.DateInput:
    """The browser's own field for a day. It shows nothing where its day comes in another form than YYYY-MM-DD."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day within the range."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Enter day, month and year as DD-MM-YYYY, for example 08-12-2026.")
    }

    def __init__(self, *, earliest: date = EARLIEST, **kwargs: Any) -> None:
        self.earliest = earliest
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        """Digits of every script count: who writes १२ on the same keyboard as their name means 12."""
        return super().to_python(ascii_digits(value) if isinstance(value, str) else value)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None:
            try:
                day(value, earliest=self.earliest)
            except OutOfRange as refusal:
                raise ValidationError(str(refusal), code=refusal.code) from None


class MomentField(forms.DateTimeField):
    """An instant within the range."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Enter day and time as DD-MM-YYYY HH:MM, for example 08-12-2026 14:30.")
    }

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None:
            try:
                moment(value)
            except OutOfRange as refusal:
                raise ValidationError(str(refusal), code=refusal.code) from None


#: For ``formfield_overrides``: the days of models in forms that the admin makes.
OF_MODELS: Final[dict[Any, dict[str, Any]]] = {models.DateField: {"form_class": DayField}}
