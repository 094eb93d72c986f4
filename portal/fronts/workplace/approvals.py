"""Approvals: what one person proposed and another answers, of every kind there is, in one list."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.urls import NoReverseMatch, reverse

from portal.kernel.core import answers, clock, date_format
from portal.kernel.core.admin import labels
from portal.kernel.law import explanations
from portal.kernel.law.choices import ClockState
from portal.kernel.law.labels import period
from portal.kernel.law.models import Clock
from portal.kernel.law.terms import Unit
from portal.kernel.people.admin.proposals import Ways, ways_to_answer
from portal.kernel.people.choices import Answer
from portal.kernel.people.labels import ActNames
from portal.kernel.people.login_roles import roles_held
from portal.kernel.people.models import FourEyesModel, FourEyesRule

#: A page shows no more than this of one kind of proposal.
MOST = 200
#: In the address of a proposal that opened by itself after the answer to another one.
AFTER = "after"
#: For how long one's own proposal is shown after its answer.
ANSWERED = timedelta(days=30)
#: Columns of a proposal that say from when it counts: it is approved before, or not in time.
_STARTS = ("effective_from", "starts_at")


@dataclass(frozen=True)
class Due:
    """Until when a proposal is to be answered; ``at`` orders, ``says`` and ``tone`` are as of a deadline."""

    at: datetime
    due: str
    says: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Waiting:
    """One proposal as a list shows it. ``records`` are the references of itself and of what it is about."""

    row: FourEyesModel
    kind: str
    act: str
    title: str
    maker: str
    age: str
    url: str
    records: frozenset[str]
    due: Due | None
    #: Whose the record is that it is about, where a page says that.
    who: str = ""
    #: Where its maker withdraws it; empty where it cannot be withdrawn.
    withdraw: str = ""

    @property
    def made_at(self) -> datetime:
        return self.row.made_at

    @property
    def order(self) -> tuple[bool, datetime]:
        """What has to be answered by a time comes first, then what waits longest."""
        return (self.due is None, self.due.at if self.due is not None else self.row.made_at)


@dataclass(frozen=True)
class Kind:
    """A kind of proposal with how many of it there are."""

    code: str
    name: str
    count: int


@dataclass(frozen=True)
class Open:
    """What is open, by kind of proposal: what this login may answer, and what it proposed itself."""

    acts: frozenset[str]
    to_answer: Counter[str]
    mine: Counter[str]

    @property
    def count(self) -> int:
        return self.to_answer.total()

    @property
    def own_count(self) -> int:
        return self.mine.total()

    def kinds(self) -> list[Kind]:
        """Those with something to answer, by their names."""
        named = ((code, name_of(code), count) for code, count in self.to_answer.items())
        return [Kind(*one) for one in sorted(named, key=lambda one: one[1])]


def name_of(code: str) -> str:
    """What one proposal of a kind is called."""
    name = str(apps.get_model(code)._meta.verbose_name)
    return name[:1].upper() + name[1:]


def models_of_proposals() -> list[type[FourEyesModel]]:
    """Every table of proposals, in the order of their names."""
    found = [model for model in apps.get_models() if issubclass(model, FourEyesModel)]
    return sorted(found, key=lambda model: model._meta.label)


@cache
def _open_ones() -> tuple[str, tuple[Any, ...]]:
    """What is open for anybody. The statement is the same for everybody, and so written once in a process."""
    return _union(lambda model: model.to_answer())


def _union(among: Callable[[type[FourEyesModel]], Q]) -> tuple[str, tuple[Any, ...]]:
    """One statement over the tables of all kinds of proposals: kind, act and maker of each of these rows."""
    parts: list[str] = []
    values: list[Any] = []
    for model in models_of_proposals():
        rows = model._default_manager.filter(among(model)).order_by()
        sql, given = rows.values("act", "made_by").query.sql_with_params()
        table = connection.ops.quote_name(model._meta.db_table)
        parts.append(f"SELECT %s AS kind, act, made_by FROM ({sql}) AS {table}")  # noqa: S608 - written by the ORM
        values += (model._meta.label, *given)
    return " UNION ALL ".join(parts), tuple(values)


def open_to(user: Any) -> Open:
    """How many proposals this login may answer, and how many of its own wait. Two statements, whatever there is.

    An auditor's login answers nothing, whichever roles it has beside that one.
    """
    held = roles_held(user) if answers.reading_scope.ask(user) is None else frozenset()
    acts = frozenset(FourEyesRule.objects.filter(checker_role__code__in=held).values_list("act", flat=True))
    to_answer, mine = Counter[str](), Counter[str]()
    for kind, act, maker, count in _counted(*_open_ones()):
        if maker == user.pk:
            mine[kind] += count
        elif act in acts:
            to_answer[kind] += count
    return Open(acts, to_answer, mine)


def _counted(every: str, given: tuple[Any, ...]) -> list[tuple[str, str, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT kind, act, made_by, COUNT(*) FROM ({every}) AS proposed GROUP BY 1, 2, 3", given)  # noqa: S608 - written by the ORM
        return list(cursor.fetchall())


def to_answer(user: Any, found: Open, *, now: datetime, kind: str = "") -> list[Waiting]:
    """The proposals this login may answer, of one kind or of all: what is due first, then the oldest.

    A statement for each kind of which there is something, and one for their deadlines.
    """
    rows = [
        row
        for code in found.to_answer
        if not kind or code == kind
        for row in _rows(code, Q(act__in=found.acts)).exclude(made_by=user)[:MOST]
    ]
    return sorted(_waiting(rows, now=now), key=lambda one: one.order)


def of_ones_own(user: Any, found: Open, *, now: datetime) -> list[Waiting]:
    """What this login proposed and nobody answered yet, the newest first."""
    rows = [row for code in found.mine for row in _rows(code, Q(made_by=user))[:MOST]]
    return sorted(_waiting(rows, now=now, user=user), key=lambda one: one.made_at, reverse=True)


def answered_lately(user: Any, *, now: datetime) -> list[Waiting]:
    """What this login proposed and another answered lately (``ANSWERED``), the last first."""
    recent = Q(made_by=user, checked_at__gt=now - ANSWERED)
    kinds = {kind for kind, _act, _maker, _count in _counted(*_union(lambda _model: recent))}
    models: list[Any] = [apps.get_model(kind) for kind in sorted(kinds)]
    rows = [
        row
        for model in models
        for row in model._default_manager.filter(recent).select_related("checked_by", "made_by", *model.named_by)[:MOST]
    ]
    return sorted(_waiting(rows, now=now), key=lambda one: one.row.checked_at or now, reverse=True)


def refused_lately(user: Any, *, now: datetime) -> list[Waiting]:
    """What this login proposed and another rejected in the last thirty days, and of whose record nobody has proposed anew.

    One statement for all kinds, and two for each kind of which there is something.
    """
    refused = Q(made_by=user, answer=Answer.REFUSED, checked_at__gt=now - ANSWERED)
    kinds = {kind for kind, _act, _maker, _count in _counted(*_union(lambda _model: refused))}
    rows: list[FourEyesModel] = []
    models: list[Any] = [apps.get_model(kind) for kind in sorted(kinds)]
    for model in models:
        found: QuerySet[Any] = model._default_manager.filter(refused)
        named: tuple[str, ...] = model.named_by
        if named:
            same = {named[0]: OuterRef(named[0])}
            found = found.exclude(Exists(model._default_manager.filter(made_at__gt=OuterRef("checked_at"), **same)))
        rows += found.select_related("made_by", *named).order_by("checked_at")[:MOST]
    return list(_waiting(rows, now=now))


def _rows(code: str, among: Q) -> QuerySet[Any]:
    model: Any = apps.get_model(code)
    rows = model._default_manager.filter(model.to_answer(), among)
    found: QuerySet[Any] = rows.select_related("made_by", *model.named_by).order_by("made_at")
    return found


def _waiting(rows: Sequence[FourEyesModel], *, now: datetime, user: Any = None) -> Iterator[Waiting]:
    dues = _dues(rows, now)
    act_names = ActNames()
    for row in rows:
        ways = ways_of(row)
        withdraw = ways.withdraw if ways is not None and user is not None else None
        can_withdraw = withdraw is not None and not withdraw.skip(row, user)
        yield Waiting(
            row=row,
            kind=row._meta.label,
            act=act_names(row.act),
            title=title_of(row),
            maker=row.made_by.display_name if user is None else "",
            age=age(row.made_at, now),
            url=url_of(row),
            records=frozenset(one.reference for one in _abouts(row) if hasattr(one, "reference")),
            due=dues.get((row._meta.label, row.pk)),
            withdraw=reverse("admin:approval", args=[row._meta.label, row.pk]) if can_withdraw else "",
        )


def title_of(row: FourEyesModel) -> str:
    """Which record it is about, and what is proposed."""
    return " · ".join(filter(None, (labels.heading(row), row.proposed)))


def age(since: datetime, now: datetime) -> str:
    """How long something has waited, in the largest unit of which there is one."""
    waited = now - since
    if waited >= timedelta(days=1):
        return str(period(waited.days, Unit.CALENDAR_DAY))
    hours = waited // timedelta(hours=1)
    return str(period(hours, Unit.HOUR) if hours else period(waited // timedelta(minutes=1), Unit.MINUTE))


def _abouts(row: FourEyesModel) -> Iterator[Model]:
    """The proposal and the records it is about, as its list brings them along."""
    yield row
    for path in row.named_by:
        found: Any = row
        for name in path.split("__"):
            found = getattr(found, name, None)
            if found is not None:
                yield found


def _owner_of(record: Any) -> str:
    """The label under which a record has clocks; empty for one that has none."""
    owner = getattr(record, "owner", None)
    if isinstance(owner, str):
        return owner
    reference = getattr(record, "reference", "")
    return f"{record._meta.label_lower}:{reference}" if isinstance(reference, str) and reference else ""


def _dues(rows: Iterable[FourEyesModel], now: datetime) -> dict[tuple[str, Any], Due]:
    """Of each proposal what presses first: a running clock of what it is about, else the day from which it counts."""
    owners = {(row._meta.label, row.pk): {_owner_of(one) for one in _abouts(row)} - {""} for row in rows}
    asked = set().union(*owners.values())
    running: dict[str, Clock] = {}
    if asked:
        clocks = Clock.objects.filter(owner__in=asked, state=ClockState.RUNNING)
        for one in clocks.select_related("legal_rule", "house_rule", "extended_by").order_by("-due_at"):
            running[one.owner] = one
    found: dict[tuple[str, Any], Due] = {}
    for row in rows:
        key = (row._meta.label, row.pk)
        pressing = min(
            (running[one] for one in owners[key] if one in running), key=lambda one: one.due_at, default=None
        )
        due = _of_clock(pressing, now) if pressing is not None else _of_start(row, now)
        if due is not None:
            found[key] = due
    return found


def _of_clock(one: Clock, now: datetime) -> Due:
    shown = explanations.in_words(one, now)
    return Due(one.due_at, shown.due, shown.says, shown.tone)


def _of_start(row: FourEyesModel, now: datetime) -> Due | None:
    starts = next((value for name in _STARTS if (value := getattr(row, name, None)) is not None), None)
    if isinstance(starts, datetime):
        return Due(starts, date_format.moment(starts)) if starts > now else None
    if isinstance(starts, date) and starts >= clock.day(now):
        return Due(datetime.combine(starts, time.min, tzinfo=clock.IST), date_format.day(starts))
    return None


def ways_of(row: Any) -> Ways | None:
    """The acts by which a proposal is answered or withdrawn on its page; None for one without a page."""
    return ways_to_answer(admin.site.get_model_admin(type(row))) if admin.site.is_registered(type(row)) else None


def url_of(row: Any) -> str:
    """The page on which the proposal is read and answered: its own or that of what it is about; empty where none is.

    ``answered_with`` of a page names the record on whose page its proposals are answered.
    """
    if not admin.site.is_registered(type(row)):
        abouts = (getattr(row, name) for name in getattr(row, "named_by", ()))
        return next((url for about in abouts if about is not None and (url := url_of(about))), "")
    page: Any = admin.site.get_model_admin(type(row))
    if elsewhere := getattr(page, "answered_with", ""):
        return url_of(getattr(row, elsewhere))
    try:
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return ""


def is_open(row: Any) -> bool:
    """Whether somebody may answer it now."""
    model: Any = type(row)
    return bool(row.answer == Answer.PENDING and model._default_manager.filter(model.to_answer(), pk=row.pk).exists())
