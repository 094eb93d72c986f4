"""What a maker fills in, and what a checker answers."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from portal.core.data_categories import DataCategory
from portal.core.time_range import DayField
from portal.law.models import HouseRule, OrganisationProfile
from portal.law.states import BASES_OF_REGIME, Channel, LawfulBasis, MessageCategory, Regime, Switch
from portal.vault.states import RetentionClass
from portal.workplace.models import ProfileProposal, PurposeProposal

#: The field of each regime's basis; "US-CA" is no name for a field.
BASIS_FIELDS = {Regime.IN: "basis_india", Regime.EU: "basis_eu", Regime.US_CA: "basis_california"}


def label_of(model: type[Model], name: str) -> Any:
    """The words of a field, as its model says them."""
    found: Any = model._meta.get_field(name)
    return found.verbose_name


class ProfileProposalForm(forms.ModelForm):
    """One question a line; the present answers are filled in."""

    class Meta:
        model = ProfileProposal
        fields = ("effective_from",)
        field_classes: ClassVar[dict[str, Any]] = {"effective_from": DayField}
        widgets = {"effective_from": forms.DateInput(attrs={"type": "date"})}

    def __init__(self, *args: Any, present: OrganisationProfile | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in OrganisationProfile.SWITCHES:
            label = label_of(OrganisationProfile, name)
            self.fields[name] = forms.ChoiceField(
                label=label,
                choices=Switch.choices,
                initial=getattr(present, name, Switch.UNDECIDED),
                widget=forms.RadioSelect,
            )

    @property
    def answers(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in OrganisationProfile.SWITCHES}


class PurposeProposalForm(forms.ModelForm):
    """A purpose in the words and choices of the law."""

    message_category = forms.ChoiceField(
        label=_("Message category"),
        choices=[("", _("It is no message")), *MessageCategory.choices],
        required=False,
    )
    balancing_test = forms.CharField(
        label=_("Balancing test"),
        help_text=_("Needed for a legitimate interest: our interest, the person's, and why ours does not harm theirs."),
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
    )
    used_categories = forms.MultipleChoiceField(
        label=_("Data used"),
        choices=[(category.value, category.value) for category in DataCategory if category != DataCategory.NONE],
        widget=forms.CheckboxSelectMultiple,
    )
    channels = forms.MultipleChoiceField(
        label=_("Channels"), choices=Channel.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    retention_class = forms.ChoiceField(label=_("Retention class"), choices=[(v, v) for v in RetentionClass])
    validity_rule = forms.ChoiceField(
        label=_("How long a consent holds"),
        help_text=_("The house rule that ends a consent. None: until it is withdrawn."),
        required=False,
    )

    class Meta:
        model = PurposeProposal
        fields = ("code", "effective_from", "is_correction")
        field_classes: ClassVar[dict[str, Any]] = {"effective_from": DayField}
        widgets = {"effective_from": forms.DateInput(attrs={"type": "date"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules = HouseRule.objects.filter(key__startswith="consent.").values_list("key", flat=True).distinct()
        self.fields["validity_rule"] = forms.ChoiceField(
            label=self.fields["validity_rule"].label,
            help_text=self.fields["validity_rule"].help_text,
            choices=[("", _("None")), *((key, key) for key in rules.order_by("key"))],
            required=False,
        )
        for code, language in settings.LANGUAGES:
            is_needed = code == "en"
            self.fields[f"name_{code}"] = forms.CharField(
                label=_("Name in %(language)s") % {"language": language}, max_length=80, required=is_needed
            )
            self.fields[f"description_{code}"] = forms.CharField(
                label=_("Description in %(language)s") % {"language": language}, max_length=300, required=is_needed
            )
        for regime, name in BASIS_FIELDS.items():
            self.fields[name] = forms.ChoiceField(
                label=_("Lawful basis: %(regime)s") % {"regime": regime.label},
                choices=sorted((basis, LawfulBasis(basis).label) for basis in BASES_OF_REGIME[regime]),
            )

    @property
    def content(self) -> dict[str, Any]:
        """The fields of ``law.services.purposes.adopt``."""
        said = self.cleaned_data
        languages = [code for code, _name in settings.LANGUAGES]
        return {
            "names": {code: said[f"name_{code}"] for code in languages if said.get(f"name_{code}")},
            "descriptions": {
                code: said[f"description_{code}"] for code in languages if said.get(f"description_{code}")
            },
            "message_category": said["message_category"],
            "bases": {str(regime): said[name] for regime, name in BASIS_FIELDS.items()},
            "balancing_test": said["balancing_test"],
            "used_categories": said["used_categories"],
            "channels": said["channels"],
            "retention_class": said["retention_class"],
            "validity_rule": said["validity_rule"],
        }
