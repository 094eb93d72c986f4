"""What of the ledger a pack holds: the period's leaves without a gap, the leaf on each side, those that other leaves rest on, and
their proof.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from portal.fronts.evidence.period import Period
from portal.kernel.jobs.snapshots import snapshot
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger import tree
from portal.kernel.ledger.errors import NotSealed
from portal.kernel.ledger.models import Checkpoint, Entry, Leaf, Pending
from portal.kernel.ledger.services import redaction, tiles

CHUNK = 2_000
#: So often a view is taken until nothing waits for its place in it.
VIEWS = 5
#: A query takes so many indexes at once.
AT_ONCE = 500


@contextmanager
def sealed_view(*, wait: float) -> Iterator[str]:
    """The alias of one view of the database (``snapshots.snapshot``) in which every act has its place in the log.

    Seals what waits. Where others record without a pause the last view is taken as it is: a row whose act waits in it may be
    refused, and the pack is made again.
    """
    for left in reversed(range(VIEWS)):
        ledger.seal_now(wait=wait)
        with snapshot() as alias:
            if not left or not Pending.objects.using(alias).exists():
                yield alias
                return


@dataclass(frozen=True)
class Extent:
    """The leaves from ``first`` to ``end``, ``others`` outside them, and the checkpoint that proves all of them.

    They begin before the period and end after it: the leaf on each side shows that no record was left out. Only at the
    beginning of the log no leaf comes before.
    """

    checkpoint: Checkpoint
    first: int
    end: int
    others: tuple[int, ...] = ()

    @property
    def kept(self) -> list[tuple[int, int]]:
        """All of the leaves as ranges in order."""
        ranges = [(self.first, self.end), *((index, index + 1) for index in self.others)]
        return sorted(ranges)


def extent_of(period: Period, *, others: Iterable[int] = (), bare: Iterable[int] = ()) -> Extent:
    """The period's leaves under the first checkpoint at or after its end that covers them. Seals what still waits.

    To ``others`` come the redactions of what was erased of the period and of ``bare``, leaves that are shown without their
    content; of the others those without content are left out. To them come the explanations of entries out of order.

    Raises NotSealed when there is no such checkpoint yet; anything recorded and sealed now makes one.
    """
    if Pending.objects.exists():
        ledger.seal_now(wait=30)
    first, end = _edges(period)
    erased = {*_erased(first, end), *bare}
    beside = {
        index for index in [*others, *_redactions(erased), *_explanations(first, end)] if not first <= index < end
    }
    needed = tuple(sorted({*_opened(beside), *(index for index in erased if not first <= index < end)}))
    last = max(end - 1, *needed, 0)
    later = Checkpoint.objects.filter(signed_at__gte=period.end, size__gt=last).order_by("size").first()
    if later is None:
        raise NotSealed("No checkpoint was signed since the period ended. Run seal_ledger and try again.")
    return Extent(later, first, end, needed)


def _edges(period: Period) -> tuple[int, int]:
    """The range from the leaf before the period's first to the leaf after its last one, both with their content.

    A leaf whose content was erased shows no time: the next one with content is taken.
    """
    inside = Leaf.objects.filter(entry__recorded_at__gte=period.start, entry__recorded_at__lt=period.end)
    before = Leaf.objects.filter(entry__recorded_at__lt=period.start)
    after = Leaf.objects.filter(entry__recorded_at__gte=period.end).exclude(entry__payload=None)
    first, last = _end_of(inside.order_by("pk")), _end_of(inside.order_by("-pk"))
    if first is None or last is None:  # nothing was recorded: the leaves on both sides are neighbours
        last_before = _end_of(before.order_by("-pk"))
        last = -1 if last_before is None else last_before
        first = last + 1
    low = _end_of(before.filter(pk__lt=first).exclude(entry__payload=None).order_by("-pk"))
    high = _end_of(after.filter(pk__gt=last).order_by("pk"))
    if high is None:
        raise NotSealed("Nothing was recorded since the period ended. Run seal_ledger and try again.")
    return low or 0, high + 1


def _end_of(leaves: Any) -> int | None:
    found: int | None = leaves.values_list("pk", flat=True).first()
    return found


def _erased(first: int, end: int) -> set[int]:
    """The indexes between these whose content is gone."""
    gone = Leaf.objects.filter(pk__gte=first, pk__lt=end, entry__payload=None)
    return set(gone.values_list("pk", flat=True))


def _redactions(erased: set[int]) -> list[int]:
    """The indexes of the records that say that these were erased."""
    return [] if not erased else [at for index, at in redaction.record_indexes().items() if index in erased]


def _explanations(first: int, end: int) -> list[int]:
    """The indexes of the records in which two people explain entries between these that are out of order."""
    return [one.at for one in ledger.explanations() if one.anomaly.first < end and one.anomaly.last >= first]


def _opened(indexes: Iterable[int]) -> Iterator[int]:
    """Those of the indexes that have their content."""
    wanted = sorted(indexes)
    for start in range(0, len(wanted), AT_ONCE):
        found = Leaf.objects.filter(pk__in=wanted[start : start + AT_ONCE]).exclude(entry__payload=None)
        yield from found.values_list("pk", flat=True)


@dataclass
class Counts:
    """How many records of the period a pack holds, and what of its leaves was erased lawfully."""

    records: int = 0
    erased_at: list[int] = field(default_factory=list)

    @property
    def erased(self) -> int:
        return len(self.erased_at)


COLUMNS = ("pk", "entry__leaf_hash", "entry__recorded_at", "entry__payload__body", "entry__payload__salt")


def leaf_lines(extent: Extent, period: Period, counts: Counts) -> Iterator[bytes]:
    """One JSON line for each leaf without a gap: with salt and content, or called erased."""
    rows = Leaf.objects.filter(pk__gte=extent.first, pk__lt=extent.end).order_by("pk").values_list(*COLUMNS)
    for index, leaf, recorded_at, body, salt in rows.iterator(chunk_size=CHUNK):
        if body is None:
            counts.erased_at.append(index)
        elif period.start <= recorded_at < period.end:
            counts.records += 1
        yield _line(index, leaf, body, salt)


def other_lines(extent: Extent) -> Iterator[bytes]:
    """The same for the leaves outside the range."""
    for start in range(0, len(extent.others), AT_ONCE):
        rows = Leaf.objects.filter(pk__in=extent.others[start : start + AT_ONCE]).order_by("pk").values_list(*COLUMNS)
        for index, leaf, _recorded_at, body, salt in rows:
            yield _line(index, leaf, body, salt)


def _line(index: int, leaf: bytes, body: bytes | None, salt: bytes | None) -> bytes:
    line: dict[str, object] = {"index": index, "leaf": bytes(leaf).hex()}
    if body is None or salt is None:
        line["erased"] = True
    else:
        line |= {"salt": bytes(salt).hex(), "payload": bytes(body).decode()}
    return (json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def proof_of(extent: Extent) -> bytes:
    """The nodes that lead from the leaves at hand to the signed root (JSON)."""
    size = extent.checkpoint.size
    hashes = tree.Nodes(tiles.read_tile).outside(joined(extent.kept), size)
    body = {"size": size, "hashes": [h.hex() for h in hashes]}
    return (json.dumps(body, indent=1, sort_keys=True) + "\n").encode()


def joined(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges in order, those that touch made one."""
    found: list[tuple[int, int]] = []
    for first, end in ranges:
        if found and found[-1][1] == first:
            found[-1] = (found[-1][0], end)
        else:
            found.append((first, end))
    return found


def population(extent: Extent, period: Period) -> list[str]:
    """The indexes of the period's records that still have their content, in the order of the ledger."""
    inside = Entry.objects.filter(recorded_at__gte=period.start, recorded_at__lt=period.end).exclude(payload=None)
    indexes = inside.filter(leaf__index__lt=extent.end).order_by("leaf__index").values_list("leaf__index", flat=True)
    return [str(index) for index in indexes]


def entries_at(indexes: Iterable[str]) -> list[Entry]:
    """The records at these indexes, in the order of the ledger."""
    wanted = [int(index) for index in indexes]
    return list(Entry.objects.select_related("leaf").filter(leaf__index__in=wanted).order_by("leaf__index"))
