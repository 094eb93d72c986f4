"""What people and staff fill in."""

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from kyc import plans, words
from kyc.numbers.result import ascii_digits
from kyc.states import CustomerType, DecisionOutcome, DecisionReason, DocumentKind, PartyRole, Relation
from portal.core.admin.opening import PURPOSES, TicketField
from portal.core.time_range import DayField
from portal.vault.inspection.verdict import Fault

#: What a number is called and what it looks like, by its type.
NUMBER_LABELS = {
    "bank_account": (_("Account number"), _("Usually 9 to 18 digits, with every zero at the front")),
    "cin": (_("Company number (CIN)"), _("21 characters, for example U72200MH2013PTC245678")),
    "driving_licence": (_("Number of the driving licence"), _("For example MH12 20110012345")),
    "epic": (_("Number of the voter ID card"), _("Three letters and seven digits, for example ABC1234567")),
    "gstin": (_("GST number (GSTIN)"), _("15 characters, for example 27AAPFU0939F1ZV")),
    "llpin": (_("LLP number (LLPIN)"), _("Three letters and four digits, for example AAB-1234")),
    "pan": (_("PAN"), _("10 characters, for example ABCPR1234K")),
    "passport": (_("Passport number"), _("A letter and seven digits, for example A1234567")),
    "udyam": (_("Udyam number"), _("For example UDYAM-MH-26-0012345")),
}
#: Documents that may name their last day.
ENDING = frozenset(
    [
        DocumentKind.GST_CERTIFICATE,
        DocumentKind.PASSPORT,
        DocumentKind.FOREIGN_PASSPORT,
        DocumentKind.DRIVING_LICENCE,
        DocumentKind.TAX_RESIDENCY,
        DocumentKind.AUTHORISATION_LETTER,
    ]
)
DATE_FORMATS = ["%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%d %m %Y", "%d %B %Y", "%d %b %Y", "%Y-%m-%d"]


class TypedDate(DayField):
    """A date as it stands on the document, with digits of any script."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(ascii_digits(value) if isinstance(value, str) else value)


class FileOrPhoto(forms.FileInput):
    """A file chosen from the device or, in a second input, a photo taken now: telephones open the camera for it."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = super().render(name, value, attrs, renderer)
        photo = '<p><label for="{0}">{1}</label> <input type="file" name="{2}" id="{0}" accept="image/*" capture="environment"></p>'
        return chosen + format_html(photo, f"id_{name}_photo", _("Or take a photo now"), f"{name}_photo")

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.get(name) or files.get(f"{name}_photo")

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in files and f"{name}_photo" not in files


#: What may be under a code that the holder knows.
OPENED_BY_A_CODE = frozenset({DocumentKind.AADHAAR_OFFLINE_EKYC, DocumentKind.EAADHAAR_PDF})
#: What is sent as it was downloaded: a picture of it proves nothing.
PROOF_FILES: Mapping[str, tuple[Any, str]] = {
    DocumentKind.AADHAAR_OFFLINE_EKYC: (
        _("The ZIP file as you downloaded it. We keep what it proves, not the file."),
        ".zip,.xml",
    ),
    DocumentKind.EAADHAAR_PDF: (_("The PDF as you downloaded it. We keep what it proves, not the file."), ".pdf"),
    DocumentKind.DIGILOCKER_XML: (
        _("The XML file as you downloaded it. We keep what it proves, not the file."),
        ".xml",
    ),
}


class UploadForm(forms.Form):
    """One document: its number, the name it shows, and its file. What only a service can judge is added as an error by the view."""

    number = forms.CharField(
        max_length=40,
        error_messages={"required": _("Enter the number on the document.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    name = forms.CharField(
        label=_("Name on the document"),
        help_text=_("As it stands there, with initials and short forms. Leave it empty if there is none."),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    valid_until = TypedDate(
        label=_("Valid until"),
        help_text=_("Only if the document names a last day, for example 31-03-2027."),
        required=False,
        input_formats=DATE_FORMATS,
        error_messages={"invalid": _("Enter the date as day, month, year, for example 31-03-2027.")},
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("PDF, JPG or PNG, up to 10 MB. Choose it again if you come back to this page."),
        widget=FileOrPhoto(attrs={"accept": ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"}),
        error_messages={
            "required": _("Choose the file, or take a photo."),
            "missing": _("Choose the file, or take a photo."),
            "invalid": _("The file did not arrive. Choose it again."),
            "empty": words.FAULTS[Fault.EMPTY],
        },
    )

    share_code = forms.CharField(
        label=_("Share code or password"),
        help_text=_("The code that opens the file. We use it once, while you wait, and do not keep it."),
        required=False,
        max_length=64,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind not in OPENED_BY_A_CODE:
            del self.fields["share_code"]
        if kind in PROOF_FILES:
            file = self.fields["file"]
            file.help_text, accepted = PROOF_FILES[kind]
            file.widget = forms.FileInput(attrs={"accept": accepted})
        number_type = plans.number_type(kind)
        if number_type:
            self.fields["number"].label, self.fields["number"].help_text = NUMBER_LABELS[number_type]
        else:
            del self.fields["number"]
        if not plans.shows_name(kind):
            del self.fields["name"]
        if kind not in ENDING:
            del self.fields["valid_until"]

    @property
    def declared(self) -> dict[str, str]:
        """What else was typed, for the checks to compare."""
        name = self.cleaned_data.get("name", "")
        return {"name": name} if name else {}

    @property
    def extension(self) -> str:
        """The ending of the file's name; the rest of the name is not kept."""
        return PurePath(str(self.cleaned_data["file"].name)).suffix.lstrip(".")[:8]


class TypeForm(forms.Form):
    """What a customer is, as it says itself."""

    customer_type = forms.ChoiceField(
        label=_("What are you?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what describes you."), "invalid_choice": _("Choose what describes you.")},
    )

    def __init__(self, *args: Any, types: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = set(types)
        self.fields["customer_type"].choices = [  # type: ignore[attr-defined]
            choice for choice in CustomerType.choices if choice[0] in offered
        ]


class PartyForm(forms.Form):
    """Somebody behind a customer: a person in one or more capacities, or an organisation that owns a part."""

    name = forms.CharField(
        label=_("Full name"),
        help_text=_("As it stands on their papers."),
        max_length=200,
        error_messages={"required": _("Enter the name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    is_organisation = forms.BooleanField(label=_("It is an organisation, not a person"), required=False)
    roles = forms.MultipleChoiceField(
        label=_("What this person is"), required=False, widget=forms.CheckboxSelectMultiple
    )
    percent = forms.DecimalField(
        label=_("Per cent owned"),
        help_text=_("For an owner, for example 33.5."),
        required=False,
        max_digits=7,
        decimal_places=4,
        error_messages={"invalid": _("Enter a number, for example 33.5.")},
    )
    held = forms.ChoiceField(label=_("Owns a part of"), required=False)

    def __init__(self, *args: Any, roles: Iterable[str], bodies: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = set(roles)
        choices: Any = [choice for choice in PartyRole.choices if choice[0] in offered]
        self.fields["roles"].choices = choices  # type: ignore[attr-defined]
        self.fields["held"].choices = bodies  # type: ignore[attr-defined]
        if PartyRole.OWNER not in offered:
            for name in ("is_organisation", "percent", "held"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """What this type of customer is not asked for is empty; a share makes an owner of its person."""
        given = {"is_organisation": False, "percent": None, "held": "", **(super().clean() or {})}
        if given["percent"] is not None and not given["is_organisation"]:
            given["roles"] = list(dict.fromkeys([*given.get("roles", []), str(PartyRole.OWNER)]))
        if given["is_organisation"] and given["percent"] is None and "percent" not in self.errors:
            self.add_error("percent", _("Enter how many per cent the owner owns."))
        return given


class ReclassifyForm(forms.Form):
    """Staff say what a customer is, and why they change it."""

    relation = forms.ChoiceField(label=_("Relation"), choices=Relation.choices)
    customer_type = forms.ChoiceField(label=_("Type"), choices=CustomerType.choices)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("No names, numbers or addresses."),
    )


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
