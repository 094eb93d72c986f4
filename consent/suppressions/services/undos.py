"""Undoing a stop within minutes: what nobody refused afterwards is as it was before the stop."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.base.choices import STOPS_ALL, Answer, Way
from consent.base.rules.status_fold import NO, YES
from consent.records.models.events import ConsentEvent, ConsentReceipt
from consent.records.models.suppressions import Suppression
from consent.records.selectors import history
from consent.records.selectors.undos import can_be_undone, counts_since, undo_until
from consent.records.services import subject_locks
from consent.records.services.addresses import Address, addresses_by_channel
from consent.records.services.consent_events import Choice, Recorded, record_all
from consent.suppressions.services import suppressions
from consent.suppressions.services.withdrawals import notice_of, place_of
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import Refused
from portal.kernel.law.request_cache import remembering
from portal.kernel.people import selectors as people
from portal.kernel.people.models.fiduciaries import Fiduciary


@retried
def undo_stop(
    *,
    receipt: ConsentReceipt,
    actor: Actor,
    place: Address | None = None,
    confirms: bool = True,
    now: datetime | None = None,
) -> Recorded:
    """Restore what was answered before a stop, as new events; nothing more than that, and only for some minutes.

    One transaction, at the turns of the person and of each address of the stop. A consent ends when it would have ended
    without the stop, and one that was over stays over. Where nobody had consented the refusal ends, and the address is
    unanswered again (``folds.fold``). What the person answered again since the stop stays as it is, and where anybody at
    the address refused since, or the person themself did, nothing is restored: that refusal ended the undo there.

    A stop that only suppressed an address ends there; ``place`` is that address, where its text is at hand for the
    recipients. Raises Refused when the time is over or the receipt is no stop, and as ``record_all`` for a consent that
    the person cannot give any more, or only in two steps. The caller makes sure that it is the browser that stopped.
    """
    stopped = list(receipt.events.select_related("fiduciary", "entry").order_by("pk"))
    ways = {event.way for event in stopped} or set(receipt.suppressions.values_list("way", flat=True))
    with transaction.atomic(), remembering():
        subject_locks.take_all_of(receipt.subject_ref, at=[*map(place_of, stopped), *suppressions.places_of(receipt)])
        at = now or clock.now()  # once we have the turns: a refusal that had them first found the time over, or did not
        if at > undo_until(receipt):
            raise Refused(_("It is too late to undo this. Choose the messages you want below."), code="UNDO_TOO_LATE")
        if not ways or not ways <= STOPS_ALL:
            raise Refused(_("Only “Stop all promotional messages” can be undone here."), code="NOT_A_STOP")
        if not stopped:
            return Recorded(suppressions.take_back(stop=receipt, place=place, actor=actor, at=at), ())
        # It comes after the stop whatever the clock says: were it at the same instant, the refusal would win.
        at = max(at, *(event.occurred_at + clock.TICK for event in stopped))
        before = _Before(receipt, stopped)
        done = record_all(
            subject_ref=receipt.subject_ref,
            fiduciary=before.fiduciary,
            choices=before.choices(at=at),
            way=Way.UNDO,
            occurred_at=at,
            actor=actor,
            confirms=confirms,
            now=at,
        )
        suppressions.lift(stop=receipt, undone=done)
        suppressions.carry_over(before.narrowed, at=at)
    return done


@retried
def undo_stops(
    *, receipts: Sequence[ConsentReceipt], actor: Actor, place: Address | None = None, now: datetime | None = None
) -> list[ConsentReceipt]:
    """Undo every stop of one press, all of them or none, each under a receipt of its own. Raises as ``undo_stop``."""
    undone: list[ConsentReceipt] = []
    with transaction.atomic():
        for receipt in receipts:
            done = undo_stop(receipt=receipt, actor=actor, place=place, confirms=not undone, now=now)
            if done.receipt is not None:
                undone.append(done.receipt)
    return undone


def end_undo(subject_ref: UUID, refusals: Collection[ConsentEvent], *, way: Way, actor: Actor, at: datetime) -> int:
    """Record each of these refusals of a person once more where an undo could still end it. Returns how many.

    In the caller's transaction and turns. For what makes the consent from before a stop impossible without a word of
    the person.
    """
    ended = [event for event in refusals if can_be_undone(event, at=at)]
    for fiduciary in {event.fiduciary_id: event.fiduciary for event in ended}.values():
        record_all(
            subject_ref=subject_ref,
            fiduciary=fiduciary,
            choices=[
                Choice(place_of(event), event.purpose, event.channel, Answer(event.answer), notice_of(event))
                for event in ended
                if event.fiduciary_id == fiduciary.pk
            ],
            way=way,
            occurred_at=at,
            actor=actor,
            now=max(at, clock.now()),
        )
    return len(ended)


@dataclass
class _Before:
    """What held before each answer of a stop, where nobody refused since and the person answered nothing else."""

    receipt: ConsentReceipt
    stopped: Sequence[ConsentEvent]
    #: Suppressions of one sender that stood over a consent which is restored: they stand over the restored one too.
    narrowed: dict[int, Suppression] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.refs = people.refs_of(self.receipt.subject_ref)
        keys = {bytes(event.address_key) for event in self.stopped}
        self.said: dict[tuple[bytes, str, str], list[ConsentEvent]] = {}
        at_places = ConsentEvent.objects.filter(address_key__in=keys, fiduciary=self.fiduciary)
        for event in at_places.select_related("notice_version"):
            self.said.setdefault((bytes(event.address_key), event.purpose, event.channel), []).append(event)
        self.keys = _every_key(keys, self.receipt.subject_ref)
        self.suppressed = list(
            Suppression.objects.filter(
                address_key__in={key for same in self.keys.values() for key in same},
                fiduciary=self.fiduciary,
                lift=None,
            ).exclude(receipt=self.receipt)
        )

    @property
    def fiduciary(self) -> Fiduciary:
        return self.stopped[0].fiduciary

    def choices(self, *, at: datetime) -> list[Choice]:
        return [choice for event in self.stopped for choice in self._choices(event, at)]

    def _choices(self, event: ConsentEvent, at: datetime) -> list[Choice]:
        """What was before the stop; each refusal of one sender that is later than that is recorded once more over it.

        Also where no consent is restored: the end of the refusal of all senders is a later word about every sender, and
        somebody else at the address may have consented.
        """
        restored = self._choice(event, at)
        if restored is None:
            return []
        said = self.said[bytes(event.address_key), event.purpose, event.channel]
        before = [
            one
            for one in said
            if one.subject_ref in self.refs and (one.sender or history.order_of(one) < history.order_of(event))
        ]
        alone = [one for one in history.latest_of_senders(before) if one.answer in NO]
        again = [replace(restored, answer=Answer(one.answer), sender=one.sender, ends_at=None) for one in alone]
        return [restored, *again]

    def _choice(self, event: ConsentEvent, at: datetime) -> Choice | None:
        every = self.said[bytes(event.address_key), event.purpose, event.channel]
        said = [other for other in every if not other.sender]
        if any(other.answer in NO and other.pk > event.pk for other in said):
            return None
        own = [other for other in said if other.subject_ref in self.refs and other.pk != event.pk]
        if any(history.order_of(other) > history.order_of(event) for other in own):
            return None
        before = max(own, key=history.order_of, default=None)
        given = before if before is not None and before.answer in YES else None
        given_at = counts_since(given) if given is not None else at
        over_it = self._suppressions(event)
        if any(row.receipt_id > self.receipt.pk or row.suppressed_at >= given_at for row in over_it if not row.header):
            return None
        ends_at = given.expires_at if given is not None else None
        is_restored = given is not None and (ends_at is None or ends_at > at)
        if is_restored:
            self.narrowed |= {row.pk: row for row in over_it if row.header and row.suppressed_at >= given_at}
        return Choice(
            place_of(event),
            event.purpose,
            event.channel,
            Answer.GIVEN if is_restored else Answer.EXPIRED,
            notice_of(given),
            [{"type": "undone_event", "sha256": hashlib.sha256(str(event.entry_id).encode()).hexdigest()}],
            ends_at=ends_at,
        )

    def _suppressions(self, event: ConsentEvent) -> list[Suppression]:
        """What is suppressed where a stop was answered, but by this stop."""
        keys = self.keys[bytes(event.address_key)]
        return [
            row
            for row in self.suppressed
            if bytes(row.address_key) in keys and row.covers(purpose=event.purpose, channel=event.channel)
        ]


def _every_key(keys: Collection[bytes], subject_ref: UUID) -> Mapping[bytes, frozenset[bytes]]:
    """Each lookup key of an answer with every key of its address, where the person is reached there still."""
    known = [set(place.keys) for places in addresses_by_channel(subject_ref).values() for place in places]
    return {key: frozenset({key}.union(*(same for same in known if key in same))) for key in keys}
