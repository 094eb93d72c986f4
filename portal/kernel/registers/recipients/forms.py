"""Proposals about recipients, and what staff instruct and note."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock, http_client
from portal.kernel.core.admin.record_access import TicketField
from portal.kernel.core.errors import BadReference
from portal.kernel.core.ids import parse_reference
from portal.kernel.core.pii_guard import PublicWords
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Channel
from portal.kernel.people.models import Customer, Subject
from portal.kernel.registers.base.choices import AddressForm, FactKind, InstructionKind, RecipientKind
from portal.kernel.registers.base.labels import CATEGORIES
from portal.kernel.registers.recipients.models.recipients import Recipient
from portal.kernel.registers.recipients.selectors import recipients
from portal.kernel.registers.senders.forms import EntryForm
from portal.kernel.registers.senders.selectors.senders import in_force


def _countries() -> list[tuple[str, Any]]:
    """None is chosen before somebody chooses."""
    return [("", _("Choose a country")), *recipients.countries()]


class RecipientForm(EntryForm):
    code = forms.SlugField(
        label=_("Code"), help_text=_("Lower-case letters, digits and hyphens. It never changes."), max_length=40
    )
    name = PublicWords(label=_("Name"), help_text=_("As people read it."), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=RecipientKind.choices, widget=forms.RadioSelect)
    purposes = forms.MultipleChoiceField(label=_("What it uses the data for"), widget=forms.CheckboxSelectMultiple)
    channels = forms.MultipleChoiceField(
        label=_("Channels it works on"),
        help_text=_("Of a service none: nothing is chosen."),
        choices=Channel.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    used_categories = forms.MultipleChoiceField(
        label=_("Which kinds of data it gets"), choices=CATEGORIES, widget=forms.CheckboxSelectMultiple
    )
    country = forms.ChoiceField(label=_("Country where the data is stored"), choices=_countries)
    contact = forms.EmailField(label=_("Email address of its privacy contact"), max_length=254)
    url = forms.CharField(
        label=_("Webhook address"),
        help_text=_(
            "With https://. Its path may be secret: it is not shown to anyone else. For a service it may be empty."
        ),
        max_length=500,
        required=False,
    )
    address_form = forms.ChoiceField(
        label=_("How it is notified of whom"), choices=AddressForm.choices, widget=forms.RadioSelect
    )
    field_order = (
        *("fiduciary", "code", "name", "kind", "purposes", "channels", "used_categories", "country"),
        *("contact", "url", "address_form", "starts_at"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        on = clock.day(clock.now())
        purposes: Any = self.fields["purposes"]
        purposes.choices = [(purpose.code, purpose.name) for purpose in law.purposes_in_force(on=on)]

    def clean_url(self) -> str:
        """A name that leads into a network is told here already. One that nobody knows may be known tomorrow."""
        url: str = self.cleaned_data["url"].strip()
        if not url:
            return url  # the service says whether it may be empty
        own = recipients.host_of(url) in settings.OUTBOX_WEBHOOK_SECRETS
        try:
            http_client.require_public(url, own=own)
        except http_client.Unreachable as failure:
            if failure.code == "PRIVATE_ADDRESS":
                raise forms.ValidationError(
                    _("This address is inside a network. Only the operator can name such a host.")
                ) from None
        return url


class InstructionForm(forms.Form):
    """Instruct one recipient about one person, beside what withdrawals do by themselves."""

    recipient = forms.ModelChoiceField(label=_("Recipient"), queryset=Recipient.objects.none())
    do = forms.ChoiceField(label=_("What it has to do"), choices=InstructionKind.choices, widget=forms.RadioSelect)
    subject = forms.CharField(
        label=_("Person"),
        help_text=_("The person's reference, or the reference of an individual customer, like OS-CU-7K4M-9QXJ."),
        max_length=40,
    )
    because = TicketField(
        label=_("Because of"),
        help_text=_("The reference of the grievance or request, like OS-GR-7K4M-9QXK."),
        queues=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        recipient: Any = self.fields["recipient"]
        recipient.queryset = in_force(Recipient.objects.all(), at=clock.now()).order_by("name")

    def clean_subject(self) -> UUID:
        """The subject's reference."""
        text: str = self.cleaned_data["subject"].strip()
        try:
            found = Subject.objects.filter(ref=UUID(text)).values_list("ref", flat=True).first()
        except ValueError:
            try:
                reference = parse_reference(text, "CU")
            except BadReference:
                reference = ""
            found = Customer.objects.filter(reference=reference).values_list("subject__ref", flat=True).first()
        if found is None:
            raise forms.ValidationError(_("No one has this reference."))
        return found


class NoteForm(forms.Form):
    """What a recipient said otherwise: by letter, by telephone."""

    kind = forms.ChoiceField(
        label=_("What the recipient confirmed"),
        choices=[(kind.value, kind.label) for kind in (FactKind.ACKNOWLEDGED, FactKind.ACTED)],
        widget=forms.RadioSelect,
    )
