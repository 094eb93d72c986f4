"""Entries whose time is outside their checkpoints (check V8), and which of them two people have explained.

No later entry can bring such entries into an order. An explanation is an entry of its own: it names a range of
leaves and the hash of all of them, so it is for these and no others. From then on they are shown as explained, not as failed.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from portal.kernel.core import answers
from portal.kernel.core.errors import Refused
from portal.kernel.ledger import commitment
from portal.kernel.ledger.models import Checkpoint, Leaf, Verification

CHECK = "V8"
#: How far a record's time may be outside its checkpoints.
TOLERANCE = timedelta(minutes=5)

Fail = Callable[..., None]


@dataclass(frozen=True)
class Anomaly:
    """A range of leaves, ``count`` of which are out of order, and the hash (hex) of all places and leaves of the range."""

    first: int
    last: int
    count: int
    sha256: str


@dataclass(frozen=True)
class Explanation:
    """What two people have agreed to: ``at`` is the place of the entry that says so."""

    anomaly: Anomaly
    cause: str
    at: int


@dataclass
class _Met:
    """What one pass has met of the range of an explanation."""

    explanation: Explanation
    digest: Any = field(default_factory=hashlib.sha256)
    out_of_order: int | None = None


class Times:
    """One pass over the leaves from ``start`` on: what is out of order fails, or belongs to an explanation."""

    def __init__(self, fail: Fail, *, start: int = 0) -> None:
        self._fail = fail
        self._met = [_Met(one) for one in explanations() if one.anomaly.first >= start]

    def take(self, index: int, leaf: bytes, at: datetime, before: Checkpoint | None, own: Checkpoint | None) -> None:
        """Check one record. Before the earlier checkpoint everything recorded up to ``complete_to`` had its leaf:
        transactions that were open then, and a queue that one turn could not empty, may bring older records later.
        """
        anomalies = (one for one in self._met if one.explanation.anomaly.first <= index <= one.explanation.anomaly.last)
        met = next(anomalies, None)
        if met is not None:
            met.digest.update(_line(index, leaf))
        if not _is_out_of_order(at, before, own):
            return
        if met is None:
            self._fail(CHECK, "The time of the record is outside its checkpoints.", index=index)
        elif met.out_of_order is None:
            met.out_of_order = index

    def finish(self) -> list[Explanation]:
        """The explanations that were needed and hold. One of other leaves than are there explains nothing."""
        good = []
        for met in self._met:
            if met.out_of_order is None:
                continue
            if met.digest.hexdigest() == met.explanation.anomaly.sha256:
                good.append(met.explanation)
            else:
                message = "The time of the record is outside its checkpoints, and other entries were explained."
                self._fail(CHECK, message, index=met.out_of_order)
        return good


def explanations() -> list[Explanation]:
    """Every explanation that is sealed and whose content opens its leaf, in their order. Each is for entries before it."""
    entries = answers.anomalies_explained.ask()
    columns = ("pk", "entry__leaf_hash", "entry__payload__body", "entry__payload__salt")
    found = []
    for at, leaf, body, salt in Leaf.objects.filter(entry__in=entries).order_by("pk").values_list(*columns):
        if body is None or commitment.leaf_hash(bytes(salt), bytes(body)) != bytes(leaf):
            continue
        said = commitment.read_payload(bytes(body))["facts"]
        anomaly = Anomaly(said["first"], said["last"], said["count"], said["entries_sha256"])
        if anomaly.last < at:
            found.append(Explanation(anomaly, said["cause"], at))
    return found


def unexplained() -> Anomaly:
    """From the first entry that is out of order and not explained to the last leaf: those after it may be signed only now.

    Reads the leaves since the last clean run. Raises Refused where none is out of order.
    """
    clean = Verification.objects.filter(ok=True).order_by("-size").values_list("size", flat=True).first() or 0
    failed: list[int] = []
    times = Times(lambda _check, _message, *, index: failed.append(index), start=clean)
    last = clean
    for last, leaf, at, before, own in _in_order(clean):
        times.take(last, leaf, at, before, own)
    if not failed:
        raise Refused("No entry is out of order, but those that are explained already.")
    return anomaly_between(failed[0], last, count=len(failed))


def anomaly_between(first: int, last: int, *, count: int) -> Anomaly:
    """The anomaly of this range, by the leaves that are there now."""
    digest = hashlib.sha256()
    rows = Leaf.objects.filter(pk__gte=first, pk__lte=last).order_by("pk")
    for index, leaf in rows.values_list("pk", "entry__leaf_hash").iterator():
        digest.update(_line(index, bytes(leaf)))
    return Anomaly(first, last, count, digest.hexdigest())


def _line(index: int, leaf: bytes) -> bytes:
    return f"{index}:{leaf.hex()}\n".encode()


def _in_order(start: int) -> Iterator[tuple[int, bytes, datetime, Checkpoint | None, Checkpoint | None]]:
    """Each leaf with its time, the checkpoint before it and the first one over it."""
    before = Checkpoint.objects.filter(size__lte=start).order_by("-size").first()
    checkpoints = Checkpoint.objects.filter(size__gt=start).order_by("size").iterator()
    own = next(checkpoints, None)
    rows = Leaf.objects.filter(pk__gte=start).order_by("pk")
    for index, leaf, at in rows.values_list("pk", "entry__leaf_hash", "entry__recorded_at").iterator():
        while own is not None and own.size <= index:
            before, own = own, next(checkpoints, None)
        yield index, bytes(leaf), at, before, own


def _is_out_of_order(at: datetime, before: Checkpoint | None, own: Checkpoint | None) -> bool:
    complete_to = None if before is None else before.complete_to or before.signed_at
    is_early = complete_to is not None and at < complete_to - TOLERANCE
    return is_early or (own is not None and at > own.signed_at + TOLERANCE)
