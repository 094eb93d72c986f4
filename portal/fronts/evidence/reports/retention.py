"""What was erased, what a law or a hold keeps, and reports of children."""

from django.db.models import Max, Sum
from django.utils.translation import gettext_lazy as _

from portal.fronts.evidence.period import Period
from portal.fronts.evidence.reports.grievances import deadlines
from portal.fronts.evidence.reports.tables import Cell, Table, as_of, by_choice, choices_of, counted, within
from portal.kernel.retention.choices import Cause, RunState
from portal.kernel.retention.models import ChildReport, ErasureRun, ErasureStep, Hold
from portal.kernel.vault.choices import RetentionClass

FOUND = ("due", "kept_by_law", "held", "disputed")


def keeping(period: Period) -> list[Table]:
    """What was erased in the period; what the last run of each kind found; holds; reports of children.

    A run counts afresh each night what a law or a hold still keeps: such numbers stand for their night and are never added
    up. A plan that was given up or refused ended nothing.
    """
    ended = ErasureRun.objects.filter(state__in=(RunState.DONE, RunState.FAILED), **within(period, "finished_at"))
    steps = ErasureStep.objects.filter(run__in=ended)
    erased = dict(steps.order_by("retention_class").values_list("retention_class").annotate(Sum("erased")))
    by_eraser = steps.filter(run__cause=Cause.SCHEDULE).order_by().values("eraser")
    last = ErasureStep.objects.filter(pk__in=by_eraser.annotate(last=Max("pk")).values("last"))
    sums = last.order_by("retention_class").values_list("retention_class").annotate(*(Sum(name) for name in FOUND))
    found = {one: counts for one, *counts in sums}
    words = dict(RetentionClass.choices)
    classes: list[list[Cell]] = [
        [str(words.get(one, one)), erased.get(one, 0), *found.get(one, [None] * len(FOUND))]
        for one in sorted({*erased, *found})
    ]
    heads = (
        _("Class of data"), _("Erased"), _("Due in the last run"), _("Kept by law then"), _("Active then"), _("In dispute then"),
    )  # fmt: skip
    runs = counted(ended, "cause", "state")
    states = dict(choices_of(ErasureRun, "state"))
    causes = dict(choices_of(ErasureRun, "cause"))
    holds: list[list[Cell]] = [
        [str(_("Placed")), Hold.objects.filter(**within(period, "placed_at")).count()],
        [str(_("Released")), Hold.objects.filter(**within(period, "released_at")).count()],
        [
            str(_("In force at any time of the period")),
            Hold.register_days.in_force_in(Hold.objects.all(), period.start, period.end).count(),
        ],
        [
            str(_("In force at its end")),
            Hold.register_days.in_force_at(Hold.objects.all(), period.last_instant).count(),
        ],
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
        Table(_("Legal holds"), (_("What"), _("Holds")), holds),
        Table(
            _("Reports of children received"),
            (_("State"), _("Reports")),
            by_choice(ChildReport, "state", counted(children, "state")),
            as_of(),
        ),
        deadlines(period, ChildReport.OWNER),
    ]
