"""What staff enter about orders of authorities."""

import hashlib
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.errors import BadReference
from portal.kernel.core.ids import parse_reference
from portal.kernel.core.pii_guard import PublicWords
from portal.kernel.core.time_range import DayField, MomentField, day_input
from portal.kernel.people.models import Customer, Subject
from portal.kernel.registers.base.choices import OrderDecision, OrderKind, Verified
from portal.kernel.registers.base.labels import CATEGORIES


def _day(label: Any, help_text: Any) -> DayField:
    return DayField(
        label=label,
        help_text=help_text,
        widget=day_input(),
        error_messages={"invalid": _("Enter a date, like 2027-03-31.")},
        required=False,
    )


class OrderForm(forms.Form):
    """An order as it came. The paper itself stays where papers are kept: the portal holds its SHA-256."""

    kind = forms.ChoiceField(label=_("Kind"), choices=OrderKind.choices, widget=forms.RadioSelect)
    authority = PublicWords(label=_("Authority"), max_length=200)
    officer_name = forms.CharField(label=_("Officer who signed"), max_length=160)
    verified_how = forms.ChoiceField(
        label=_("How the officer was verified"), choices=Verified.choices, widget=forms.RadioSelect
    )
    power = PublicWords(label=_("Law and section that it is based on"), max_length=200)
    order_number = PublicWords(label=_("Number of the order"), max_length=80)
    paper = forms.FileField(
        label=_("The order itself"),
        help_text=_("Only its SHA-256 is kept here. Keep the document in the locked binder."),
    )
    asked = PublicWords(label=_("What is asked"), widget=forms.Textarea(attrs={"rows": 4}), max_length=2000)
    asked_categories = forms.MultipleChoiceField(
        label=_("Kinds of data asked for"), choices=CATEGORIES, widget=forms.CheckboxSelectMultiple
    )
    subjects = PublicWords(
        label=_("Whom it is about"),
        help_text=_("References of customers (OS-CU-…) or of people, one a line."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=4000,
    )
    received_at = MomentField(
        label=_("Received"),
        help_text=_("When it reached any of us, through any channel."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    wanted_by = MomentField(
        label=_("Day named in the order"),
        help_text=_("Where it is earlier than the law's, it is to be answered by then."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        required=False,
    )
    undertaking_on = _day(
        _("Undertaking not to hand it on, of"), _("Needed of a Government agency before anything is given (SPDI r.6).")
    )
    is_secret = forms.BooleanField(label=_("We must be silent about it"), required=False)
    secret_until = _day(_("Silent until"), _("Empty: until someone records that the non-disclosure has ended."))

    def clean_paper(self) -> str:
        """Its SHA-256."""
        return hashlib.file_digest(self.cleaned_data["paper"], "sha256").hexdigest()

    def clean_subjects(self) -> list[UUID]:
        """Customers by their reference, people by theirs."""
        found: list[UUID] = []
        for line in self.cleaned_data["subjects"].split():
            ref = _subject(line)
            if ref is None:
                raise forms.ValidationError(_("No one is known as %(line)s.") % {"line": line})
            found.append(ref)
        return found

    def clean(self) -> dict[str, Any]:
        """The names of the service."""
        cleaned = super().clean() or {}
        if "paper" in cleaned:
            cleaned["paper_sha256"] = cleaned.pop("paper")
        if "subjects" in cleaned:
            cleaned["subject_refs"] = cleaned.pop("subjects")
        return cleaned


def _subject(text: str) -> UUID | None:
    try:
        reference = parse_reference(text, "CU")
    except BadReference:
        try:
            return Subject.objects.filter(ref=UUID(text)).values_list("ref", flat=True).first()
        except ValueError:
            return None
    return Customer.objects.filter(reference=reference).values_list("subject__ref", flat=True).first()


class SilenceForm(forms.Form):
    """Until when an order binds us to silence, from now on."""

    secret_until = _day(_("Silent until"), _("Empty: until someone records that the non-disclosure has ended."))
    why = PublicWords(
        label=_("Why"),
        help_text=_(
            "Who asked for non-disclosure, and in which document. It is valid at once; two people end it before "
            "its day."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
    )


class SilenceEndForm(forms.Form):
    """Why we may speak about an order that binds us to silence."""

    why = PublicWords(
        label=_("Why we may speak"),
        help_text=_(
            "Who lifted the non-disclosure, and in which document. Once another person approves, the people are "
            "informed."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
    )


class OrderAnswerForm(forms.Form):
    """The first approver's word."""

    decision = forms.ChoiceField(label=_("Decision"), choices=OrderDecision.choices, widget=forms.RadioSelect)
    given_categories = forms.MultipleChoiceField(
        label=_("Kinds of data given"),
        help_text=_("Only what the order covers; less where less is enough."),
        choices=CATEGORIES,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    given = PublicWords(
        label=_("What is given"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000, required=False
    )
    held_back = PublicWords(
        label=_("What is not given, and why"),
        help_text=_("Write “nothing” where all is given."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
    )
