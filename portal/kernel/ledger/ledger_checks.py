"""Which rows repeat entries about the ledger itself (check V9)."""

from collections.abc import Mapping, Sequence
from typing import Any

from portal.kernel.ledger import notes
from portal.kernel.ledger.choices import EntryKind
from portal.kernel.ledger.models import KeyRotation


class KeyRotations:
    """Changes of the signing key: a forged row would let another key sign."""

    kind = EntryKind.KEY_ROTATION.value
    model = KeyRotation
    since: frozenset[str] = frozenset()

    def said(self, entries: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
        """What each row says its leaf says."""
        rows = KeyRotation.objects.filter(entry__gte=min(entries), entry__lte=max(entries))
        return {row.entry_id: _said(row) for row in rows}


def _said(row: KeyRotation) -> dict[str, Any]:
    good = None
    if row.good_size is not None and row.good_root is not None:
        good = {"size": row.good_size, "root": notes.to_base64(bytes(row.good_root))}
    lost = {}
    if (
        row.lost_size is not None and row.lost_root is not None
    ):  # leaves of other causes, and older ones, do not name it
        lost = {"lost": {"size": row.lost_size, "root": notes.to_base64(bytes(row.lost_root))}}
    return {
        "old": row.old_vkey,
        "new": row.new_vkey,
        "first_size": row.first_size,
        "cause": row.cause,
        "good": good,
        **lost,
    }
