"""The worklist of "Today": running deadlines of the records that a login may see, by what can still be done about them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.fronts.workplace.approvals import Waiting
from portal.fronts.workplace.permissions import Permission
from portal.kernel.core import access, ports
from portal.kernel.law import explanations
from portal.kernel.law.choices import ClockState
from portal.kernel.law.models import Clock
from portal.kernel.law.rules import latest_missed
from portal.kernel.law.selectors import passed

#: Records that one group shows at first, and how many of its deadlines are read: those of colleagues are left out afterwards.
SHOWN = 7
DAY = timedelta(days=1)
READ = 200
#: The code of the group of proposals.
APPROVALS = "approvals"

#: Whoever may see a record sees its deadline too, also without the list of all deadlines.
OWNERS: tuple[tuple[str, str], ...] = (
    (Permission.KYC_VIEW, "kyc."),
    (Permission.TICKET_VIEW, "grievances."),
    (Permission.INSTRUCTION_VIEW, "registers.instruction"),
    (Permission.ORDER_VIEW, "registers.authorityorder"),
    (Permission.INCIDENT_VIEW, "registers.incident:"),
)

#: Labels of deadlines that are no model, with the model whose record they belong to.
RECORDS = {
    "grievances.acknowledgement": "grievances.ticket",
    "grievances.interim": "grievances.ticket",
    "kyc.deletion": "kyc.deletionrequest",
    "retention.child": "retention.childreport",
}


@dataclass(frozen=True)
class Deadline:
    """One running deadline: whose it is, what to do, the rule with its source, and a link to its record."""

    reference: str
    work: str
    rule: str
    due: str
    says: str
    tone: str
    url: str
    holder: str = ""


@dataclass(frozen=True)
class Row:
    """One record with the deadline that presses most; ``more`` are its others, ``approval`` a proposal about it."""

    lead: Deadline
    more: list[Deadline]
    approval: Waiting | None = None


@dataclass(frozen=True)
class Group:
    """Rows that are due at about one time; ``hidden`` is how many more there are."""

    code: str
    name: str | Promise
    rows: list[Row]
    hidden: int = 0
    #: Where all of its rows are, where that is another page.
    url: str = ""

    @property
    def named(self) -> str:
        """Whom its rows name."""
        return _("Proposed by") if self.code == APPROVALS else _("Assigned to")

    @property
    def all(self) -> int:
        """How many rows the group has."""
        return len(self.rows) + self.hidden


@dataclass(frozen=True)
class _Kind:
    """One group: its code in the address, its name, and which running deadlines it takes."""

    code: str
    name: str | Promise
    within: Callable[[QuerySet[Clock], datetime], QuerySet[Clock]]


def _due(first: timedelta | None, last: timedelta | None) -> Callable[[QuerySet[Clock], datetime], QuerySet[Clock]]:
    """Deadlines that are not over and end from ``first`` on (None: from now) until before ``last`` (None: whenever)."""

    def within(clocks: QuerySet[Clock], now: datetime) -> QuerySet[Clock]:
        clocks = clocks.filter(due_at__gt=latest_missed(now))
        clocks = clocks.filter(due_at__gte=now + first) if first else clocks
        return clocks.filter(due_at__lt=now + last) if last else clocks

    return within


#: What can still be met comes before what is late already: a report with two hours left can be saved.
KINDS = (
    _Kind("next", gettext_lazy("Next 24 hours"), _due(None, DAY)),
    _Kind("overdue", gettext_lazy("Overdue"), lambda clocks, now: passed(clocks, now=now)),
    _Kind("week", gettext_lazy("Next 7 days"), _due(DAY, 7 * DAY)),
    _Kind("later", gettext_lazy("Later"), _due(7 * DAY, None)),
)


def groups(user: Any, *, now: datetime, whole: str = "", waiting: Sequence[Waiting] = ()) -> list[Group]:
    """The worklist of a login: groups with something in them, each record once, in the first group that has it.

    ``waiting`` is what the login may approve: a proposal about a record that is shown stands in its row, the others after
    what is overdue.

    In a group law comes before our own promises, then what is due first. Whoever answers or reviews sees what they have
    and what nobody has; a colleague's work is the colleague's. "Later" is shown only where nothing else is. ``whole`` is the
    code of a group that is shown alone and with every row.
    """
    seen: dict[str, list[Clock]] = {}
    found = _found(KINDS[:-1], user, now, seen) or _found(KINDS[-1:], user, now, seen)
    if asked := [one for one in found if one[0].code == whole]:
        return [_group(kind, records, having, user, now, whole) for kind, records, having in asked]
    shown = [_group(kind, records, having, user, now, whole) for kind, records, having in found]
    return _with_approvals(shown, waiting)


def _with_approvals(shown: list[Group], waiting: Sequence[Waiting]) -> list[Group]:
    by_record = {reference: one for one in reversed(waiting) for reference in one.records}
    placed = [
        replace(group, rows=[replace(row, approval=by_record.get(row.lead.reference)) for row in group.rows])
        for group in shown
    ]
    in_rows = {row.lead.reference for group in shown for row in group.rows}
    rest = [one for one in waiting if not one.records & in_rows]
    if not rest:
        return placed
    rows = [Row(_proposal(one), []) for one in rest[:SHOWN]]
    own = Group(APPROVALS, _("Approvals"), rows, len(rest) - len(rows), address("admin:approvals"))
    before = [group for group in placed if group.code in {"next", "overdue"}]
    return [*before, own, *placed[len(before) :]]


def _proposal(one: Waiting) -> Deadline:
    """A proposal as a row: how long it waits, or until when it counts."""
    due = one.due
    says, tone = (due.says, due.tone) if due is not None and due.says else (one.age, "none")
    return Deadline(one.title, one.act, "", due.due if due is not None else "–", says, tone, one.url, one.maker)


#: A group before it is written out: the deadlines of each of its records, and who has which record.
_Found = tuple[_Kind, list[list[Clock]], dict[str, Any]]


def _found(kinds: Sequence[_Kind], user: Any, now: datetime, seen: dict[str, list[Clock]]) -> list[_Found]:
    """Those of ``kinds`` with something in them for this login; ``seen`` gets their records with every deadline of each."""
    read = {kind.code: _pressing(kind, user, now) for kind in kinds}
    having = holders([one.owner for clocks in read.values() for one in clocks], now=now)
    is_at_work = _is_at_work(user)
    found: list[_Found] = []
    for kind in kinds:
        records: list[list[Clock]] = []
        for one in read[kind.code]:
            if is_at_work and having.get(one.owner, user) != user:
                continue
            reference = owner_in_words(one.owner)
            if reference not in seen:
                records.append(seen.setdefault(reference, []))
            seen[reference].append(one)
        if records:
            found.append((kind, records, having))
    return found


def _group(
    kind: _Kind, records: list[list[Clock]], having: dict[str, Any], user: Any, now: datetime, whole: str
) -> Group:
    """A group in words: only what is shown is worked out."""
    shown = records if kind.code == whole else records[:SHOWN]
    rows = []
    for clocks in shown:
        lead, *more = (deadline(one, now, user, having.get(one.owner)) for one in clocks)
        rows.append(Row(lead, more))
    return Group(kind.code, kind.name, rows, len(records) - len(rows))


def _running(user: Any) -> QuerySet[Clock]:
    running = Clock.objects.filter(state=ClockState.RUNNING)
    if access.allowed(user, Permission.CLOCK_VIEW):
        return running
    mine = [Q(owner__startswith=label) for code, label in OWNERS if access.allowed(user, code)]
    return running.filter(reduce(or_, mine)) if mine else running.none()


def _pressing(kind: _Kind, user: Any, now: datetime) -> list[Clock]:
    """The first deadlines of a group, those of law before our own."""
    rules = kind.within(_running(user), now).select_related("legal_rule", "house_rule", "extended_by")
    is_own_rule = ExpressionWrapper(Q(legal_rule__isnull=True), output_field=BooleanField())
    return list(rules.order_by(is_own_rule.asc(), "due_at", "pk")[:READ])


def _is_at_work(user: Any) -> bool:
    """Whether this login takes work from a queue, and so sees what it has and what nobody has."""
    return any(access.allowed(user, one.permission) for one in ports.hands_out)


def address(name: str, query: str = "") -> str:
    """The address of a list with its filter, empty where this installation has no such list."""
    try:
        return reverse(name) + (f"?{query}" if query else "")
    except NoReverseMatch:
        return ""


def holders(owners: list[str], *, now: datetime) -> dict[str, Any]:
    """Which login has the record of a clock, by the clock's owner, as the rooms say."""
    found: dict[str, Any] = {}
    for room in ports.holders:
        found |= room(owners=owners, at=now)
    return found


def deadline(clock: Clock, now: datetime, user: Any = None, holder: Any = None) -> Deadline:
    """A clock in words: how long is left, or how late it is. Days are those of the calendar, as in the lists of tickets.

    With the way to its owner for ``user``, where this login may open it, and the name of who has it.
    """
    shown = explanations.in_words(clock, now)
    return Deadline(
        reference=owner_in_words(clock.owner),
        work=shown.work,
        rule=shown.rule,
        due=shown.due,
        says=shown.says,
        tone=shown.tone,
        url="" if user is None else owner_url(clock.owner, user),
        holder=_name_of(holder, user),
    )


def _name_of(holder: Any, user: Any) -> str:
    if holder is None:
        return ""
    return _("you") if holder == user else str(holder.full_name or holder.email)


def owner_in_words(owner: str) -> str:
    """The owner of a clock: its reference, without the code of the duty; where it says nothing by itself, with the name of
    what it is.
    """
    label, _sep, reference = owner.partition(":")
    if reference.startswith("OS-"):
        return reference.partition("/")[0]
    try:
        return f"{str(apps.get_model(label)._meta.verbose_name).capitalize()} {reference}"
    except (LookupError, ValueError):
        return reference


def owner_url(owner: str, user: Any) -> str:
    """The list that shows the owner of a clock alone; empty where there is none, or none that this login may open."""
    label, _sep, reference = owner.partition(":")
    label, reference = RECORDS.get(label, label), reference.partition("/")[0]
    try:
        page: Any = admin.site.get_model_admin(apps.get_model(label))
    except (LookupError, ValueError, NotRegistered):
        return ""
    if not access.allowed(user, page.view_permission):
        return ""
    return address(f"admin:{label.replace('.', '_').lower()}_changelist", f"q={reference}")
