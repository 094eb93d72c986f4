"""The worklist of "Today": each record once, by what can still be done about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.fronts.workplace import pages, work_items
from portal.fronts.workplace.approvals import Waiting
from portal.fronts.workplace.countdowns import Countdown, countdown, due
from portal.fronts.workplace.work_items import Act, Item, address
from portal.kernel.law.labels import rule_in_words, work
from portal.kernel.law.models import Clock
from portal.kernel.law.rules import latest_missed
from portal.kernel.law.selectors import passed
from portal.kernel.people.login_roles import roles_held

#: Rows that one group shows at first, and rows of the whole page.
SHOWN, MOST = 7, 25
#: Rows of that which each later group keeps.
KEPT = 2
DAY = timedelta(days=1)
#: A promise that ends within this time stands behind no more than ``BEFORE_IT`` deadlines of law.
ALMOST_OVER, BEFORE_IT = timedelta(hours=1), 2

NAMES: dict[str, str | Promise] = {
    "next": gettext_lazy("Next 24 hours"),
    "overdue": gettext_lazy("Overdue"),
    "held": gettext_lazy("In progress with you"),
    "take": gettext_lazy("To take"),
    "approvals": gettext_lazy("Approvals"),
    "week": gettext_lazy("This week"),
    "check": gettext_lazy("To follow up"),
    "later": gettext_lazy("Later"),
}
#: Whose work is shown: one's own and nobody's, that of everybody with the same work, all there is.
MINE, TEAM, EVERYONE = "mine", "team", "everyone"


@dataclass(frozen=True)
class Row:
    """One record: what presses most, the act it offers, and whatever else there is to do about it."""

    verb: str
    about: str
    url: str
    reference: str
    holder: str
    time: Countdown | None
    says: str
    act: Act | None
    more: list[tuple[str, str]]
    labels: frozenset[str]
    keys: frozenset[str]
    #: The record itself, where its room gave it.
    record: Any = None


@dataclass(frozen=True)
class Group:
    """Rows of one kind; ``count`` is how many there are, ``is_more`` that there may be more than were read."""

    code: str
    name: str | Promise
    rows: list[Row]
    count: int
    url: str
    is_more: bool = False

    @property
    def is_whole(self) -> bool:
        return len(self.rows) == self.count and not self.is_more


@dataclass(frozen=True)
class Worklist:
    """The groups of a page, and what colleagues are late with: how many records, and how many colleagues."""

    groups: list[Group]
    scope: str
    scopes: list[tuple[str, str]]
    late_elsewhere: int = 0
    colleagues: int = 0

    @property
    def first(self) -> Row | None:
        """The first row that this login can open."""
        return next((row for group in self.groups for row in group.rows if row.url), None)


@dataclass
class _Record:
    """The items of one record as they come together."""

    items: list[Item] = field(default_factory=list)
    where: str = ""


def _between(first: timedelta | None, last: timedelta | None) -> Callable[[QuerySet[Clock], datetime], QuerySet[Clock]]:
    """Deadlines that are not over and end from ``first`` on (None: from now) until before ``last`` (None: whenever)."""

    def within(clocks: QuerySet[Clock], now: datetime) -> QuerySet[Clock]:
        clocks = clocks.filter(due_at__gt=latest_missed(now))
        clocks = clocks.filter(due_at__gte=now + first) if first else clocks
        return clocks.filter(due_at__lt=now + last) if last else clocks

    return within


_WITHIN: dict[str, Callable[[QuerySet[Clock], datetime], QuerySet[Clock]]] = {
    "next": _between(None, DAY),
    "overdue": lambda clocks, now: passed(clocks, now=now),
    "week": _between(DAY, 7 * DAY),
    "later": _between(7 * DAY, None),
}


def worklist(
    request: HttpRequest,
    *,
    now: datetime,
    scope: str = "",
    whole: str = "",
    waiting: Sequence[Waiting] = (),
    refused: Sequence[Waiting] = (),
) -> Worklist:
    """What there is to do for this login: groups with something in them, each record once, in the first group that has it.

    What can still be met comes before what is late already. ``waiting`` is what the login may approve, ``refused`` what it
    proposed in vain, ``scope`` whose work is shown, ``whole`` the code of a group that is shown alone and with every row that
    was read.
    """
    user: Any = request.user
    plan = pages.first_page(roles_held(user))
    scopes = _scopes(plan)
    scope = scope if scope in dict(scopes) else MINE
    clocks = {code: _clocks(code, user, plan, scope, now) for code in ("next", "overdue", "week")}
    found = work_items.in_queues(request, plan.takes, now=now)
    if not found and not any(clocks.values()):
        clocks["later"] = _clocks("later", user, plan, scope, now)
    known = {one.owner for each in clocks.values() for one in each}
    of_rows = {one.owner for one in found if one.owner}
    facts = work_items.facts_of(known | of_rows, user, now=now)
    items = {code: list(work_items.of_clocks(each, code, facts, user)) for code, each in clocks.items()}
    items["rows"] = list(work_items.of_queues(found, facts, user))
    late = [one for one in items["overdue"] if _is_left_to_colleague(one, user, scope, plan)]
    for code, each in items.items():
        items[code] = [one for one in each if not _is_left_to_colleague(one, user, scope, plan)]
    items["beside"] = _beside(of_rows - known, facts, user)
    items["refused"] = list(work_items.of_refused(refused))
    items["approvals"] = list(work_items.of_approvals(waiting))
    groups = _groups(_records(items, _order(plan)), _order(plan), user, now, whole, scope)
    return Worklist(groups, scope, scopes, len({one.keys[0] for one in late}), len({one.holder for one in late}))


def _order(plan: pages.FirstPage) -> tuple[str, ...]:
    order = tuple(NAMES)
    return ("approvals", *(code for code in order if code != "approvals")) if plan.is_approvals_first else order


def _scopes(plan: pages.FirstPage) -> list[tuple[str, str]]:
    """The scopes that this login may choose, with their names; a login that takes no work has none."""
    if not plan.owners:
        return []
    every = [(MINE, _("Mine and unassigned")), (TEAM, _("Team"))]
    return [*every, (EVERYONE, _("Everyone's"))] if plan.sees_everyone else every


def _clocks(code: str, user: Any, plan: pages.FirstPage, scope: str, now: datetime) -> list[Clock]:
    starts = None if scope == EVERYONE else plan.owners
    return work_items.pressing(_WITHIN[code](work_items.running(user, starts, with_law=plan.watches), now))


def _is_left_to_colleague(one: Item, user: Any, scope: str, plan: pages.FirstPage) -> bool:
    """What a colleague has is the colleague's, but for the law to whoever watches over it."""
    if scope != MINE or one.holder is None or one.holder == user:
        return False
    return not (plan.watches and one.clock is not None and one.clock.legal_rule_id is not None)


def _beside(owners: set[str], facts: dict[str, Any], user: Any) -> list[Item]:
    """Deadlines of records that stand in a queue and whose time is not one of the groups'."""
    running = Clock.objects.filter(owner__in=owners, state="running") if owners else Clock.objects.none()
    rows = running.select_related("legal_rule", "house_rule", "extended_by").order_by("due_at")
    return list(work_items.of_clocks(rows if owners else (), "", facts, user))


def _records(items: dict[str, list[Item]], order: Sequence[str]) -> list[_Record]:
    """Items with a key in common are one record; it is in the first group of the page in which one of them is."""
    by_key: dict[str, _Record] = {}
    records: list[_Record] = []
    place = {code: number for number, code in enumerate(order)}
    for one in (one for each in items.values() for one in each):
        record = next((by_key[key] for key in one.keys if key in by_key), None)
        if record is None:
            if not one.where:
                continue
            record = _Record()
            records.append(record)
        record.items.append(one)
        if one.where and (not record.where or place[one.where] < place[record.where]):
            record.where = one.where
        by_key.update(dict.fromkeys(one.keys, record))
    return records


def _groups(
    records: list[_Record], order: Sequence[str], user: Any, now: datetime, whole: str, scope: str
) -> list[Group]:
    having = {code: [one for one in records if one.where == code] for code in order}
    having = {whole: having[whole]} if having.get(whole) else {code: own for code, own in having.items() if own}
    groups: list[Group] = []
    left = MOST
    for place, (code, own) in enumerate(having.items()):
        ordered = _ordered(code, own, now)
        kept = sum(min(KEPT, len(later)) for later in list(having.values())[place + 1 :])
        shown = ordered if whole == code else ordered[: min(SHOWN, left - kept)]
        left -= len(shown)
        query = "&".join(filter(None, (f"scope={scope}" if scope != MINE else "", f"group={code}")))
        url = address("admin:approvals") if code == "approvals" else address("admin:index", query)
        is_more = len(own) >= work_items.READ
        groups.append(Group(code, NAMES[code], [_row(one, user, now) for one in shown], len(own), url, is_more))
    return groups


def _ordered(code: str, records: list[_Record], now: datetime) -> list[_Record]:
    """Law before our own promises, then what is due first; what has no deadline as it came. A promise that is almost over
    is not pushed back by law.
    """
    if code == "approvals":
        return records
    times = {id(one): _lead(one) for one in records}

    def key(one: _Record) -> tuple[bool, bool, datetime]:
        clock = times[id(one)]
        is_own = clock is None or clock.legal_rule_id is None
        return (clock is None, is_own and code in {"next", "overdue"}, clock.due_at if clock is not None else now)

    ordered = sorted(records, key=key)
    for one in [one for one in ordered[BEFORE_IT + 1 :] if code == "next" and _is_almost_over(times[id(one)], now)]:
        ordered.remove(one)
        ordered.insert(BEFORE_IT, one)
    return ordered


def _is_almost_over(clock: Clock | None, now: datetime) -> bool:
    return clock is not None and clock.legal_rule_id is None and clock.due_at - now < ALMOST_OVER


def _lead(record: _Record) -> Clock | None:
    """The deadline of a record that presses most: the first of the group it is in, else the first there is."""
    clocks = [one for one in record.items if one.clock is not None]
    here = [one for one in clocks if one.where == record.where]
    return (here or clocks)[0].clock if clocks else None


def _row(record: _Record, user: Any, now: datetime) -> Row:
    """A record in words: only what is shown is worked out."""
    clock = _lead(record)
    timed = next((one for one in record.items if one.clock is clock), record.items[0])
    exact = next((one for one in record.items if one.is_exact), timed)
    others = [one for one in record.items if one is not timed and one is not exact and (one.clock or one.is_exact)]
    references = {one.reference for one in record.items if one.clock is not None}
    is_folded = bool(timed.several) and len(references) > 1
    acts = sorted((one for one in record.items if one.act), key=lambda one: one.where != "approvals")
    url = exact.url or next((one.url for one in record.items if one.url), "")
    return Row(
        verb=str(timed.several % {"count": len(references)}) if is_folded else exact.verb,
        about=exact.about or timed.about,
        url=url,
        reference="" if is_folded else exact.reference,
        holder=_name_of(next((one.holder for one in record.items if one.holder is not None), None), user),
        time=countdown(clock, now) if clock is not None else None,
        says=exact.says,
        act=acts[0].act if acts else Act(_("Open"), url) if url else None,
        more=[(_in_words(one, now), one.url if one.is_exact else "") for one in others],
        labels=frozenset(one.label for one in record.items),
        keys=frozenset(key for one in record.items for key in one.keys),
        record=next((one.record for one in record.items if one.record is not None), None) if not is_folded else None,
    )


def _in_words(one: Item, now: datetime) -> str:
    """One of the further things to do about a record: what, until when, and by which rule."""
    if one.clock is None:
        return f"{one.verb}: {one.about}" if one.about else one.verb
    rule = rule_in_words(one.clock.extended_by or one.clock.rule)
    return f"{work(one.clock.kind)}: {due(one.clock)}, {countdown(one.clock, now).says} ({rule})"


def _name_of(holder: Any, user: Any) -> str:
    if holder is None:
        return ""
    return _("you") if holder == user else str(holder.display_name)
