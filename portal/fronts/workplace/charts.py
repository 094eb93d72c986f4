"""What the charts of the first page count. Counts only, the same for everybody who may see them, kept for some minutes."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate, TruncMonth
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Answer
from consent.records.models.events import ConsentEvent
from grievances.base.choices import OPEN_STATES
from grievances.base.models.requests import RightsRequest
from grievances.base.models.ticket import Ticket
from kyc.base.choices import CaseState
from kyc.base.models.cases import Case
from kyc.cases import labels
from kyc.cases.selectors import to_review
from portal.fronts.workplace.queues import open_to
from portal.kernel.core import clock
from portal.kernel.core import date_format as dates
from portal.kernel.core.clock import IST
from portal.kernel.law.choices import Channel
from portal.kernel.law.models import Clock
from portal.kernel.law.selectors import kept, missed, passed
from portal.kernel.outbox.choices import LEFT, MessageState
from portal.kernel.outbox.models import Message

#: What the charts look back over, and for how long a count is good enough.
DAYS = timedelta(days=30)
WEEK = timedelta(days=7)
MONTHS = 6
GOOD_FOR = timedelta(minutes=5)

Row = tuple[str, tuple[int, ...]]


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
        return not any(any(values) for _label, values in self.rows)


def _days_before(now: datetime) -> list[date]:
    today = clock.day(now)
    return [today - timedelta(days=back) for back in reversed(range(DAYS.days))]


def _by_day(rows: QuerySet[Any], field: str, since: date) -> dict[date, int]:
    begin = datetime(since.year, since.month, since.day, tzinfo=IST)
    found = rows.filter(**{f"{field}__gte": begin}).annotate(on=TruncDate(field, tzinfo=IST)).order_by()
    return dict(found.values("on").annotate(n=Count("pk")).values_list("on", "n"))


def _received_and_closed(now: datetime) -> list[Row]:
    days = _days_before(now)
    received = _by_day(Ticket.objects.all(), "received_at", days[0])
    closed = _by_day(Ticket.objects.all(), "closed_at", days[0])
    return [(dates.day(on), (received.get(on, 0), closed.get(on, 0))) for on in days]


def _months_before(now: datetime) -> list[date]:
    today = clock.day(now)
    number = today.year * 12 + today.month - 1
    return [date((number - back) // 12, (number - back) % 12 + 1, 1) for back in reversed(range(MONTHS))]


def _on_time(now: datetime) -> list[Row]:
    """What was done in time by the month in which it was done, and what was missed by the month whose day it missed, also
    where it is not done yet: a month says the same later as it does now.
    """
    months = _months_before(now)
    begin = datetime(months[0].year, months[0].month, 1, tzinfo=IST)

    def by_month(rows: QuerySet[Clock], field: str) -> dict[date, int]:
        lately = rows.filter(**{f"{field}__gte": begin}).order_by()
        months_of = lately.annotate(month=TruncMonth(field, tzinfo=IST)).values("month")
        return {clock.day(row["month"]): row["n"] for row in months_of.annotate(n=Count("pk"))}

    everything = Clock.objects.all()
    in_time, late = by_month(kept(everything), "stopped_at"), by_month(missed(everything), "due_at")
    open_late = by_month(passed(everything, now=now), "due_at")
    return [
        (date_format(month, "M Y"), (in_time.get(month, 0), late.get(month, 0) + open_late.get(month, 0)))
        for month in months
    ]


def _consents(now: datetime) -> list[Row]:
    lately = ConsentEvent.objects.filter(recorded_at__gt=now - DAYS).order_by()
    rows = lately.values("channel").annotate(
        given=Count("pk", filter=Q(answer__in=[Answer.GIVEN, Answer.RENEWED])),
        withdrawn=Count("pk", filter=Q(answer=Answer.WITHDRAWN)),
    )
    found = {row["channel"]: (row["given"], row["withdrawn"]) for row in rows}
    return [(str(channel.label), found.get(channel, (0, 0))) for channel in Channel]


def _by(rows: QuerySet[Any], field: str, choices: Iterable[tuple[Any, Any]]) -> list[Row]:
    """How many rows have each value of a field, in the order of its choices."""
    found = dict(rows.order_by().values(field).annotate(n=Count("pk")).values_list(field, "n"))
    return [(str(label), (found.get(str(value), 0),)) for value, label in choices]


def _cases(now: datetime) -> list[Row]:
    """A case that is not sent in whole may hold a paper that waits for us: it is nobody's fault but ours meanwhile."""
    rows = _by(Case.objects.all(), "state", _choices(Case, "state"))
    of_both = Case.objects.filter(state=CaseState.OPEN, pk__in=to_review(at=now).order_by().values("case")).count()
    label, (count,) = next(row for row in rows if row[0] == str(CaseState.OPEN.label))
    both = [(label, (count - of_both,)), (str(labels.WAITS_FOR_BOTH), (of_both,))]
    return [one for row in rows for one in (both if row[0] == label else [row])]


def _requests(now: datetime) -> list[Row]:
    open_now = RightsRequest.objects.filter(ticket__state__in=OPEN_STATES)
    return [row for row in _by(open_now, "right", _choices(RightsRequest, "right")) if any(row[1])]


def _deliveries(now: datetime) -> list[Row]:
    rows = (
        Message.objects.filter(created_at__gt=now - WEEK)
        .order_by()
        .values("channel")
        .annotate(
            left=Count("pk", filter=Q(state__in=[s for s in LEFT if s != MessageState.UNDELIVERED])),
            failed=Count("pk", filter=Q(state__in=[MessageState.DEAD, MessageState.UNDELIVERED])),
        )
    )
    found = {row["channel"]: (row["left"], row["failed"]) for row in rows}
    return [(str(label), found[value]) for value, label in _choices(Message, "channel") if value in found]


def _choices(model: Any, field: str) -> list[tuple[Any, Any]]:
    return list(model._meta.get_field(field).choices or ())


KINDS = (
    Kind(
        "grievances",
        _("Grievances received and closed in 30 days"),
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
        "consents",
        _("Consents by channel in 30 days"),
        "consent.ConsentEvent",
        _("Channel"),
        (_("Given"), _("Withdrawn")),
        _consents,
    ),
    Kind("kyc", _("KYC cases by state"), "kyc.Case", _("State"), (_("Cases"),), _cases),
    Kind(
        "requests",
        _("Open requests about data by kind"),
        "grievances.RightsRequest",
        _("Kind"),
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
