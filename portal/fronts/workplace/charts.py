"""What the charts of the first page count. Counts only, the same for everybody who may see them, kept for some minutes."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate, TruncMonth
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Answer
from consent.records.models.events import ConsentEvent
from grievances.base.choices import OPEN_STATES
from grievances.base.models.requests import RightsRequest
from grievances.base.models.ticket import Ticket
from grievances.base.request_choices import UNDECIDED
from kyc.base.choices import CaseState
from kyc.base.models.cases import Case
from kyc.cases import labels
from kyc.cases.selectors import to_review
from portal.fronts.workplace.queues import open_to
from portal.kernel.core import clock
from portal.kernel.core import date_format as dates
from portal.kernel.core.clock import IST
from portal.kernel.law.choices import Channel
from portal.kernel.law.date_arithmetic import add_months
from portal.kernel.law.models import Clock
from portal.kernel.law.selectors import kept, missed, passed
from portal.kernel.outbox.choices import LEFT, MessageState
from portal.kernel.outbox.models import Message

#: What the charts look back over, and for how long a count is good enough.
DAYS, WEEK, FEW_DAYS = timedelta(days=30), timedelta(days=7), timedelta(days=10)
MONTHS = 6
GOOD_FOR = timedelta(minutes=5)


class Row(NamedTuple):
    """One bar or group of bars: what it is, a number for each series, and the query of the list that has exactly these rows."""

    label: str
    values: tuple[int, ...]
    queries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """One chart: whoever may see the list of ``model`` may see it. ``over_time`` stands in columns, others lie in bars."""

    code: str
    title: Any
    model: str
    first: Any
    series: tuple[Any, ...]
    count: Callable[[datetime], list[Row]]
    over_time: bool = False


@dataclass(frozen=True)
class Chart:
    """The numbers of one chart as they were at an instant."""

    kind: Kind
    rows: Sequence[Row]
    at: str

    @property
    def is_empty(self) -> bool:
        return not any(any(row.values) for row in self.rows)

    @property
    def url(self) -> str:
        """The list whose rows it counts."""
        return reverse(f"admin:{self.kind.model.replace('.', '_').lower()}_changelist")


def _midnight(on: date) -> datetime:
    """The first instant of a day in India."""
    return datetime(on.year, on.month, on.day, tzinfo=IST)


def _days_before(now: datetime, back: timedelta) -> list[date]:
    today = clock.day(now)
    return [today - timedelta(days=number) for number in reversed(range(back.days))]


def _by_day(rows: QuerySet[Any], field: str, since: date) -> dict[date, int]:
    found = rows.filter(**{f"{field}__gte": _midnight(since)}).annotate(on=TruncDate(field, tzinfo=IST)).order_by()
    return dict(found.values("on").annotate(n=Count("pk")).values_list("on", "n"))


def _on_day(field: str, on: date) -> str:
    """The query of a list for the rows of one day."""
    until = _midnight(on + timedelta(days=1))
    return urlencode({f"{field}__gte": _midnight(on).isoformat(), f"{field}__lt": until.isoformat()})


def _received_and_closed(now: datetime) -> list[Row]:
    days = _days_before(now, FEW_DAYS)
    received = _by_day(Ticket.objects.all(), "received_at", days[0])
    closed = _by_day(Ticket.objects.all(), "closed_at", days[0])
    return [
        Row(
            date_format(on, "j M"),
            (received.get(on, 0), closed.get(on, 0)),
            (_on_day("received_at", on), _on_day("closed_at", on)),
        )
        for on in days
    ]


def _months_before(now: datetime) -> list[date]:
    today = clock.day(now)
    number = today.year * 12 + today.month - 1
    return [date((number - back) // 12, (number - back) % 12 + 1, 1) for back in reversed(range(MONTHS))]


#: What the list of deadlines is asked for the bars of a month: met or missed, and the month.
MET, MISSED = "met", "missed"


def deadlines_of_month(clocks: QuerySet[Clock], asked: str, now: datetime) -> QuerySet[Clock] | None:
    """The deadlines that a bar of a month counts, as its link asks (``met-2026-11``); None for what no link asks.

    What was done in time is of the month in which it was done, what was missed of the month whose day it missed, also where
    it is not done yet: a month says the same later as it does now.
    """
    which, _dash, month = asked.partition("-")
    try:
        first = datetime.strptime(month, "%Y-%m").replace(tzinfo=IST)
    except ValueError:
        return None
    after = _midnight(add_months(first.date(), 1))
    if which == MET:
        return kept(clocks).filter(stopped_at__gte=first, stopped_at__lt=after)
    if which != MISSED:
        return None
    late = missed(clocks).order_by().values("pk")
    open_late = passed(clocks, now=now).order_by().values("pk")
    return clocks.filter(Q(pk__in=late) | Q(pk__in=open_late), due_at__gte=first, due_at__lt=after)


def _on_time(now: datetime) -> list[Row]:
    months = _months_before(now)
    begin = _midnight(months[0])

    def by_month(rows: QuerySet[Clock], field: str) -> dict[date, int]:
        lately = rows.filter(**{f"{field}__gte": begin}).order_by()
        months_of = lately.annotate(month=TruncMonth(field, tzinfo=IST)).values("month")
        return {clock.day(row["month"]): row["n"] for row in months_of.annotate(n=Count("pk"))}

    everything = Clock.objects.all()
    in_time, late = by_month(kept(everything), "stopped_at"), by_month(missed(everything), "due_at")
    open_late = by_month(passed(everything, now=now), "due_at")
    return [
        Row(
            date_format(month, "M Y"),
            (in_time.get(month, 0), late.get(month, 0) + open_late.get(month, 0)),
            tuple(f"when={which}-{month:%Y-%m}" for which in (MET, MISSED)),
        )
        for month in months
    ]


def _opt_outs(now: datetime) -> list[Row]:
    since = _midnight(_days_before(now, DAYS)[0])
    lately = ConsentEvent.objects.filter(recorded_at__gte=since, answer=Answer.WITHDRAWN).order_by()
    found = dict(lately.values("channel").annotate(n=Count("pk")).values_list("channel", "n"))
    asked = {"answer__exact": str(Answer.WITHDRAWN), "recorded_at__gte": since.isoformat()}
    return [
        Row(str(channel.label), (found[channel],), (urlencode({"channel__exact": str(channel), **asked}),))
        for channel in Channel
        if found.get(channel)
    ]


def _by(rows: QuerySet[Any], field: str, choices: Iterable[tuple[Any, Any]], **asked: str) -> list[Row]:
    """How many rows have each value of a field, in the order of its choices."""
    found = dict(rows.order_by().values(field).annotate(n=Count("pk")).values_list(field, "n"))
    return [
        Row(str(label), (found.get(str(value), 0),), (urlencode({f"{field}__exact": str(value), **asked}),))
        for value, label in choices
    ]


def _cases(now: datetime) -> list[Row]:
    """A case that is not sent in whole may hold a paper that waits for us: it is nobody's fault but ours meanwhile."""
    rows = _by(Case.objects.all(), "state", _choices(Case, "state"))
    of_both = Case.objects.filter(state=CaseState.OPEN, pk__in=to_review(at=now).order_by().values("case")).count()
    row = next(one for one in rows if one.label == str(CaseState.OPEN.label))
    both = [
        Row(row.label, (row.values[0] - of_both,), ("waits=customer",)),
        Row(str(labels.WAITS_FOR_BOTH), (of_both,), ("waits=both",)),
    ]
    return [one for each in rows for one in (both if each is row else [each])]


def _requests(now: datetime) -> list[Row]:
    undecided = RightsRequest.objects.filter(state__in=UNDECIDED, ticket__state__in=OPEN_STATES)
    return [row for row in _by(undecided, "right", _choices(RightsRequest, "right"), queue="open") if any(row.values)]


def _deliveries(now: datetime) -> list[Row]:
    since = _midnight(_days_before(now, WEEK)[0])
    left = [str(state) for state in LEFT if state != MessageState.UNDELIVERED]
    failed = [str(MessageState.DEAD), str(MessageState.UNDELIVERED)]
    rows = (
        Message.objects.filter(created_at__gte=since)
        .order_by()
        .values("channel")
        .annotate(left=Count("pk", filter=Q(state__in=left)), failed=Count("pk", filter=Q(state__in=failed)))
    )
    found = {row["channel"]: (row["left"], row["failed"]) for row in rows}
    asked = {"created_at__gte": since.isoformat()}
    return [
        Row(
            str(label),
            found[value],
            tuple(
                urlencode({"channel__exact": value, "state__in": ",".join(states), **asked})
                for states in (left, failed)
            ),
        )
        for value, label in _choices(Message, "channel")
        if value in found
    ]


def _choices(model: Any, field: str) -> list[tuple[Any, Any]]:
    return list(model._meta.get_field(field).choices or ())


KINDS = (
    Kind(
        "grievances",
        _("Grievances received and closed in 10 days"),
        "grievances.Ticket",
        _("Day"),
        (_("Received"), _("Closed")),
        _received_and_closed,
        over_time=True,
    ),
    Kind(
        "on-time",
        _("Deadlines met and missed in six months"),
        "law.Clock",
        _("Month"),
        (_("Met"), _("Missed")),
        _on_time,
        over_time=True,
    ),
    Kind(
        "opt-outs",
        _("Opt-outs by channel in 30 days"),
        "consent.ConsentEvent",
        _("Channel"),
        (_("Withdrawn"),),
        _opt_outs,
    ),
    Kind("kyc", _("KYC cases by state"), "kyc.Case", _("State"), (_("Cases"),), _cases),
    Kind(
        "requests",
        _("Open rights requests by right"),
        "grievances.RightsRequest",
        _("Right"),
        (_("Requests"),),
        _requests,
    ),
    Kind(
        "deliveries",
        _("Messages of seven days by channel"),
        "outbox.Message",
        _("Channel"),
        (_("Sent"), _("Failed")),
        _deliveries,
    ),
)


def charts(request: HttpRequest, codes: Collection[str], *, now: datetime) -> list[Chart]:
    """Those of these charts whose list this login may see, each at most as old as ``GOOD_FOR``."""
    return [_chart(kind, now) for kind in KINDS if kind.code in codes and open_to(request, kind.model)]


def chart(request: HttpRequest, code: str, *, now: datetime) -> Chart | None:
    """One chart of this login by its code; None where there is none, or none for it."""
    found = next((kind for kind in KINDS if kind.code == code), None)
    return _chart(found, now) if found is not None and open_to(request, found.model) else None


def _chart(kind: Kind, now: datetime) -> Chart:
    name = f"workplace.chart.{kind.code}"
    counted: tuple[list[Row], str] | None = cache.get(name)
    if counted is None:
        counted = kind.count(now), dates.moment(now)
        cache.set(name, counted, GOOD_FOR.total_seconds())
    return Chart(kind, *counted)
