"""What a maker fills in, and what a checker answers."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from portal.fronts.workplace.models import ProfileProposal, PurposeProposal
from portal.kernel.core.pii_guard import PlainWords, PublicWords
from portal.kernel.core.time_range import DayField, MomentField, day_input
from portal.kernel.law.choices import (
    BASES_OF_REGIME,
    Channel,
    ExtensionReason,
    LateReason,
    LawfulBasis,
    MessageCategory,
    Regime,
    StartReason,
    Switch,
)
from portal.kernel.law.labels import RuleTitles
from portal.kernel.law.models import HouseRule, OrganisationProfile
from portal.kernel.people.models import Role
from portal.kernel.registers.base.labels import CATEGORIES
from portal.kernel.vault.choices import RetentionClass

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
        widgets = {"effective_from": day_input()}

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
    balancing_test = PublicWords(
        label=_("Balancing test"),
        help_text=_("Needed for a legitimate interest: our interest, the person's, and why ours does not harm theirs."),
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
    )
    used_categories = forms.MultipleChoiceField(
        label=_("Data used"),
        choices=CATEGORIES,
        widget=forms.CheckboxSelectMultiple,
    )
    channels = forms.MultipleChoiceField(
        label=_("Channels"), choices=Channel.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    retention_class = forms.ChoiceField(label=_("Retention class"), choices=RetentionClass.choices)
    validity_rule = forms.ChoiceField(
        label=_("How long a consent is valid"),
        help_text=_("The house rule that ends a consent. None: until it is withdrawn."),
        required=False,
    )

    is_ours_alone = forms.BooleanField(
        label=_("Only ours"),
        help_text=_("No client is offered this purpose, and none can submit a consent to it."),
        required=False,
    )
    is_asked_in_place = forms.BooleanField(
        label=_("Asked where it is needed"),
        help_text=_("What needs the consent asks for it. It is not among the questions after the first sign-in."),
        required=False,
    )

    class Meta:
        model = PurposeProposal
        fields = ("code", "effective_from", "is_correction")
        field_classes: ClassVar[dict[str, Any]] = {"effective_from": DayField}
        widgets = {"effective_from": day_input()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules = HouseRule.objects.filter(key__startswith="consent.").values_list("key", flat=True).distinct()
        self.fields["validity_rule"] = forms.ChoiceField(
            label=self.fields["validity_rule"].label,
            help_text=self.fields["validity_rule"].help_text,
            choices=[("", _("None")), *((key, RuleTitles()(key)) for key in rules.order_by("key"))],
            required=False,
        )
        for code, language in settings.LANGUAGES:
            # Each stands in letters and on pages of that language: none is left to English.
            self.fields[f"name_{code}"] = PublicWords(
                label=_("Name in %(language)s") % {"language": language}, max_length=80
            )
            self.fields[f"description_{code}"] = PublicWords(
                label=_("Description in %(language)s") % {"language": language}, max_length=300
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
            "is_ours_alone": said["is_ours_alone"],
            "is_asked_in_place": said["is_asked_in_place"],
        }


class ExtensionForm(forms.Form):
    """Why the law lets us take more time; the person is told of it."""

    reason_code = forms.ChoiceField(
        label=_("Why do we need more time?"), choices=ExtensionReason.choices, widget=forms.RadioSelect
    )
    text = PlainWords(
        label=_("What the person should know"),
        help_text=_(
            "In the person's language. They read it in the thread, below the law, the reason and the new date."
        ),
        max_length=2000,
        required=False,
    )


class StartForm(forms.Form):
    """When it really began."""

    started_at = MomentField(
        label=_("When did it reach us, on any way? (IST)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%d-%m-%Y %H:%M"],
    )
    reason_code = forms.ChoiceField(
        label=_("Why was the start wrong?"), choices=StartReason.choices, widget=forms.RadioSelect
    )


class LateForm(forms.Form):
    """Why it was late."""

    reason_code = forms.ChoiceField(label=_("Why was it late?"), choices=LateReason.choices, widget=forms.RadioSelect)


class ViewForm(forms.Form):
    """Under which name a list is kept, and for whom."""

    name = PlainWords(
        label=_("Name of the view"),
        help_text=_("What is in it, in a few words. No names of people, no numbers, no addresses."),
        max_length=60,
        widget=forms.TextInput(),
        error_messages={"required": _("Enter a name for the view")},
    )
    shared_with = forms.ModelChoiceField(
        label=_("Who else finds it"),
        queryset=Role.objects.all(),
        required=False,
        empty_label=_("No one: only me"),
        help_text=_("Everyone with the role. Each sees only the rows that their roles may see."),
    )
