"""The figures of "Today": each counts rows and links to the list of exactly those rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.models import SendAfterWithdrawal
from kyc.models import Document, Likeness, SecondLook
from kyc.selectors import proposed, to_review
from kyc.services import signers
from kyc.states import DocumentState, LikenessState, LookResult
from portal.core import access, moments
from portal.core.clock import IST, day
from portal.jobs.models import Job
from portal.jobs.states import FINISHED
from portal.law import explanations
from portal.law.models import Clock
from portal.law.rules import latest_missed
from portal.law.selectors import kept, missed
from portal.law.states import ClockState
from portal.ledger.models import Head, Pending, Verification
from portal.outbox.models import Message
from portal.outbox.states import MessageState
from portal.registers.incident_states import DutyState
from portal.registers.models import AuthorityOrder, BookTask, Incident, IncidentDuty, Instruction
from portal.registers.selectors import recipients as book
from portal.registers.states import OrderState
from portal.retention.selectors import ended_runs, failed_runs
from portal.vault.services.files import late_orders
from portal.workplace import proposals
from portal.workplace.permissions import Permission

#: Over which time it is counted how many deadlines were kept.
KEPT_SPAN = timedelta(days=90)
#: How many running deadlines the page lists.
NEXT = 10

#: Whoever may see a record sees its deadline too, also without the book of all clocks.
OWNERS: tuple[tuple[str, str], ...] = (
    (Permission.KYC_VIEW, "kyc."),
    (Permission.TICKET_VIEW, "grievances."),
    (Permission.INSTRUCTION_VIEW, "registers.instruction"),
    (Permission.ORDER_VIEW, "registers.authorityorder"),
    (Permission.INCIDENT_VIEW, "registers.incident:"),
)

#: Labels of clocks that are no model, with the model whose record they belong to.
RECORDS = {"grievances.acknowledgement": "grievances.ticket", "grievances.interim": "grievances.ticket"}


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
    count = Clock.objects.filter(state=ClockState.RUNNING, due_at__lte=latest_missed(now)).count()
    return Figure(
        _("Overdue"),
        str(count),
        ngettext("deadline has passed", "deadlines have passed", count),
        address("admin:law_clock_changelist", "when=late"),
        "err" if count else "ok",
    )


def clocks_today(user: Any, now: datetime) -> Figure:
    running = Clock.objects.filter(state=ClockState.RUNNING)
    count = running.filter(due_at__gt=latest_missed(now), due_at__lte=end_of_day(now)).count()
    return Figure(
        _("Due today"),
        str(count),
        ngettext("deadline ends today", "deadlines end today", count),
        address("admin:law_clock_changelist", "when=today"),
        "warn" if count else "ok",
    )


def clocks_kept(user: Any, now: datetime) -> Figure:
    """Of what ended in the last ninety days, how much was done in time."""
    ended = Clock.objects.filter(stopped_at__gt=now - KEPT_SPAN, stopped_at__lte=now)
    in_time, late = kept(ended).count(), missed(ended).count()
    share = f"{in_time * 100 // (in_time + late)} %" if in_time + late else "–"
    words = ngettext("%(late)d of %(all)d deadline missed", "%(late)d of %(all)d deadlines missed", in_time + late)
    return Figure(
        _("Kept in 90 days"),
        share,
        words % {"late": late, "all": in_time + late},
        address("admin:law_clock_changelist", "when=unexplained"),
        "err" if missed(ended).filter(late_because="").exists() else "ok",
    )


def documents_waiting(user: Any, now: datetime) -> Figure:
    count = to_review().exclude(proposed()).count()
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


def likenesses_open(user: Any, now: datetime) -> Figure:
    """Names like those on sanctions lists that two people have not told apart: nothing of their customers is approved."""
    count = Likeness.objects.filter(state=LikenessState.OPEN).count()
    return Figure(
        _("Likenesses to sanctions lists"),
        str(count),
        ngettext("name to compare", "names to compare", count),
        address("admin:kyc_likeness_changelist", f"state__exact={LikenessState.OPEN}"),
        "warn" if count else "ok",
    )


def second_looks_open(user: Any, now: datetime) -> Figure:
    """Approvals that were drawn and that nobody has looked at again."""
    count = SecondLook.objects.filter(result=LookResult.OPEN).count()
    return Figure(
        _("Second looks"),
        str(count),
        ngettext("approval to look at again", "approvals to look at again", count),
        address("admin:kyc_secondlook_changelist", f"result__exact={LookResult.OPEN}"),
        "warn" if count else "ok",
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


def books_due(user: Any, now: datetime) -> Figure:
    count = BookTask.objects.filter(closed_at=None).count()
    return Figure(
        _("The company's books"),
        str(count),
        ngettext("row needs somebody", "rows need somebody", count),
        address("admin:registers_booktask_changelist", "done=no"),
        "warn" if count else "ok",
    )


def orders_open(user: Any, now: datetime) -> Figure:
    count = AuthorityOrder.objects.filter(state=OrderState.RECEIVED).count()
    return Figure(
        _("Orders of authorities"),
        str(count),
        ngettext("order waits for its answer", "orders wait for their answer", count),
        address("admin:registers_authorityorder_changelist", "state__exact=received"),
        "warn" if count else "ok",
    )


def incidents_open(user: Any, now: datetime) -> Figure:
    """Reports under incidents that are owed. Red once the time of one of them is over."""
    count = IncidentDuty.objects.filter(state=DutyState.OPEN).count()
    running = Clock.objects.filter(owner__startswith=Incident.OWNER, state=ClockState.RUNNING)
    tone = "err" if running.filter(due_at__lte=latest_missed(now)).exists() else "warn"
    return Figure(
        _("Incidents"),
        str(count),
        ngettext("report is owed", "reports are owed", count),
        address("admin:registers_incidentduty_changelist", f"state__exact={DutyState.OPEN}"),
        tone if count else "ok",
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


#: Each figure with the permission without which it is not shown, in the order of the page.
FIGURES: tuple[tuple[str, Callable[[Any, datetime], Figure]], ...] = (
    (Permission.CLOCK_VIEW, clocks_late),
    (Permission.CLOCK_VIEW, clocks_today),
    (Permission.CLOCK_VIEW, clocks_kept),
    (Permission.KYC_VIEW, documents_waiting),
    (Permission.KYC_VIEW, documents_stalled),
    (Permission.SCREENING_VIEW, likenesses_open),
    (Permission.KYC_VIEW, second_looks_open),
    ("", proposals_waiting),
    (Permission.MESSAGE_VIEW, messages_dead),
    (Permission.SEND_VIEW, sends_after_withdrawals),
    (Permission.INSTRUCTION_VIEW, instructions_late),
    (Permission.ORDER_VIEW, orders_open),
    (Permission.INCIDENT_VIEW, incidents_open),
    (Permission.BOOK_VIEW, books_due),
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
    soonest = running.select_related("legal_rule", "house_rule", "extended_by").order_by("due_at")[:NEXT]
    return [deadline(clock, now, user) for clock in soonest]


def deadline(clock: Clock, now: datetime, user: Any = None) -> Deadline:
    """A clock in words: how long is left, or how late it is. Days are those of the calendar, as in the lists of tickets.

    With the way to its owner for ``user``, where this login may open it.
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
