"""Questions that may be left open: what each form asks, with words for what is wrong."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from consent.prompts.services.consent_prompts import Answered
from portal.kernel.law.choices import Channel

YES, NO = "yes", "no"
SHOWN = "notice_"


class QuestionsForm(forms.Form):
    """One question for each purpose: yes, no, or nothing. Nothing is chosen beforehand, nothing is required.

    ``channels`` names, for a purpose with messages, on which of them a yes may count; a yes then needs one at least.
    """

    def __init__(
        self,
        *args: Any,
        questions: Sequence[tuple[str, str]],
        channels: Mapping[str, Sequence[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.asked = {code: tuple((channels or {}).get(code, ())) for code, _label in questions}
        for code, label in questions:
            self.fields[code] = forms.ChoiceField(
                label=label,
                choices=[(YES, _("Yes")), (NO, _("No"))],
                widget=forms.RadioSelect,
                required=False,
                error_messages={"invalid_choice": _("Choose yes or no, or leave the question open.")},
            )
            if self.asked[code]:
                self.fields[ways(code)] = forms.MultipleChoiceField(
                    label=_("If yes, how may we write to you?"),
                    choices=[(channel, Channel(channel).label) for channel in self.asked[code]],
                    widget=forms.CheckboxSelectMultiple,
                    required=False,
                    error_messages={
                        "invalid_choice": _("One of the choices is no longer offered. Check them again and save.")
                    },
                )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for code, channels in self.asked.items():
            if channels and cleaned.get(code) == YES and not cleaned.get(ways(code)):
                self.add_error(ways(code), _("Choose at least one way in which we may write to you."))
        return cleaned

    @property
    def answers(self) -> dict[str, Answered]:
        """What was answered. A question left open is not in it."""
        return {
            code: Answered(self.cleaned_data[code] == YES, frozenset(self.cleaned_data.get(ways(code)) or ()))
            for code in self.asked
            if self.cleaned_data.get(code)
        }


def ways(code: str) -> str:
    """The name of the field that asks on which channels."""
    return f"{code}-channels"


def answered_late(data: Mapping[str, Any], *, offered: Collection[str]) -> dict[str, bool]:
    """What a form answers although its question is not open any more: from another window, or sent twice. True for a yes.

    A question of ours stands in the form by the hash of its text, ``notice_PURPOSE``.
    """
    shown = (name.removeprefix(SHOWN) for name in data if name.startswith(SHOWN))
    return {code: data[code] == YES for code in shown if code not in offered and data.get(code) in {YES, NO}}
