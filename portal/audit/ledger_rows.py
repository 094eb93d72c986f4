"""Audit events against their leaves: staff read the rows, the ledger proves the leaves."""

from collections.abc import Mapping, Sequence
from typing import Any

from portal.audit import rules
from portal.audit.models import AuditEvent
from portal.ledger.states import EntryKind

COLUMNS = ("kind", "actor_kind", "actor_ref", "via", "about", "facts", "at")


class AuditRows:
    """Registered in ``hooks.ledger_rows``. The personal part is not compared: it may be erased."""

    kind = EntryKind.AUDIT
    model = AuditEvent
    since: frozenset[str] = frozenset()

    def said(self, entries: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
        """For each of the entries that has an event: what its payload has to say."""
        rows = AuditEvent.objects.filter(entry__id__among=frozenset(entries)).values(
            "entry_id", "subject_ref", *COLUMNS
        )
        return {row.pop("entry_id"): _members(**row) for row in rows}


def _members(*, subject_ref: Any, **columns: Any) -> dict[str, Any]:
    return {**rules.members_of(**columns), "subject": None if subject_ref is None else str(subject_ref)}
