"""What staff tell about an incident, and what they ask for under it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.pii_guard import PlainWords
from portal.kernel.core.time_range import MomentField
from portal.kernel.law.choices import Regime
from portal.kernel.people.forms import StaffChoice, WhyLate
from portal.kernel.people.models import Fiduciary, User
from portal.kernel.people.selectors import staff_with
from portal.kernel.registers.base.permissions import Permission
from portal.kernel.registers.incidents import rules
from portal.kernel.registers.incidents.choices import IncidentRisk, IncidentRole
from portal.kernel.registers.incidents.forms.known_values import KnownValuesForm
from portal.kernel.registers.incidents.models import Incident, IncidentDuty
from portal.kernel.registers.incidents.selectors.incident_gaps import known_codes, thread
from portal.kernel.registers.incidents.selectors.incidents import facts_of
from portal.kernel.registers.incidents.services.affected_people import LIST, selections
from portal.kernel.registers.incidents.services.incidents import DECIDING

_TIMES = _("DD-MM-YYYY HH:MM in Indian time, for example 27-11-2026 23:40.")


class DecidingForm(KnownValuesForm):
    """What decides who has to be told."""

    role = forms.ChoiceField(label=_("Our role"), choices=IncidentRole.choices, widget=forms.RadioSelect)
    regimes = forms.MultipleChoiceField(
        label=_("Laws of the people it touches, beside India's"),
        choices=[(regime.value, regime.label) for regime in Regime if regime != Regime.IN],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    is_cyber = forms.BooleanField(
        label=_("It is a cyber incident of the kinds in Annexure I of the CERT-In Directions"),
        help_text=_(
            "Such as unauthorised access, malicious code, data breach, data leak, denial of service, phishing."
        ),
        required=False,
    )
    is_telecom = forms.BooleanField(label=_("It touches a telecom network or service"), required=False)
    has_personal_data = forms.BooleanField(label=_("It touches personal data"), required=False)
    risk = forms.ChoiceField(
        label=_("Risk to people"),
        help_text=_("Not known yet counts as high: what may be due is due."),
        choices=IncidentRisk.choices,
        initial=IncidentRisk.UNKNOWN,
        widget=forms.RadioSelect,
    )
    clients = forms.ModelMultipleChoiceField(
        label=_("Clients whose data we carry and it touches"),
        queryset=Fiduciary.objects.filter(is_self=False),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    field_order: Any = ("role", "clients", "regimes")

    def for_rows(self, rows: list[Incident]) -> None:
        """What the incident says now stands there: whoever puts one thing right leaves the others as they are."""
        if len(rows) == 1:
            (incident,) = rows
            # A client is only ever added: what the page showed of them takes nothing back.
            self.initial["clients"] = list(incident.duties.exclude(client=None).values_list("client", flat=True))
            known = {name: getattr(incident, name) for name in DECIDING}
            self.show_known({**known, "regimes": [one for one in incident.regimes if one != Regime.IN]})


class IncidentForm(DecidingForm):
    """A new incident: the clocks run from the times entered here."""

    headline = PlainWords(
        label=_("In one line"),
        help_text=_("What happened, without a name, a number or an address of a person."),
        max_length=200,
        widget=forms.TextInput,
    )
    began_at = MomentField(label=_("When it began, if that is known"), help_text=_TIMES, required=False)
    noticed_at = MomentField(label=_("When someone first noticed it or was informed"), help_text=_TIMES)
    aware_at = MomentField(label=_("When it was certain enough to count as known"), help_text=_TIMES)
    field_order = ("headline", "began_at", "noticed_at", "aware_at", "role", "clients", "regimes")


class TellingForm(KnownValuesForm):
    """What is known stands there to be changed; what is left empty stays as it is known."""

    def for_rows(self, rows: list[Incident]) -> None:
        """The words of the incident as they are known now; of several incidents none."""
        if len(rows) == 1:
            known = facts_of(rows[0])
            self.show_known({code: known.get(code, "") for code in self.fields})


def telling_form(part: str) -> type[forms.Form]:
    """A form for one part of the facts."""
    fields: dict[str, Any] = {
        kind.code: PlainWords(label=kind.label, max_length=4000, required=False)
        for kind in rules.fact_kinds().values()
        if kind.part == part
    }
    return type("TellingForm", (TellingForm,), fields)


class PendingForm(forms.Form):
    """Fields that are not known yet: who finds them out, and by when."""

    codes = forms.MultipleChoiceField(label=_("Fields"), choices=(), widget=forms.CheckboxSelectMultiple)
    owner = StaffChoice(
        label=_("Owner: who finds this out"),
        help_text=_("Empty: yourself."),
        queryset=User.objects.none(),
        required=False,
    )
    due_at = MomentField(label=_("By when"), help_text=_TIMES)

    def for_rows(self, rows: list[IncidentDuty]) -> None:
        """The fields of these reports that are not known, all of them ticked."""
        choices = {
            code: says
            for row in rows
            for code, says in rules.terms(row.code).fields
            if code not in known_codes(row.incident)
        }
        fields: Any = self.fields
        fields["codes"].choices = list(choices.items())
        fields["codes"].initial = list(choices)
        fields["owner"].queryset = staff_with(Permission.INCIDENT_OPEN, now=clock.now()).order_by("full_name", "email")


class AddressForm(forms.Form):
    """Where a report goes."""

    def for_rows(self, rows: list[IncidentDuty]) -> None:
        """The address to which the last report under this duty went."""
        last = thread(rows[0]).exclude(to="").last() if len(rows) == 1 else None
        if last is not None:
            self.initial = {"to": last.to}

    to = forms.EmailField(
        label=_("Email address of the authority or the client"),
        help_text=_("The second person sees it before anything leaves."),
        max_length=254,
    )


class WhyForm(forms.Form):
    """Why something is not reported, or what was learnt at the end."""

    why = PlainWords(label=_("Why, or what was learnt"), max_length=2000)


class GiveUpForm(forms.Form):
    """Why a search is given up."""

    why = PlainWords(
        label=_("Reason for cancelling"),
        help_text=_(
            "What fails, and how its people are found otherwise. The person who approves the end of the incident "
            "reads it."
        ),
        max_length=2000,
    )


class FiledForm(forms.Form):
    """The proof of a report on another's own form."""

    filed_at = MomentField(label=_("When it was filed"), help_text=_TIMES)
    reference = PlainWords(label=_("The number that the authority gave"), max_length=80, widget=forms.TextInput)
    proof = forms.FileField(
        label=_("What it sent back"),
        help_text=_("Keep the file: of it only the SHA-256 stays here, which proves it."),
    )
    late_because = WhyLate()

    def clean_proof(self) -> bytes:
        """Its bytes. The name of the file is not kept."""
        content: bytes = self.cleaned_data["proof"].read()
        return content


class SearchForm(forms.Form):
    """Find affected people: by a query of a room, or by a list of addresses."""

    incident = forms.ModelChoiceField(label=_("Incident"), queryset=Incident.objects.none())
    source = forms.ChoiceField(label=_("How they are found"), choices=(), widget=forms.RadioSelect)
    since = MomentField(label=_("From"), help_text=_TIMES, required=False)
    until = MomentField(label=_("Up to, not including"), help_text=_TIMES, required=False)
    of = PlainWords(
        label=_("Of what"),
        help_text=_("A code or a reference, where the query names one. Never an address."),
        max_length=60,
        required=False,
        widget=forms.TextInput,
    )
    file = forms.FileField(
        label=_("CSV or XLSX file of addresses"),
        help_text=_("For a list only. The first line names a column: address. The file is read and not kept."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        incident: Any = self.fields["incident"]
        incident.queryset = Incident.objects.filter(closed_at=None)
        source: Any = self.fields["source"]
        found: Any = selections().values()
        source.choices = [*((one.code, one.label) for one in found), (LIST, _("A list of addresses"))]

    def clean(self) -> dict[str, Any]:
        """A list needs its file, and a query has none."""
        cleaned = super().clean() or {}
        if (cleaned.get("source") == LIST) != bool(cleaned.get("file")):
            self.add_error("file", _("Choose a file for a list, and none for a query."))
        return cleaned
