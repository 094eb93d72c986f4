"""Content (Entry, Payload), order (Pending, Leaf), the tree (Tile, Head), what was signed and checked about it, and by whom."""

from portal.kernel.ledger.models.content import Entry, Payload, Redacting
from portal.kernel.ledger.models.keys import KeyRotation
from portal.kernel.ledger.models.order import Leaf, Pending
from portal.kernel.ledger.models.tree import Checkpoint, Head, Tile, Verification
from portal.kernel.ledger.models.witnesses import Cosignature, WitnessRefusal

__all__ = [
    "Checkpoint",
    "Cosignature",
    "Entry",
    "Head",
    "KeyRotation",
    "Leaf",
    "Payload",
    "Pending",
    "Redacting",
    "Tile",
    "Verification",
    "WitnessRefusal",
]
