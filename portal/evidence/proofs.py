"""What of the ledger stands in a pack: the period's leaves without a gap, their proof, and samples."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from portal.evidence.period import Period
from portal.ledger import services as ledger
from portal.ledger import tree
from portal.ledger.errors import NotSealed
from portal.ledger.models import Checkpoint, Entry, Leaf, Pending
from portal.ledger.services import tiles

CHUNK = 2_000


@dataclass(frozen=True)
class Extent:
    """The leaves from the first to the last record of a period, and the checkpoint that all of it stands on."""

    checkpoint: Checkpoint
    first: int
    end: int


def extent_of(period: Period) -> Extent:
    """The period's leaves under the first checkpoint at or after its end that covers them. Seals what still waits.

    Raises NotSealed when there is no such checkpoint yet; anything recorded and sealed now makes one.
    """
    if Pending.objects.filter(entry__recorded_at__lt=period.end).exists():
        ledger.seal_now(wait=30)
    recorded = Leaf.objects.filter(entry__recorded_at__gte=period.start, entry__recorded_at__lt=period.end)
    first = recorded.order_by("pk").values_list("pk", flat=True).first()
    last = recorded.order_by("-pk").values_list("pk", flat=True).first()
    later = Checkpoint.objects.filter(signed_at__gte=period.end, size__gt=last or 0).order_by("size").first()
    if later is None:
        raise NotSealed("No checkpoint was signed since the period ended. Run seal_ledger and try again.")
    if first is None or last is None:
        # Nothing was recorded: the leaf at the edge of the tree stands for "the log goes on without any".
        return Extent(later, later.size - 1, later.size)
    return Extent(later, first, last + 1)


@dataclass
class Counts:
    """How many records of the period a pack holds, and how many were erased lawfully."""

    records: int = 0
    erased_at: list[int] = field(default_factory=list)

    @property
    def erased(self) -> int:
        return len(self.erased_at)


def leaf_lines(extent: Extent, period: Period, counts: Counts) -> Iterator[bytes]:
    """One JSON line for each leaf: with salt and content inside the period, the bare leaf outside it or when erased."""
    columns = ("pk", "entry__leaf_hash", "entry__recorded_at", "entry__payload__body", "entry__payload__salt")
    rows = Leaf.objects.filter(pk__gte=extent.first, pk__lt=extent.end).order_by("pk").values_list(*columns)
    for index, leaf, recorded_at, body, salt in rows.iterator(chunk_size=CHUNK):
        line: dict[str, object] = {"index": index, "leaf": bytes(leaf).hex()}
        if period.start <= recorded_at < period.end:
            if body is None:
                line["erased"] = True
                counts.erased_at.append(index)
            else:
                line |= {"salt": bytes(salt).hex(), "payload": bytes(body).decode()}
                counts.records += 1
        yield (json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def range_proof(extent: Extent) -> bytes:
    """The nodes that lead from the period's leaves to the signed root (JSON)."""
    size = extent.checkpoint.size
    hashes = tree.Nodes(tiles.read_tile).outside(extent.first, extent.end, size)
    body = {
        "first": extent.first,
        "count": extent.end - extent.first,
        "size": size,
        "hashes": [h.hex() for h in hashes],
    }
    return (json.dumps(body, indent=1, sort_keys=True) + "\n").encode()


def population(extent: Extent, period: Period) -> list[str]:
    """The indexes of the period's records that still have their content, in the order of the ledger."""
    inside = Entry.objects.filter(recorded_at__gte=period.start, recorded_at__lt=period.end).exclude(payload=None)
    indexes = inside.filter(leaf__index__lt=extent.end).order_by("leaf__index").values_list("leaf__index", flat=True)
    return [str(index) for index in indexes]


def entries_at(indexes: Iterable[str]) -> list[Entry]:
    """The records at these indexes, in the order of the ledger."""
    wanted = [int(index) for index in indexes]
    return list(Entry.objects.select_related("leaf").filter(leaf__index__in=wanted).order_by("leaf__index"))
