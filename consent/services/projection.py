"""The projection of consent events: kept as events come, rebuilt when asked."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, islice
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, QuerySet

from consent.models import ConsentEvent, ConsentState
from consent.rules.fold import Said, deciding
from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import clock
from portal.core.actor import Actor
from portal.law.memory import once
from portal.people.models import SubjectAlias

#: Keys in one transaction of a rebuild: a writer waits no longer than that.
CHUNK = 500
_KEY = ("fiduciary_id", "address_key", "purpose", "channel")
_SAID = (
    "pk",
    "subject_ref",
    "answer",
    "occurred_at",
    "expires_at",
    "address_verified",
    "entry__event_id",
    "notice_version_id",
)


@dataclass(frozen=True)
class Key:
    fiduciary_id: int
    address_key: bytes
    purpose: str
    channel: str

    def filters(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _KEY}


@dataclass(frozen=True)
class Rebuilt:
    checked: int
    mended: int
    removed: int


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


def _said(row: Mapping[str, Any]) -> Said:
    return Said(
        number=row["pk"],
        subject=row["subject_ref"],
        answer=row["answer"],
        occurred_at=row["occurred_at"],
        expires_at=row["expires_at"],
        verified=row["address_verified"],
    )


def fold(rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The state row's values from all events of one key."""
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


def refold(key: Key) -> None:
    """Bring one key's state up to date, in the caller's transaction. An older fold never overwrites a newer one."""
    events = ConsentEvent.objects.filter(**key.filters()).order_by("pk")
    write(key, fold(list(events.values(*_SAID))))


def refold_many(keys: Sequence[Key]) -> None:
    """``refold`` for keys of one fiduciary, in a few statements; for a set of answers of a list."""
    wanted = {(key.address_key, key.purpose, key.channel): key for key in keys}
    if not wanted:
        return
    among = frozenset(key.address_key for key in keys)
    events = ConsentEvent.objects.filter(fiduciary=keys[0].fiduciary_id, address_key__among=among).order_by("pk")
    said: dict[Key, list[Mapping[str, Any]]] = {}
    for row in events.values(*_KEY, *_SAID):
        key = wanted.get((bytes(row["address_key"]), row["purpose"], row["channel"]))
        if key is not None:
            said.setdefault(key, []).append(row)
    write_many([(key, fold(rows)) for key, rows in said.items()])


def write_many(states: Sequence[tuple[Key, Mapping[str, Any]]]) -> None:
    """``write`` for many keys: each inserted, or updated only when what was folded is newer."""
    fields = [field for field in ConsentState._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(field.attname for field in fields)
    fresh = ", ".join(f"{field.attname} = excluded.{field.attname}" for field in fields if field.attname not in _KEY)
    statement = (
        f"INSERT INTO consent_consentstate ({columns}) VALUES ({', '.join(['%s'] * len(fields))}) "  # noqa: S608
        f"ON CONFLICT (address_key, purpose, channel, fiduciary_id) DO UPDATE SET {fresh} "
        "WHERE consent_consentstate.as_of_event <= excluded.as_of_event"
    )
    rows = [{**key.filters(), **values} for key, values in states]
    with connection.cursor() as cursor:
        cursor.executemany(
            statement,
            [[field.get_db_prep_save(row[field.attname], connection) for field in fields] for row in rows],
        )


def first_state(event: ConsentEvent) -> ConsentState:
    """The state after a key's first event, not saved: there is nothing to fold or to overtake."""
    row = {name: getattr(event, name) for name in _SAID if name != "entry__event_id"}
    values = fold([{**row, "entry__event_id": event.entry.event_id}])
    return ConsentState(**{name: getattr(event, name) for name in _KEY}, **values)


def write(key: Key, values: Mapping[str, Any]) -> None:
    """Insert or update one state row, only when what was folded is newer."""
    states = ConsentState.objects.filter(**key.filters())
    if states.filter(as_of_event__lte=values["as_of_event"]).update(**values):
        return
    if not states.exists():
        with transaction.atomic():
            ConsentState.objects.create(**key.filters(), **values)


def rebuild(*, actor: Actor, progress: Callable[[int], None] | None = None) -> Rebuilt:
    """Compare every state with its events and mend what differs; remove states without events. Safe to repeat.

    Works in chunks of their own transactions, so that answers go on being recorded meanwhile; ends with one audit event.
    """
    checked = mended = 0
    for chunk in _chunks(_groups(), CHUNK):
        with transaction.atomic():
            mended += sum(1 for key, rows in chunk if _mend(key, rows))
        checked += len(chunk)
        if progress:
            progress(checked)
    removed = _remove_orphans()
    with transaction.atomic():
        record(
            AuditKind.CONSENT_STATE_REBUILT,
            actor=actor,
            about="consent.state:all",
            facts={"count": mended + removed},
            at=clock.now(),
        )
    return Rebuilt(checked=checked, mended=mended, removed=removed)


def _groups() -> Iterator[tuple[Key, list[Mapping[str, Any]]]]:
    rows = ConsentEvent.objects.order_by(*_KEY, "pk").values(*_KEY, *_SAID).iterator(chunk_size=5000)
    for parts, group in groupby(
        rows, key=lambda row: (row["fiduciary_id"], bytes(row["address_key"]), row["purpose"], row["channel"])
    ):
        yield Key(*parts), list(group)


def _chunks(items: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while chunk := list(islice(items, size)):
        yield chunk


def _mend(key: Key, rows: list[Mapping[str, Any]]) -> bool:
    values = fold(rows)
    kept = ConsentState.objects.filter(**key.filters()).values(*values).first()
    if kept == values:
        return False
    if kept is not None and kept["as_of_event"] > values["as_of_event"]:
        return False
    if kept is None:
        ConsentState.objects.create(**key.filters(), **values)
    else:
        ConsentState.objects.filter(**key.filters(), as_of_event=kept["as_of_event"]).update(**values)
    return True


def _remove_orphans() -> int:
    """States whose deciding event is about another key: only a hand in the database makes one."""
    wrong: QuerySet[ConsentState] = ConsentState.objects.exclude(
        event__purpose=F("purpose"),
        event__channel=F("channel"),
        event__fiduciary=F("fiduciary"),
        event__address_key=F("address_key"),
    )
    removed, _each = wrong.delete()
    return removed
