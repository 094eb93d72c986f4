"""The projection of consent events: kept as events come, rebuilt when asked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet

from consent.models import ConsentEvent, ConsentState
from consent.rules.seals import Seal
from consent.selectors import entry_rows, folds, seals
from consent.selectors.folds import KEY, SAID, STATE, Key, fold
from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import clock
from portal.core.actor import Actor

#: Keys in one transaction of a rebuild: a writer waits no longer than that.
CHUNK = 500


@dataclass(frozen=True)
class Rebuilt:
    """``sealed``: rows that agreed and had no seal that holds."""

    checked: int
    mended: int
    removed: int
    sealed: int = 0


def refold(key: Key) -> None:
    """Bring one key's state up to date, in the caller's transaction. An older fold never overwrites a newer one."""
    values = folds.of_key(key)
    if values is not None:  # else something was answered there about single senders alone
        write(key, sealed(key, values))


def refold_many(keys: Sequence[Key]) -> None:
    """``refold`` for keys of one fiduciary, in a few statements; for a set of answers of a list."""
    wanted = {(key.address_key, key.purpose, key.channel): key for key in keys}
    if not wanted:
        return
    among = frozenset(key.address_key for key in keys)
    events = folds.of_all_senders().filter(fiduciary=keys[0].fiduciary_id, address_key__among=among).order_by("pk")
    said: dict[Key, list[Mapping[str, Any]]] = {}
    for row in events.values(*KEY, *SAID):
        key = wanted.get((bytes(row["address_key"]), row["purpose"], row["channel"]))
        if key is not None:
            said.setdefault(key, []).append(row)
    write_many([(key, sealed(key, fold(rows))) for key, rows in said.items()])


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

    A row that agrees and has no seal that holds is sealed. Works in chunks of their own transactions, so that answers go on
    being recorded meanwhile; ends with one audit event.
    """
    checked = mended = newly = 0
    for chunk in _chunks(folds.every_key(), CHUNK):
        with transaction.atomic():
            done = [_mend(key, rows) for key, rows in chunk]
        mended += done.count(True)
        newly += done.count(None)
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
    return Rebuilt(checked=checked, mended=mended, removed=removed, sealed=newly)


def _chunks(items: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while chunk := list(islice(items, size)):
        yield chunk


def _mend(key: Key, rows: Sequence[Mapping[str, Any]]) -> bool | None:
    """Whether the row was mended; None where it was only sealed.

    The row is read before its events are read anew: so whatever was folded into it is among them, and a row that names a
    later event is false.
    """
    values = fold(rows)
    for _look in range(2):
        kept = ConsentState.objects.filter(**key.filters()).values(*values, "seal").first()
        agrees = kept is not None and {**kept, "seal": None} == {**values, "seal": None}
        if kept is not None and agrees and seals.check(key, kept) is Seal.HOLDS:
            return False
        values = folds.of_key(key) or values
    if kept is None:
        ConsentState.objects.create(**key.filters(), **sealed(key, values))
        return True
    row = ConsentState.objects.filter(**key.filters(), as_of_event=kept["as_of_event"], event=kept["event_id"])
    row.update(**sealed(key, values))
    return None if agrees else True


def seal_unsealed() -> int:
    """Seal the states that have no seal and say what their events come to; returns how many.

    Only where the deciding event agrees with its entry: a seal is proof from then on. Rows that differ are left as they are, for check V10 to find. Chunks in transactions of their own; for rows from before
    the seal, beside answers that are being recorded.
    """
    last = done = 0
    unsealed = ConsentState.objects.filter(seal=None).order_by("pk")
    while rows := list(unsealed.filter(pk__gt=last).values("pk", *KEY, *STATE)[:CHUNK]):
        last = rows[-1]["pk"]
        events = folds.events_of({bytes(row["address_key"]) for row in rows})
        agreed = entry_rows.agreeing({row["event_id"] for row in rows})
        with transaction.atomic():
            for row in rows:
                key = folds.key_of(row)
                values = {name: row[name] for name in STATE}
                if row["event_id"] in agreed and key in events and fold(events[key]) == values:
                    done += ConsentState.objects.filter(pk=row["pk"], seal=None, **values).update(
                        seal=seals.seal_of(key, values)
                    )
    return done


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
