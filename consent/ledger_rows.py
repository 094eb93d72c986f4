"""Consent events against their leaves, and states against their events: staff and decisions read the rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Exists, OuterRef

from consent.models import ConsentEvent, ConsentState
from consent.rules import leaves
from consent.rules.seals import Seal
from consent.selectors import folds, seals
from portal.core import clock
from portal.law.memory import remembering
from portal.ledger.services import chunks_of
from portal.ledger.states import EntryKind

COLUMNS = (
    "answer",
    "address_kind",
    "address_key",
    "address_verified",
    "purpose",
    "channel",
    "sender",
    "occurred_at",
    "expires_at",
    "way",
    "actor_kind",
    "actor_ref",
)
NOTICE = ("notice_version__notice__code", "notice_version__number", "notice_language", "notice_sha256")


class ConsentRows:
    """Registered in ``hooks.ledger_rows``."""

    kind = EntryKind.CONSENT
    model = ConsentEvent
    since = leaves.SINCE

    def said(self, entries: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
        """For each of the entries that has an event: what its payload has to say."""
        joined = ("fiduciary__code", "receipt__reference", "previous__entry__event_id", *NOTICE)
        own = ("entry_id", "subject_ref", "recorded_at", "previous_id", "notice_version_id")
        rows = (
            ConsentEvent.objects.filter(entry__id__among=frozenset(entries)).order_by().values(*own, *COLUMNS, *joined)
        )
        return {row["entry_id"]: _members(row) for row in rows}


def _members(row: Mapping[str, Any]) -> dict[str, Any]:
    own = {column: row[column] for column in COLUMNS}
    own["address_key"] = bytes(row["address_key"])
    found = leaves.members_of(
        **own,
        fiduciary=row["fiduciary__code"],
        receipt=row["receipt__reference"],
        previous=row["previous__entry__event_id"],
        notice=_notice(row),
    )
    return {
        **found,
        "principal": str(row["subject_ref"]),
        "recorded_at": clock.stamp(row["recorded_at"]),
        "sender": row["sender"] or None,  # a leaf without one must have a row without one
    }


def _notice(row: Mapping[str, Any]) -> dict[str, Any] | None:
    code, number, language, sha256 = (row[column] for column in NOTICE)
    if row["notice_version_id"] is None and not language and not sha256:
        return None
    return {"id": code, "version": number, "lang": language, "sha256": sha256}


class ConsentStates:
    """Registered in ``hooks.ledger_followers``: each state is what its events come to, and none is missing or beside them."""

    check = "V10"
    model = ConsentState
    compared = frozenset({*folds.KEY, *folds.STATE, "seal"})

    def differences(self, *, sample: int | None) -> Iterator[str]:
        """A state that differs from its events, has none, is missing, or has a seal that does not hold."""
        states = ConsentState.objects.values("pk", *folds.KEY, *folds.STATE, "seal")
        for rows in chunks_of(states, sample=sample):
            for pk in _differing(rows):
                if other := _other_still(pk):
                    yield f"State {pk} of {ConsentState._meta.label} is not what its events say: {other}."
        yield from _missing(sample=sample)


def _differing(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Of states that were just read those that differ, perhaps only because an answer came meanwhile."""
    with remembering():
        events = folds.events_of({bytes(row["address_key"]) for row in rows})
        return [row["pk"] for row in rows if _other(row, events.get(folds.key_of(row)))]


def _other(row: Mapping[str, Any], events: Sequence[folds.Row] | None) -> str:
    """The columns of a state that say something else than its events."""
    if not events:
        return "there are none"
    folded = folds.fold(events)
    other = [column for column in folds.STATE if row[column] != folded[column]]
    if not other and seals.check(folds.key_of(row), row) is Seal.BROKEN:
        return "seal"
    return ", ".join(other)


def _other_still(pk: int) -> str:
    """The same, read anew until nobody wrote the row meanwhile: an answer recorded beside a check is no failure."""
    rows = ConsentState.objects.filter(pk=pk).values("pk", *folds.KEY, *folds.STATE, "seal")
    row = rows.first()
    while row is not None:
        other = _other(row, folds.events_of([bytes(row["address_key"])]).get(folds.key_of(row)))
        again = rows.first()
        if not other or again == row:
            return other
        row = again
    return ""


def _missing(*, sample: int | None) -> Iterator[str]:
    """Places where somebody answered, and no state says what. The chain of each place has one first event."""
    key = {name: OuterRef(name) for name in folds.KEY}
    firsts = ConsentEvent.objects.filter(previous=None)
    lone = firsts.filter(~Exists(ConsentState.objects.filter(**key)))
    parts = [lone.order_by("pk")]
    if sample is not None:
        parts = [
            lone.filter(pk__in=[row["pk"] for row in rows]) for rows in chunks_of(firsts.values("pk"), sample=sample)
        ]
    for part in parts:
        for pk in part.values_list("pk", flat=True).iterator():
            yield f"Event {pk} of {ConsentEvent._meta.label} has no state."
