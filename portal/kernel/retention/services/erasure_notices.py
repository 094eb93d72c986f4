"""Telling a person before the end, where a rule asks for it; what they do then stops it (DPDP Rules r.8(2))."""

from datetime import datetime
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.formats import date_format

from portal.kernel.core import clock
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Channel
from portal.kernel.outbox import services as outbox
from portal.kernel.outbox.choices import ARRIVED, MessageState
from portal.kernel.outbox.models import Message
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import MemberRole
from portal.kernel.people.models import Membership, Principal
from portal.kernel.retention import selectors
from portal.kernel.retention.choices import Cause, ItemState
from portal.kernel.retention.models import ErasureItem, ErasureRun, ErasureStep
from portal.kernel.retention.selectors import Notice

#: For how long a way to a person is waited for.
UNTOLD_AFTER = "retention.untold"
log = structlog.get_logger(__name__)
#: It may still arrive.
UNDER_WAY = (MessageState.DUE, MessageState.SENDING, MessageState.UNKNOWN)


def tell(run: ErasureRun, *, now: datetime) -> int:
    """Post the notices that rules ask for before an approved run begins; how many. Whoever asked for the end is not told.

    Each in a transaction of its own: it may be repeated after a process died, and nobody is told twice. A person without
    an address is passed over where the notice is our own courtesy; where a law asks for it, their records wait
    (``must_wait``). One who cannot be told because something broke is not erased: the next plan has them again.
    """
    if run.cause != Cause.SCHEDULE or not run.needs_approval:
        return 0
    told = 0
    for step in run.steps.order_by("pk"):
        need = selectors.notice_of(selectors.rule_for(step.retention_class, on=clock.day(now)), on=clock.day(now))
        if need is not None:
            waiting = step.items.filter(state=ItemState.PLANNED).order_by("pk")
            told += sum(_tell(item, run, need, now) for item in waiting.iterator(chunk_size=1_000))
    return told


def _tell(item: ErasureItem, run: ErasureRun, need: Notice, now: datetime) -> bool:
    mine = ErasureItem.objects.filter(pk=item.pk, state=ItemState.PLANNED)
    try:
        with transaction.atomic():
            if mine.select_for_update().first() is None:
                return False
            message = _post(item, run, erased_from=now + need.before)
            if message is not None or need.is_law:
                mine.update(notice=message, state=ItemState.TOLD)
    except Exception as crash:  # noqa: BLE001 - whatever is wrong with one person, the others are told all the same
        kind = type(crash).__name__
        log.error("retention.not_told", eraser=item.step.eraser, error=kind)  # noqa: TRY400 - it may quote a person
        with transaction.atomic():
            mine.update(state=ItemState.FAILED, failure=kind, finished_at=clock.now())
            ErasureStep.objects.filter(pk=item.step_id).update(failure=kind)
        return False
    return message is not None


def must_wait(item: ErasureItem, *, now: datetime) -> bool:
    """Whether a due notice has not been delivered yet, or not for as long as its rule asks.

    A courtesy that cannot be delivered keeps nothing; a notice that a law asks for does.
    """
    rule = selectors.rule_for(item.step.retention_class, on=clock.day(now))
    need = selectors.notice_of(rule, on=clock.day(now))
    if need is None or item.step.run.cause != Cause.SCHEDULE:
        return False
    message = _last(item.notice)
    if message is None:
        return need.is_law
    if message.state in ARRIVED:
        return now < (message.sent_at or now) + need.before
    return message.state in UNDER_WAY or need.is_law


def is_given_up(item: ErasureItem, *, now: datetime) -> bool:
    """Whether a notice that a law asks for has no way left to the person, and the time in which one could turn up is over.

    Then the records stay and the run comes to its end: what nobody can be told of is not erased, and holds up nobody else.
    """
    message = _last(item.notice)
    if message is not None and message.state in (*ARRIVED, *UNDER_WAY):
        return False
    begun = item.step.run.started_at
    return begun is not None and begun + law.house_rule(UNTOLD_AFTER, on=clock.day(now)).duration <= now


def _last(message: Message | None) -> Message | None:
    """The message, or the one that went another way instead."""
    while message is not None and hasattr(message, "moved_to"):
        message = message.moved_to
    return message


def _post(item: ErasureItem, run: ErasureRun, *, erased_from: datetime) -> Message | None:
    person = _person(item.subject_ref)
    if person is None:
        return None
    found = next(
        (
            (channel, contact)
            for channel in (Channel.EMAIL, Channel.SMS)
            if (contact := people.contact_for(person, channel))
        ),
        None,
    )
    if found is None:
        return None
    channel, contact = found
    with translation.override(person.language):
        day = date_format(clock.day(erased_from), "j F Y")
    return outbox.post(
        kind="retention.notice" if channel == Channel.EMAIL else "retention.notice_short",
        subject_ref=person.subject.ref,
        channel=channel,
        address=contact.address,
        language=person.language,
        purpose="policy_and_security",
        about=f"{run.about}/{item.pk}",
        context={"date": day, "url": f"{settings.SITE_URL}/privacy/"},
    )


def _person(subject_ref: UUID) -> Principal | None:
    """The person with this reference, or who owns the account with it; of one that nobody owns any more who acted for it."""
    person = Principal.objects.filter(subject__ref=subject_ref).select_related("subject").first()
    if person is not None:
        return person
    members = Membership.objects.filter(customer__subject__ref=subject_ref).select_related("principal__subject")
    found = members.filter(role=MemberRole.OWNER).order_by("pk").first() or members.order_by("pk").first()
    return found.principal if found is not None else None
