"""The whole story in its order, from an empty database. Told once: a database that holds people is left alone."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import override

from consent.base.models.notices import NoticeVersion
from consent.records.models.events import ConsentEvent
from grievances.base.models.ticket import Ticket
from kyc.base.models.documents import Document
from portal.demo.story import (
    broadcasts,
    cases,
    consent_events,
    consent_imports,
    customers,
    documents,
    grievances,
    inbound_replies,
    kyc_desk,
    notices,
    office,
    offline_consents,
    pieces,
    recipients,
    register_entries,
    senders,
    staff,
    timeline,
)
from portal.demo.story.cast import FIRST_CUSTOMERS, OPENED, Cast
from portal.kernel.core import clock
from portal.kernel.core.actor import system
from portal.kernel.core.enqueue import leaving_out
from portal.kernel.core.errors import Refused
from portal.kernel.law.request_cache import remembering
from portal.kernel.law.services import deadline_sweep
from portal.kernel.ledger.models import Entry
from portal.kernel.ledger.services import seal_now
from portal.kernel.outbox.choices import LEFT
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import scheduler
from portal.kernel.people.models import Customer, Principal, User

ACTOR = system("load_demo")
SEED = 2026
#: What ``portal.settings`` says in every later process, by the file ``DEMONSTRATION``.
ORIGIN = "demonstration.onesetu.example/portal/2026"
#: Work that the story does at once, for a thousand rows: one task each would be a second of work and three of waiting.
DONE_HERE = ("portal.outbox.tasks.deliver_message", "kyc.tasks.check_document")


@dataclass(frozen=True)
class Summary:
    """How much there is: what ``demo --once`` prints."""

    customers: int
    principals: int
    consents: int
    documents: int
    tickets: int
    entries_sealed: int
    messages_sent: int


def is_told() -> bool:
    """Whether the whole story stands in this database. Raises Refused when it was interrupted half-way."""
    if Ticket.objects.count() >= grievances.TICKETS and Customer.objects.count() >= customers.CUSTOMERS:
        return True
    if User.objects.exists() or Customer.objects.exists():
        raise Refused(
            "This database holds an unfinished demonstration, or something else. Delete var/ (or give DATABASE_URL an "
            "empty database) and start again.",
            code="NOT_EMPTY",
        )
    return False


def name_ledger() -> None:
    """A new demonstration's ledger says in its origin what it is; one that was begun under another origin keeps it.

    A file beside the data says so to every later command (``portal.settings``).
    """
    if "LEDGER_ORIGIN" not in os.environ and not Entry.objects.exists():
        settings.DEMONSTRATION.touch()
        settings.LEDGER_ORIGIN = ORIGIN


def tell_opening(
    past: timeline.Timeline, cast: Cast, *, tell: Callable[[str, int, int], None]
) -> tuple[Mapping[str, User], NoticeVersion, customers.People]:
    """The first day: staff, roles, notices and the first customers, each written at its hour."""
    tell("staff, roles and notices", 1, 1)
    with past.at(cast.on(OPENED, staff.BEGINNING)):
        team = office.build(cast, actor=ACTOR)
    with past.at(cast.on(OPENED, notices.DRAFTED)):
        drafts = notices.draft(cast, team)
    with past.at(cast.on(OPENED, notices.PUBLISHED)):
        notice = notices.publish(cast, team, drafts)
    with past.at(cast.on(OPENED, FIRST_CUSTOMERS)):
        return team, notice, customers.build(cast, actor=ACTOR, tell=tell)


def build(*, seed: int, now: datetime, tell: Callable[[str, int, int], None]) -> None:
    """Tell the story. Each chapter goes through the services of its rooms; each piece of it commits alone.

    The past comes first, from the opening on, each act written on its own day; then what is done today. Raises Refused
    for a ledger that has begun, or whose origin does not say that it is a demonstration: nothing is dated back there.
    """
    if Entry.objects.exists() or "demonstration" not in settings.LEDGER_ORIGIN:
        raise Refused("The demonstration begins with an empty ledger whose origin says what it is.", code="NOT_EMPTY")
    cast = Cast(seed=seed, start=now)
    past = timeline.Timeline(cast)
    with override("en"), pieces.whole(), leaving_out(*DONE_HERE), remembering():
        team, notice, people = tell_opening(past, cast, tell=tell)
        register_entries.plan(past, cast, team)
        recipients.plan(past, cast, team, actor=ACTOR)
        consent_events.plan(past, cast, people, notice, actor=ACTOR)
        documents.plan(past, cast, people, team)
        grievances.plan(past, cast, people, team)
        past.run(show=tell, end_month=recipients.confirm_since)
        tell("what happens today", 1, 2)
        deadline_sweep.sweep(now=cast.start)
        staff.agree_audit_of_today(cast, team)
        senders.build(cast, people, team, actor=ACTOR)
        consent_imports.build(cast, team)
        notices.tell(notices.change(cast, team), team)
        papers = documents.upload(cast, people, tell=tell)
        consent_events.build(cast, people, notice)
        cases.build(cast, people, team)
        with documents.being_checked(papers):
            # Meanwhile letters leave: each in short transactions, so that the checks come in between.
            scheduler.sweep(now=clock.now(), limit=timeline.LETTERS)
        documents.decide(papers, team)
        kyc_desk.build(cast, team, actor=ACTOR)
        offline_consents.build(cast, people, team, notice, actor=ACTOR)
        inbound_replies.build(cast, people, team, actor=ACTOR)
        register_entries.build(cast, team)
        recipients.build(cast, people, team)
        broadcast = broadcasts.build(team)
        # What those chapters promised.
        scheduler.sweep(now=clock.now(), limit=timeline.LETTERS)
        broadcasts.end(broadcast)
    tell("what happens today", 2, 2)
    seal_now(wait=60)


def summary() -> Summary:
    """Counts of what stands in the database."""
    return Summary(
        customers=Customer.objects.count(),
        principals=Principal.objects.count(),
        consents=ConsentEvent.objects.count(),
        documents=Document.objects.count(),
        tickets=Ticket.objects.count(),
        entries_sealed=Entry.objects.filter(leaf__isnull=False).count(),
        messages_sent=Message.objects.filter(state__in=LEFT).count(),
    )
