"""Placing and releasing holds."""

from typing import Any, ClassVar, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.admin.record_access import PURPOSES, TicketField
from portal.kernel.core.pii_guard import PlainWords, PublicWords
from portal.kernel.core.time_range import DayField
from portal.kernel.law import selectors as law
from portal.kernel.people.subject_lookup import SubjectField
from portal.kernel.retention import labels as retention_labels
from portal.kernel.retention import limitation, selectors
from portal.kernel.retention.models import BooksRow, Hold, LegalClaim, RetentionRule
from portal.kernel.retention.services import claims


class HoldForm(forms.ModelForm):
    """A hold on one person's data. The person is named by whatever staff have of them."""

    subject_ref = SubjectField()

    class Meta:
        model = Hold
        fields = ("subject_ref", "retention_class", "order_reference", "why")
        field_classes: ClassVar[dict[str, Any]] = {"order_reference": PublicWords, "why": PlainWords}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules = RetentionRule.objects.order_by("version").values_list("retention_class", "name")
        self.fields["retention_class"] = forms.ChoiceField(
            label=_("Kind of data"),
            required=False,
            choices=[("", _("Every kind of data")), *retention_labels.kinds_of(rules)],
        )


class LegalClaimForm(forms.ModelForm):
    """What a named dispute needs of one person's data, and until when."""

    subject_ref = SubjectField()
    records = forms.CharField(
        label=_("Records"),
        required=False,
        widget=forms.Textarea,
        help_text=_(
            "One reference a line, as Keep or erase shows it: of a document OS-DO-…, of a grievance OS-GR-…. Only "
            "these stay. "
            "Leave it empty where whole kinds of data are needed."
        ),
    )
    retention_classes = forms.MultipleChoiceField(
        label=_("Kinds of data"), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = LegalClaim
        fields = (
            *("subject_ref", "dispute", "disputed_on", "rule_key"),
            *("records", "retention_classes", "last_day", "why"),
        )
        field_classes: ClassVar[dict[str, Any]] = {
            "dispute": PublicWords,
            "disputed_on": DayField,
            "last_day": DayField,
            "why": PlainWords,
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "disputed_on": _("The day from which the limitation period counts, as DD-MM-YYYY, for example 08-12-2026."),
            "last_day": _("DD-MM-YYYY. Empty: the last day of the limitation period. Never a later one."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "last_day" not in self.fields:  # a claim that is proposed is only read
            return
        self.fields["last_day"].required = False
        laws = law.rules_in_force(limitation.keys(), on=clock.day(clock.now()))
        named = [(key, selectors.citation(laws[key])) for key in sorted(laws)]
        self.fields["rule_key"] = forms.ChoiceField(label=_("Limitation period"), choices=named)
        rules = RetentionRule.objects.order_by("version").values_list("retention_class", "name")
        kinds = cast("forms.MultipleChoiceField", self.fields["retention_classes"])
        kinds.choices = retention_labels.kinds_of(rules)

    def clean_records(self) -> list[str]:
        """Labels, also of who writes the reference alone, which is what a record is called."""
        ref, given = self.cleaned_data.get("subject_ref"), str(self.cleaned_data["records"]).split()
        if ref is None:
            return given
        labels = {label.rpartition(":")[2]: label for label in claims.records_of(ref)}
        return [labels.get(each.rpartition(":")[2], labels.get(each.upper(), each)) for each in given]


class ClaimEndForm(forms.Form):
    """An earlier last day of a claim."""

    last_day = DayField(label=_("Last day"), help_text=_("A day before the last day of the claim."))
    why = PlainWords(
        label=_("Why?"),
        help_text=_("One sentence that an auditor will understand in five years. No names, numbers or addresses."),
        max_length=1000,
    )


class WhyForm(forms.Form):
    """Why a hold may end."""

    why = PlainWords(
        label=_("Why may the legal hold end?"),
        help_text=_("One sentence that an auditor will understand in five years. No names, numbers or addresses."),
        max_length=1000,
    )


class PlanForm(forms.Form):
    """What the first person looked at before proposing a plan."""

    why = PlainWords(
        label=_("What did you review?"),
        help_text=_("One sentence that an auditor will understand in five years. No names, numbers or addresses."),
        max_length=1000,
    )


class PersonForm(forms.Form):
    """A person whose records are decided on. To open what a person has says why, as to open their record."""

    subject_ref = forms.UUIDField(label=_("Person"), help_text=_("The opaque reference on the person's record."))
    is_asked = forms.BooleanField(label=_("As if the person asked today for everything to be erased"), required=False)
    why = forms.ChoiceField(label=_("Why do you open this?"), choices=[("", _("Choose a purpose")), *PURPOSES])
    ticket = TicketField()


class BooksForm(forms.ModelForm):
    """What another system keeps, by kind and financial year."""

    class Meta:
        model = BooksRow
        fields = ("kind", "financial_year", "system", "annual_return_due_on")
        field_classes: ClassVar[dict[str, Any]] = {"system": PublicWords, "annual_return_due_on": DayField}
        help_texts: ClassVar[dict[str, Any]] = {
            "annual_return_due_on": _("Usually 31 December after the year ends; later where the authority extended it.")
        }


class DestroyedForm(forms.Form):
    """That the other system destroyed them."""

    certificate = PublicWords(
        label=_("Reference of its certificate"), help_text=_("As the other system gives it; no names."), max_length=80
    )


class KeysField(forms.CharField):
    """Keys of rules, divided by spaces or commas; a list."""

    def clean(self, value: Any) -> list[str]:
        return str(super().clean(value)).replace(",", " ").split()


class ChangeForm(forms.Form):
    """What a new version of a rule says otherwise. What is left empty stays."""

    house_rule = forms.CharField(label=_("Our own period: key of a house rule"), max_length=40, required=False)
    legal_rules = KeysField(label=_("Laws that ask for longer: keys"), max_length=400, required=False)
    erasing_rules = KeysField(label=_("Laws that ask for the end: keys"), max_length=400, required=False)
    notice_rules = KeysField(label=_("Notice before the end: keys"), max_length=200, required=False)
    none_of = forms.MultipleChoiceField(
        label=_("Take all of these away"),
        choices=[
            ("legal_rules", _("laws that ask for longer")),
            ("erasing_rules", _("laws that ask for the end")),
            ("notice_rules", _("notice before the end")),
        ],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    needs_approval = forms.NullBooleanField(label=_("Two people approve each run"), required=False)
    effective_from = DayField(label=_("In force from"), help_text=_("A day that is still to come."))
    why = PlainWords(
        label=_("Why?"),
        help_text=_("One sentence that an auditor will understand in five years. No names, numbers or addresses."),
        max_length=1000,
    )

    def clean(self) -> dict[str, Any]:
        """What is taken away is not also named anew."""
        cleaned = super().clean() or {}
        for name in cleaned.get("none_of", []):
            if cleaned.get(name):
                self.add_error(name, _("Name keys here or take all of them away, not both."))
        return cleaned
