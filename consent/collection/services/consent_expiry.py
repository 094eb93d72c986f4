"""Answers that end without a word of the person: the agreed time is over, or the address was given up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q

from consent.base.choices import Answer, Way
from consent.base.rules.status_fold import YES
from consent.base.selectors import notices
from consent.base.selectors.purposes import in_force_or_ended, is_closed_to_children
from consent.records.models.events import ConsentEvent
from consent.records.models.guardians import GuardianAnswer
from consent.records.models.state import ConsentState
from consent.records.selectors import history
from consent.records.selectors.preferences import holders
from consent.records.services import subject_locks
from consent.records.services.addresses import Address
from consent.records.services.consent_events import Choice, record_all
from consent.suppressions.services import suppressions
from portal.kernel.core import actor as actors
from portal.kernel.core import addresses, clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import PortalError
from portal.kernel.law import selectors as law
from portal.kernel.people import selectors as people

log = structlog.get_logger(__name__)

#: Rows of one sweep; what is left comes in the next.
MOST = 1_000
#: Where a sweep stands: when the last answer it looked at was given, and the number of its row.
Mark = tuple[datetime, int]


def end_at_address(*, subject_ref: UUID, kind: str, address: str, at: datetime) -> int:
    """The address left the person: every answer of theirs there ends, in the caller's transaction. Returns how many.

    Fills ``ports.address_left``. A no ends too: it must not bind the address's next holder for ever. What it says of
    promotion stays with the address until somebody there says yes (a suppression, which outlives erasure). Nothing ends
    where they are still reached there under another reference: it has not left them.
    """
    keys = tuple(addresses.address_keys(addresses.normalise(kind, address)))
    # All of the person's turns: more of their addresses may leave in this transaction.
    subject_locks.take_all_of(subject_ref, at=[Address(kind, keys)])
    if not people.refs_of(subject_ref).isdisjoint(holders(keys)):
        return 0
    standing = [
        event
        for event in history.words(history.events_of(subject_ref))
        if bytes(event.address_key) in keys and event.answer != Answer.EXPIRED
    ]
    suppressions.outlive(standing)
    return end_all(subject_ref, standing, way=Way.ADDRESS_LEFT, actor=actors.system("consent.address_left"), at=at)


def end_for_child(*, subject_ref: UUID, at: datetime) -> int:
    """The person turned out to be a child: every yes of theirs ends, in the caller's transaction.

    A child's data is used only with a parent's verified consent (DPDP s.9(1)): a parent's yes goes on, except to promotion
    or following, which nobody can allow (s.9(3)). Fills ``ports.became_child``; returns how many. A new one is recorded by
    no door (``guardian_consents.require_able``), so that every decision says no from this commit on.
    """
    subject_locks.take_all_of(subject_ref)
    standing = what_a_child_loses(subject_ref, on=clock.day(at))
    return end_all(subject_ref, standing, way=Way.PROTECTION, actor=actors.system("consent.protection"), at=at)


def end_all(subject_ref: UUID, standing: list[ConsentEvent], *, way: Way, actor: Actor, at: datetime) -> int:
    """Each of these answers of a person ends, in the caller's transaction and turns. Returns how many."""
    for fiduciary in {event.fiduciary_id: event.fiduciary for event in standing}.values():
        record_all(
            subject_ref=subject_ref,
            fiduciary=fiduciary,
            choices=[ended(event) for event in standing if event.fiduciary_id == fiduciary.pk],
            way=way,
            occurred_at=at,
            actor=actor,
            now=max(at, clock.now()),
        )
    return len(standing)


def what_a_child_loses(subject_ref: UUID, *, on: date) -> list[ConsentEvent]:
    """Each yes that ends once the person is known to be a child, so that a page can name them before; changes nothing."""
    said = history.words(history.events_of(subject_ref))
    by_guardian = set(
        GuardianAnswer.objects.filter(receipt__in=[event.receipt_id for event in said]).values_list(
            "receipt", flat=True
        )
    )
    return [
        event
        for event in said
        if event.answer in YES
        and (event.receipt_id not in by_guardian or is_closed_to_children(in_force_or_ended(event.purpose, on=on)))
    ]


@dataclass(frozen=True)
class Swept:
    """What one batch of a sweep did. ``last`` is where the next one goes on; None: nothing is left in this sweep."""

    ended: int
    last: Mark | None


def end_what_is_over(*, now: datetime, after: Mark | None = None) -> Swept:
    """Record the end of each yes whose agreed time is over, or whose purpose or text is another by now.

    A batch, the oldest ``after`` a mark first, each in its own transaction. Decisions do not wait for this: they compare
    the times themselves. Safe to repeat and to run twice at once: each yes is looked at again at the turn of its address.
    One that cannot be ended is logged and left to the next sweep; it does not keep the others of this one waiting.
    """
    changed = _changes(now)
    due = ConsentState.objects.filter(_over(now, changed), answer__in=YES).order_by("occurred_at", "pk")
    if after is not None:
        at, number = after
        due = due.filter(Q(occurred_at__gt=at) | Q(occurred_at=at, pk__gt=number))
    marks = list(due.values_list("occurred_at", "pk")[:MOST])
    ended = 0
    for _at, number in marks:
        try:
            ended += _end_one(number, changed, now=now)
        except PortalError as error:
            log.warning("consent.not_ended_yet", state=number, code=error.code)
    return Swept(ended, marks[-1] if len(marks) == MOST else None)


@dataclass(frozen=True)
class _Changes:
    """What a yes may have been said to that is no more: by purpose, the instant from which it means what it means, and
    the versions of texts that do not hold any more, each since when.
    """

    meant_since: Mapping[str, datetime]
    old_texts: Mapping[str, Mapping[int, datetime]]

    def ends_of(self, state: ConsentState) -> list[datetime]:
        """The instants at which they ended a yes; not before it was given, to an old text for instance."""
        old_from = self.old_texts.get(state.purpose, {}).get(state.notice_version_id or 0)
        ends = [self.meant_since.get(state.purpose), max(old_from, state.occurred_at) if old_from else None]
        return [at for at in ends if at is not None]


def _changes(now: datetime) -> _Changes:
    on = clock.day(now)
    meant_since = {
        purpose.code: datetime.combine(purpose.meaning_since, time(), tzinfo=clock.IST)
        for purpose in law.purposes_in_force(on=on)
        if purpose.meaning_since > date.min
    }
    old_texts = {
        purpose: {version: old_from for version, old_from in texts.items() if old_from <= now}
        for purpose, texts in notices.old_texts(on=on).items()
    }
    return _Changes(meant_since, old_texts)


def _over(now: datetime, changed: _Changes) -> Q:
    over = Q(expires_at__lte=now)
    for purpose, since in changed.meant_since.items():
        over |= Q(purpose=purpose, occurred_at__lt=since)
    for purpose, texts in changed.old_texts.items():
        over |= Q(purpose=purpose, notice_version__in=list(texts))
    return over


@retried
def _end_one(number: int, changed: _Changes, *, now: datetime) -> bool:
    with transaction.atomic():
        found = ConsentState.objects.filter(pk=number).select_related("event").first()
        if found is None:  # a rebuild removed it meanwhile
            return False
        subject_locks.take([_place_of(found.event)], by=found.event.subject_ref)
        over = ConsentState.objects.filter(_over(now, changed), pk=number, answer__in=YES)
        state = over.select_related("event__fiduciary").first()
        if state is None:  # answered anew, or another worker was quicker
            return False
        ends = [at for at in (state.expires_at, *changed.ends_of(state)) if at is not None and at <= now]
        record_all(
            subject_ref=state.event.subject_ref,
            fiduciary=state.event.fiduciary,
            choices=[ended(state.event)],
            way=Way.EXPIRY,
            occurred_at=min(at for at in ends if at >= state.occurred_at),
            actor=actors.system("consent.expiry"),
            now=max(now, clock.now()),  # a long turn records each when it does
        )
    return True


def _place_of(event: ConsentEvent) -> Address:
    return Address(event.address_kind, (bytes(event.address_key),), is_verified=event.address_verified)


def ended(event: ConsentEvent) -> Choice:
    """What ends an answer where it was given, without a word of the person."""
    return Choice(_place_of(event), event.purpose, event.channel, Answer.EXPIRED, sender=event.sender)
