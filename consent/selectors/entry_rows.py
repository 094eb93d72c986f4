"""Consent events against the leaves of their entries: what an event has to say, and whether it says it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import Model

from consent.models import ConsentEvent
from consent.rules import leaves
from portal.core import clock
from portal.ledger import services as ledger
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

    kind: str = EntryKind.CONSENT
    model: type[Model] = ConsentEvent
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


def agreeing(events: Collection[int]) -> set[int]:
    """Of the events, by number, those that agree with their entry: a consent may rest on them. Reads only, three statements."""
    if not events:
        return set()
    entries = dict(ConsentEvent.objects.filter(pk__in=events).order_by().values_list("pk", "entry_id"))
    proved = ledger.agreeing(ConsentRows(), frozenset(entries.values()))
    return {event for event, entry in entries.items() if entry in proved}
