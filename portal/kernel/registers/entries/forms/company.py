"""Proposals about officers and the company."""

from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import addresses, clock
from portal.kernel.core.errors import Refused
from portal.kernel.core.time_range import DayField
from portal.kernel.registers.base.models.company import CompanyDetails
from portal.kernel.registers.base.models.officers import Officer
from portal.kernel.registers.base.selectors.current_entries import company_details, current_officer
from portal.kernel.registers.base.services.entry_fields import require_no_rewriting


class _ReachableForm(forms.ModelForm):
    """The addresses in their normal form, or words that say what is wrong."""

    #: Whether an earlier entry would be rewritten by one from the past.
    is_in_force: Callable[[dict[str, Any], date], bool]

    def clean_email(self) -> str:
        return self._normal(addresses.EMAIL, "email")

    def clean_phone(self) -> str:
        return self._normal(addresses.PHONE, "phone")

    def clean(self) -> dict[str, Any]:
        """The service refuses the same; here it is said beside the field, and what was entered stays."""
        cleaned = super().clean() or {}
        begins = cleaned.get("effective_from")
        if begins is not None:
            today = clock.day(clock.now())
            try:
                require_no_rewriting(begins, today=today, somebody_is_in_force=self.is_in_force(cleaned, today))
            except Refused as refusal:
                self.add_error("effective_from", str(refusal))
        return cleaned

    def _normal(self, kind: str, field: str) -> str:
        try:
            return addresses.normalise(kind, self.cleaned_data[field])
        except Refused as refusal:
            raise forms.ValidationError(refusal.message) from None  # type: ignore[arg-type]


class OfficerForm(_ReachableForm):
    def is_in_force(self, cleaned: dict[str, Any], today: date) -> bool:
        return "kind" in cleaned and current_officer(cleaned["kind"], on=today) is not None

    class Meta:
        model = Officer
        fields = ("kind", "full_name", "title", "email", "phone", "postal_address", "effective_from")
        field_classes: ClassVar[dict[str, Any]] = {"effective_from": DayField}


class CompanyForm(_ReachableForm):
    website = forms.URLField(label=_("Website"), required=False, assume_scheme="https")

    def is_in_force(self, cleaned: dict[str, Any], today: date) -> bool:
        return company_details(on=today) is not None

    class Meta:
        model = CompanyDetails
        fields = ("legal_name", "trade_name", "email", "phone", "postal_address", "website", "effective_from")
        field_classes: ClassVar[dict[str, Any]] = {"effective_from": DayField}
