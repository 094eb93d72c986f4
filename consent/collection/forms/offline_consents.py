"""What staff fill in when they took a yes on paper or by telephone."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from consent.base.choices import AppointedBy, NoticeKind, Relation, ShownBy, VersionState, Way
from consent.base.models.notices import NoticeVersion
from consent.collection.services.offline_consents import Taken
from consent.records.selectors.subjects import subject_ref_of
from consent.records.services.guardian_consents import Guardian
from portal.kernel.core import clock
from portal.kernel.core.errors import NotFound
from portal.kernel.core.pii_guard import PublicWords
from portal.kernel.core.time_range import MomentField
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import MESSAGE_CHANNELS, Channel
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.models.fiduciaries import OWN_CODE


class SubjectField(forms.CharField):
    """A subject's reference, or a customer's."""

    def clean(self, value: Any) -> UUID | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return subject_ref_of(text.strip())
        except NotFound as error:
            raise forms.ValidationError(str(error)) from error


class TakenForm(forms.Form):
    """One yes, its words and its proof; the last questions only where somebody else answered for the person."""

    subject = SubjectField(
        label=_("Whose yes it is"),
        help_text=_("The person's subject reference, or a customer's reference such as OS-CU-7K4M-9QXJ."),
    )
    fiduciary = forms.ModelChoiceField(label=_("For whom"), queryset=Fiduciary.objects.all())
    purpose = forms.ChoiceField(label=_("Purpose"))
    channels = forms.MultipleChoiceField(
        label=_("Channels"),
        help_text=_("None for what is no message."),
        choices=[(channel.value, channel.label) for channel in MESSAGE_CHANNELS],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    sender = forms.CharField(
        label=_("Only for this sender"),
        help_text=_(
            "The header, number or code, for example AD-ONESTU-P. Leave it empty for all senders of the company."
        ),
        max_length=80,
        required=False,
    )
    way = forms.ChoiceField(
        label=_("How it was given"),
        choices=[(Way.PAPER.value, Way.PAPER.label), (Way.PHONE.value, Way.PHONE.label)],
        widget=forms.RadioSelect,
    )
    notice_version = forms.ModelChoiceField(
        label=_("The text that was shown or read out"), queryset=NoticeVersion.objects.none()
    )
    language = forms.ChoiceField(label=_("In which language"), choices=settings.LANGUAGES)
    occurred_at = MomentField(
        label=_("When the person decided (Indian time)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        error_messages={"invalid": _("Enter a day and time, like 2026-11-25 14:30.")},
    )
    call_reference = PublicWords(
        label=_("Reference of the call"),
        help_text=_("By phone only: as the phone system names the call, never a number."),
        max_length=64,
        required=False,
    )
    scan = forms.FileField(
        label=_("Scan of the form"), help_text=_("PDF, JPG or PNG, up to 10 MB. Needed on paper."), required=False
    )
    guardian = SubjectField(
        label=_("Who decided for the person"),
        help_text=_("Only for a child or a person with a lawful guardian: the parent's or guardian's reference."),
        required=False,
    )
    relation = forms.ChoiceField(label=_("As"), choices=[("", "–"), *Relation.choices], required=False)
    identity_shown = forms.ChoiceField(
        label=_("Their identity was shown by"), choices=[("", "–"), *ShownBy.choices], required=False
    )
    age_shown = forms.ChoiceField(
        label=_("Their age was shown by"), choices=[("", "–"), *ShownBy.choices], required=False
    )
    appointed_by = forms.ChoiceField(
        label=_("The guardian was appointed by"), choices=[("", "–"), *AppointedBy.choices], required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        on = clock.day(clock.now())
        own = Fiduciary.objects.filter(code=OWN_CODE).values_list("pk", flat=True).first()
        self.fields["fiduciary"].initial = own
        purposes: Any = self.fields["purpose"]
        purposes.choices = [("", _("Choose a purpose"))] + [
            (p.code, p.name) for p in law.purposes_in_force(on=on) if p.needs_consent
        ]
        notices: Any = self.fields["notice_version"]
        notices.queryset = NoticeVersion.objects.filter(
            notice__kind=NoticeKind.CONSENT_NOTICE, state=VersionState.PUBLISHED
        ).select_related("notice")

    def clean_occurred_at(self) -> datetime:
        """As an instant: what was entered is Indian time."""
        entered: datetime = self.cleaned_data["occurred_at"]
        return entered.replace(tzinfo=clock.IST)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        given = [name for name in ("relation", "identity_shown", "age_shown") if cleaned.get(name)]
        if cleaned.get("guardian") is not None and len(given) < 3:
            self.add_error("guardian", _("Say who they are to the person, and how their identity and age were shown."))
        if cleaned.get("guardian") is None and (given or cleaned.get("appointed_by")) and "guardian" not in self.errors:
            self.add_error(
                "guardian", _("Give the reference of the person who decided, or leave these questions empty.")
            )
        return cleaned

    @property
    def taken(self) -> Taken:
        """What was entered, as the service takes it."""
        said = self.cleaned_data
        guardian = None
        if said["guardian"] is not None:
            guardian = Guardian(
                said["guardian"],
                Relation(said["relation"]),
                ShownBy(said["identity_shown"]),
                ShownBy(said["age_shown"]),
                AppointedBy(said["appointed_by"]) if said["appointed_by"] else "",
            )
        return Taken(
            subject_ref=said["subject"],
            fiduciary=said["fiduciary"],
            purpose=said["purpose"],
            channels=[str(Channel(channel)) for channel in said["channels"]],
            way=Way(said["way"]),
            notice_version=said["notice_version"],
            language=said["language"],
            occurred_at=said["occurred_at"],
            call_reference=said["call_reference"].strip(),
            guardian=guardian,
            sender=said["sender"].strip(),
        )
