"""What is typed beside a document, by the customer or by staff who bring it in."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from typing import Any, BinaryIO, cast

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import CameBy, DocumentKind
from kyc.base.models.documents import Document
from kyc.base.models.parties import Party
from kyc.cases import check_plans, labels
from kyc.numbers import check as check_number
from kyc.numbers.result import Reason
from kyc.review.forms.upload_fields import DATE_FORMATS, FileOrPhoto, TypedDate
from kyc.review.services.document_uploads import Sent, at_first_sight
from portal.kernel.core import clock, pii_guard
from portal.kernel.core.errors import PortalError, Refused
from portal.kernel.core.form_fields import choice_field
from portal.kernel.core.pii_guard import PlainWords
from portal.kernel.people.models import Customer
from portal.kernel.vault.inspection.result import Fault

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
#: The choice of no file given before.
NEW = "new"
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

_AS_IT_IS = _("Send it as it is. Opened and saved anew, printed or photographed, it proves nothing.")
#: How the holder gets such a file, step by step.
HOW_TO_GET: Mapping[str, tuple[Any, ...]] = {
    DocumentKind.AADHAAR_OFFLINE_EKYC: (
        _("Sign in at myaadhaar.uidai.gov.in and choose Offline eKYC."),
        _("Choose a share code, and download the ZIP file. Type the same code here."),
        _AS_IT_IS,
    ),
    DocumentKind.EAADHAAR_PDF: (
        _("Sign in at myaadhaar.uidai.gov.in and download your Aadhaar as a PDF."),
        _("UIDAI says beside it what its password is. Type that here."),
        _AS_IT_IS,
    ),
    DocumentKind.DIGILOCKER_XML: (
        _("Sign in at DigiLocker and open your issued documents."),
        _("Download the one that you want to show as an XML file."),
        _AS_IT_IS,
    ),
}


#: The words beside the box: where the document is always of Aadhaar or may be, and for the holder or for somebody else.
AGREES: Mapping[tuple[str, bool], Any] = {
    ("always", True): _("I have read this and agree that you verify my Aadhaar document for this."),
    ("always", False): _("The holder has read this and agrees that you verify their Aadhaar document for this."),
    ("if_aadhaar", True): _("If it is an Aadhaar document: I have read this and agree that you verify it for this."),
    ("if_aadhaar", False): _(
        "If it is an Aadhaar document: the holder has read this and agrees that you verify it for this."
    ),
}


#: The field that a refusal of the service is about, by its code: empty where it is about none. Every other is about the file.
FIELDS_OF_REFUSALS: Mapping[str, str] = {
    "CONSENT_MISSING": "agree",
    "EXPIRED": "valid_until",
    "FROZEN": "",
    "HELD_FOR_GUARDIAN": "agree",
    "IFSC": "ifsc",
    "NOTICE_CHANGED": "agree",
    "NOTICE_MISSING": "",
    "NOT_FOR_CHILDREN": "agree",
    "NOT_REUSABLE": "earlier",
    "NOT_WANTED": "",
    "NUMBER": "number",
    "NUMBER_LIKE_AADHAAR": "is_account",
    "NUMBER_IN_NAME": "name",
    "REASON": "reason",
    "SHARE_CODE_MISSING": "share_code",
    "SHARE_CODE_WRONG": "share_code",
    "TAN": "tan",
    "WAY": "way",
}


class UploadForm(forms.Form):
    """One document: its number, the name it shows, and its file. What only a service can judge is added by ``refuse``."""

    number = forms.CharField(
        max_length=40,
        error_messages={"required": _("Enter the number on the document.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    is_account = forms.BooleanField(
        label=_("It is the number of the account, not an Aadhaar number."),
        error_messages={"required": labels.NUMBERS["bank_account"]["AADHAAR"]},
    )
    name = forms.CharField(
        label=_("Name on the document"),
        help_text=_("As it appears there, with initials and short forms. Leave it empty if there is none."),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    ifsc = forms.CharField(
        label=_("IFSC"),
        help_text=_("11 characters, for example HDFC0000001. It is on the cheque and on the statement."),
        max_length=20,
        error_messages={"required": _("Enter the IFSC of the branch.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    tan = forms.CharField(
        label=_("Tax deduction number (TAN)"),
        help_text=_("10 characters, for example PNEA12345B. Leave it empty if you have none."),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    valid_until = TypedDate(
        label=_("Valid until"),
        help_text=_("Only if the document names a last day, for example 31-03-2027."),
        required=False,
        input_formats=DATE_FORMATS,
        widget=forms.DateInput(format=DATE_FORMATS[0]),
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
            "two": _("A file and a photo came, and we take one. Choose the file again, or take the photo again."),
            "empty": labels.FAULTS[Fault.EMPTY],
        },
    )

    share_code = forms.CharField(
        label=_("Share code or password"),
        help_text=_("The code that opens the file. We use it once, while you wait, and do not keep it."),
        required=False,
        max_length=64,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    earlier = forms.ChoiceField(label=_("Which file?"), widget=forms.RadioSelect, required=False)
    agree = forms.BooleanField(
        required=False,
        error_messages={
            "required": _(
                "Tick the box if you agree. Without it we take no Aadhaar document; show another one instead."
            )
        },
    )
    agreed_to = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        kind: str,
        question: Any = None,
        is_own: bool = True,
        reusable: Iterable[Document] = (),
        **kwargs: Any,
    ) -> None:
        """``question``: the text before the box of consent, where one is asked; ``is_own``: the holder is who fills it in;
        ``reusable``: files given before that may be used again.
        """
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.reusable = {one.reference: one for one in reusable}
        if self.reusable:
            files = [(reference, labels.earlier_file(one)) for reference, one in self.reusable.items()]
            choice_field(self, "earlier").choices = [*files, (NEW, _("Send a new file"))]
            before_this = self.initial.get("earlier")
            self.initial["earlier"] = before_this if before_this in self.reusable else NEW
            self.fields["file"].required = False
            self.fields["file"].label = _("New file")
            self.fields["file"].help_text = format_lazy(
                "{} {}", self.fields["file"].help_text, _("A file chosen here replaces the one of before.")
            )
            self.order_fields(["number", "is_account", "name", "valid_until", "earlier", "file"])
        else:
            del self.fields["earlier"]
        if question is None:
            del self.fields["agree"], self.fields["agreed_to"]
        else:
            self.fields["agree"].label = AGREES[check_plans.consent(kind), is_own]
            self.fields["agree"].required = check_plans.consent(kind) == "always"
            self.fields["agreed_to"].initial = question.sha256
        if kind not in OPENED_BY_A_CODE:
            del self.fields["share_code"]
        if kind in PROOF_FILES:
            file = self.fields["file"]
            file.help_text, accepted = PROOF_FILES[kind]
            file.widget = forms.FileInput(attrs={"accept": accepted})
        number_type = check_plans.number_type(kind)
        if number_type:
            self.fields["number"].label, self.fields["number"].help_text = NUMBER_LABELS[number_type]
        else:
            del self.fields["number"]
        typed = self.data.get(self.add_prefix("number"), "")
        if number_type != "bank_account" or check_number(number_type, typed).reason != Reason.AADHAAR:
            del self.fields["is_account"]
        for name in {"ifsc", "tan"} - set(check_plans.declares(kind)):
            del self.fields[name]
        if not check_plans.shows_name(kind):
            del self.fields["name"]
        if kind not in ENDING:
            del self.fields["valid_until"]

    def clean(self) -> dict[str, Any]:
        """Without a file of before a new one is needed."""
        given = super().clean() or {}
        if self.reusable and given.get("earlier") == NEW and not given.get("file") and "file" not in self.errors:
            self.add_error("file", self.fields["file"].error_messages["missing"])
        return given

    def clean_earlier(self) -> str:
        """A page that was opened before there was another file does not ask: what it sends is new."""
        return self.cleaned_data["earlier"] or NEW

    def clean_number(self) -> str:
        """As it was typed; one that cannot be right is told together with everything else that is wrong."""
        typed = str(self.cleaned_data["number"])
        found = check_number(check_plans.number_type(self.kind), typed, this_year=clock.day(clock.now()).year)
        if not found.is_valid:
            raise forms.ValidationError(labels.number_fault(found.type, str(found.reason or "")))
        return typed

    def clean_name(self) -> str:
        """Names are shown whole: no number is hidden in one."""
        typed = str(self.cleaned_data["name"])
        _unless_refused(pii_guard.require_name, typed)
        return typed

    def clean_valid_until(self) -> Any:
        """What has ended is not worth a file."""
        last = self.cleaned_data["valid_until"]
        if last is not None and last < clock.day(clock.now()):
            raise forms.ValidationError(_("This day has passed. Send a document that is valid today."))
        return last

    def clean_file(self) -> Any:
        """One file, right at first sight: its faults are told together with those of what was typed."""
        file, field = self.cleaned_data["file"], self.add_prefix("file")
        if self.files.get(field) and self.files.get(f"{field}_photo"):
            raise forms.ValidationError(self.fields["file"].error_messages["two"])
        if file and self.kind not in PROOF_FILES:
            _unless_refused(at_first_sight, cast("BinaryIO", file), _ending(file))
        return file

    @property
    def chosen(self) -> Document | None:
        """The document given before whose file is to be used again; none where a new file came with the same answer."""
        if self.cleaned_data.get("file"):
            return None
        return self.reusable.get(self.cleaned_data.get("earlier", ""))

    @property
    def declared(self) -> dict[str, str]:
        """What else was typed, for the checks to compare."""
        typed = {name: self.cleaned_data.get(name, "") for name in ("name", "ifsc", "tan")}
        return {name: value for name, value in typed.items() if value}

    def sent(self, customer: Customer, party: Party | None, **more: Any) -> Sent:
        """What was typed and chosen, as the services take it. ``more`` are the other fields of ``Sent``."""
        return Sent(
            customer=customer,
            kind=self.kind,
            party=party,
            number=self.cleaned_data.get("number", ""),
            expires_on=self.cleaned_data.get("valid_until"),
            declared=self.declared,
            share_code=self.cleaned_data.get("share_code", ""),
            extension=self.extension,
            is_account=self.cleaned_data.get("is_account", False),
            **more,
        )

    def refuse(self, refused: PortalError) -> None:
        """Say why a service took nothing, beside the field that it is about; above the form where it is about none."""
        name = FIELDS_OF_REFUSALS.get(refused.code, "file") if isinstance(refused, Refused) else ""
        self.add_error(name if name in self.fields else None, str(refused))

    def clean_tan(self) -> str:
        """In its normal form; it may be left empty."""
        found = check_number("tan", self.cleaned_data["tan"])
        if self.cleaned_data["tan"] and not found.is_valid:
            raise forms.ValidationError(labels.number_fault("tan", str(found.reason or "")))
        return found.normal if self.cleaned_data["tan"] else ""

    def clean_ifsc(self) -> str:
        """In its normal form. A branch that our list lacks is taken: branches open."""
        found = check_number("ifsc", self.cleaned_data["ifsc"])
        if not found.is_valid:
            raise forms.ValidationError(labels.number_fault("ifsc", str(found.reason or "")))
        return found.normal

    @property
    def extension(self) -> str:
        """The ending of the file's name; the rest of the name is not kept. Empty where a file of before is chosen."""
        return _ending(self.cleaned_data["file"]) if self.cleaned_data["file"] else ""


def _ending(file: Any) -> str:
    return PurePath(str(file.name)).suffix.lstrip(".")[:8]


def _unless_refused(judge: Callable[..., Any], *given: Any) -> Any:
    """What a service says of one field. A refusal of it is that field's error."""
    try:
        return judge(*given)
    except Refused as refused:
        raise forms.ValidationError(str(refused), code=refused.code) from refused


class BroughtForm(UploadForm):
    """One document that reached staff: how it came, and why the customer does not send it."""

    way = forms.ChoiceField(
        label=_("How it came"),
        choices=CameBy.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say how the document came.")},
    )
    reason = PlainWords(
        label=_("Why the customer does not send it"),
        max_length=500,
        help_text=_("No names, numbers or addresses."),
        error_messages={"required": _("Write why the customer does not send it.")},
    )

    def sent(self, customer: Customer, party: Party | None, **more: Any) -> Sent:
        """With how it came and why."""
        way, reason = self.cleaned_data["way"], self.cleaned_data["reason"]
        return super().sent(customer, party, way=way, reason=reason, **more)

    def refuse(self, refused: PortalError) -> None:
        """Staff have no box that the customer ticks: what the customer's page says to its reader is said otherwise."""
        if refused.code == "CONSENT_MISSING":
            refused = Refused(str(refused.without_page), code=refused.code)
        super().refuse(refused)
