"""The log of Californian requests and its figures (11 CCR 7101 and 7102), read from the requests themselves.

A request stands in it when a clock of California's law runs or ran for it: that was frozen when it came in, and outlives
the person's words. What it holds is dates, kinds and decisions, and nobody's name.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import fmean, median
from typing import Any, Final

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Concat
from django.utils.translation import gettext_lazy as _

from grievances.base import request_choices, request_labels
from grievances.base.choices import TicketState
from grievances.base.models.data_copies import RequestProposal
from grievances.base.models.requests import RightsRequest
from portal.kernel.core import clock
from portal.kernel.jobs.export_columns import Cell, Column
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Regime
from portal.kernel.law.date_arithmetic import add_months
from portal.kernel.law.models import Clock
from portal.kernel.people.choices import Answer

#: How long the law has such a log kept: the span that the page opens with.
KEPT: Final = "CA-REC"
#: From how many consumers a year the figures are published.
PUBLISHED_FROM: Final = "CA-METRIC"


@dataclass(frozen=True)
class Figures:
    """One kind of request in a period. ``days`` are from receipt to answer, days of the calendar in India."""

    right: str
    received: int
    in_whole: int
    in_part: int
    denied: int
    ended: int
    open: int
    median_days: float | None
    mean_days: float | None

    @property
    def complied(self) -> int:
        """Answered with a yes, in whole or in part."""
        return self.in_whole + self.in_part

    @property
    def name(self) -> str:
        return str(request_labels.RIGHTS[self.right])


def kept_from(*, today: date) -> date:
    """The first day of which the log is surely kept whole: the rule's period back from today."""
    months = law.legal_rule(KEPT, on=today).amount or 0
    return add_months(today, -months)


def entries(*, first_day: date, last_day: date) -> QuerySet[RightsRequest]:
    """The log of the Californian requests received in a period: as ``requests``, of those under a clock of that law."""
    reference = OuterRef("ticket__reference")
    owners = (Concat(Value(label), reference) for label in ("grievances.acknowledgement:", "grievances.ticket:"))
    ours = Clock.objects.filter(Q(owner=next(owners)) | Q(owner=next(owners)), legal_rule__jurisdiction=Regime.US_CA)
    return requests(first_day=first_day, last_day=last_day).filter(Exists(ours))


def requests(*, first_day: date, last_day: date) -> QuerySet[RightsRequest]:
    """The requests received in a period (days in India, both included), oldest first.

    Each row carries ``outcome`` and ``answered_at``, of the request that answers it where it was joined to another one,
    and the ``ground`` of a denial.
    """
    start = datetime.combine(first_day, time.min, tzinfo=clock.IST)
    end = datetime.combine(last_day + timedelta(days=1), time.min, tzinfo=clock.IST)
    answered = Coalesce("joined_to_id", "pk")
    approved = RequestProposal.objects.filter(request_id=OuterRef("answered_in"), answer=Answer.APPROVED)
    return (
        RightsRequest.objects.filter(ticket__received_at__gte=start, ticket__received_at__lt=end)
        .select_related("ticket")
        .annotate(
            answered_in=answered,
            outcome=Coalesce("joined_to__state", "state", output_field=CharField()),
            answered_at=Coalesce("joined_to__decided_at", "decided_at"),
            ground=Subquery(approved.order_by("-checked_at").values("ground")[:1]),
        )
        .order_by(F("ticket__received_at"), "pk")
    )


def figures(rows: Iterable[Any]) -> list[Figures]:
    """The figures of each right that was asked for, in the order of the page that asks."""
    by_right: dict[str, list[Any]] = {}
    for row in rows:
        by_right.setdefault(row.right, []).append(row)
    return [_of_right(right, by_right[right]) for right in request_choices.Right if right in by_right]


def _of_right(right: str, rows: list[Any]) -> Figures:
    outcomes = [_outcome(row) for row in rows]
    days = [found for row in rows if (found := days_to_answer(row)) is not None]
    return Figures(
        right=right,
        received=len(rows),
        in_whole=outcomes.count(request_choices.RequestState.GRANTED),
        in_part=outcomes.count(request_choices.RequestState.PARTLY),
        denied=outcomes.count(request_choices.RequestState.REFUSED),
        ended=outcomes.count(TicketState.CLOSED),
        open=outcomes.count(""),
        median_days=median(days) if days else None,
        mean_days=round(fmean(days), 1) if days else None,
    )


def _outcome(row: Any) -> str:
    """What was decided; closed where the person took it back or nothing is left of it; empty while it is open."""
    found: str = row.outcome
    if found in request_choices.DECIDED:
        return found
    return TicketState.CLOSED if row.ticket.state == TicketState.CLOSED and row.joined_to_id is None else ""


def days_to_answer(row: Any) -> int | None:
    """From the day of receipt to the day of the answer; None while none was given."""
    at: datetime | None = row.answered_at
    if at is None or _outcome(row) not in request_choices.DECIDED:
        return None
    return (clock.day(at) - clock.day(row.ticket.received_at)).days


def nature_of_answer(row: Any) -> str:
    """The outcome in words."""
    found = _outcome(row)
    if found == TicketState.CLOSED:
        return str(_("Closed without an answer"))
    return str(request_labels.STATES[found]) if found else str(_("Open"))


def ground(row: Any) -> str:
    """The basis of a denial in words; empty for any other."""
    found: str = row.ground or ""
    return str(request_labels.GROUNDS[found]) if found and _outcome(row) == request_choices.RequestState.REFUSED else ""


def answered_at(row: Any) -> datetime | None:
    """When the answer went out."""
    at: datetime | None = row.answered_at
    return at if days_to_answer(row) is not None else None


def _figure(heading: str, value: Callable[[Figures], Cell]) -> Column[Figures]:
    return Column(heading, value)


#: The six things that the law has the log hold (CA-REC-FIELDS), with the reference under which the request is found.
LOG_COLUMNS: Sequence[Column[Any]] = (
    Column("reference", lambda row: row.ticket.reference),
    Column("received", lambda row: row.ticket.received_at),
    Column("nature", lambda row: str(request_labels.RIGHTS[row.right])),
    Column("manner", lambda row: row.ticket.get_door_display()),
    Column("answered", answered_at),
    Column("nature_of_answer", nature_of_answer),
    Column("ground_of_denial", ground),
    Column("days", days_to_answer),
)
FIGURE_COLUMNS: Sequence[Column[Figures]] = (
    _figure("nature", lambda row: row.name),
    _figure("received", lambda row: row.received),
    _figure("complied_in_whole", lambda row: row.in_whole),
    _figure("complied_in_part", lambda row: row.in_part),
    _figure("denied", lambda row: row.denied),
    _figure("closed_without_answer", lambda row: row.ended),
    _figure("open", lambda row: row.open),
    _figure("median_days", lambda row: "" if row.median_days is None else f"{row.median_days:g}"),
    _figure("mean_days", lambda row: "" if row.mean_days is None else f"{row.mean_days:g}"),
)
