"""Stopping promotion at an address itself: what a STOP leaves behind, whoever the address belongs to and for how long."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from consent.base.choices import Way
from consent.base.rules.status_fold import NO, ONE_PRESS, YES
from consent.base.selectors.purposes import meant_on
from consent.records.models.events import ConsentEvent, ConsentReceipt
from consent.records.models.suppressions import Suppression, SuppressionLift
from consent.records.selectors.undos import can_be_undone, counts_since, restored_since
from consent.records.services import recipient_updates, subject_locks
from consent.records.services.addresses import Address
from consent.records.services.consent_events import Recorded
from consent.records.services.evidence import MACHINE_TIME, Evidence
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock, ids
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.ledger.models import Entry
from portal.kernel.people.models import Fiduciary

#: No channel and no registered form: whatever sends.
ALL_SENDERS: Final = (("", ""),)


def with_answers(done: Recorded, *, places: Iterable[Address], occurred_at: datetime) -> None:
    """Suppress every address of a stop that was recorded as answers; its first answer is the origin.

    In the caller's transaction, without a leaf of its own: the answers are in the ledger. Nothing where nothing changed.
    """
    if done.receipt is None or not done.events:
        return
    event = done.events[0]
    _insert(
        places,
        fiduciary=event.fiduciary,
        way=Way(event.way),
        receipt=done.receipt,
        entry=event.entry,
        event=event,
        suppressed_at=occurred_at,
        recorded_at=done.receipt.made_at,
    )


@retried
def alone(
    *,
    subject_ref: UUID,
    fiduciary: Fiduciary,
    places: Sequence[Address],
    way: Way,
    occurred_at: datetime,
    actor: Actor,
    evidence: Sequence[Evidence] = (),
    senders: Sequence[tuple[str, str]] = ALL_SENDERS,
    again: bool = False,
    now: datetime | None = None,
) -> ConsentReceipt | None:
    """Suppress addresses without an answer of a known person: a number that nobody has registered, or single senders only.

    ``senders``: channel and registered form of each. One transaction: receipt, and for each sender suppressions, audit event
    and its leaf; the leaf names the first piece of ``evidence``, and when it was by the clock of the machine that told it,
    where it counts from another time on (``told_times``). Where the same was stopped already and nobody
    there has said yes since, nothing changes and recipients hear nothing. A stop that an undo could still end is no reason
    to leave this one out: both are recorded, but for a second request of one press. ``again`` says that it was said another
    time: that is a fact of its own, and a yes from in between that becomes known later does not count. Otherwise None, so
    that a stop that is told twice is harmless.
    """
    at = now or clock.now()
    receipt = None
    with transaction.atomic():
        subject_locks.take(places)
        every = list({place.key: place for place in places}.values())
        for channel, header in senders:
            about = {"channel": channel, "header": header}
            new = [place for place in every if not _is_covered(place, fiduciary, occurred_at=occurred_at, **about)]
            said = [
                place
                for place in every
                if again or not _is_covered_for_good(place, fiduciary, occurred_at=occurred_at, at=at, way=way, **about)
            ]
            if not said:
                continue
            receipt = receipt or ConsentReceipt.objects.create(
                reference=ids.new_reference("CR"), subject_ref=subject_ref, made_at=at
            )
            event = record(
                AuditKind.CONSENT_ADDRESS_SUPPRESSED,
                actor=actor,
                about=f"consent.receipt:{receipt.reference}",
                facts={
                    "reference": receipt.reference,
                    "fiduciary": fiduciary.code,
                    "channel": channel or None,
                    "way": str(way),
                    "count": len(said),
                    "state": "one_sender" if header else "all",
                    "sha256": digest_of(place.key for place in said),
                    **_behind(evidence),
                },
                subject_ref=subject_ref,
                at=occurred_at,
            )
            _insert(
                said,
                fiduciary=fiduciary,
                way=way,
                receipt=receipt,
                entry=event.entry,
                event=None,
                suppressed_at=occurred_at,
                recorded_at=at,
                channel=channel,
                header=header,
            )
            if new and not header:  # recipients know purposes and channels, no headers
                recipient_updates.tell_stop(receipt, new, fiduciary=fiduciary, actor=actor, at=at)
    return receipt


def _behind(evidence: Sequence[Evidence]) -> dict[str, str]:
    """What stands behind a stop, as facts of its leaf."""
    facts: dict[str, str] = {}
    for piece in evidence:
        if piece["type"] == MACHINE_TIME:
            facts["told_at"] = piece["reference"]
        else:
            facts.setdefault("evidence", f"{piece['type']}:{piece['sha256']}")
    return facts


def is_known(place: Address, fiduciary: Fiduciary, *, way: Way, occurred_at: datetime) -> bool:
    """Whether a stop of that instant, told the same way, stands at the address: then this is the same one."""
    same = {"address_key__in": place.keys, "fiduciary": fiduciary, "way": way, "suppressed_at": occurred_at}
    return Suppression.objects.filter(**same, lift=None).exists()


def latest_stop(subject_ref: UUID, fiduciary: Fiduciary, *, way: Way, since: datetime) -> ConsentReceipt | None:
    """The receipt of the person's last stop of that way since an instant, where it stands. Reads only."""
    stops = ConsentReceipt.objects.filter(
        subject_ref=subject_ref,
        made_at__gt=since,
        suppressions__fiduciary=fiduciary,
        suppressions__way=way,
        suppressions__lift=None,
    )
    return stops.order_by("-pk").first()


@retried
def take_back(*, stop: ConsentReceipt, place: Address | None, actor: Actor, at: datetime) -> ConsentReceipt | None:
    """End the suppressions of a stop that recorded no answer, as if it had not been made.

    One transaction: receipt, audit event and its leaf, what was taken back, and the word to recipients, who need
    ``place`` for its text. None where nothing is left to take back. Whether there is time for it is the caller's.
    """
    with transaction.atomic():
        subject_locks.take(places_of(stop))
        rows = list(stop.suppressions.filter(lift=None).select_related("fiduciary").order_by("pk"))
        if not rows:
            return None
        receipt = ConsentReceipt.objects.create(
            reference=ids.new_reference("CR"), subject_ref=stop.subject_ref, made_at=at
        )
        record(
            AuditKind.CONSENT_SUPPRESSION_LIFTED,
            actor=actor,
            about=f"consent.receipt:{receipt.reference}",
            facts={
                "reference": stop.reference,
                "fiduciary": rows[0].fiduciary.code,
                "way": str(Way.UNDO),
                "count": len(rows),
                "sha256": digest_of(bytes(row.address_key) for row in rows),
            },
            subject_ref=stop.subject_ref,
            at=at,
        )
        SuppressionLift.objects.bulk_create(
            SuppressionLift(suppression=row, receipt=receipt, lifted_at=at) for row in rows
        )
        whose = rows[0].fiduciary
        lifted = [_as_place(row, place) for row in rows if not row.header]
        # One that was said at another time stands: to the recipients nothing has changed.
        places = [each for each in lifted if not _is_covered(each, whose, occurred_at=at)]
        if places:
            recipient_updates.tell_lift(receipt, places, fiduciary=whose, actor=actor, at=at)
    return receipt


def places_of(stop: ConsentReceipt) -> list[Address]:
    """The addresses that a stop suppressed, by the key that was kept."""
    kept = stop.suppressions.values_list("address_kind", "address_key").distinct()
    return [Address(kind, (bytes(key),)) for kind, key in kept]


def _as_place(row: Suppression, named: Address | None) -> Address:
    if named is not None and bytes(row.address_key) in named.keys:
        return named
    return Address(row.address_kind, (bytes(row.address_key),))


def digest_of(keys: Iterable[bytes]) -> str:
    """What binds an audit event's leaf to the addresses: SHA-256 of their keyed hashes, in order."""
    return hashlib.sha256(b"".join(sorted(keys))).hexdigest()


def outlive(events: Iterable[ConsentEvent]) -> int:
    """The person leaves these addresses, or is erased: each no to promotion stays with the address. Returns how many.

    In the caller's transaction. A yes that the next holder gives later counts for them.
    """
    kept = 0
    for event in events:
        if event.answer not in NO or not _is_promotional(event):
            continue
        place = Address(event.address_kind, (bytes(event.address_key),))
        at, now = event.occurred_at, clock.now()
        purpose, channel = event.purpose, str(event.channel)
        about = {"purpose": purpose, "channel": channel, "header": event.sender}
        if _is_covered_for_good(place, event.fiduciary, occurred_at=at, at=now, way=None, **about):
            continue
        kept += _insert(
            [place],
            fiduciary=event.fiduciary,
            way=Way(event.way),
            receipt=event.receipt,
            entry=event.entry,
            event=event,
            suppressed_at=at,
            recorded_at=now,
            purpose=event.purpose,
            channel=event.channel,
            header=event.sender,
        )
    return kept


def lift(*, stop: ConsentReceipt, undone: Recorded) -> None:
    """A stop was taken back in time: what it suppressed is suppressed no longer. In the caller's transaction."""
    if undone.receipt is None:
        return
    SuppressionLift.objects.bulk_create(
        SuppressionLift(suppression=row, receipt=undone.receipt, lifted_at=undone.receipt.made_at)
        for row in stop.suppressions.filter(lift=None)
    )


def carry_over(narrowed: Mapping[int, Suppression], *, at: datetime) -> None:
    """Stops of one sender stand over a consent that an undo restored at an instant as they stood over it before the stop.

    In the caller's transaction. Each keeps the receipt and the ledger entry of the act that it came from.
    """
    Suppression.objects.bulk_create(
        Suppression(
            fiduciary_id=row.fiduciary_id,
            address_kind=row.address_kind,
            address_key=bytes(row.address_key),
            purpose=row.purpose,
            channel=row.channel,
            header=row.header,
            way=row.way,
            receipt_id=row.receipt_id,
            event_id=row.event_id,
            entry_id=row.entry_id,
            suppressed_at=at,
            recorded_at=at,
        )
        for row in narrowed.values()
    )


def _is_promotional(event: ConsentEvent) -> bool:
    return meant_on(event.purpose, on=clock.day(event.occurred_at)).is_promotional


def _is_covered(place: Address, fiduciary: Fiduciary, *, occurred_at: datetime, **about: str) -> bool:
    """Whether the same, or more, was stopped at the address, and nobody consented there since. ``about`` as ``_covering``."""
    return _cover(_covering(place, fiduciary, **about), place, fiduciary, occurred_at)


def _is_covered_for_good(
    place: Address, fiduciary: Fiduciary, *, occurred_at: datetime, at: datetime, way: Way | None, **about: str
) -> bool:
    """The same without the stops that an undo could still end ``at`` an instant; a stop of the same press is this one."""
    stops = _covering(place, fiduciary, **about)
    final = [s for s in stops if not can_be_undone(s, at=at) or (s.way == way and at - s.recorded_at < ONE_PRESS)]
    return _cover(final, place, fiduciary, occurred_at)


def _covering(place: Address, fiduciary: Fiduciary, *, header: str = "", **about: str) -> QuerySet[Suppression]:
    rows = Suppression.objects.filter(Suppression.covering(header=header, **about), fiduciary=fiduciary)
    return rows.filter(address_key__in=place.keys).select_related("receipt")


def _cover(stops: Iterable[Suppression], place: Address, fiduciary: Fiduciary, occurred_at: datetime) -> bool:
    last = max((stop.suppressed_at for stop in stops), default=None)
    if last is None:
        return False
    if last >= occurred_at:
        return True
    since = ConsentEvent.objects.filter(
        fiduciary=fiduciary, address_key__in=place.keys, answer__in=YES, occurred_at__gt=last
    )
    return not any(counts_since(given) > last for given in since)


def _insert(
    places: Iterable[Address],
    *,
    fiduciary: Fiduciary,
    way: Way,
    receipt: ConsentReceipt,
    entry: Entry,
    event: ConsentEvent | None,
    suppressed_at: datetime,
    recorded_at: datetime,
    purpose: str = "",
    channel: str = "",
    header: str = "",
) -> int:
    """One row for each address. A stop counts from the undo on that restored an older word there after it."""
    once = {place.key: place for place in places}
    keys = {key for place in once.values() for key in place.keys}
    restored = restored_since(suppressed_at, fiduciary=fiduciary.pk, keys=keys)
    since = {
        key: max(
            [
                suppressed_at,
                *(one.restored_at for one in restored if one.address_key in place.keys and one.hides(suppressed_at)),
            ]
        )
        for key, place in once.items()
    }
    rows = Suppression.objects.bulk_create(
        Suppression(
            fiduciary=fiduciary,
            address_kind=place.kind,
            address_key=place.key,
            purpose=purpose,
            channel=channel,
            header=header,
            way=way,
            receipt=receipt,
            event=event,
            entry=entry,
            suppressed_at=since[place.key],
            recorded_at=recorded_at,
        )
        for place in once.values()
    )
    return len(rows)
