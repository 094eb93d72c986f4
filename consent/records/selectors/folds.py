"""What the events of one fiduciary, address, purpose and channel come to: the values of its state row. Changes nothing."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from consent.base.rules.status_fold import Said, deciding
from consent.records.models.events import ConsentEvent
from portal.kernel.law.request_cache import once
from portal.kernel.people.models import SubjectAlias

KEY = ("fiduciary_id", "address_key", "purpose", "channel")
SAID = (
    "pk",
    "subject_ref",
    "answer",
    "occurred_at",
    "expires_at",
    "address_verified",
    "entry_id",
    "entry__event_id",
    "previous_id",
    "notice_version_id",
)
#: The columns of a state row that follow from its events: what ``fold`` gives.
STATE = (
    "answer",
    "verified",
    "expires_at",
    "event_id",
    "entry_ref",
    "subject_ref",
    "occurred_at",
    "notice_version_id",
    "as_of_event",
)
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Key:
    fiduciary_id: int
    address_key: bytes
    purpose: str
    channel: str

    def filters(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in KEY}


def same_person(refs: Iterable[UUID]) -> dict[UUID, UUID]:
    """Each of the references that was joined to another, with the one that stands for all of them."""
    wanted = set(refs)
    if len(wanted) < 2:
        return {}
    parents = _joined()
    return {ref: _root(ref, parents) for ref in wanted}


def _joined() -> dict[UUID, UUID]:
    return once("joined", "", date.min, lambda: dict(SubjectAlias.objects.values_list("old_ref", "new_ref")))


def _root(ref: UUID, parents: Mapping[UUID, UUID]) -> UUID:
    seen = {ref}
    while (upper := parents.get(ref)) is not None and upper not in seen:
        seen.add(upper)
        ref = upper
    return ref


def _said(row: Row) -> Said:
    return Said(
        number=row["pk"],
        subject=row["subject_ref"],
        answer=row["answer"],
        occurred_at=row["occurred_at"],
        expires_at=row["expires_at"],
        verified=row["address_verified"],
    )


def fold(rows: Sequence[Row]) -> dict[str, Any]:
    """The state row's values from all events of one key. Raises ValueError for none."""
    by_number = {row["pk"]: row for row in rows}
    word = deciding((_said(row) for row in rows), same_person(row["subject_ref"] for row in rows))
    if word is None:
        raise ValueError("A key without events has no state.")
    row = by_number[word.number]
    return {
        "answer": word.answer,
        "verified": word.verified,
        "expires_at": word.expires_at,
        "event_id": word.number,
        "entry_ref": row["entry__event_id"],
        "subject_ref": word.subject,
        "occurred_at": word.occurred_at,
        "notice_version_id": row["notice_version_id"],
        "as_of_event": max(by_number),
    }


def of_all_senders() -> QuerySet[ConsentEvent]:
    """What was answered about one sender alone is in no state: it is folded when a decision meets it (``sender_words``)."""
    return ConsentEvent.objects.filter(sender="")


def at_key(key: Key) -> list[Row]:
    """The events of one key, in the order in which they were recorded."""
    return list(of_all_senders().filter(**key.filters()).order_by("pk").values(*SAID))


def events_of(address_keys: Collection[bytes]) -> dict[Key, list[Row]]:
    """All events at the addresses by their keys, in the order in which they were recorded; one statement."""
    found: dict[Key, list[Row]] = {}
    events = of_all_senders().filter(address_key__among=frozenset(address_keys)).order_by("pk")
    for row in events.values(*KEY, *SAID):
        found.setdefault(key_of(row), []).append(row)
    return found


def every_key() -> Iterator[tuple[Key, list[Row]]]:
    """Each key with its events, in the order of the keys."""
    rows = of_all_senders().order_by(*KEY, "pk").values(*KEY, *SAID).iterator(chunk_size=5000)
    for key, group in groupby(rows, key=key_of):
        yield key, list(group)


def key_of(row: Row) -> Key:
    """The key of an event or a state, from its columns."""
    return Key(row["fiduciary_id"], bytes(row["address_key"]), row["purpose"], row["channel"])
