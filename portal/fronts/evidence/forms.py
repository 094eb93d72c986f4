import secrets
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.fronts.evidence.period import Period
from portal.kernel.core import clock
from portal.kernel.core.errors import Refused
from portal.kernel.core.time_range import DayField, day_input
from portal.kernel.ledger.commitment import LARGEST_INTEGER

MOST_SAMPLES = 10_000
#: What the ledger's JSON can hold, and a browser that checks a pack can count.
LARGEST_SEED = LARGEST_INTEGER


def day_field(help_text: Any) -> DayField:
    """The last day of a form's days, with what is said of it there."""
    return DayField(label=_("Last day"), help_text=help_text, widget=day_input())


class PeriodForm(forms.Form):
    """Whole days in India that are not ahead."""

    first_day = DayField(
        label=_("First day"),
        help_text=_("For example 2026-10-01."),
        widget=day_input(),
    )
    last_day = day_field(_("Included. Of today what was recorded until now counts; later there may be more."))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        """The days make a period that is not ahead, and that the login may see."""
        found: dict[str, Any] = super().clean() or {}
        if "first_day" in found and "last_day" in found:
            try:
                period = Period.of(found["first_day"], found["last_day"], now=clock.now())
                period.refuse_unfit(now=clock.now())
                period.refuse_outside(self.user)
            except Refused as error:
                self.add_error("last_day", str(error))
        return found


class SampleForm(PeriodForm):
    """The days, and what a sample of them is drawn by."""

    sample = forms.IntegerField(
        label=_("Sample"),
        help_text=_("How many records get a receipt of their own in the pack. 0 for none."),
        min_value=0,
        max_value=MOST_SAMPLES,
        initial=25,
    )
    seed = forms.IntegerField(
        label=_("Seed"),
        help_text=_("Chooses the sample. The same seed chooses the same records. Leave it empty to have one drawn."),
        min_value=0,
        max_value=LARGEST_SEED,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        """A seed is drawn where none was given."""
        found = super().clean()
        if found.get("seed") is None:
            found["seed"] = secrets.randbelow(2**32)
        return found


class PackForm(SampleForm):
    """The period of a pack, how many of its records are to be proved one by one, and the frozen samples it holds."""

    last_day = day_field(
        _("Included. Of today the pack contains what was recorded until now, and says so; a later one contains more.")
    )
    drawn = forms.MultipleChoiceField(
        label=_("Frozen samples"),
        help_text=_("The pack contains each sample that was drawn in its period from rows of its days. Choose others."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, drawn: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["drawn"]
        field.choices = list(drawn)
        if not field.choices:
            del self.fields["drawn"]
