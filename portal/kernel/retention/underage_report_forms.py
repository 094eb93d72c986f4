"""What is asked of somebody who reports a child, and of the staff who look at the report."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import addresses
from portal.kernel.core.errors import BadReference, Refused
from portal.kernel.core.ids import parse_reference
from portal.kernel.core.pii_guard import PlainWords
from portal.kernel.people.choices import CustomerKind, MemberRole, SubjectKind
from portal.kernel.people.forms import WhyLate
from portal.kernel.people.models import Customer, Membership, Subject
from portal.kernel.retention.choices import ChildOutcome, Relation


class ReportForm(forms.Form):
    """Four questions, of which two may stay empty."""

    relation = forms.ChoiceField(
        label=_("Who are you?"),
        choices=Relation.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who you are")},
    )
    address = forms.CharField(
        label=_("Email address or mobile number of the child"),
        help_text=_("The one that is used with us, or that gets our messages."),
        max_length=254,
        error_messages={"required": _("Enter the email address or mobile number of the child")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    words = forms.CharField(
        label=_("What should we know?"),
        help_text=_("You can leave this empty. Do not send documents or document numbers."),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    reporter = forms.EmailField(
        label=_("Your email address"),
        help_text=_("You can leave this empty. We use it for this report only."),
        max_length=254,
        required=False,
        error_messages={"invalid": _("Enter an email address like name@example.com")},
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )

    def clean_address(self) -> str:
        """In normal form. Nothing is looked up."""
        text = str(self.cleaned_data["address"]).strip()
        try:
            return addresses.normalise(addresses.kind_of(text), text)
        except Refused as refused:
            said = _("Enter an email address like name@example.com, or a mobile number like +91 98765 43210.")
            raise forms.ValidationError(str(said), code=refused.code) from refused


class WhoForm(forms.Form):
    """Whom a report means."""

    subject_ref = forms.CharField(
        label=_("Person"),
        help_text=_("The person's reference, or that of an individual customer, like OS-CU-7K4M-9QXJ."),
        max_length=40,
    )
    late_because = WhyLate()

    def clean_subject_ref(self) -> UUID:
        """The subject's reference: of the person, or of the one whose own account it is."""
        text = str(self.cleaned_data["subject_ref"]).strip()
        try:
            rows = Subject.objects.filter(ref=UUID(text), kind=SubjectKind.PRINCIPAL)
            found = rows.values_list("ref", flat=True).first()
        except ValueError:
            found = _owner_of(text)
        if found is None:
            raise forms.ValidationError(_("No one has this reference."))
        return found


def _owner_of(text: str) -> Any:
    try:
        reference = parse_reference(text, "CU")
    except BadReference:
        return None
    customer = Customer.objects.filter(reference=reference, kind=CustomerKind.INDIVIDUAL).first()
    rows = Membership.objects.filter(customer=customer, role=MemberRole.OWNER, ended_at=None)
    return rows.values_list("principal__subject__ref", flat=True).first() if customer is not None else None


class OutcomeForm(forms.Form):
    """What a report comes to, and why."""

    outcome = forms.ChoiceField(label=_("Decision"), choices=ChildOutcome.choices, widget=forms.RadioSelect)
    why = PlainWords(label=_("Why"), max_length=2000)
