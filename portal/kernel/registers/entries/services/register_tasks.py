"""The nightly look at the books: what is overdue becomes a task of whoever answers for the row, and ends when it is done."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import Min

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock, ports
from portal.kernel.core.actor import system
from portal.kernel.law.date_arithmetic import add_months
from portal.kernel.outbox.services import write_to
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import RoleGrant, User
from portal.kernel.people.signin_limits import length, number
from portal.kernel.registers.base.choices import FindingState, Overdue
from portal.kernel.registers.base.models.dated_entry import not_ended
from portal.kernel.registers.base.models.register_entries import BookEntry
from portal.kernel.registers.base.models.register_tasks import BookTask
from portal.kernel.registers.base.models.security import AccessReview, AuditFinding, ExternalLink, Measure
from portal.kernel.registers.base.permissions import Permission
from portal.kernel.registers.recipients.models.recipients import Recipient
from portal.kernel.registers.recipients.selectors import vendor_assurance
from portal.kernel.registers.senders.selectors.senders import in_force

LOOKER = system("registers.books")
PURPOSE = "account_service"
#: House rules, with what holds before any was loaded.
ENDS_SOON, EVIDENCE, ACCESS = "registers.papers_end_soon", "registers.evidence_lasts", "people.access_review"
LINKS = "registers.links_tried"


@dataclass(frozen=True)
class Duty:
    """One thing about one row. ``entry`` 0 is the book as a whole; ``kept_out`` is who may not do it, having written the row."""

    book: str
    entry: int
    what: str
    code: str
    due_on: date
    owner: User | None
    kept_out: int | None = None
    #: The act of two people that ends it: whoever does it is told where there is no owner. Empty: who reviews the books.
    act: str = ""

    @property
    def key(self) -> tuple[str, int, str]:
        return self.book, self.entry, self.what


@dataclass
class Looked:
    opened: int = 0
    closed: int = 0


def books() -> list[type[BookEntry]]:
    """Every book of the company, by name."""
    return sorted((each for each in apps.get_models() if issubclass(each, BookEntry)), key=lambda each: each.__name__)


def look(*, now: datetime) -> Looked:
    """Open a task for what is overdue and close those that are done; then one letter a day for each owner of new ones.

    One transaction. Safe to repeat: an open task stays one, and the letter of a day is written once.
    """
    found = {duty.key: duty for duty in duties(now=now)}
    done = Looked()
    with transaction.atomic():
        is_open = {(row.book, row.entry, row.what): row for row in BookTask.objects.filter(closed_at=None)}
        for key, row in is_open.items():
            if key not in found:
                done.closed += BookTask.objects.filter(pk=row.pk, closed_at=None).update(closed_at=now)
                _record(AuditKind.REGISTERS_TASK_CLOSED, row, now)
        fresh = [duty for key, duty in found.items() if key not in is_open]
        for duty in fresh:
            row = BookTask.objects.create(
                book=duty.book,
                entry=duty.entry,
                code=duty.code[:80],
                what=duty.what,
                due_on=duty.due_on,
                owner=duty.owner,
                opened_at=now,
            )
            _record(AuditKind.REGISTERS_TASK_OPENED, row, now, due_on=duty.due_on.isoformat())
            done.opened += 1
        _tell(fresh, now)
    return done


def duties(*, now: datetime) -> Iterator[Duty]:
    """Everything that is overdue at ``now``, and the papers that end soon. Reads only."""
    today = clock.day(now)
    yield from _of_every_book(today, now)
    yield from _of_papers(today, now)
    yield from _of_recipients(today, now)
    yield from _of_security(today, now)
    for listed in ports.duties:
        yield from listed(now=now)


def _duty(row: Any, what: Overdue, due_on: date) -> Duty:
    return Duty(row._meta.label_lower, row.pk, str(what), row.code, due_on, getattr(row, "owner", None))


def _of_every_book(today: date, now: datetime) -> Iterator[Duty]:
    for model in books():
        rows = model._default_manager.filter(not_ended(at=now)).select_related("owner")
        for row in rows.filter(review_on__lte=today):
            yield replace(_duty(row, Overdue.REVIEW, row.review_on), kept_out=row.made_by_id)
        for row in rows.filter(owner__is_active=False):
            yield _duty(row, Overdue.OWNER_LEFT, today)


def _of_papers(today: date, now: datetime) -> Iterator[Duty]:
    before = length(ENDS_SOON, now=now, otherwise=timedelta(days=30))
    for each in vendor_assurance.ending(until=today + before, at=now):
        yield _duty(each.paper, Overdue.PAPER_ENDED if each.last_day < today else Overdue.PAPER_ENDS, each.last_day)


def _of_recipients(today: date, now: datetime) -> Iterator[Duty]:
    rows = list(in_force(Recipient.objects.all(), at=now))
    lacking = vendor_assurance.lacks_of(rows, at=now)
    for row in rows:
        if lacking[row.code]:
            yield _duty(row, Overdue.PAPERS_LACK, today)


def _of_security(today: date, now: datetime) -> Iterator[Duty]:
    for finding in in_force(AuditFinding.objects.filter(state=FindingState.OPEN, due_on__lte=today), at=now):
        yield _duty(finding, Overdue.FINDING, finding.due_on)
    for measure in in_force(Measure.objects.select_related("owner"), at=now):
        last = evidence_until(measure, now=now)
        if last < today or measure.evidence_on is None:
            yield _duty(measure, Overdue.EVIDENCE, last)
    for link in in_force(ExternalLink.objects.exclude(dead_since=None), at=now).select_related("owner"):
        yield _duty(link, Overdue.LINK_DEAD, clock.day(link.dead_since))
    due = access_review_due(now=now)
    if due <= today:
        yield Duty(AccessReview._meta.label_lower, 0, str(Overdue.ACCESS_REVIEW), "access-review", due, None)


def evidence_until(measure: Measure, *, now: datetime) -> date:
    """The last day on which the evidence of a measure counts, by the house rule; without any the day it began to hold."""
    if measure.evidence_on is None:
        return clock.day(measure.starts_at)
    return add_months(measure.evidence_on, number(EVIDENCE, now=now, otherwise=12))


def nights_of_links(*, now: datetime) -> int:
    """After how many nights without a try of a link the trying itself is at fault, by the house rule."""
    return number(LINKS, now=now, otherwise=3)


def access_review_due(*, now: datetime) -> date:
    """When roles have to be looked at: a quarter (house rule) after the last review that two people agreed to, for the role
    that waits longest. A review counts for the roles it names; one that nobody has looked at yet counts from its first grant.
    """
    reviews = AccessReview.objects.filter(answer=Answer.APPROVED, checked_at__lte=now).order_by("checked_at")
    looked = {role: at for roles, at in reviews.values_list("roles", "checked_at") for role in roles}
    if not looked:
        return clock.day(now)
    grants = people.grants_in_force(RoleGrant.objects.filter(user__is_active=True), now=now)
    held = grants.values_list("role__code").annotate(since=Min("starts_at")).order_by()
    counted = [looked.get(role, since) for role, since in held] or list(looked.values())
    return add_months(clock.day(min(counted)), number(ACCESS, now=now, otherwise=3))


def _tell(fresh: list[Duty], now: datetime) -> None:
    """One letter for each person: the owner, or everybody who may review where no owner is there who may do it."""
    counts: Counter[User] = Counter()
    reviewers = list(people.staff_with(Permission.BOOK_REVIEW, now=now).select_related("subject"))
    for duty in fresh:
        owner = duty.owner if duty.owner is not None and duty.owner.is_active else None
        keepers = people.staff_who_do(duty.act, now=now) if duty.act else reviewers
        told = keepers if owner is None or owner.pk == duty.kept_out else [owner]
        counts.update(each for each in told if each.pk != duty.kept_out)
    url = f"{settings.SITE_URL}/admin/registers/booktask/?done=no"
    for user, count in counts.items():
        write_to(
            user,
            kind="registers.book_tasks",
            purpose=PURPOSE,
            about=f"registers.booktask:{user.pk}/{clock.day(now):%Y-%m-%d}",
            context={"count": str(count), "url": url},
        )


def _record(kind: AuditKind, row: BookTask, now: datetime, **more: str | int | bool | None) -> None:
    facts = {"book": row.book, "entry": row.entry, "what": str(row.what), **more}
    audit.record(kind, actor=LOOKER, about=f"{row.book}:{row.entry}", facts=facts, at=now)
