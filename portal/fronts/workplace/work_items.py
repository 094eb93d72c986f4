"""What there is to do: deadlines, rows of queues and proposals as items, each of one record."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from portal.fronts.workplace import queues
from portal.fronts.workplace.approvals import Waiting
from portal.fronts.workplace.permissions import Permission
from portal.kernel.core import access, ports
from portal.kernel.core.admin.actions import actions_of
from portal.kernel.core.admin.lists import page_of, rows_of
from portal.kernel.core.queues import Facts, Queue, Where
from portal.kernel.law import labels
from portal.kernel.law.choices import ClockState
from portal.kernel.law.models import Clock

#: How many deadlines of law, how many of our own, and how many rows of a queue are read for one page.
READ = 60

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
#: The kind of the deadlines of which the rule says more than the kind.
INCIDENT = "incident"


@dataclass(frozen=True)
class Act:
    """What a row offers: a link, or a button that posts. ``is_done_here``: the first page stands again afterwards."""

    label: Any
    url: str
    is_done_here: bool = False


@dataclass(frozen=True)
class Item:
    """One thing to do about one record. ``keys`` are names of the record, its own first: items that share one are one row.

    ``says`` is how long it waits where it has no deadline; ``label`` is that of its record; an item that ``is_exact`` says
    more of what to do than the deadline of its record.
    """

    keys: tuple[str, ...]
    where: str
    verb: str
    about: str = ""
    url: str = ""
    reference: str = ""
    holder: Any = None
    clock: Clock | None = None
    says: str = ""
    label: str = ""
    act: Act | None = None
    is_exact: bool = False
    several: Any = ""
    #: The record itself, where its room gave it.
    record: Any = None


def address(name: str, query: str = "", args: Sequence[Any] = ()) -> str:
    """The address of a page, empty where this installation has no such page."""
    try:
        return reverse(name, args=args) + (f"?{query}" if query else "")
    except NoReverseMatch:
        return ""


def facts_of(owners: Iterable[str], user: Any, *, now: datetime) -> dict[str, Facts]:
    """What the rooms say of the records of deadlines, by the deadlines' owners."""
    asked, found = set(owners), dict[str, Facts]()
    for room in ports.record_facts if asked else ():
        found |= room(owners=asked, user=user, at=now)
    return found


def reference_of(owner: str) -> str:
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


def url_of(owner: str, user: Any, pk: Any = None) -> str:
    """The page of the owner of a clock, or the list that shows it alone; empty where there is none, or none that this login
    may open.
    """
    label, _sep, reference = owner.partition(":")
    label, reference = RECORDS.get(label, label), reference.partition("/")[0]
    try:
        page: Any = admin.site.get_model_admin(apps.get_model(label))
    except (LookupError, ValueError, NotRegistered):
        return ""
    if not access.allowed(user, page.view_permission):
        return ""
    name = label.replace(".", "_").lower()
    if pk is not None:
        return address(f"admin:{name}_change", args=[pk])
    return address(f"admin:{name}_changelist", f"q={reference}")


def keys_of(owner: str, facts: Facts) -> tuple[str, ...]:
    """The names of the record of a deadline; the cause comes first, where several are one."""
    label = owner.partition(":")[0]
    return (*([f"{label}:{facts.cause}"] if facts.cause else []), reference_of(owner))


def running(user: Any, starts: Iterable[str] | None, *, with_law: bool) -> QuerySet[Clock]:
    """The running deadlines that a login may see and whose owners begin so (None: all), those of law whoever owns them
    ``with_law``.
    """
    rows = Clock.objects.filter(state=ClockState.RUNNING)
    if not access.allowed(user, Permission.CLOCK_VIEW):
        mine = [Q(owner__startswith=label) for code, label in OWNERS if access.allowed(user, code)]
        rows = rows.filter(reduce(or_, mine)) if mine else rows.none()
    if starts is None:
        return rows
    asked = [Q(owner__startswith=start) for start in starts]
    asked += [Q(legal_rule__isnull=False)] if with_law else []
    return rows.filter(reduce(or_, asked)) if asked else rows.none()


def pressing(rows: QuerySet[Clock]) -> list[Clock]:
    """The first of these deadlines, those of law before our own."""
    rows = rows.select_related("legal_rule", "house_rule", "extended_by").order_by("due_at", "pk")
    return [
        *rows.filter(legal_rule__isnull=False)[:READ],
        *rows.filter(legal_rule__isnull=True)[:READ],
    ]


def of_clocks(clocks: Iterable[Clock], where: str, facts: dict[str, Facts], user: Any) -> Iterator[Item]:
    """Deadlines as items of a group."""
    for one in clocks:
        known = facts.get(one.owner, Facts())
        label = one.owner.partition(":")[0]
        yield Item(
            keys=keys_of(one.owner, known),
            where=where,
            verb=labels.title(one.rule) if one.kind == INCIDENT and one.legal_rule else labels.work(one.kind),
            about=str(known.about),
            url=url_of(one.owner, user, getattr(known.row, "pk", None)),
            reference=reference_of(one.owner),
            holder=known.holder,
            clock=one,
            record=known.row,
            label=label,
            several=known.several,
        )


@dataclass(frozen=True)
class Found:
    """A row of a queue that is work for a login, and the label under which its record has deadlines."""

    queue: Queue
    row: Any
    owner: str


def in_queues(request: HttpRequest, takes: tuple[str, ...], *, now: datetime) -> list[Found]:
    """The first rows of the queues on which this login works, of those to take from only where the label begins as one of
    ``takes``: one statement counts them all, and one reads the rows of each that is not empty.
    """
    user: Any = request.user
    asked = [
        one
        for one in ports.queues
        if one.work is not None
        and access.allowed(user, one.work.permission)
        and (one.work.where != Where.TAKE or one.model.startswith(takes))
    ]
    found: list[Found] = []
    for one in queues.counted(request, asked):
        work: Any = one.queue.work
        if not one.count or not work.can(user, now=now):
            continue
        rows = rows_of(request, one.queue.model, one.queue.query).select_related(*work.related)[:READ]
        found += [Found(one.queue, row, work.owner(row)) for row in rows]
    return found


def of_queues(found: Iterable[Found], facts: dict[str, Facts], user: Any) -> Iterator[Item]:
    """Rows of queues as items, each with the act that its row offers to this login."""
    for one in found:
        work: Any = one.queue.work
        row, known = one.row, facts.get(one.owner, Facts())
        meta = row._meta
        own = str(getattr(row, "reference", "") or "")
        keys = (*(keys_of(one.owner, known) if one.owner else ()), own or f"{meta.label_lower}:{row.pk}")
        yield Item(
            keys=tuple(dict.fromkeys(keys)),
            where=str(work.where),
            verb=str(work.verb(row)),
            about=str(work.about(row)),
            url=address(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk]),
            reference=own or next((key for key in keys if key.startswith("OS-")), ""),
            holder=known.holder if one.owner else None,
            record=known.row if one.owner else row,
            label=meta.label_lower,
            act=_act_of(one.queue, row, user),
            is_exact=work.is_exact,
        )


def _act_of(queue: Queue, row: Any, user: Any) -> Act | None:
    """The action of the list's own page that the queue names, where this login may do it to this row now."""
    named: Any = queue.work.act if queue.work is not None else ""
    action = next((one for one in actions_of(page_of(queue.model)) if one.name == named), None)
    if action is None or not access.allowed(user, action.permission) or action.skip(row, user):
        return None
    return Act(action.label, reverse("admin:today-act", args=[queue.code, row.pk]), is_done_here=True)


def of_refused(refused: Iterable[Waiting]) -> Iterator[Item]:
    """What this login proposed and another rejected, as items: to be corrected and proposed anew."""
    for one in refused:
        yield Item(
            keys=tuple(sorted(one.records)) or (f"{one.kind}:{one.row.pk}",),
            where=str(Where.HELD),
            verb=_("Revise rejected proposal"),
            about=f"{one.act}: {one.title}",
            url=one.url,
            reference=next(iter(sorted(one.records)), ""),
            holder=one.row.made_by,
            says=_("rejected"),
            label=one.kind.lower(),
            record=one.row,
            is_exact=True,
        )


def of_approvals(waiting: Iterable[Waiting]) -> Iterator[Item]:
    """Proposals that a login may answer, as items."""
    for one in waiting:
        own = f"{one.kind}:{one.row.pk}"
        yield Item(
            keys=tuple(sorted(one.records)) or (own,),
            where="approvals",
            verb=str(one.act),
            about=_("%(maker)s proposed: %(what)s") % {"what": one.title, "maker": one.maker},
            url=one.url,
            record=one.row,
            reference=str(getattr(one.row, "reference", "") or next(iter(sorted(one.records)), "")),
            says=_("waits %(time)s") % {"time": one.age},
            label=one.kind.lower(),
            act=Act(_("Decide"), one.url) if one.url else None,
            is_exact=True,
        )
