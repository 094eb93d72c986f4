"""KYC: what was decided, and how long customers waited."""

from datetime import timedelta

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import DecisionOutcome
from kyc.base.models.cases import Case
from kyc.base.models.decisions import Decision
from kyc.base.models.documents import Document
from kyc.cases.labels import FAULTS
from portal.fronts.evidence.period import Period
from portal.fronts.evidence.reports.grievances import deadlines
from portal.fronts.evidence.reports.tables import Cell, Table, as_of, by_choice, choices_of, counted, middle, within
from portal.kernel.people.choices import Answer

HOUR = timedelta(hours=1)


def turn_round(period: Period) -> list[Table]:
    """Decisions of two people in the period; hours from sending a document to its decision; cases by state."""
    decided = Decision.objects.filter(answer=Answer.APPROVED, **within(period, "checked_at"))
    by_kind = counted(decided, "document__kind", "outcome")
    waits: dict[str, list[float]] = {}
    spans = decided.exclude(document__sent_at=None).annotate(waited=F("checked_at") - F("document__sent_at"))
    for kind, waited in spans.values_list("document__kind", "waited"):
        waits.setdefault(kind, []).append(waited / HOUR)
    outcomes = list(DecisionOutcome)
    rows: list[list[Cell]] = [
        [
            str(label),
            *(by_kind.get((str(value), str(one)), 0) for one in outcomes),
            middle(waits.get(str(value), ())),
            round(max(waits[str(value)]), 1) if str(value) in waits else None,
        ]
        for value, label in choices_of(Document, "kind")
        if any(kind == str(value) for kind, _outcome in by_kind)
    ]
    heads = (_("Kind"), *(one.label for one in outcomes), _("Median hours"), _("Longest, hours"))
    return [
        Table(_("Documents decided"), heads, rows, _("Hours run from the moment a customer sent the document.")),
        Table(
            _("Reasons when it was not approved"),
            (_("Reason"), _("Documents")),
            by_choice(Decision, "reason_code", counted(decided.exclude(reason_code=""), "reason_code")),
        ),
        deadlines(period, "kyc."),
        Table(
            _("Files that were refused by the checks"),
            (_("Fault"), _("Files")),
            [
                [str(FAULTS.get(fault, fault)), number]
                for fault, number in sorted(
                    counted(Document.objects.exclude(fault="").filter(**within(period, "uploaded_at")), "fault").items()
                )
            ],
        ),
        Table(
            _("Cases"),
            (_("State"), _("Cases")),
            by_choice(Case, "state", counted(Case.objects.all(), "state")),
            as_of(),
        ),
    ]
