"""The projection of consent events: kept as events come, rebuilt when asked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet

from consent.base.rules.status_fold import YES
from consent.records.models.events import ConsentEvent
from consent.records.models.state import ConsentState
from consent.records.rules.seals import Seal
from consent.records.selectors import entry_rows, folds, seals
from consent.records.selectors.folds import KEY, SAID, STATE, Key, fold
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.ledger import services as ledger

#: Keys in one transaction of a rebuild: a writer waits no longer than that.
CHUNK = 500


@dataclass(frozen=True)
class Rebuilt:
    """``sealed``: rows that agreed and had no seal that holds. ``refused``: rows left as they were, because an event of theirs
    is not what its entry of the ledger says.
    """

    checked: int
    mended: int
    removed: int
    sealed: int = 0
    refused: int = 0


def refold(key: Key) -> None:
    """Bring one key's state up to date, in the caller's transaction. An older fold never overwrites a newer one.

    Where an event is not what its entry of the ledger says, the state is written without a seal: a stop holds all the same,
    on a consent no decision rests (CONSENT_UNPROVED), and once the caller has committed check V9 stops signing.
    """
    kept = _kept([key])
    rows = folds.at_key(key)
    if rows:  # else something was answered there about single senders alone
        for values in _proved({key: rows}, kept).values():
            write(key, values)


def refold_many(keys: Sequence[Key]) -> None:
    """``refold`` for keys of one fiduciary, in a few statements; for a set of answers of a list."""
    wanted = {(key.address_key, key.purpose, key.channel): key for key in keys}
    if not wanted:
        return
    among = frozenset(key.address_key for key in keys)
    kept = _kept(keys)
    events = folds.of_all_senders().filter(fiduciary=keys[0].fiduciary_id, address_key__among=among).order_by("pk")
    said: dict[Key, list[Mapping[str, Any]]] = {}
    for row in events.values(*KEY, *SAID):
        key = wanted.get((bytes(row["address_key"]), row["purpose"], row["channel"]))
        if key is not None:
            said.setdefault(key, []).append(row)
    write_many(list(_proved(said, kept).items()))


def _kept(keys: Sequence[Key]) -> dict[Key, Mapping[str, Any]]:
    """The rows as they are, of keys of one fiduciary. Read before the events: what was folded into a row is among them."""
    among = frozenset(key.address_key for key in keys)
    rows = ConsentState.objects.filter(fiduciary=keys[0].fiduciary_id, address_key__among=among)
    return {folds.key_of(row): row for row in rows.values(*KEY, *STATE, "seal")}


def _proved(
    said: Mapping[Key, Sequence[Mapping[str, Any]]], kept: Mapping[Key, Mapping[str, Any]]
) -> dict[Key, dict[str, Any]]:
    """The columns of each state from all its events, sealed where each of them is what its entry of the ledger says.

    Where an event is gone that the row was sealed over, a consent of those that are left is none: the row stays as it is.
    """
    doubt = entry_rows.doubt(row for rows in said.values() for row in rows)
    found: dict[Key, dict[str, Any]] = {}
    lost: set[int] = set()
    for key, rows in said.items():
        values = fold(rows)
        gone = _gone(key, kept.get(key), rows)
        lost |= gone
        if not gone and not doubt.is_about(rows, deciding=values["event_id"]):
            found[key] = sealed(key, values)
        elif not gone or values["answer"] not in YES:
            found[key] = {**values, "seal": None}
    if doubt.other or lost:
        entries = ConsentEvent.objects.filter(pk__in=lost).values_list("entry_id", flat=True)
        ledger.raise_alarm({*doubt.other, *entries})
    return found


def _gone(key: Key, kept: Mapping[str, Any] | None, rows: Sequence[Mapping[str, Any]]) -> set[int]:
    """The events that are not at a place any more: one that another names as the one before it, and the newest when the row
    was sealed.
    """
    gone = entry_rows.torn(rows)
    if kept is not None and all(row["pk"] != kept["as_of_event"] for row in rows):
        gone |= {kept["as_of_event"]} if seals.check(key, kept) is Seal.HOLDS else set()
    return gone


def sealed(key: Key, values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a state row from what its events were folded to, with the seal over them."""
    return {**values, "seal": seals.seal_of(key, values)}


def write_many(states: Sequence[tuple[Key, Mapping[str, Any]]]) -> None:
    """``write`` for many keys: each inserted, or updated only when what was folded is newer."""
    fields = [field for field in ConsentState._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(field.attname for field in fields)
    fresh = ", ".join(f"{field.attname} = excluded.{field.attname}" for field in fields if field.attname not in KEY)
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
    row = {name: getattr(event, name) for name in SAID if name != "entry__event_id"}
    key = Key(**{name: getattr(event, name) for name in KEY})
    return ConsentState(**key.filters(), **sealed(key, fold([{**row, "entry__event_id": event.entry.event_id}])))


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

    A row that agrees and has no seal that holds is sealed. Nothing is mended or sealed by an event that is not what its entry
    of the ledger says: such a row is left as it is, and check V9 stops signing. Works in chunks of their own transactions, so
    that answers go on being recorded meanwhile; ends with one audit event.
    """
    checked = mended = newly = refused = 0
    for chunk in _chunks(folds.every_key(), CHUNK):
        with transaction.atomic():
            done = [_mend(key, rows) for key, rows in chunk]
        mended += done.count(_Done.MENDED)
        newly += done.count(_Done.SEALED)
        refused += done.count(_Done.REFUSED)
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
    return Rebuilt(checked=checked, mended=mended, removed=removed, sealed=newly, refused=refused)


def _chunks(items: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while chunk := list(islice(items, size)):
        yield chunk


class _Done(Enum):
    NOTHING = 0
    MENDED = 1
    SEALED = 2
    REFUSED = 3


def _mend(key: Key, rows: Sequence[Mapping[str, Any]]) -> _Done:
    """What was done with the row.

    The row is read before its events are read anew: so whatever was folded into it is among them, and a row that names a
    later event is false.
    """
    for _look in range(2):
        values = fold(rows)
        kept = ConsentState.objects.filter(**key.filters()).values(*values, "seal").first()
        agrees = kept is not None and {**kept, "seal": None} == {**values, "seal": None}
        if kept is not None and agrees and seals.check(key, kept) is Seal.HOLDS:
            return _Done.NOTHING
        rows = folds.at_key(key) or rows
    proved = _proved({key: rows}, {} if kept is None else {key: kept}).get(key)
    if proved is None or proved["seal"] is None:
        if proved and kept is None:  # without a seal no consent counts, and a stop does
            ConsentState.objects.create(**key.filters(), **proved)
        return _Done.REFUSED
    if kept is None:
        ConsentState.objects.create(**key.filters(), **proved)
        return _Done.MENDED
    row = ConsentState.objects.filter(**key.filters(), as_of_event=kept["as_of_event"], event=kept["event_id"])
    row.update(**proved)
    return _Done.SEALED if agrees else _Done.MENDED


def seal_unsealed() -> int:
    """Seal the states that have no seal and say what their events come to; returns how many.

    Only where each event agrees with its entry: a seal is proof from then on. Rows that differ are left as they are, for
    check V10 to find. Chunks in transactions of their own; for rows from before the seal, beside answers that are being
    recorded.
    """
    last = done = 0
    unsealed = ConsentState.objects.filter(seal=None).order_by("pk")
    while rows := list(unsealed.filter(pk__gt=last).values("pk", *KEY, *STATE)[:CHUNK]):
        last = rows[-1]["pk"]
        events = folds.events_of({bytes(row["address_key"]) for row in rows})
        doubt = entry_rows.doubt(event for key in map(folds.key_of, rows) for event in events.get(key, ()))
        with transaction.atomic():
            for row in rows:
                key = folds.key_of(row)
                values = {name: row[name] for name in STATE}
                said = events.get(key, [])
                if said and not doubt.is_about(said, deciding=row["event_id"]) and fold(said) == values:
                    done += ConsentState.objects.filter(pk=row["pk"], seal=None, **values).update(
                        seal=seals.seal_of(key, values)
                    )
    return done


def _remove_orphans() -> int:
    """States whose deciding event is about another key, and that no writer sealed: a hand in the database made them.

    Where the seal holds, the event was moved and not the row: the row stays, and ``_mend`` has raised the alarm.
    """
    wrong: QuerySet[ConsentState] = ConsentState.objects.exclude(
        event__purpose=F("purpose"),
        event__channel=F("channel"),
        event__fiduciary=F("fiduciary"),
        event__address_key=F("address_key"),
    )
    rows = wrong.values("pk", *KEY, *STATE, "seal")
    removed, _each = ConsentState.objects.filter(
        pk__in=[row["pk"] for row in rows if seals.check(folds.key_of(row), row) is not Seal.HOLDS]
    ).delete()
    return removed
