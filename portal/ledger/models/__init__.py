"""Content (Entry, Payload), order (Pending, Leaf), the tree (Tile, Head) and what was signed and checked about it."""

from portal.ledger.models.content import Entry, Payload, Redacting
from portal.ledger.models.order import Leaf, Pending
from portal.ledger.models.tree import Checkpoint, Head, Tile, Verification

__all__ = ["Checkpoint", "Entry", "Head", "Leaf", "Payload", "Pending", "Redacting", "Tile", "Verification"]
