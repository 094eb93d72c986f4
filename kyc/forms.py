"""What people and staff fill in."""

from pathlib import PurePath
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kyc import plans, words
from kyc.numbers.result import ascii_digits
from kyc.states import DecisionOutcome, DecisionReason, DocumentKind
from portal.core.admin.opening import PURPOSES, TicketField
from portal.core.time_range import DayField
from portal.vault.inspection.verdict import Fault

NUMBER_LABELS = {
    DocumentKind.PAN_CARD: (_("PAN"), _("10 characters, for example ABCPR1234K")),
    DocumentKind.GST_CERTIFICATE: (_("GST number (GSTIN)"), _("15 characters, for example 27AAPFU0939F1ZV")),
}
DATE_FORMATS = ["%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%d %m %Y", "%d %B %Y", "%d %b %Y", "%Y-%m-%d"]


class TypedDate(DayField):
    """A date as it stands on the document, with digits of any script."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(ascii_digits(value) if isinstance(value, str) else value)


class UploadForm(forms.Form):
    """One document: its number and its file. What only a service can judge is added as an error by the view."""

    number = forms.CharField(
        max_length=40,
        error_messages={"required": _("Enter the number on the document.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    valid_until = TypedDate(
        label=_("Valid until"),
        help_text=_("Only if the certificate names a last day, for example 31-03-2027."),
        required=False,
        input_formats=DATE_FORMATS,
        error_messages={"invalid": _("Enter the date as day, month, year, for example 31-03-2027.")},
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("PDF, JPG or PNG, up to 10 MB. Choose it again if you come back to this page."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"}),
        error_messages={
            "required": _("Choose the file, or take a photo."),
            "missing": _("Choose the file, or take a photo."),
            "invalid": _("The file did not arrive. Choose it again."),
            "empty": words.FAULTS[Fault.EMPTY],
        },
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label, hint = NUMBER_LABELS[DocumentKind(kind)]
        self.fields["number"].label, self.fields["number"].help_text = label, hint
        if plans.number_type(kind) != "gstin":
            del self.fields["valid_until"]

    @property
    def extension(self) -> str:
        """The ending of the file's name; the rest of the name is not kept."""
        return PurePath(str(self.cleaned_data["file"].name)).suffix.lstrip(".")[:8]


class ProposalForm(forms.Form):
    """What a maker proposes. The reason code, the words to the customer and the note to colleagues are three fields."""

    outcome = forms.ChoiceField(label=_("Your proposal"), choices=DecisionOutcome.choices, widget=forms.RadioSelect)
    reason_code = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", _("None: I approve")), *DecisionReason.choices],
        required=False,
        help_text=_("The customer reads it. Needed unless you approve."),
    )
    message = forms.CharField(
        label=_("Message to the customer"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What to do now, in one or two sentences. The customer reads exactly this."),
    )
    note = forms.CharField(
        label=_("Internal note"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For colleagues. The customer does not see it."),
    )


class AnswerForm(forms.Form):
    """What a checker says to a proposal."""

    decision = forms.ChoiceField(
        label=_("Your answer"),
        choices=[("approve", _("Yes, do as proposed")), ("refuse", _("No, back to the queue"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed for a no. No names, numbers or addresses."),
    )


class RevealForm(forms.Form):
    """Why somebody needs to see a number in clear."""

    reason_code = forms.ChoiceField(label=_("Why do you need the number?"), choices=PURPOSES)
    ticket = TicketField()
