"""Grievances, appeals and requests about data."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from grievances.base.choices import AppealOutcome, ClosedBecause
from grievances.base.models.appeal import Appeal
from grievances.base.models.ticket import Ticket
from grievances.requests import ccpa_request_log
from portal.fronts.evidence.period import Period
from portal.fronts.evidence.reports.tables import Cell, Table, as_of, by_choice, counted, within
from portal.kernel.law.labels import title_of
from portal.kernel.law.models import Clock
from portal.kernel.law.selectors import kept, missed, overdue


def grievances(period: Period) -> list[Table]:
    """Received, closed, on time, why, upheld and what it came from. One that was joined to another counts with that one."""
    own = Ticket.objects.filter(merged_into=None)
    received = counted(own.filter(**within(period, "received_at")), "kind")
    closed = own.filter(**within(period, "closed_at"))
    rated = counted(own.filter(**within(period, "rated_at")), "rating")
    by_stars: list[list[Cell]] = [[str(stars), number] for stars, number in sorted(rated.items())]
    by_cause = counted(closed.exclude(root_cause=""), "root_cause")
    return [
        Table(
            _("By kind"),
            (_("Kind"), _("Received"), _("Closed")),
            by_choice(Ticket, "kind", received, counted(closed, "kind")),
        ),
        Table(
            _("By the way they came"),
            (_("Way"), _("Received")),
            by_choice(Ticket, "door", counted(own.filter(**within(period, "received_at")), "door")),
        ),
        deadlines(period, "grievances."),
        Table(
            _("Why they were closed"),
            (_("Reason"), _("Closed")),
            by_choice(Ticket, "closed_because", counted(closed, "closed_because"), but={ClosedBecause.MERGED}),
        ),
        Table(_("What they came from"), (_("Root cause"), _("Closed")), by_choice(Ticket, "root_cause", by_cause)),
        _appeals(period),
        Table(_("How people rated the answer"), (_("Stars"), _("Grievances")), by_stars),
    ]


def deadlines(period: Period, owners: str) -> Table:
    """Clocks of these owners that ended in the period, by the rule they ran under, and those left lying at its end: a
    report does not look better the longer work waits.
    """
    own = Clock.objects.filter(owner__startswith=owners)
    ended = own.filter(**within(period, "stopped_at"))
    in_time, late = counted(kept(ended), "rule_key"), counted(missed(ended), "rule_key")
    left = counted(overdue(own, at=period.end), "rule_key")
    return Table(
        _("Deadlines"),
        (_("Rule"), _("Code"), _("Met"), _("Done late"), _("Due and not done at the end of the period")),
        [
            [str(title_of(key)), key, in_time.get(key, 0), late.get(key, 0), left.get(key, 0)]
            for key in sorted({*in_time, *late, *left})
        ],
        _("The list of controls, which has the same codes, counts the last two together as missed."),
    )


def _appeals(period: Period) -> Table:
    made = Appeal.objects.filter(**within(period, "made_at")).count()
    decided = counted(Appeal.objects.filter(**within(period, "decided_at")), "outcome")
    at_end = Appeal.objects.filter(Q(decided_at=None) | Q(decided_at__gte=period.end), made_at__lt=period.end)
    rows: list[list[Cell]] = [
        [str(_("Made")), made],
        *by_choice(Appeal, "outcome", decided, but={AppealOutcome.WAITING}),
        [str(_("Waiting at the end of the period")), at_end.count()],
    ]
    return Table(_("Appeals"), (_("What"), _("Appeals")), rows)


def requests(period: Period) -> list[Table]:
    """Requests received in the period, by right, as they are when the report is made."""
    figures = ccpa_request_log.figures(ccpa_request_log.requests(first_day=period.first_day, last_day=period.last_day))
    rows: list[list[Cell]] = [
        [
            one.name,
            one.received,
            one.in_whole,
            one.in_part,
            one.denied,
            one.ended,
            one.open,
            one.median_days,
            one.mean_days,
        ]
        for one in figures
    ]
    heads = (
        _("Right"), _("Received"), _("Granted"), _("Granted in part"), _("Refused"), _("Closed without an answer"), _("Open"),
        _("Median days"), _("Mean days"),
    )  # fmt: skip
    return [Table(_("Requests about data"), heads, rows, as_of())]
