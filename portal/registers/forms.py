"""Proposals about officers and the company."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.core import addresses
from portal.core.errors import Refused
from portal.registers.models import CompanyDetails, Officer


class _ReachableForm(forms.ModelForm):
    """The addresses in their normal form, or words that say what is wrong."""

    def clean_email(self) -> str:
        return self._normal(addresses.EMAIL, "email")

    def clean_phone(self) -> str:
        return self._normal(addresses.PHONE, "phone")

    def _normal(self, kind: str, field: str) -> str:
        try:
            return addresses.normalise(kind, self.cleaned_data[field])
        except Refused as refusal:
            raise forms.ValidationError(refusal.message) from None  # type: ignore[arg-type]


class OfficerForm(_ReachableForm):
    class Meta:
        model = Officer
        fields = ("kind", "full_name", "title", "email", "phone", "postal_address", "effective_from")


class CompanyForm(_ReachableForm):
    website = forms.URLField(label=_("Website"), required=False, assume_scheme="https")

    class Meta:
        model = CompanyDetails
        fields = ("legal_name", "trade_name", "email", "phone", "postal_address", "website", "effective_from")


class AnswerForm(forms.Form):
    """A second person's answer. What it is about stands above it on the page."""

    decision = forms.ChoiceField(
        label=_("Your answer"), choices=[("approve", _("Approve")), ("refuse", _("Refuse"))], widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Needed when you refuse: what the other person should change."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == "refuse" and not cleaned.get("reason", "").strip():
            self.add_error("reason", _("Say why you refuse, so that the other person can mend it."))
        return cleaned
