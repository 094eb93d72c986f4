"""The figures of "Today": the numbers of queues, and the state of what runs by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kyc.signers.services import signer_proposals
from portal.fronts.workplace import pages, queues
from portal.fronts.workplace.permissions import Permission
from portal.fronts.workplace.work_items import address
from portal.kernel.core import access, date_format
from portal.kernel.core import actor as actors
from portal.kernel.core.clock import IST, day
from portal.kernel.jobs.choices import FINISHED, JobState
from portal.kernel.jobs.models import Job
from portal.kernel.jobs.permissions import Permission as JobPermission
from portal.kernel.jobs.services.exports import LIST
from portal.kernel.law.models import Clock
from portal.kernel.law.selectors import kept, missed, passed
from portal.kernel.ledger.models import Head, Pending, Verification
from portal.kernel.retention.selectors import ended_runs, failed_runs, open_questions_named
from portal.kernel.vault.services.files import late_orders

#: How many figures the page shows in full; the others are a line of links.
MOST = 6
#: Over which time it is counted how many deadlines were kept.
KEPT_SPAN = timedelta(days=90)


@dataclass(frozen=True)
class Figure:
    """A number with its words. ``tone`` is ok, warn or err; the words say it without colour."""

    label: str
    number: str
    words: str
    url: str
    tone: str = ""
    is_words: bool = False


def end_of_day(now: datetime) -> datetime:
    """The last instant of the day in India."""
    return datetime.combine(day(now), time.max, tzinfo=IST)


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
        _("Deadlines met, last 90 days"),
        share,
        words % {"late": late, "all": in_time + late},
        address("admin:law_clock_changelist", "when=missed"),
        "err" if open_late or missed(ended).filter(late_because="").exists() else "ok",
    )


def exports_running(user: Any, now: datetime) -> Figure:
    """The lists that this login asked for: how many are being written, and how many wait to be fetched."""
    own = Job.objects.filter(kind=LIST, started_by=actors.staff(user.pk).label)
    running = own.exclude(state__in=FINISHED).count()
    ready = own.filter(state=JobState.DONE, result_expires_at__gt=now).count()
    words = ngettext(
        "%(running)d running, %(count)d file to download", "%(running)d running, %(count)d files to download", ready
    )
    words %= {"running": running, "count": ready}
    states = ",".join([*sorted(str(state) for state in JobState if state not in FINISHED), JobState.DONE])
    url = address("admin:jobs_job_changelist", f"kind={LIST}&asked=me&state__in={states}")
    return Figure(_("Your exports"), str(running + ready), words, url, "warn" if ready else "")


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
        said, tone = _("Clean, %(at)s") % {"at": date_format.moment(last.finished_at)}, "ok"
    return Figure(_("Ledger"), said, words, address("admin:ledger"), tone, is_words=True)


def erasure_state(user: Any, now: datetime) -> Figure:
    """Whether what is due to go goes: the last run of each kind and case, and keys that were ordered to end and did not."""
    last = ended_runs().first()
    late = late_orders(now=now)
    if late or failed_runs().exists():
        said, tone = _("Erasure failed"), "err"
    elif last is None:
        said, tone = _("No run yet"), "warn"
    else:
        said, tone = _("Clean, %(at)s") % {"at": date_format.moment(last.finished_at)}, "ok"
    words = ngettext("%(count)s key should have ended", "%(count)s keys should have ended", late) % {"count": late}
    words = words if late else ""
    return Figure(_("Erasure runs"), said, words, address("admin:retention_erasurerun_changelist"), tone, is_words=True)


def signers_ending(user: Any, now: datetime) -> Figure:
    """Whether documents can still be verified when the issuers' present certificates end."""
    soon = signer_proposals.ending(now=now)
    if not soon:
        said, words, tone = _("All good"), _("no issuer's newest certificate ends soon"), "ok"
    else:
        said = _("Ends on %(day)s") % {"day": date_format.day(day(soon[0].ends_at))}
        words = _("import the issuer's next certificate, two people")
        tone = "err" if soon[0].ends_at <= now else "warn"
    return Figure(
        _("Signing certificates"), said, words, address("admin:kyc_signerkey_changelist"), tone, is_words=True
    )


def profile_open(user: Any, now: datetime) -> Figure:
    """The questions of the company profile that are to be decided, for who proposes and approves it."""
    count = len(open_questions_named(on=day(now)))
    words = ngettext("question to decide", "questions to decide", count)
    return Figure(_("Company profile"), str(count), words, address("admin:approvals"), "err" if count else "ok")


#: Figures that are no queue, each with the permission without which it is not shown.
FIGURES: tuple[tuple[str, Callable[[Any, datetime], Figure]], ...] = (
    (Permission.PROFILE_PROPOSE, profile_open),
    (JobPermission.LIST_EXPORT, exports_running),
    (Permission.CLOCK_VIEW, clocks_kept),
    (Permission.LEDGER_VIEW, ledger_state),
    (Permission.ERASURE_VIEW, erasure_state),
    (Permission.SIGNER_VIEW, signers_ending),
)


@dataclass(frozen=True)
class Bands:
    """The figures of a login by how much they ask for: ``large`` are shown, at most six; ``rest`` is found among the queues.

    ``nothing`` are queues without a row, ``in_order`` is what runs by itself and does.
    """

    large: list[Figure]
    rest: list[Figure]
    nothing: list[Figure]
    in_order: list[Figure]


def bands(every: list[Figure]) -> Bands:
    """What is late first, then what waits, then the rest; each in the order in which it came."""
    nothing = [one for one in every if one.number == "0"]
    in_order = [one for one in every if one.is_words and one.tone == "ok"]
    asks = [one for one in every if one not in nothing and one not in in_order]
    asks.sort(key=lambda one: {"err": 0, "warn": 1}.get(one.tone, 2))
    return Bands(asks[:MOST], asks[MOST:], nothing, in_order)


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
