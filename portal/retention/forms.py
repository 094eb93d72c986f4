"""Placing and releasing holds."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.people.models import Subject
from portal.retention.models import Hold, RetentionRule


class HoldForm(forms.ModelForm):
    """A hold on one person's data. The person is named by the reference that their record shows."""

    class Meta:
        model = Hold
        fields = ("subject_ref", "retention_class", "order_reference", "why")
        help_texts: ClassVar[dict[str, Any]] = {"subject_ref": _("The opaque reference on the person's record.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        classes = RetentionRule.objects.order_by("retention_class").values_list("retention_class", "name").distinct()
        self.fields["retention_class"] = forms.ChoiceField(
            label=_("Class"), required=False, choices=[("", _("Every class")), *classes]
        )

    def clean_subject_ref(self) -> UUID:
        ref: UUID = self.cleaned_data["subject_ref"]
        if not Subject.objects.filter(ref=ref).exists():
            raise forms.ValidationError(_("There is no person with this reference. Copy it from the record."))
        return ref


class WhyForm(forms.Form):
    """Why a hold may end."""

    why = forms.CharField(
        label=_("Why may the hold end?"),
        help_text=_("One sentence that an auditor will understand in five years. No names, numbers or addresses."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
    )
