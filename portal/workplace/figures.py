"""The figures of "Today": the numbers of queues, how things stand, and the deadlines that come next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
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
from django.utils.translation import ngettext

from kyc.services import signers
from portal.core import access, hooks, moments
from portal.core import actor as actors
from portal.core.clock import IST, day
from portal.jobs.models import Job
from portal.jobs.permissions import Permission as JobPermission
from portal.jobs.services.exporting import LIST
from portal.jobs.states import FINISHED, JobState
from portal.law import explanations
from portal.law.models import Clock
from portal.law.selectors import kept, missed, passed
from portal.law.states import ClockState
from portal.ledger.models import Head, Pending, Verification
from portal.retention.selectors import ended_runs, failed_runs, open_questions_named
from portal.vault.services.files import late_orders
from portal.workplace import pages, proposals, queues
from portal.workplace.permissions import Permission

#: Over which time it is counted how many deadlines were kept.
KEPT_SPAN = timedelta(days=90)
#: How many running deadlines the page lists, and how many times as many it looks through for those that are nobody else's.
NEXT = 10
LOOKED_AT = 20

#: Whoever may see a record sees its deadline too, also without the book of all clocks.
OWNERS: tuple[tuple[str, str], ...] = (
    (Permission.KYC_VIEW, "kyc."),
    (Permission.TICKET_VIEW, "grievances."),
    (Permission.INSTRUCTION_VIEW, "registers.instruction"),
    (Permission.ORDER_VIEW, "registers.authorityorder"),
    (Permission.INCIDENT_VIEW, "registers.incident:"),
)

#: Labels of clocks that are no model, with the model whose record they belong to.
RECORDS = {
    "grievances.acknowledgement": "grievances.ticket",
    "grievances.interim": "grievances.ticket",
    "kyc.deletion": "kyc.deletionrequest",
    "retention.child": "retention.childreport",
}


@dataclass(frozen=True)
class Figure:
    """A number with its words. ``tone`` is ok, warn or err; the words say it without colour."""

    label: str
    number: str
    words: str
    url: str
    tone: str = ""
    is_words: bool = False


@dataclass(frozen=True)
class Deadline:
    """One running clock: whose it is, what has to be done, the rule with its source, and a link to its owner."""

    reference: str
    work: str
    rule: str
    due: str
    says: str
    tone: str
    url: str
    holder: str = ""


def end_of_day(now: datetime) -> datetime:
    """The last instant of the day in India."""
    return datetime.combine(day(now), time.max, tzinfo=IST)


def address(name: str, query: str = "") -> str:
    """The address of a list with its filter, empty where this installation has no such list."""
    try:
        return reverse(name) + (f"?{query}" if query else "")
    except NoReverseMatch:
        return ""


def missed_lately(clocks: QuerySet[Clock], now: datetime) -> QuerySet[Clock]:
    """Those that ended late in the last ninety days, and those whose date is over and that have not ended yet."""
    late = missed(clocks).filter(stopped_at__gt=now - KEPT_SPAN, stopped_at__lte=now)
    return clocks.filter(
        Q(pk__in=late.order_by().values("pk")) | Q(pk__in=passed(clocks, now=now).order_by().values("pk"))
    )


def clocks_kept(user: Any, now: datetime) -> Figure:
    """Of what ended in the last ninety days or is overdue, how much was done in time. The link shows what was missed."""
    ended = Clock.objects.filter(stopped_at__gt=now - KEPT_SPAN, stopped_at__lte=now)
    open_late = passed(Clock.objects.all(), now=now).count()
    in_time, late = kept(ended).count(), missed(ended).count() + open_late
    share = f"{in_time * 100 // (in_time + late)} %" if in_time + late else "–"
    words = ngettext("%(late)d of %(all)d deadline missed", "%(late)d of %(all)d deadlines missed", in_time + late)
    return Figure(
        _("Kept in 90 days"),
        share,
        words % {"late": late, "all": in_time + late},
        address("admin:law_clock_changelist", "when=missed"),
        "err" if open_late or missed(ended).filter(late_because="").exists() else "ok",
    )


def proposals_waiting(user: Any, now: datetime) -> Figure:
    count = proposals.count_for(user, now=now)
    return Figure(
        _("Waiting for you as second person"),
        str(count),
        ngettext("proposal to answer", "proposals to answer", count),
        address("admin:proposals"),
        "warn" if count else "ok",
    )


def exports_running(user: Any, now: datetime) -> Figure:
    """The lists that this login asked for: how many are being written, and how many wait to be fetched."""
    own = Job.objects.filter(kind=LIST, started_by=actors.staff(user.pk).label)
    running = own.exclude(state__in=FINISHED).count()
    ready = own.filter(state=JobState.DONE, result_expires_at__gt=now).count()
    words = ngettext("running, %(count)d file to fetch", "running, %(count)d files to fetch", ready) % {"count": ready}
    return Figure(_("Your exports"), str(running), words, address("admin:jobs_job_changelist", f"kind={LIST}&asked=me"))


def ledger_state(user: Any, now: datetime) -> Figure:
    """Stopped, late, failed or clean, with the time of the last check."""
    head = Head.objects.first()
    last = Verification.objects.order_by("-pk").first()
    waiting = Pending.objects.count()
    unsealed = ngettext("%(count)s entry waits to be sealed", "%(count)s entries wait to be sealed", waiting)
    words = unsealed % {"count": waiting}
    if head is not None and head.stopped_at is not None:
        said, tone = _("Signing stopped"), "err"
    elif last is None:
        said, tone = _("Not checked yet"), "warn"
    elif not last.ok:
        said, tone = _("Check failed"), "err"
    else:
        said, tone = _("Clean, %(at)s") % {"at": moments.moment(last.finished_at)}, "ok"
    return Figure(_("Ledger"), said, words, address("admin:ledger"), tone, is_words=True)


def erasure_state(user: Any, now: datetime) -> Figure:
    """Whether what is due to go goes: the last run of each kind and case, and keys that were ordered to end and did not."""
    last = ended_runs().first()
    late = late_orders(now=now)
    if late or failed_runs().exists():
        said, tone = _("Something was not erased"), "err"
    elif last is None:
        said, tone = _("No run yet"), "warn"
    else:
        said, tone = _("Clean, %(at)s") % {"at": moments.moment(last.finished_at)}, "ok"
    words = ngettext("%(count)s key should have ended", "%(count)s keys should have ended", late) % {"count": late}
    return Figure(_("Erasing"), said, words, address("admin:retention_erasurerun_changelist"), tone, is_words=True)


def signers_ending(user: Any, now: datetime) -> Figure:
    """Whether documents can still be verified when the issuers' present certificates end."""
    soon = signers.ending(now=now)
    if not soon:
        said, words, tone = _("All good"), _("no issuer's newest certificate ends soon"), "ok"
    else:
        said = _("Ends on %(day)s") % {"day": moments.day(day(soon[0].ends_at))}
        words = _("import the issuer's next certificate, two people")
        tone = "err" if soon[0].ends_at <= now else "warn"
    return Figure(
        _("Signers' certificates"), said, words, address("admin:kyc_signerkey_changelist"), tone, is_words=True
    )


def profile_open(user: Any, now: datetime) -> Figure:
    """The questions of the organisation profile that are to be decided, for who proposes and approves it."""
    count = len(open_questions_named(on=day(now)))
    words = ngettext("question to decide", "questions to decide", count)
    return Figure(_("Organisation profile"), str(count), words, address("admin:proposals"), "err" if count else "ok")


#: Figures that are no queue, each with the permission without which it is not shown.
FIGURES: tuple[tuple[str, Callable[[Any, datetime], Figure]], ...] = (
    ("", proposals_waiting),
    (Permission.PROFILE_PROPOSE, profile_open),
    (JobPermission.LIST_EXPORT, exports_running),
    (Permission.CLOCK_VIEW, clocks_kept),
    (Permission.LEDGER_VIEW, ledger_state),
    (Permission.ERASURE_VIEW, erasure_state),
    (Permission.SIGNER_VIEW, signers_ending),
)


def figures(request: HttpRequest, *, now: datetime) -> list[Figure]:
    """What this login may see of today: the numbers of its queues, deadlines first and then by the order of the menu, then how things stand."""
    shown = queues.of_the_first_page(request)
    numbers = sorted(shown, key=lambda one: (one.queue.model != "law.Clock", pages.place_of(one.queue.model)))
    states = [
        count(request.user, now)
        for permission, count in FIGURES
        if not permission or access.allowed(request.user, permission)
    ]
    return [*(_of_queue(one, now) for one in numbers), *states]


def _of_queue(one: queues.Counted, now: datetime) -> Figure:
    """A queue's number: green when nothing is in it, red when it presses."""
    queue = one.queue
    tone = queue.tone
    if not one.count:
        tone = "ok" if tone else ""
    elif queue.is_pressing is not None and queue.is_pressing(now):
        tone = "err"
    return Figure(str(queue.label), one.number, one.words, one.url, tone)


def next_deadlines(user: Any, *, now: datetime) -> list[Deadline]:
    """The running clocks that end first, of those whose record this login may see.

    Whoever answers or reviews sees what they have and what nobody has; a colleague's work is the colleague's.
    """
    running = Clock.objects.filter(state=ClockState.RUNNING)
    if not access.allowed(user, Permission.CLOCK_VIEW):
        mine = [Q(owner__startswith=label) for code, label in OWNERS if access.allowed(user, code)]
        running = running.filter(reduce(or_, mine)) if mine else running.none()
    soonest = running.select_related("legal_rule", "house_rule", "extended_by").order_by("due_at", "pk")
    is_at_work = any(access.allowed(user, one.permission) for one in hooks.hands_out)
    found: list[Deadline] = []
    for start in range(0, NEXT * LOOKED_AT, NEXT * 2):
        batch = list(soonest[start : start + NEXT * 2])
        having = holders([clock.owner for clock in batch], now=now)
        found += [
            deadline(clock, now, user, having.get(clock.owner))
            for clock in batch
            if not is_at_work or having.get(clock.owner, user) == user
        ]
        if len(found) >= NEXT or len(batch) < NEXT * 2:
            break
    return found[:NEXT]


def holders(owners: list[str], *, now: datetime) -> dict[str, Any]:
    """Which login has the record of a clock, by the clock's owner, as the rooms say."""
    found: dict[str, Any] = {}
    for room in hooks.holders:
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
