"""The figures of "Today": each counts rows and links to the list of exactly those rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.models import SendAfterWithdrawal
from kyc.models import Decision, Document
from kyc.selectors import to_review
from kyc.services import signers
from kyc.states import DocumentState
from portal.core import access, moments
from portal.core.clock import IST, day
from portal.jobs.models import Job
from portal.jobs.states import FINISHED
from portal.law import words as law
from portal.law.models import Clock
from portal.law.states import ClockState
from portal.ledger.models import Head, Pending, Verification
from portal.outbox.models import Message
from portal.outbox.states import MessageState
from portal.people.states import Answer
from portal.registers.models import Instruction
from portal.registers.selectors import recipients as book
from portal.retention.models import ErasureRun
from portal.retention.states import RunState
from portal.vault.services.files import late_orders
from portal.workplace import proposals
from portal.workplace.permissions import Permission

#: How many running deadlines the page lists.
NEXT = 10


#: Whoever may see a record sees its deadline too, also without the book of all clocks.
OWNERS: tuple[tuple[str, str], ...] = (
    (Permission.KYC_VIEW, "kyc."),
    (Permission.TICKET_VIEW, "grievances."),
    (Permission.INSTRUCTION_VIEW, "registers.instruction"),
)


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
    due_at: datetime
    says: str
    tone: str
    url: str


def end_of_day(now: datetime) -> datetime:
    """The last instant of the day in India."""
    return datetime.combine(day(now), time.max, tzinfo=IST)


def address(name: str, query: str = "") -> str:
    """The address of a list with its filter, empty where this installation has no such list."""
    try:
        return reverse(name) + (f"?{query}" if query else "")
    except NoReverseMatch:
        return ""


def clocks_late(user: Any, now: datetime) -> Figure:
    count = Clock.objects.filter(state=ClockState.RUNNING, due_at__lt=now).count()
    return Figure(
        _("Overdue"),
        str(count),
        ngettext("deadline has passed", "deadlines have passed", count),
        address("admin:law_clock_changelist", "when=late"),
        "err" if count else "ok",
    )


def clocks_today(user: Any, now: datetime) -> Figure:
    count = Clock.objects.filter(state=ClockState.RUNNING, due_at__gte=now, due_at__lte=end_of_day(now)).count()
    return Figure(
        _("Due today"),
        str(count),
        ngettext("deadline ends today", "deadlines end today", count),
        address("admin:law_clock_changelist", "when=today"),
        "warn" if count else "ok",
    )


def documents_waiting(user: Any, now: datetime) -> Figure:
    proposed = Decision.objects.filter(answer=Answer.PENDING).values("document")
    count = to_review().exclude(pk__in=proposed).count()
    return Figure(
        _("KYC to check"),
        str(count),
        ngettext("document waits for a person", "documents wait for a person", count),
        address("admin:kyc_document_changelist", "queue=review"),
        "warn" if count else "ok",
    )


def documents_stalled(user: Any, now: datetime) -> Figure:
    count = Document.objects.filter(state=DocumentState.STALLED).count()
    return Figure(
        _("KYC checks that stopped"),
        str(count),
        ngettext("document could not be checked", "documents could not be checked", count),
        address("admin:kyc_document_changelist", "queue=stalled"),
        "err" if count else "ok",
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


def messages_dead(user: Any, now: datetime) -> Figure:
    count = Message.objects.filter(state=MessageState.DEAD).count()
    return Figure(
        _("Messages not delivered"),
        str(count),
        ngettext("message needs a decision", "messages need a decision", count),
        address("admin:outbox_message_changelist", f"state__exact={MessageState.DEAD}"),
        "err" if count else "ok",
    )


def sends_after_withdrawals(user: Any, now: datetime) -> Figure:
    count = SendAfterWithdrawal.objects.filter(finding="").count()
    return Figure(
        _("Sent after a withdrawal"),
        str(count),
        ngettext("message to look into", "messages to look into", count),
        address("admin:consent_sendafterwithdrawal_changelist", "open=yes"),
        "err" if count else "ok",
    )


def instructions_late(user: Any, now: datetime) -> Figure:
    count = book.late(book.with_standing(Instruction.objects.all()), now=now).count()
    return Figure(
        _("Recipients that have not confirmed"),
        str(count),
        ngettext("instruction is late", "instructions are late", count),
        address("admin:registers_instruction_changelist", "standing=late"),
        "err" if count else "ok",
    )


def jobs_running(user: Any, now: datetime) -> Figure:
    count = Job.objects.exclude(state__in=FINISHED).count()
    return Figure(
        _("Long work"),
        str(count),
        ngettext("job waits or runs", "jobs wait or run", count),
        address("admin:jobs_job_changelist"),
    )


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
    """Whether what is due to go goes: the last run, and keys that were ordered to end and did not."""
    last = ErasureRun.objects.exclude(state=RunState.RUNNING).first()
    late = late_orders(now=now)
    if late or (last is not None and last.state == RunState.FAILED):
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


#: Each figure with the permission without which it is not shown, in the order of the page.
FIGURES: tuple[tuple[str, Callable[[Any, datetime], Figure]], ...] = (
    (Permission.CLOCK_VIEW, clocks_late),
    (Permission.CLOCK_VIEW, clocks_today),
    (Permission.KYC_VIEW, documents_waiting),
    (Permission.KYC_VIEW, documents_stalled),
    ("", proposals_waiting),
    (Permission.MESSAGE_VIEW, messages_dead),
    (Permission.SEND_VIEW, sends_after_withdrawals),
    (Permission.INSTRUCTION_VIEW, instructions_late),
    (Permission.JOB_VIEW, jobs_running),
    (Permission.LEDGER_VIEW, ledger_state),
    (Permission.ERASURE_VIEW, erasure_state),
    (Permission.SIGNER_VIEW, signers_ending),
)


def figures(user: Any, *, now: datetime) -> Iterator[Figure]:
    """What this login may see of today."""
    for permission, count in FIGURES:
        if not permission or access.allowed(user, permission):
            yield count(user, now)


def next_deadlines(user: Any, *, now: datetime) -> list[Deadline]:
    """The running clocks that end first, of those whose record this login may see."""
    running = Clock.objects.filter(state=ClockState.RUNNING)
    if not access.allowed(user, Permission.CLOCK_VIEW):
        mine = [Q(owner__startswith=label) for code, label in OWNERS if access.allowed(user, code)]
        running = running.filter(reduce(or_, mine)) if mine else running.none()
    soonest = running.select_related("legal_rule", "house_rule").order_by("due_at")[:NEXT]
    return [deadline(clock, now) for clock in soonest]


def in_words(span: timedelta) -> str:
    """A span in its largest whole unit: days, hours or minutes."""
    if span.days:
        return ngettext("%(count)s day", "%(count)s days", span.days) % {"count": span.days}
    hours, minutes = span // timedelta(hours=1), span // timedelta(minutes=1)
    if hours:
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}


def deadline(clock: Clock, now: datetime) -> Deadline:
    """A clock in words: how long is left, or how late it is. Days are those of the calendar, as in the lists of tickets."""
    left = clock.due_at - now
    days = localtime(clock.due_at).date() - localtime(now).date()
    amount = in_words(abs(days or left))
    if left < timedelta():
        says, tone = _("late by %(time)s") % {"time": amount}, "err"
    else:
        tone = "warn" if clock.due_at <= end_of_day(now) else "ok"
        says = _("%(time)s left") % {"time": amount}
    return Deadline(
        reference=owner_in_words(clock.owner),
        work=law.work(clock.kind),
        rule=law.rule_in_words(clock.rule),
        due_at=clock.due_at,
        says=says,
        tone=tone,
        url=owner_url(clock.owner),
    )


def owner_in_words(owner: str) -> str:
    """The owner of a clock: its reference; where that says nothing by itself, with the name of what it is."""
    label, _sep, reference = owner.partition(":")
    if reference.startswith("OS-"):
        return reference
    try:
        return f"{str(apps.get_model(label)._meta.verbose_name).capitalize()} {reference}"
    except (LookupError, ValueError):
        return reference


def owner_url(owner: str) -> str:
    """The list that shows the owner of a clock alone; empty where there is none."""
    label, _sep, reference = owner.partition(":")
    return address(f"admin:{label.replace('.', '_').lower()}_changelist", f"q={reference}")
