"""The list of what a person blocks: four questions, none of which needs an answer."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from consent.base.labels import BLOCKED
from consent.collection.services.dnd_preferences import Offered, as_text
from consent.preferences.services.preferences import Blocked


def in_words(lists: Mapping[str, list[str]]) -> list[str]:
    """Codes by list as a person reads them, each list with its question before it."""
    found = []
    for name, (label, words) in BLOCKED.items():
        found += [f"{label}: {words(code)}" for code in lists.get(name, ())]
    return found


class BlockingForm(forms.Form):
    """Ticks for categories, modes, hours and days, built from what is offered; ``seen`` is the list the page showed."""

    seen = forms.CharField(required=False, max_length=400, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, offered: Offered, blocked: Blocked) -> None:
        chosen: dict[str, Any] = {name: getattr(blocked, f"blocked_{name}").split() for name in BLOCKED}
        super().__init__(data, initial={**chosen, "seen": as_text(blocked)})
        for name, (label, words) in BLOCKED.items():
            self.fields[name] = forms.MultipleChoiceField(
                label=label,
                choices=[(code, words(code)) for code in getattr(offered, name)],
                widget=forms.CheckboxSelectMultiple,
                required=False,
                error_messages={
                    "invalid_choice": _("One of the choices is no longer offered. Check them again and save.")
                },
            )

    @property
    def questions(self) -> list[Any]:
        """The four lists of ticks, in the order of the page."""
        return [self[name] for name in BLOCKED]

    @property
    def lists(self) -> dict[str, list[str]]:
        """What was ticked, as ``dnd_preferences.block`` takes it."""
        return {name: self.cleaned_data[name] for name in BLOCKED}
