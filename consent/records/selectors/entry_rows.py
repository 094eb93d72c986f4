"""Consent events against the leaves of their entries: what an event has to say, and whether it says it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import Model

from consent.base.rules.status_fold import YES
from consent.records.models.events import ConsentEvent
from consent.records.rules import ledger_content
from portal.kernel.core import clock
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.choices import EntryKind

#: Entries asked for in one statement.
AT_ONCE = 1_000
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
    """Registered in ``ports.ledger_rows``."""

    kind: str = EntryKind.CONSENT
    model: type[Model] = ConsentEvent
    since = ledger_content.SINCE

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
    found = ledger_content.members_of(
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


class Doubt(NamedTuple):
    """What the ledger does not confirm of some events, by the numbers of their entries.

    ``other``: the row says something else than the leaf, or the entry is none of a consent. ``bare``: the content was erased
    with its record in the ledger; nothing shows any more what the entry was about.
    """

    other: frozenset[int]
    bare: frozenset[int]

    def is_about(self, rows: Sequence[Mapping[str, Any]], *, deciding: int) -> bool:
        """Whether nothing may rest on what the events of one place come to (``folds.SAID``).

        Each of them counts: one that was changed may be the refusal that would have decided. Of an erased one that no longer
        decides the row is believed; a consent that rests on an erased one is not.
        """
        return bool(torn(rows)) or any(
            row["entry_id"] in self.other
            or (row["pk"] == deciding and row["answer"] in YES and row["entry_id"] in self.bare)
            for row in rows
        )


def torn(rows: Sequence[Mapping[str, Any]]) -> set[int]:
    """The events that others of one place name as the one before them, and that are not at the place: somebody moved them."""
    return {row["previous_id"] for row in rows if row["previous_id"] is not None} - {row["pk"] for row in rows}


def doubt(rows: Iterable[Mapping[str, Any]]) -> Doubt:
    """Hold events (``folds.SAID``) against the leaves of their entries. Reads only, two statements for up to 1,000 events."""
    entries = sorted({row["entry_id"] for row in rows})
    lacking: set[int] = set()
    for start in range(0, len(entries), AT_ONCE):
        some = entries[start : start + AT_ONCE]
        lacking.update(set(some) - ledger.agreeing(ConsentRows(), frozenset(some)))
    bare = ledger.erased_among(lacking)
    return Doubt(frozenset(lacking - bare), frozenset(bare))
