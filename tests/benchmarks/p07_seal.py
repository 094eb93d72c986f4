"""P7: seal: leaves a second, and the same cost on a small and a large tree."""

import os
from collections.abc import Iterator

from django.db import connection, transaction

from portal.kernel.core import bulk, clock
from portal.kernel.ledger import services, tree
from portal.kernel.ledger.models import Entry, Head, Leaf, Pending, Tile
from portal.kernel.ledger.services import sealer, tiles
from tests.benchmarks import BenchRow, alternately, seconds

SMALL, LARGE = 10_000, 1_000_000


class Tree:
    """A tree of random leaves, tiles and head only: its rows take no part in sealing."""

    def __init__(self, size: int) -> None:
        self.frontier = tree.Frontier()
        self.tiles: dict[tree.TileKey, bytes] = {}
        self.grow(size)

    def grow(self, by: int) -> None:
        """Longer by as many random leaves, in memory."""
        self.frontier.extend(os.urandom(32) for _ in range(by))
        self.tiles |= self.frontier.take_tiles()

    def store(self) -> None:
        """Make it the tree of the database."""
        # What is deleted would lie in the way of every later round.
        empty = "TRUNCATE ledger_tile" if connection.vendor == "postgresql" else "DELETE FROM ledger_tile"
        rows = ((level, n, len(tile) // tree.HASH_BYTES, tile) for (level, n), tile in sorted(self.tiles.items()))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(empty)
            bulk.insert(Tile, ("level", "n", "width", "hashes"), rows)
            head = {"size": self.frontier.size, "root": self.frontier.root()}
            Head.objects.update_or_create(pk=1, defaults=head)


def wait_in_line(count: int) -> None:
    """Entries that wait to be sealed; their payloads take no part."""
    now = clock.now()
    made = Entry.objects.bulk_create(
        [Entry(kind="audit", leaf_hash=os.urandom(32), recorded_at=now) for _ in range(count)], batch_size=2_000
    )
    Pending.objects.bulk_create([Pending(entry=entry) for entry in made], batch_size=2_000)


def seal_seconds(count: int) -> float:
    """The time of one turn over ``count`` waiting entries."""
    wait_in_line(count)
    took = seconds(lambda: services.seal_batch(limit=count))
    if Pending.objects.exists():
        raise AssertionError("Sealing left entries behind.")
    return took


def check_root() -> None:
    """The head is the root of the tiles, and sealing gave each entry one place."""
    head = Head.objects.get()
    if tiles.root_of(head.size) != bytes(head.root):
        raise AssertionError("The head is not the root of its tiles.")
    sealed = Leaf.objects.order_by("-pk").first()
    if sealed is not None and sealed.pk != head.size - 1:
        raise AssertionError("The last leaf is not at the end of the tree.")


def seal_on(grown: Tree) -> float:
    """The time of sealing 1,000 entries on a tree that no round before has used."""
    grown.grow(1_000)
    grown.store()
    return seal_seconds(1_000)


def rows(*, full: bool) -> Iterator[BenchRow]:
    """Throughput over a backlog, against hashing alone; growth of 1,000 entries from 10k to 1M leaves."""
    while services.seal_batch():
        pass
    size = max(SMALL, Leaf.objects.count())
    small, large = Tree(size), Tree(LARGE)
    on_large, on_small = alternately(7, lambda: seal_on(large), lambda: seal_on(small))
    growth = on_large / on_small
    job, target = f"seal 1,000 entries on 1M leaves, limit: on {size:,}", "within 1.3x"
    yield BenchRow("P7", job, "ms", on_large * 1000, on_small * 1000, growth, target, growth <= 1.3)
    Tree(LARGE + 100_000).store()
    backlog = sealer.BATCH
    hashes = [os.urandom(32) for _ in range(backlog)]

    def hashing() -> float:
        frontier = tree.Frontier()
        return backlog / seconds(lambda: frontier.extend(hashes))

    ours, limit = alternately(5, lambda: backlog / seal_seconds(backlog), hashing)
    check_root()
    met = ours >= 30_000
    yield BenchRow("P7", "seal a backlog", "/s", ours, limit, ours / limit, "at least 30,000 leaves/s", met)
