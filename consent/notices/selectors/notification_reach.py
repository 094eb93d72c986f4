"""How far an announcement reached: who was told, whether it arrived, was opened, was read, and who answered anew."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.db.models import Exists, Min, OuterRef, Q, QuerySet

from consent.base.models.acknowledgements import Acknowledgement
from consent.base.models.notices import NoticeVersion
from consent.base.rules.status_fold import YES
from consent.notices.models.policy_notifications import Announcement, Telling
from consent.records.models.events import ConsentEvent
from portal.kernel.core import clock
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.choices import LEFT, MessageState, Outcome
from portal.kernel.outbox.models import Delivery, Message

#: It arrived: the gateway said so, or it lies in the dashboard, where nothing can be lost on the way.
ARRIVED = Q(state__in=(MessageState.DELIVERED, MessageState.READ)) | Q(channel=Channel.DASHBOARD, state__in=LEFT)
OPENED = Q(state=MessageState.READ) | Q(seen_at__isnull=False)
A_BATCH = 500


@dataclass(frozen=True)
class Reach:
    """People, not messages; each of the first seven counts among those before it where that makes sense."""

    audience: int
    told: int
    delivered: int
    opened: int
    acknowledged: int
    reconsented: int
    on_old_version: int
    unreachable: int
    late: int


@dataclass(frozen=True)
class Proof:
    """One person on one channel: what the exported list has a line for."""

    subject_ref: UUID
    channel: str
    message: str
    state: str
    told_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    acknowledged_at: datetime | None
    reconsented_at: datetime | None


def tellings_of(announcement: Announcement) -> QuerySet[Telling]:
    """One row for each person of a round: the one without a way is left out where the person was told after it."""
    told = Telling.objects.filter(announcement=OuterRef("announcement"), subject_ref=OuterRef("subject_ref"))
    later = Exists(told.exclude(channels=""))
    return Telling.objects.filter(announcement=announcement).filter(~Q(channels="") | ~Q(later))


def messages_of(announcement: Announcement) -> QuerySet[Message]:
    """The messages of a round, those that took over on another channel included."""
    return Message.objects.filter(about=announcement.about)


def reach_of(announcement: Announcement, *, audience: int) -> Reach:
    """The figures of a round as they are now. ``audience`` are those whom it is for."""
    tellings = tellings_of(announcement)
    subjects = tellings.values("subject_ref")
    messages = messages_of(announcement)
    left = messages.filter(state__in=LEFT)
    seen = Acknowledgement.objects.filter(version=announcement.version, subject_ref__in=subjects)
    answered = _reconsented(announcement.version).filter(subject_ref__in=subjects)
    people = tellings.count()
    acknowledged = _people(seen)
    return Reach(
        audience=audience,
        told=_people(left),
        delivered=_people(messages.filter(ARRIVED)),
        opened=_people(messages.filter(OPENED)),
        acknowledged=acknowledged,
        reconsented=_people(answered),
        on_old_version=people - acknowledged,
        unreachable=tellings.filter(channels="").count(),
        late=tellings.filter(told_at__gte=_midnight(announcement.version)).count(),
    )


def _people(rows: QuerySet[Any]) -> int:
    return rows.order_by().values("subject_ref").distinct().count()


def _midnight(version: NoticeVersion) -> datetime:
    """The first instant at which the version applies."""
    return datetime.combine(version.effective_on, time(), tzinfo=clock.IST)


def _reconsented(version: NoticeVersion) -> QuerySet[ConsentEvent]:
    """A yes to a purpose that is new with the version, since the version was published."""
    return ConsentEvent.objects.filter(
        purpose__in=list(version.purposes), answer__in=YES, recorded_at__gte=version.published_at
    )


def proofs(announcement: Announcement) -> Iterator[Proof]:
    """A line for each person and channel, in batches of people: memory stays small whatever their number."""
    after = 0
    while True:
        batch = list(tellings_of(announcement).filter(pk__gt=after).order_by("pk")[:A_BATCH])
        if not batch:
            return
        after = batch[-1].pk
        yield from _proofs(announcement, batch)


def _proofs(announcement: Announcement, batch: list[Telling]) -> Iterator[Proof]:
    refs = [telling.subject_ref for telling in batch]
    messages: dict[UUID, list[Message]] = {}
    found = messages_of(announcement).filter(subject_ref__in=refs).order_by("pk")
    for message in found:
        messages.setdefault(message.subject_ref, []).append(message)
    arrived = _first_of(Delivery.objects.filter(outcome__in=(Outcome.DELIVERED, Outcome.READ)), found)
    read = _first_of(Delivery.objects.filter(outcome=Outcome.READ), found)
    seen = dict(
        Acknowledgement.objects.filter(version=announcement.version, subject_ref__in=refs).values_list(
            "subject_ref", "seen_at"
        )
    )
    answered = dict(
        _reconsented(announcement.version)
        .filter(subject_ref__in=refs)
        .order_by()
        .values("subject_ref")
        .annotate(first=Min("occurred_at"))
        .values_list("subject_ref", "first")
    )
    for telling in batch:
        ref = telling.subject_ref
        common: dict[str, Any] = {
            "subject_ref": ref,
            "acknowledged_at": seen.get(ref),
            "reconsented_at": answered.get(ref),
        }
        if ref not in messages:
            yield Proof(
                channel="", message="", state="unreachable", told_at=None, delivered_at=None, opened_at=None, **common
            )
        for message in messages.get(ref, ()):
            in_dashboard = message.sent_at if message.channel == Channel.DASHBOARD else None
            yield Proof(
                channel=message.channel,
                message=message.reference,
                state=message.state,
                told_at=message.sent_at,
                delivered_at=arrived.get(message.pk) or in_dashboard,
                opened_at=message.seen_at or read.get(message.pk),
                **common,
            )


def _first_of(facts: QuerySet[Delivery], messages: QuerySet[Message]) -> dict[Any, datetime]:
    rows = facts.filter(message__in=messages.order_by().values("pk")).order_by().values("message")
    return dict(rows.annotate(first=Min("happened_at")).values_list("message", "first"))
