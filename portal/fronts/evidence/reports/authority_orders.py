"""What left us by law or by agreement, and what went wrong: the transparency report and the incidents."""

from django.utils.translation import gettext_lazy as _

from portal.fronts.evidence.period import Period
from portal.fronts.evidence.reports.grievances import deadlines
from portal.fronts.evidence.reports.tables import Cell, Table, by_choice, choices_of, counted, within
from portal.kernel.law.choices import Channel
from portal.kernel.registers.base.choices import OrderState
from portal.kernel.registers.base.models.orders import AuthorityOrder
from portal.kernel.registers.incidents.models import Incident, IncidentDuty, IncidentLetter
from portal.kernel.registers.recipients.models.disclosures import Disclosure
from portal.kernel.registers.recipients.models.recipients import Recipient


def transparency(period: Period) -> list[Table]:
    """Orders of authorities and what they were given, and data handed to recipients. Counts alone: an order may be secret."""
    received = counted(AuthorityOrder.objects.filter(**within(period, "received_at")), "kind")
    answered = counted(AuthorityOrder.objects.filter(**within(period, "answered_at")), "kind", "state")
    people: dict[str, set[str]] = {}
    for kind, refs in AuthorityOrder.objects.filter(**within(period, "received_at")).values_list(
        "kind", "subject_refs"
    ):
        people.setdefault(kind, set()).update(refs)
    orders: list[list[Cell]] = [
        [
            str(label),
            received.get(str(value), 0),
            len(people.get(str(value), ())),
            answered.get((str(value), str(OrderState.GIVEN)), 0),
            answered.get((str(value), str(OrderState.REFUSED)), 0),
        ]
        for value, label in choices_of(AuthorityOrder, "kind")
    ]
    # What an authority was given stands above: an order may be secret, and the code of an authority can be guessed.
    recipients = Disclosure.objects.exclude(about__startswith=AuthorityOrder.OWNER)
    handed = counted(recipients.filter(**within(period, "disclosed_at")), "recipient_code", "basis")
    bases = dict(choices_of(Disclosure, "basis"))
    names = dict(Recipient.objects.order_by("pk").values_list("code", "name"))
    rows: list[list[Cell]] = [
        [names.get(code, code), str(bases.get(basis, basis)), number]
        for (code, basis), number in sorted(handed.items())
    ]
    heads = (_("Kind"), _("Received"), _("People asked about"), _("Data was given"), _("Nothing was given"))
    return [
        Table(_("Orders and demands of authorities"), heads, orders),
        deadlines(period, AuthorityOrder.OWNER),
        Table(
            _("Data handed to recipients"),
            (_("Recipient"), _("Lawful basis"), _("Times")),
            rows,
            _("Each request that carried data of one person or customer counts once."),
        ),
    ]


def incidents(period: Period) -> list[Table]:
    """Incidents entered in the period, their duties, and the people written to."""
    known = Incident.objects.filter(**within(period, "opened_at"))
    told = IncidentLetter.objects.filter(**within(period, "told_at"))
    counts: list[list[Cell]] = [
        [str(_("Entered in the register")), known.count()],
        [str(_("Of them with personal data")), known.filter(has_personal_data=True).count()],
        [str(_("Of them a cyber incident of the CERT-In Directions")), known.filter(is_cyber=True).count()],
        [str(_("Closed")), Incident.objects.filter(**within(period, "closed_at")).count()],
        [str(_("Messages promised to people")), told.exclude(way=Channel.NONE).count()],
        [str(_("People whom nothing reaches")), told.filter(way=Channel.NONE).count()],
    ]
    duties = counted(IncidentDuty.objects.filter(incident__in=known), "state")
    return [
        Table(_("Incidents"), (_("What"), _("Number")), counts),
        Table(_("By risk to people"), (_("Risk"), _("Incidents")), by_choice(Incident, "risk", counted(known, "risk"))),
        Table(_("Duties of these incidents"), (_("State"), _("Duties")), by_choice(IncidentDuty, "state", duties)),
        deadlines(period, "registers.incident"),
    ]
