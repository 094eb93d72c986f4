"""What was erased, what a law or a hold keeps, and reports of children."""

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from portal.evidence.period import Period
from portal.evidence.reports.grievances import deadlines
from portal.evidence.reports.tables import Cell, Table, by_choice, choices_of, counted, within
from portal.retention.models import ChildReport, ErasureRun, ErasureStep, Hold

SUMS = ("due", "erased", "kept_by_law", "held", "disputed", "stale")


def keeping(period: Period) -> list[Table]:
    """Runs that ended in the period with what each class of data came to; holds; reports of children."""
    ended = ErasureRun.objects.filter(**within(period, "finished_at"))
    steps = ErasureStep.objects.filter(run__in=ended).order_by("retention_class").values_list("retention_class")
    classes: list[list[Cell]] = [list(row) for row in steps.annotate(*(Sum(name) for name in SUMS))]
    heads = (
        _("Class of data"), _("Due"), _("Erased"), _("Kept by law"), _("Held"), _("In dispute"), _("Changed since"),
    )  # fmt: skip
    runs = counted(ended, "cause", "state")
    states = dict(choices_of(ErasureRun, "state"))
    causes = dict(choices_of(ErasureRun, "cause"))
    holds: list[list[Cell]] = [
        [str(_("Placed")), Hold.objects.filter(**within(period, "placed_at")).count()],
        [str(_("Released")), Hold.objects.filter(**within(period, "released_at")).count()],
        [str(_("In force now")), Hold.objects.filter(released_at=None).count()],
    ]
    children = ChildReport.objects.filter(**within(period, "reported_at"))
    return [
        Table(_("Records by class"), heads, classes),
        Table(
            _("Runs that ended"),
            (_("Cause"), _("How it ended"), _("Runs")),
            [
                [str(causes.get(cause, cause)), str(states.get(state, state)), number]
                for (cause, state), number in sorted(runs.items())
            ],
        ),
        Table(_("Legal holds"), ("", _("Holds")), holds),
        Table(
            _("Reports of children received, as they stand now"),
            (_("State"), _("Reports")),
            by_choice(ChildReport, "state", counted(children, "state")),
        ),
        deadlines(period, ChildReport.OWNER),
    ]
